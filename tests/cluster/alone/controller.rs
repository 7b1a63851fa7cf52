//! A controller that hangs or is stopped while jobs are sent.

use std::thread;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::poll::until;
use crate::project::{Job, Project};
use crate::running::Running;
use crate::test::Run;

const JOBS: usize = 300;

/// Something is wrong with the controller until this is dropped.
struct Trouble<'a> {
    cluster: &'a Cluster,
    end: &'a str,
}

impl<'a> Trouble<'a> {
    fn frozen(cluster: &'a Cluster) -> Self {
        cluster.slurm_up(&["freeze", "slurmctld"]);
        let end = "thaw";
        Self { cluster, end }
    }

    fn stopped(cluster: &'a Cluster) -> Self {
        cluster.slurm_up(&["down", "slurmctld"]);
        let end = "up";
        Self { cluster, end }
    }
}

impl Drop for Trouble<'_> {
    fn drop(&mut self) {
        // A second panic would end the whole program.
        if thread::panicking() {
            self.cluster.try_slurm_up(&[self.end, "slurmctld"]);
            return;
        }
        self.cluster.slurm_up(&[self.end, "slurmctld"]);
        until("the controller answers again", || {
            (self.cluster.run("scontrol", &["ping"]).code == Some(0)).then_some(())
        });
    }
}

/// A submission of which the first jobs have arrived.
fn half_way(project: &Project) -> Running {
    let mut running = project.start("submit sweep -y --no-array");
    until("the first jobs", || {
        assert!(!running.has_ended(), "the submission has ended too early");
        (project.queue().len() >= 20).then_some(())
    });
    running
}

#[track_caller]
fn tells_of_the_controller(run: &Run) {
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let told = ["timed out", "controller", "contact"];
    assert!(
        told.iter().any(|word| run.stderr.contains(word)),
        "{}",
        run.stderr
    );
}

#[track_caller]
fn is_completed(project: &Project, story: &str) {
    project.submit("sweep --no-array").complete();
    project.exactly_once("sweep", JOBS, story);
    let third = project.submit("sweep --no-array").complete();
    assert!(
        third.submitted.is_empty() && third.recovered.is_empty(),
        "{third:?}"
    );
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_controller_that_hangs_half_way_loses_nothing() {
    let project = Project::with("sweep", &Job::held(JOBS));
    let running = half_way(&project);
    let trouble = Trouble::frozen(&project.cluster);
    let run = running.end();
    drop(trouble);
    tells_of_the_controller(&run);
    is_completed(&project, "frozen until the end");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_controller_that_hangs_for_a_moment_is_waited_for() {
    let project = Project::with("sweep", &Job::held(JOBS));
    let running = half_way(&project);
    let trouble = Trouble::frozen(&project.cluster);
    // Less than `MessageTimeout`.
    thread::sleep(Duration::from_secs(4));
    drop(trouble);
    let run = running.end();
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    is_completed(&project, "frozen for a moment");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_controller_that_stops_half_way_loses_nothing() {
    let project = Project::with("sweep", &Job::held(JOBS));
    let running = half_way(&project);
    let trouble = Trouble::stopped(&project.cluster);
    let run = running.end();
    drop(trouble);
    tells_of_the_controller(&run);
    is_completed(&project, "stopped");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_status_without_a_controller_is_an_error_and_changes_nothing() {
    let project = Project::with("sweep", &Job::held(3));
    project.submit("sweep").complete();
    project.status("sweep");
    let file = ".slurmkit/collections/sweep.yaml";
    let before = project.read(file);
    let trouble = Trouble::stopped(&project.cluster);
    let run = project.run("--json status sweep");
    let cancelling = project.run("cancel sweep -y");
    drop(trouble);
    // It may tell what it knew instead, and then says so.
    let away = run.code == Some(0) && run.stdout.contains("\"away\"");
    assert!(away || run.code == Some(1), "{}{}", run.stdout, run.stderr);
    assert_eq!(cancelling.code, Some(1), "{}", cancelling.stdout);
    assert_eq!(project.read(file), before);
    assert!(project.status("sweep").all("PENDING"));
}

/// The accounting's database is away more often than the controller; jobs can be sent all the same.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn jobs_are_sent_and_told_of_while_the_accounting_is_away() {
    let project = Project::with("sweep", &Job::many(3, "exit 3"));
    project.cluster.slurm_up(&["down", "slurmdbd"]);
    let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        project.submit("sweep").complete();
        project.status_when("sweep", |status| status.count("FAILED") == 3)
    }));
    project.cluster.slurm_up(&["up", "slurmdbd"]);
    if let Err(panic) = sent {
        std::panic::resume_unwind(panic);
    }
    project.exactly_once("sweep", 3, "without accounting");
}
