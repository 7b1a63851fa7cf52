//! A cluster without accounting: `sacct` fails, and the controller forgets ended jobs after a while.

use std::fs;

use crate::poll::until;
use crate::project::{Job, Project};

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn ended_jobs_are_told_with_their_exit_codes() {
    for options in ["--no-array", "--array"] {
        let jobs = [
            Job::new("fine", "true"),
            Job::new("three", "exit 3"),
            Job::new("crash", "sh -c 'kill -SEGV $$'"),
            Job::new("unwanted", "sleep 600"),
        ];
        let project = Project::with("sweep", &jobs);
        project.submit(&format!("sweep {options}")).complete();
        let status = project.status_when("sweep", |status| status.count("RUNNING") == 1);
        let id = status.job("unwanted").id();
        project.cluster.ask("scancel", &[&id]);
        let status = project.status_at_end("sweep");
        let told: Vec<_> = status
            .jobs
            .iter()
            .map(|job| (&*job.job_name, &*job.state, job.exit_code.as_deref()))
            .collect();
        let cancelled = told[3];
        assert_eq!((cancelled.0, cancelled.1), ("unwanted", "CANCELLED"));
        assert_eq!(
            told[..3],
            [
                ("fine", "COMPLETED", Some("0:0")),
                ("three", "FAILED", Some("3:0")),
                ("crash", "FAILED", Some("139:0")),
            ]
        );
        project.exactly_once("sweep", 4, options);
    }
}

/// As `#SBATCH --signal=B:INT@60` would send them.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn signals_reach_the_script() {
    for (signal, code) in [("INT", "7:0"), ("USR1", "8:0")] {
        let command =
            "trap 'exit 7' INT; trap 'exit 8' USR1; echo ready; while :; do sleep 0.2; done";
        let project = Project::with("sweep", &[Job::new("long", command)]);
        project.submit("sweep").complete();
        let status = project.status_when("sweep", |status| status.count("RUNNING") == 1);
        let job = status.job("long");
        let log = job.log.clone().unwrap();
        until("a script that is ready", || {
            (project.exists(&log) && project.read(&log).contains("ready")).then_some(())
        });
        let option = format!("--signal={signal}");
        project
            .cluster
            .ask("scancel", &["--batch", &option, &job.id()]);
        let status = project.status_at_end("sweep");
        assert_eq!(status.job("long").exit_code.as_deref(), Some(code));
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn failed_jobs_go_again() {
    let command = "[ -e fixed ] || exit 1";
    let project = Project::with(
        "sweep",
        &[Job::new("fine", "true"), Job::new("bad", command)],
    );
    project.submit("sweep").complete();
    project.status_at_end("sweep");
    project.write("fixed", "");
    let sent = project.resubmit("sweep --filter failed").complete();
    assert_eq!(sent.submitted.len(), 1, "{sent:?}");
    assert_eq!(project.run("wait sweep --interval 5").code, Some(0));
    assert_eq!(project.status("sweep").job("bad").attempts, 2);
}

/// If the second run is killed with its node, what the first one noted must not pass for its end.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn what_a_job_noted_is_gone_when_it_is_put_back_into_the_queue() {
    let project = Project::with("sweep", &[Job::new("bad", "exit 3")]);
    project.submit("sweep").complete();
    project.status_at_end("sweep");
    let tasks = project.path().join(".slurmkit/collections/sweep.tasks");
    let noted = || {
        let files = fs::read_dir(&tasks).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        let mut notes = paths.filter(|path| path.extension().is_some());
        notes.next().map(|note| fs::read_to_string(note).unwrap())
    };
    assert_eq!(noted().as_deref(), Some("3\n"));
    project.ok("resubmit sweep --requeue -y");
    assert_eq!(noted(), None);
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_killed_submission_is_completed() {
    let project = Project::with("killed", &Job::held(200));
    let running = project.start("submit killed -y --no-array");
    crate::poll::until("some jobs in the queue", || {
        (project.queue().len() >= 20).then_some(())
    });
    running.kill();
    project.submit("killed --no-array").complete();
    project.exactly_once("killed", 200, "without accounting");
}
