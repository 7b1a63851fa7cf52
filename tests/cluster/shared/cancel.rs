use crate::project::{Job, Project};

fn held_and_running(held: usize, running: usize) -> Project {
    let mut jobs = Job::held(held);
    jobs.extend((0..running).map(|index| Job::new(format!("run{index}"), "sleep 600")));
    let project = Project::with("sweep", &jobs);
    project.submit("sweep").complete();
    project.status_when("sweep", |status| status.count("RUNNING") == running);
    project
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn cancelling_ends_all_jobs() {
    let project = held_and_running(3, 2);
    project.ok("cancel sweep -y");
    let status = project.status_at_end("sweep");
    assert!(status.all("CANCELLED"), "{status:?}");
    let left: Vec<_> = project
        .queue()
        .into_iter()
        .filter(|job| job.state != "CANCELLED")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Tasks of an array that are cancelled one by one while they wait leave no trace in Slurm.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn pending_tasks_of_arrays_are_cancelled_and_remembered() {
    let project = held_and_running(30, 2);
    project.ok("cancel sweep --state pending -y");
    let status = project.status_when("sweep", |status| status.count("CANCELLED") == 30);
    assert_eq!(status.count("RUNNING"), 2, "{status:?}");
    assert_eq!(status.job("run0").state, "RUNNING");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn cancelling_asks_first() {
    let project = held_and_running(1, 0);
    let run = project.run("cancel sweep");
    assert!(matches!(run.code, Some(1 | 2)), "{}", run.stdout);
    assert!(run.stderr.contains("-y"), "{}", run.stderr);
    assert!(project.status("sweep").all("PENDING"));
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_collection_with_active_jobs_is_not_deleted() {
    let project = held_and_running(1, 1);
    let file = ".slurmkit/collections/sweep.yaml";
    let run = project.run("collection delete sweep -y");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("active"), "{}", run.stderr);
    assert!(project.exists(file));
    project.ok("cancel sweep -y");
    project.status_at_end("sweep");
    project.ok("collection delete sweep -y");
    assert!(!project.exists(file));
}
