use std::env;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::poll::until;
use crate::project::{Job, Project};

const JOBS: usize = 200;

/// Kills at different moments: one round in each of as many equal parts of the time that a submission takes.
fn kill_and_submit_again(options: &str, rounds: u32) {
    let whole = uninterrupted(options);
    let mut random = Random::new();
    for round in 0..rounds {
        let moment = whole.mul_f64((f64::from(round) + random.next()) / f64::from(rounds));
        let story = format!("round {round}, killed after {moment:?} of {whole:?}");
        let project = Project::with("killed", &Job::held(JOBS));
        let running = project.start(&format!("submit killed -y {options}"));
        thread::sleep(moment);
        running.kill();
        project.submit(&format!("killed {options}")).complete();
        project.exactly_once("killed", JOBS, &story);
        // The accounting hears of jobs a little later.
        until(&format!("the jobs in sacct, {story}"), || {
            let accounted = project.count_accounted();
            assert!(accounted <= JOBS, "{story}: {accounted} in sacct");
            (accounted == JOBS).then_some(())
        });
        let third = project.submit(&format!("killed {options}")).complete();
        let nothing = third.submitted.is_empty() && third.recovered.is_empty();
        assert!(nothing, "{story}: {third:?}");
    }
}

/// How long a submission takes when nobody kills it.
fn uninterrupted(options: &str) -> Duration {
    let project = Project::with("whole", &Job::held(JOBS));
    let start = Instant::now();
    project.ok(&format!("submit whole -y {options}"));
    let took = start.elapsed();
    project.exactly_once("whole", JOBS, "uninterrupted");
    took
}

fn rounds() -> u32 {
    env::var("SLURMKIT_TEST_ROUNDS").map_or(8, |rounds| rounds.parse().unwrap())
}

/// Numbers from 0 to 1, by a linear congruential generator: the moments are told where a test fails.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self(u64::from(now.subsec_nanos()))
    }

    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_killed_submission_of_single_jobs_is_completed() {
    kill_and_submit_again("--no-array", rounds());
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_killed_submission_of_arrays_is_completed() {
    kill_and_submit_again("--array", rounds());
}

/// Kills in the middle of the first of the `sbatch`, that are made as slow as `script` says.
fn kill_during_sbatch(options: &str, script: &str, story: &str) {
    let project = Project::with("orphan", &Job::held(3)).with_sbatch(&format!(
        "case \"$*\" in *--comment*) ;; *) exec $sbatch \"$@\" ;; esac\n{script}\n"
    ));
    let running = project.start(&format!("submit orphan -y {options}"));
    thread::sleep(Duration::from_secs(1));
    running.kill();
    project.submit(&format!("orphan {options}")).complete();
    // Whatever an orphan sends is there by then.
    thread::sleep(Duration::from_secs(4));
    project.submit(&format!("orphan {options}")).complete();
    project.exactly_once("orphan", 3, story);
}

/// `kill -9` of slurmkit leaves the `sbatch` that it had started, and that one goes on: its job comes
/// after the second submission has begun.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_that_an_orphaned_sbatch_sends_late_is_not_sent_again() {
    for options in ["--no-array", "--array"] {
        kill_during_sbatch(
            options,
            "sleep 2; exec $sbatch \"$@\"",
            "sent after the kill",
        );
    }
}

/// The job is there, and nobody has read its id.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_job_that_was_accepted_just_before_the_kill_is_found_again() {
    for options in ["--no-array", "--array"] {
        let script = "id=$($sbatch \"$@\"); sleep 2; echo $id";
        kill_during_sbatch(options, script, "sent before the kill");
    }
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn an_interrupted_submission_exits_with_130_and_is_completed() {
    let project = Project::with("interrupted", &Job::held(JOBS));
    let running = project.start("submit interrupted -y --no-array");
    crate::poll::until("some jobs in the queue", || {
        (project.queue().len() >= 5).then_some(())
    });
    running.interrupt();
    let run = running.end();
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let sent = project.submit("interrupted --no-array").complete();
    assert!(
        !sent.submitted.is_empty(),
        "it was interrupted after the end"
    );
    project.exactly_once("interrupted", JOBS, "interrupted");
}
