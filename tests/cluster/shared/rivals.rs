use crate::project::{Job, Project};

fn two_at_once(options: &str) {
    let project = Project::with("wanted", &Job::held(200));
    let args = format!("submit wanted -y {options}");
    let rivals = [project.start(&args), project.start(&args)];
    for rival in rivals {
        let run = rival.end();
        // One may give way with an error.
        assert!(
            matches!(run.code, Some(0 | 1)),
            "{:?} {}",
            run.code,
            run.stderr
        );
        let panicked = run.stderr.contains("panicked");
        assert!(!panicked, "{}", run.stderr);
    }
    project.submit(&format!("wanted {options}")).complete();
    project.exactly_once("wanted", 200, "two at once");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn two_submitters_send_each_single_job_once() {
    two_at_once("--no-array");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn two_submitters_send_each_array_once() {
    two_at_once("--array");
}
