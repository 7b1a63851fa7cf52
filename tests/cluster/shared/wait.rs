use crate::project::{Job, Project};

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn waiting_ends_with_the_jobs_and_says_whether_all_went_well() {
    for (last, code) in [("true", 0), ("exit 1", 1)] {
        let jobs = [Job::new("slow", "sleep 3"), Job::new("last", last)];
        let project = Project::with("awaited", &jobs);
        project.submit("awaited").complete();
        let run = project.run("wait awaited --interval 5");
        assert_eq!(run.code, Some(code), "{}{}", run.stdout, run.stderr);
        assert!(project.status("awaited").ended());
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn waiting_is_interrupted_and_the_jobs_go_on() {
    let project = Project::with("awaited", &[Job::new("slow", "sleep 600")]);
    project.submit("awaited").complete();
    project.status_when("awaited", |status| status.count("RUNNING") == 1);
    let mut running = project.start("wait awaited --interval 5");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(!running.has_ended());
    running.interrupt();
    assert_eq!(running.end().code, Some(130));
    assert_eq!(project.status("awaited").count("RUNNING"), 1);
}
