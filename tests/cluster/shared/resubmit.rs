use crate::poll::until;
use crate::project::{Job, Project};

/// Succeeds with more memory only.
const NEEDS_MEMORY: &str = "[ \"$SLURM_MEM_PER_NODE\" -ge 300 ] || exit 3";

fn some_fail() -> Project {
    let mut jobs = vec![Job::new("fine", "true"), Job::new("also_fine", "true")];
    jobs.extend((0..3).map(|index| Job::new(format!("hungry{index}"), NEEDS_MEMORY)));
    let project = Project::with("sweep", &jobs);
    project.submit("sweep").complete();
    let status = project.status_at_end("sweep");
    assert_eq!((status.count("COMPLETED"), status.count("FAILED")), (2, 3));
    project
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn failed_jobs_go_again_with_other_resources() {
    let project = some_fail();
    let first = project.status("sweep");

    let again = project
        .resubmit("sweep --filter failed --set mem=333M")
        .complete();
    let mut names: Vec<&str> = again.submitted.iter().map(|it| &*it.job_name).collect();
    names.sort_unstable();
    assert_eq!(names, ["hungry0", "hungry1", "hungry2"]);

    let second = project.status_at_end("sweep");
    assert!(second.all("COMPLETED"), "{second:?}");
    for name in ["fine", "also_fine"] {
        assert_eq!(second.job(name).job_id, first.job(name).job_id);
        assert_eq!(second.job(name).attempts, 1);
    }
    let ids: Vec<String> = names.iter().map(|name| second.job(name).id()).collect();
    for name in names {
        assert_ne!(second.job(name).job_id, first.job(name).job_id);
        assert_eq!(second.job(name).attempts, 2);
    }
    until("the accounting to know the memory", || {
        let accounted = project.cluster.accounted(&ids);
        let memory: Vec<&str> = accounted.values().map(|row| &*row.memory).collect();
        (memory == ["333M"; 3]).then_some(())
    });

    let none = project.resubmit("sweep --filter failed").complete();
    assert!(none.submitted.is_empty(), "{none:?}");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn the_template_sees_extra_parameters_of_a_resubmission() {
    let project = some_fail();
    let sent = project
        .resubmit("sweep --filter failed --set mem=300M --extra-params stage=second")
        .complete();
    assert_eq!(sent.submitted.len(), 3);
    let status = project.status_at_end("sweep");
    let log = project.log(status.job("hungry1"));
    assert!(log.contains("second stage"), "{log}");
    let log = project.log(status.job("fine"));
    assert!(log.contains("first stage"), "{log}");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_requeued_job_keeps_its_id() {
    let project = some_fail();
    let first = project.status("sweep");
    project
        .resubmit("sweep --filter failed --requeue")
        .complete();
    // Slurm starts it two minutes later.
    let status = project.status_when("sweep", |status| status.count("PENDING") == 3);
    assert_eq!(status.ids(), first.ids());
    assert_eq!(project.queue().len(), 5);
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn cancelled_jobs_are_chosen_apart_from_failed_ones() {
    let jobs = [Job::new("bad", "exit 1"), Job::new("slow", "sleep 600")];
    let project = Project::with("sweep", &jobs);
    project.submit("sweep").complete();
    let status = project.status_when("sweep", |status| {
        status.count("RUNNING") == 1 && status.count("FAILED") == 1
    });
    project.cluster.ask("scancel", &[&status.job("slow").id()]);
    project.status_at_end("sweep");
    for filter in ["timeout", "oom", "preempted", "node_fail"] {
        let sent = project.resubmit(&format!("sweep --filter {filter}"));
        assert!(sent.submitted.is_empty(), "{filter}: {sent:?}");
    }
    let sent = project.resubmit("sweep --filter cancelled").complete();
    assert_eq!(sent.submitted.len(), 1, "{sent:?}");
    assert_eq!(sent.submitted[0].job_name, "slow");
}
