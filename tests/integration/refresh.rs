//! What is made of the answers of Slurm: a scheduler that says what a test tells it.
//!
//! That Slurm does answer like this is shown by `tests/cluster`.

use std::cell::RefCell;

use jiff::{SignedDuration, Timestamp};
use slurmkit::CollectionManager;
use slurmkit::cancel::Cancellation;
use slurmkit::collection::{Attempt, Collection};
use slurmkit::model::{JobId, JobState, Token};
use slurmkit::refresh::{Scope, refresh};
use slurmkit::scheduler::{
    Accepted, Directives, JobIds, Limits, Observation, Records, Scheduler, SlurmError, Submission,
    SubmitError,
};
use slurmkit::submit::Selection;

use super::test::{Test, two_jobs};

/// Answers with what it was given, and counts the questions.
#[derive(Default)]
struct Fake {
    queue: Vec<Observation>,
    /// `None` where there is no accounting.
    accounting: Option<Vec<Observation>>,
    exit_codes: Vec<(JobIds, Box<str>)>,
    away: bool,
    /// A cluster that is no more.
    gone: Option<&'static str>,
    asked: RefCell<Vec<&'static str>>,
}

impl Scheduler for Fake {
    fn submit(&self, _: &Submission<'_>) -> Result<Accepted, SubmitError> {
        unreachable!("nothing is submitted here")
    }

    fn clusters(&self, _: &Directives) -> Vec<String> {
        Vec::new()
    }

    fn is_submitting(&self, _: Token) -> bool {
        false
    }

    fn queue(&self, cluster: Option<&str>) -> Result<Vec<Observation>, SlurmError> {
        self.asked.borrow_mut().push("squeue");
        match self.away || cluster.is_some() && cluster == self.gone {
            true => Err(SlurmError::Away {
                message: "away".into(),
            }),
            false => Ok(self.queue.clone()),
        }
    }

    fn ended_exit_codes(&self, _: Option<&str>) -> Result<Vec<(JobIds, Box<str>)>, SlurmError> {
        self.asked.borrow_mut().push("exit codes");
        Ok(self.exit_codes.clone())
    }

    fn accounting(&self, records: &Records<'_>) -> Result<Vec<Observation>, SlurmError> {
        if records.numbers.is_some_and(<[u64]>::is_empty) {
            return Ok(Vec::new());
        }
        self.asked.borrow_mut().push("sacct");
        self.accounting.clone().ok_or(SlurmError::NoAccounting)
    }

    fn limits(&self) -> Result<Limits, SlurmError> {
        unreachable!("nobody asks for limits here")
    }

    fn cancel(&self, _: Option<&str>, _: &[JobId], _: Option<&JobState>) -> Result<(), SlurmError> {
        unreachable!("nothing is cancelled here")
    }

    fn requeue(&self, _: Option<&str>, _: &[JobId]) -> Result<(), SlurmError> {
        unreachable!("nothing is put back here")
    }
}

fn seen(ids: &str, state: &str) -> Observation {
    Observation {
        ids: JobIds::parse(ids).unwrap(),
        state: JobState::parse(state),
        token: None,
        submitted: None,
        started: None,
        ended: None,
        reason: None,
        nodes: None,
        exit_code: None,
    }
}

/// The two jobs of a collection with these ids, submitted a while ago.
struct Two {
    _folder: Test,
    manager: CollectionManager,
    collection: Collection,
}

impl Two {
    fn new(ids: [&str; 2]) -> Self {
        let folder = two_jobs();
        folder.ok("generate spec.yaml");
        let manager = CollectionManager::new(folder.path().join(".slurmkit/collections"));
        let mut collection = manager.get(&"default".parse().unwrap()).unwrap();
        let ago = Timestamp::now() - SignedDuration::from_mins(30);
        for (job, id) in collection.jobs.values_mut().zip(ids) {
            let mut attempt = Attempt::new(JobId::new(id), JobState::Pending);
            attempt.submitted = Some(ago);
            attempt.token = Some(Token::new());
            job.attempts.push(attempt);
        }
        Self {
            _folder: folder,
            manager,
            collection,
        }
    }

    fn refresh(&mut self, fake: &Fake) -> bool {
        self.refresh_in(fake, Scope::News)
    }

    fn refresh_in(&mut self, fake: &Fake, scope: Scope) -> bool {
        let refreshed = refresh(&mut self.collection, &self.manager, fake, scope).unwrap();
        refreshed.changed
    }

    fn states(&self) -> Vec<String> {
        let states = self
            .collection
            .jobs
            .values()
            .map(|job| job.state().unwrap());
        states.map(ToString::to_string).collect()
    }

    fn attempt(&mut self, index: usize) -> &mut Attempt {
        self.collection.jobs[index].attempts.last_mut().unwrap()
    }
}

#[test]
fn the_controller_is_right_and_asked_first() {
    let mut two = Two::new(["7", "8"]);
    let fake = Fake {
        queue: vec![seen("7", "RUNNING"), seen("8", "PENDING")],
        accounting: Some(vec![seen("7", "PENDING")]),
        ..Fake::default()
    };
    assert!(two.refresh(&fake));
    assert_eq!(two.states(), ["RUNNING", "PENDING"]);
    assert_eq!(*fake.asked.borrow(), ["squeue"], "nobody is missing");
    assert!(!two.refresh(&fake), "nothing is new");
}

#[test]
fn what_the_controller_forgot_the_accounting_knows() {
    let mut two = Two::new(["7", "8"]);
    let mut failed = seen("8", "FAILED");
    failed.exit_code = Some("3:0".into());
    let fake = Fake {
        accounting: Some(vec![seen("7", "COMPLETED"), failed]),
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["COMPLETED", "FAILED"]);
    assert_eq!(two.attempt(1).exit_code.as_deref(), Some("3:0"));
    assert_eq!(*fake.asked.borrow(), ["squeue", "sacct"]);
    fake.asked.borrow_mut().clear();
    assert!(!two.refresh(&fake));
    assert!(
        fake.asked.borrow().is_empty(),
        "all is over: nobody is asked"
    );
}

#[test]
fn waiting_tasks_are_found_in_their_brackets() {
    let mut two = Two::new(["7_0", "7_4"]);
    let fake = Fake {
        queue: vec![seen("7_0", "RUNNING"), seen("7_[2-9%2]", "PENDING")],
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["RUNNING", "PENDING"]);
}

#[test]
fn a_task_that_left_no_trace_was_cancelled_before_it_began() {
    let mut two = Two::new(["7_0", "7_4"]);
    let fake = Fake {
        accounting: Some(vec![seen("7_0", "COMPLETED")]),
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["COMPLETED", "CANCELLED"]);
}

#[test]
fn a_job_that_nobody_knows_is_unknown_after_a_while_and_not_before() {
    let mut two = Two::new(["7", "8"]);
    two.attempt(1).submitted = Some(Timestamp::now());
    let fake = Fake {
        accounting: Some(Vec::new()),
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["UNKNOWN", "PENDING"]);
}

#[test]
fn an_id_that_another_job_has_now_says_nothing() {
    let mut two = Two::new(["7", "8"]);
    let mut other = seen("7", "RUNNING");
    other.token = Some(Token::new());
    let mut earlier = seen("8", "COMPLETED");
    earlier.submitted = Some(Timestamp::now() - SignedDuration::from_hours(24 * 400));
    let fake = Fake {
        queue: vec![other, earlier],
        accounting: Some(Vec::new()),
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["UNKNOWN", "UNKNOWN"]);
}

#[test]
fn an_array_of_the_script_itself_has_the_state_of_all_its_tasks() {
    for (states, expected) in [
        (["COMPLETED", "COMPLETED"], "COMPLETED"),
        (["COMPLETED", "TIMEOUT"], "TIMEOUT"),
        (["FAILED", "RUNNING"], "RUNNING"),
        (["COMPLETED", "PENDING"], "PENDING"),
    ] {
        let mut two = Two::new(["7", "8"]);
        let fake = Fake {
            queue: vec![
                seen("7_0", states[0]),
                seen("7_1", states[1]),
                seen("8+0", states[0]),
                seen("8+1", states[1]),
            ],
            accounting: Some(Vec::new()),
            ..Fake::default()
        };
        two.refresh(&fake);
        assert_eq!(two.states(), [expected, expected], "{states:?}");
    }
}

#[test]
fn a_job_put_back_into_the_queue_is_alive_again() {
    let mut two = Two::new(["7", "8"]);
    two.attempt(0).state = JobState::NodeFail;
    two.attempt(0).exit_code = Some("0:0".into());
    let fake = Fake {
        queue: vec![seen("7", "PENDING"), seen("8", "RUNNING")],
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["PENDING", "RUNNING"]);
    assert_eq!(two.attempt(0).exit_code, None);
}

#[test]
fn what_failed_lately_or_is_to_be_sent_again_is_looked_at() {
    for (hours, scope, state) in [
        (1, Scope::News, "RUNNING"),
        (30, Scope::News, "FAILED"),
        (30, Scope::All, "RUNNING"),
    ] {
        let mut two = Two::new(["7", "8"]);
        for index in 0..2 {
            let attempt = two.attempt(index);
            attempt.state = JobState::Failed;
            attempt.exit_code = Some("1:0".into());
            attempt.ended = Some(Timestamp::now() - SignedDuration::from_hours(hours));
        }
        let fake = Fake {
            queue: vec![seen("7", "RUNNING")],
            ..Fake::default()
        };
        two.refresh_in(&fake, scope);
        assert_eq!(two.states(), [state, "FAILED"], "{hours} {scope:?}");
    }
}

#[test]
fn a_cluster_that_is_gone_is_in_the_way_only_of_who_waits_for_it() {
    for (state, hinders) in [("COMPLETED", false), ("RUNNING", true)] {
        let mut two = Two::new(["7", "8"]);
        two.attempt(0).cluster = Some("old".into());
        two.attempt(0).state = JobState::parse(state);
        two.attempt(0).exit_code = Some("0:0".into());
        let fake = Fake {
            queue: vec![seen("8", "RUNNING")],
            gone: Some("old"),
            ..Fake::default()
        };
        let refreshed = refresh(&mut two.collection, &two.manager, &fake, Scope::All);
        assert_eq!(refreshed.is_err(), hinders, "{state}");
        assert_eq!(two.states(), [state, "RUNNING"]);
    }
}

/// Who waits for it, or sends it again, must know; who looks need not.
#[test]
fn what_failed_lately_is_shown_without_a_cluster_and_not_sent_again() {
    let fake = Fake {
        away: true,
        ..Fake::default()
    };
    let mut two = Two::new(["7", "8"]);
    for index in 0..2 {
        let attempt = two.attempt(index);
        attempt.state = JobState::Failed;
        attempt.exit_code = Some("1:0".into());
        attempt.ended = Some(Timestamp::now());
    }
    assert!(!two.refresh(&fake));
    let refreshed = refresh(&mut two.collection, &two.manager, &fake, Scope::All);
    assert!(refreshed.unwrap_err().is_away());
}

/// The accounting has the run before a requeue still, and is asked because of another task.
#[test]
fn what_waits_again_is_not_over_because_the_accounting_is_behind() {
    let mut two = Two::new(["7_0", "7_1"]);
    let mut before = seen("7_0", "FAILED");
    before.ended = Some(Timestamp::now());
    before.exit_code = Some("1:0".into());
    let fake = Fake {
        queue: vec![seen("7_0", "PENDING"), seen("7_1", "FAILED")],
        accounting: Some(vec![before, seen("7_1", "RUNNING")]),
        ..Fake::default()
    };
    assert!(two.refresh(&fake));
    assert_eq!(two.states(), ["PENDING", "FAILED"]);
    assert!(!two.refresh(&fake), "nothing is new");
}

/// The controller forgot it, and its end never came to the accounting.
#[test]
fn a_job_that_only_the_accounting_takes_for_alive_ends_some_time() {
    let fake = Fake {
        accounting: Some(vec![seen("7", "RUNNING"), seen("8", "RUNNING")]),
        ..Fake::default()
    };
    let mut two = Two::new(["7", "8"]);
    assert!(two.refresh(&fake));
    assert_eq!(two.states(), ["RUNNING", "RUNNING"]);
    assert!(!two.refresh(&fake), "nothing is new");
    let missed = two.attempt(0).ended.unwrap();
    two.attempt(0).ended = Some(missed - SignedDuration::from_hours(2));
    let cancellation = Cancellation::plan(&two.collection, &Selection::default(), None);
    cancellation.note(&mut two.collection);
    two.attempt(0).reason = None;
    two.refresh(&fake);
    assert_eq!(two.states(), ["UNKNOWN", "CANCELLED"]);
}

#[test]
fn without_accounting_exit_codes_come_from_the_controller() {
    let mut two = Two::new(["7", "8"]);
    let fake = Fake {
        queue: vec![seen("7", "FAILED"), seen("8", "RUNNING")],
        exit_codes: vec![(JobIds::parse("7").unwrap(), "3:0".into())],
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["FAILED", "RUNNING"]);
    assert_eq!(two.attempt(0).exit_code.as_deref(), Some("3:0"));
    assert_eq!(*fake.asked.borrow(), ["squeue", "sacct", "exit codes"]);
}

#[test]
fn a_cluster_that_is_away_changes_nothing() {
    let mut two = Two::new(["7", "8"]);
    let fake = Fake {
        away: true,
        ..Fake::default()
    };
    let error = refresh(&mut two.collection, &two.manager, &fake, Scope::News).unwrap_err();
    assert!(error.is_away());
    assert_eq!(two.states(), ["PENDING", "PENDING"]);
}

#[test]
fn what_was_told_to_end_was_cancelled_once_it_is_gone() {
    let mut two = Two::new(["7_0", "7_4"]);
    for index in 0..2 {
        two.attempt(index).submitted = Some(Timestamp::now());
    }
    let cancellation = Cancellation::plan(&two.collection, &Selection::default(), None);
    cancellation.note(&mut two.collection);
    let fake = Fake {
        queue: vec![seen("7_0", "RUNNING")],
        accounting: Some(Vec::new()),
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.states(), ["RUNNING", "CANCELLED"]);
}

/// The controller is first to know of an end, and the accounting says how it was.
#[test]
fn the_accounting_has_the_last_word() {
    let mut two = Two::new(["7", "8"]);
    let mut cancelled = seen("7", "CANCELLED");
    cancelled.exit_code = Some("0:0".into());
    let fake = Fake {
        queue: vec![seen("7", "CANCELLED"), seen("8", "COMPLETED")],
        accounting: Some(Vec::new()),
        ..Fake::default()
    };
    two.refresh(&fake);
    assert_eq!(two.attempt(0).exit_code, None);
    assert_eq!(two.attempt(1).exit_code.as_deref(), Some("0:0"));
    let fake = Fake {
        accounting: Some(vec![cancelled]),
        ..fake
    };
    assert!(two.refresh(&fake));
    assert_eq!(two.attempt(0).exit_code.as_deref(), Some("0:0"));
}
