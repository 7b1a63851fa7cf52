//! An `sbatch` that fails though its job was accepted, as when the controller answers too late.

use crate::project::{Job, Project};
use crate::stand_in::TIMED_OUT;

/// Each seventh submission is accepted, and said to have failed.
fn lossy(collection: &str) -> Project {
    let project = Project::with(collection, &Job::held(30));
    let calls = project.path().join("calls");
    let script = format!(
        "case \"$*\" in *--comment*) ;; *) exec $sbatch \"$@\" ;; esac
echo call >> {calls}
[ $(($(wc -l < {calls}) % 7)) = 1 ] || exec $sbatch \"$@\"
$sbatch \"$@\" >/dev/null || exit
echo '{TIMED_OUT}' >&2
exit 1
",
        calls = calls.display()
    );
    project.with_sbatch(&script)
}

/// Each run may stop at a failure, and must be a step ahead.
fn submit_until_complete(project: &Project, args: &str) {
    for _ in 0..10 {
        let sent = project.submit(args);
        if sent.left == 0 {
            sent.complete();
            return;
        }
        assert_eq!(sent.code, Some(1), "{sent:?}");
        let message = format!("{:?} {}", sent.message, sent.stderr);
        assert!(message.contains("timed out"), "{message}");
    }
    panic!("ten submissions were not enough");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_whose_sbatch_timed_out_is_found_again() {
    let project = lossy("late");
    submit_until_complete(&project, "late --no-array");
    project.exactly_once("late", 30, "some answers came too late");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn an_array_whose_sbatch_timed_out_is_found_again() {
    let project = lossy("late");
    submit_until_complete(&project, "late --array");
    project.exactly_once("late", 30, "the answer came too late");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_that_was_refused_is_told_with_its_reason_and_the_others_go() {
    let jobs = [
        Job::new("good", "true"),
        Job::new("lost", "true").with("partition", "nosuch"),
        Job::new("fine", "true"),
    ];
    let project = Project::with("refused", &jobs);
    let sent = project.submit("refused");
    assert_eq!(sent.code, Some(1), "{sent:?}");
    let told = format!("{:?} {}", sent.message, sent.stderr);
    assert!(
        told.contains("lost") && told.contains("nvalid partition"),
        "{told}"
    );
    let status = project.status("refused");
    assert_eq!(status.job("lost").state, "UNSUBMITTED");
    assert_eq!(status.job("lost").job_id, None);
    assert!(status.job("good").job_id.is_some(), "{status:?}");
}
