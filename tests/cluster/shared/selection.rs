use crate::project::{Job, Project};

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn without_a_terminal_a_submission_wants_consent() {
    let project = Project::with("sweep", &Job::held(2));
    let run = project.run("submit sweep");
    assert!(matches!(run.code, Some(1 | 2)), "{}", run.stdout);
    assert!(run.stderr.contains("-y"), "{}", run.stderr);
    assert!(project.queue().is_empty());
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_dry_run_sends_nothing() {
    let project = Project::with("sweep", &Job::held(2));
    let shown = project.ok("submit sweep --dry-run");
    assert!(shown.contains("job000"), "{shown}");
    assert!(project.queue().is_empty());
    assert_eq!(project.status("sweep").count("UNSUBMITTED"), 2);
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_part_is_sent_and_then_the_rest() {
    let project = Project::with("sweep", &Job::held(6));
    let one = project.submit("sweep --only name=job003");
    assert_eq!(one.submitted.len(), 1, "{one:?}");
    assert_eq!(one.submitted[0].job_name, "job003");
    let two = project.submit("sweep --limit 2");
    assert_eq!(two.submitted.len(), 2, "{two:?}");
    let rest = project.submit("sweep").complete();
    assert_eq!(rest.submitted.len(), 3, "{rest:?}");
    project.exactly_once("sweep", 6, "in parts");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn the_default_collection_needs_no_name() {
    let project = Project::with("default", &Job::held(2));
    let sent = project.submit("").complete();
    assert_eq!(sent.collection, "default");
    project.exactly_once("default", 2, "without a name");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_status_of_some_states_has_their_jobs_only() {
    let mut jobs = Job::held(2);
    jobs.push(Job::new("bad", "exit 1"));
    let project = Project::with("sweep", &jobs);
    project.submit("sweep").complete();
    project.status_when("sweep", |status| status.count("FAILED") == 1);
    let text = project.ok("--json status sweep --state failed");
    assert!(
        text.contains("\"bad\"") && !text.contains("\"job000\""),
        "{text}"
    );
}
