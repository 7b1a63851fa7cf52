//! A cluster with `MaxJobCount=31`, which forgets ended jobs after seconds and has no accounting.
//!
//! The controller takes one job less, and counts ended ones until it forgets them. `sbatch` tries for
//! two minutes before it gives up.

use crate::poll::until;
use crate::project::{Job, Project};

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_full_cluster_takes_what_fits_and_the_rest_when_there_is_room() {
    let project = Project::with("sweep", &Job::held(40));
    let sent = project.submit("sweep --no-array");
    assert_eq!(sent.code, Some(1), "{sent:?}");
    assert_eq!(sent.submitted.len() + sent.left, 40, "{sent:?}");
    assert!(sent.message.is_some(), "{sent:?}");
    let queue = project.queue();
    assert_eq!(queue.len(), sent.submitted.len());
    let sent: Vec<&str> = sent.submitted.iter().map(|it| &*it.job_name).collect();
    assert!(sent.len() >= 10, "{sent:?}");

    let waiting = project.start("submit sweep --no-array -y --wait-for-room --interval 10");
    let ids: Vec<&str> = queue.iter().map(|job| &*job.id).collect();
    project.cluster.ask("scancel", &ids);
    let run = waiting.end();
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let status = project.status("sweep");
    let mut ids = status.ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40);
}

/// `sbatch` waits ten seconds for an answer, the plugin takes fifteen.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_that_a_plugin_held_up_is_not_sent_again() {
    let project = Project::with("sweep", &Job::held(1));
    std::fs::write(project.cluster.conf().with_file_name("slow"), "").unwrap();
    let sent = project.submit("sweep").complete();
    assert_eq!(sent.submitted.len(), 1, "{sent:?}");
    project.exactly_once("sweep", 1, "after a slow plugin");
}

/// Once the controller has forgotten a job, nobody knows what became of it; it must not go twice.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_that_slurm_has_forgotten_is_not_sent_again() {
    let project = Project::with("sweep", &Job::many(2, "echo ran >> ran-$SLURM_JOB_NAME"));
    project.submit("sweep").complete();
    let ids = project.status("sweep").ids();
    until("the controller to forget the jobs", || {
        project.queue().is_empty().then_some(())
    });
    let status = project.status("sweep");
    assert_eq!(status.count("UNSUBMITTED"), 0, "{status:?}");
    assert_eq!(status.ids(), ids);
    let again = project.submit("sweep");
    assert!(again.submitted.is_empty(), "{again:?}");
    for job in ["job000", "job001"] {
        assert_eq!(project.read(&format!("ran-{job}")), "ran\n");
    }
}

/// What was seen stays known.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn an_end_that_was_seen_is_told_after_slurm_has_forgotten_the_job() {
    let project = Project::with("sweep", &Job::many(2, "exit 3"));
    project.submit("sweep").complete();
    let seen = project.status_at_end("sweep");
    assert_eq!(seen.count("FAILED"), 2, "{seen:?}");
    until("the controller to forget the jobs", || {
        project.queue().is_empty().then_some(())
    });
    let later = project.status("sweep");
    assert_eq!(later.count("FAILED"), 2, "{later:?}");
    assert_eq!(later.job("job000").exit_code.as_deref(), Some("3:0"));
}
