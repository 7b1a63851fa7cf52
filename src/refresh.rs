//! What became of the jobs of a collection, asked in few questions.
//!
//! One `squeue` for all jobs of the user, and one `sacct` for those that it no longer shows, on each
//! cluster that has any. While a job is alive the controller is right: the accounting is seconds
//! behind. How it ended, the accounting says.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::collection::{Attempt, Collection, CollectionManager};
use crate::model::JobState;
use crate::scheduler::{CLOCK_SECONDS, JobIds, Observation, Records, Scheduler, SlurmError};

/// What a look at the cluster came to.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// Whether the collection is another than before.
    pub changed: bool,
    /// Why the accounting could not be asked, although it should have been.
    pub accounting_away: Option<SlurmError>,
}

/// The reason of an attempt from when Slurm was told to cancel it until Slurm is seen to have done so.
pub const CANCELLING: &str = "being cancelled";
/// How long a job that was just submitted may be missing from everything, in seconds.
const GRACE_SECONDS: i64 = 120;

/// Brings the states of a collection up to date.
///
/// # Errors
/// When the controller does not answer; the collection is as it was then.
pub fn refresh(
    collection: &mut Collection,
    manager: &CollectionManager,
    scheduler: &dyn Scheduler,
) -> Result<Refreshed, SlurmError> {
    let now = Timestamp::now();
    let mut refreshed = Refreshed::default();
    for cluster in clusters(collection, now) {
        let cluster = cluster.as_deref();
        let queue = Observed::new(scheduler.queue(cluster)?);
        let (mut missing, mut since) = (BTreeSet::new(), now);
        for attempt in latest(collection, cluster) {
            let seen = queue.of(attempt);
            if let Some(seen) = &seen {
                refreshed.changed |= update(attempt, seen);
            }
            // What the controller shows as alive is.
            if is_due(attempt, now) && !(seen.is_some() && attempt.state.is_active()) {
                missing.extend(attempt.job_id.number());
                since = since.min(attempt.submitted.unwrap_or(Timestamp::UNIX_EPOCH));
            }
        }
        let missing: Vec<u64> = missing.into_iter().collect();
        let records = Records {
            cluster,
            numbers: Some(&missing),
            since,
        };
        match scheduler.accounting(&records) {
            Ok(records) => {
                let records = Observed::new(records);
                refreshed.changed |= with_accounting(collection, cluster, &queue, &records, now);
            }
            Err(SlurmError::NoAccounting) => {
                refreshed.changed |=
                    without_accounting(collection, manager, scheduler, cluster, &queue)?;
            }
            Err(error) => refreshed.accounting_away = Some(error),
        }
    }
    Ok(refreshed)
}

/// Whether a look at the cluster may bring news of a collection.
pub fn is_due_for(collection: &Collection, now: Timestamp) -> bool {
    let mut latest = collection
        .jobs
        .values()
        .filter_map(|job| job.attempts.last());
    latest.any(|attempt| is_due(attempt, now))
}

/// Whether there may be news of an attempt: it is alive, or it ended a while ago and the accounting
/// was not yet ready to say how.
fn is_due(attempt: &Attempt, now: Timestamp) -> bool {
    const LAG_SECONDS: i64 = 3600;
    let ended = attempt.ended.or(attempt.submitted);
    let ended = ended.map_or(0, Timestamp::as_second);
    attempt.state.is_active()
        || attempt.exit_code.is_none() && now.as_second() - ended < LAG_SECONDS
}

/// Whether a job has ended of which the accounting will say in a moment how.
pub fn is_ending(collection: &Collection, now: Timestamp) -> bool {
    const LAG_SECONDS: i64 = 15;
    let just = |ended: Timestamp| {
        (-LAG_SECONDS..LAG_SECONDS).contains(&(now.as_second() - ended.as_second()))
    };
    let mut latest = collection
        .jobs
        .values()
        .filter_map(|job| job.attempts.last());
    latest.any(|attempt| {
        !attempt.state.is_active() && attempt.exit_code.is_none() && attempt.ended.is_some_and(just)
    })
}

/// Enters what the accounting has of jobs that the controller shows no more.
fn with_accounting(
    collection: &mut Collection,
    cluster: Option<&str>,
    queue: &Observed,
    records: &Observed,
    now: Timestamp,
) -> bool {
    let mut changed = false;
    for attempt in latest(collection, cluster) {
        let gone = attempt.state.is_active() && queue.of(attempt).is_none();
        changed |= match records.of(attempt) {
            Some(seen) if gone => update(attempt, &seen),
            // The last word; what ended before this began is the run before a requeue.
            Some(seen) if attempt.exit_code.is_none() && seen.ended >= attempt.started => {
                !seen.state.is_active() && update(attempt, &seen)
            }
            None if gone => give_up(attempt, records.knows_array(attempt), now),
            _ => false,
        };
    }
    changed
}

/// Where there is no accounting, what the controller has is all there is.
fn without_accounting(
    collection: &mut Collection,
    manager: &CollectionManager,
    scheduler: &dyn Scheduler,
    cluster: Option<&str>,
    queue: &Observed,
) -> Result<bool, SlurmError> {
    let name = collection.name.clone();
    let mut changed = false;
    let mut ended = false;
    for attempt in latest(collection, cluster) {
        ended |= !attempt.state.is_active() && attempt.exit_code.is_none();
        if attempt.state.is_active() && queue.of(attempt).is_none() {
            changed |= match manager.noted_exit_code(&name, attempt) {
                Some(code) => note_exit(attempt, code),
                None => give_up(attempt, false, Timestamp::now()),
            };
        }
    }
    if ended {
        let codes = scheduler.ended_exit_codes(cluster)?;
        let codes: HashMap<_, _> = codes.iter().map(|(ids, code)| (key(ids), code)).collect();
        for attempt in latest(collection, cluster) {
            let id = attempt
                .job_id
                .number()
                .zip(Some(attempt.job_id.task_number()));
            let code = id.and_then(|id| codes.get(&id));
            if let Some(code) = code.filter(|_| attempt.exit_code.is_none()) {
                attempt.exit_code = Some((*code).clone());
                changed = true;
            }
        }
    }
    Ok(changed)
}

/// The clusters that have a job which may still change.
fn clusters(collection: &Collection, now: Timestamp) -> BTreeSet<Option<String>> {
    let attempts = collection
        .jobs
        .values()
        .filter_map(|job| job.attempts.last());
    let due = attempts.filter(|attempt| is_due(attempt, now));
    due.map(|attempt| attempt.cluster.as_deref().map(String::from))
        .collect()
}

/// The latest attempts of all jobs on a cluster.
fn latest<'a>(
    collection: &'a mut Collection,
    cluster: Option<&'a str>,
) -> impl Iterator<Item = &'a mut Attempt> {
    let attempts = collection
        .jobs
        .values_mut()
        .filter_map(|job| job.attempts.last_mut());
    attempts.filter(move |attempt| attempt.cluster.as_deref() == cluster)
}

/// What a command said, by job.
struct Observed {
    /// One job or task each; of a heterogeneous job, each of its parts.
    single: HashMap<(u64, Option<u32>), Vec<Observation>>,
    /// Tasks that have not begun, together.
    several: HashMap<u64, Vec<Observation>>,
    /// The tasks of each array.
    tasks: HashMap<u64, Vec<u32>>,
}

fn key(ids: &JobIds) -> (u64, Option<u32>) {
    (ids.number, ids.task())
}

impl Observed {
    fn new(observations: Vec<Observation>) -> Self {
        let mut observed = Self {
            single: HashMap::new(),
            several: HashMap::new(),
            tasks: HashMap::new(),
        };
        for observation in observations {
            let ids = &observation.ids;
            if ids.is_several() {
                let of_array = observed.several.entry(ids.number).or_default();
                of_array.push(observation);
            } else {
                if let Some(task) = ids.task() {
                    observed.tasks.entry(ids.number).or_default().push(task);
                }
                let of_job = observed.single.entry(key(ids)).or_default();
                of_job.push(observation);
            }
        }
        observed
    }

    /// What is said of an attempt. An array that a script makes itself, and a heterogeneous job, are
    /// one job with the state of all.
    fn of(&self, attempt: &Attempt) -> Option<Observation> {
        let number = attempt.job_id.number()?;
        let task = attempt.job_id.task_number();
        let single = self.single.get(&(number, task)).into_iter().flatten();
        let waiting = self.several.get(&number).into_iter().flatten();
        let all: Vec<&Observation> = if task.is_some() {
            let waiting = waiting.filter(|waiting| waiting.ids.contains(&attempt.job_id));
            single.chain(waiting).collect()
        } else {
            let tasks = self.tasks.get(&number).into_iter().flatten();
            let tasks = tasks.filter_map(|task| self.single.get(&(number, Some(*task))));
            single.chain(tasks.flatten()).chain(waiting).collect()
        };
        let all = all.into_iter().filter(|seen| is_of(attempt, seen));
        all.cloned().reduce(together)
    }

    /// Whether other tasks of the array of an attempt are known.
    fn knows_array(&self, attempt: &Attempt) -> bool {
        let number = attempt.job_id.number().unwrap_or_default();
        attempt.job_id.task_number().is_some()
            && (self.tasks.contains_key(&number) || self.several.contains_key(&number))
    }
}

/// Whether an observation is of this attempt, and not of another job that got the id later.
fn is_of(attempt: &Attempt, seen: &Observation) -> bool {
    match (attempt.token, seen.token) {
        (Some(ours), Some(theirs)) => ours == theirs,
        // A job put back into the queue is submitted again, so later says nothing.
        _ => match (attempt.submitted, seen.submitted) {
            (Some(ours), Some(theirs)) => theirs.as_second() >= ours.as_second() - CLOCK_SECONDS,
            _ => true,
        },
    }
}

/// The parts of one job, as one.
fn together(one: Observation, other: Observation) -> Observation {
    // What is alive counts before what failed, and that before what completed.
    let rank = |state: &JobState| match state {
        JobState::Running => 4,
        state if state.is_active() => 3,
        JobState::Completed => 1,
        _ => 2,
    };
    let (first, second) = match rank(&one.state) >= rank(&other.state) {
        true => (one, other),
        false => (other, one),
    };
    Observation {
        started: first.started.min_some(second.started),
        ended: first
            .ended
            .max(second.ended)
            .filter(|_| !first.state.is_active()),
        ..first
    }
}

trait MinSome {
    fn min_some(self, other: Self) -> Self;
}

impl MinSome for Option<Timestamp> {
    /// The earlier of two times that may not be known.
    fn min_some(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// Enters what was seen; returns whether that is news.
fn update(attempt: &mut Attempt, seen: &Observation) -> bool {
    let old = attempt.clone();
    attempt.state = seen.state.clone();
    attempt.started = seen.started;
    attempt.ended = seen.ended;
    attempt.reason.clone_from(&seen.reason);
    attempt.nodes = seen.nodes.clone().or(attempt.nodes.take());
    attempt.exit_code = match seen.state {
        JobState::Completed => Some("0:0".into()),
        ref state if state.is_active() => None,
        _ => seen.exit_code.clone().or(attempt.exit_code.take()),
    };
    *attempt != old
}

/// Enters the exit code that a job noted itself. Above 128 it may be a signal that ended the last
/// command of the script, which Slurm calls an exit code, too.
fn note_exit(attempt: &mut Attempt, code: u32) -> bool {
    attempt.state = match code {
        0 => JobState::Completed,
        _ => JobState::Failed,
    };
    attempt.exit_code = Some(format!("{code}:0").into());
    true
}

/// What a job is that nothing knows of; returns whether that is news.
///
/// A task that was cancelled before it began leaves no trace at all, while its array may.
fn give_up(attempt: &mut Attempt, array_is_known: bool, now: Timestamp) -> bool {
    let submitted = attempt.submitted.unwrap_or(Timestamp::UNIX_EPOCH);
    let cancelled = attempt.reason.as_deref() == Some(CANCELLING);
    if !cancelled && now.as_second() - submitted.as_second() < GRACE_SECONDS {
        return false;
    }
    (attempt.state, attempt.reason) = match array_is_known || cancelled {
        true => (JobState::Cancelled, None),
        false => (JobState::Unknown, Some("Slurm no longer knows it".into())),
    };
    true
}

/// How many jobs of a collection are in each state; `None` for those never submitted.
pub fn count(collection: &Collection) -> BTreeMap<Option<JobState>, usize> {
    let mut counts = BTreeMap::new();
    for job in collection.jobs.values() {
        *counts.entry(job.state().cloned()).or_default() += 1;
    }
    counts
}
