//! What became of the jobs of a collection, asked in few questions.
//!
//! One `squeue` for all jobs of the user, and one `sacct` for those that it no longer shows, on each
//! cluster that has any. While a job is alive the controller is right: the accounting is seconds
//! behind. How it ended, the accounting says.

mod observed;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::collection::{Attempt, Collection, CollectionManager};
use crate::model::JobState;
use crate::scheduler::{CLOCK_SECONDS, JobIds, Observation, Records, Scheduler, SlurmError};

pub(crate) use observed::Observed;

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

/// Which jobs Slurm is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of which there may be news.
    News,
    /// All that were ever submitted: what is alive again must not be sent a second time.
    All,
}

/// Brings the states of a collection up to date.
///
/// # Errors
/// When a controller does not answer of which an answer is awaited; the collection is as it was then.
pub fn refresh(
    collection: &mut Collection,
    manager: &CollectionManager,
    scheduler: &dyn Scheduler,
    scope: Scope,
) -> Result<Refreshed, SlurmError> {
    let now = Timestamp::now();
    let mut refreshed = Refreshed::default();
    let is_asked = |attempt: &Attempt| scope == Scope::All || may_have_news(attempt, now);
    let awaited = clusters(collection, |attempt| match scope {
        Scope::News => is_due(attempt, now),
        Scope::All => may_have_news(attempt, now),
    });
    for cluster in clusters(collection, is_asked) {
        let queue = match scheduler.queue(cluster.as_deref()) {
            Ok(queue) => Observed::new(queue),
            // One that is gone since must not be in the way, nor one where all is over.
            Err(_) if !awaited.contains(&cluster) => continue,
            Err(error) => return Err(error),
        };
        let cluster = cluster.as_deref();
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
            since: since - SignedDuration::from_secs(CLOCK_SECONDS),
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
    latest.any(|attempt| may_have_news(attempt, now))
}

/// Whether the controller may know something new of an attempt: also of one that failed, since Slurm
/// or somebody may have put it back into the queue while it was remembered.
fn may_have_news(attempt: &Attempt, now: Timestamp) -> bool {
    const REQUEUED_SECONDS: i64 = 24 * 3600;
    let is_recent = |ended: Timestamp| now.as_second() - ended.as_second() < REQUEUED_SECONDS;
    is_due(attempt, now) || attempt.state.is_failure() && attempt.ended.is_some_and(is_recent)
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
            Some(seen) if gone && !seen.state.is_active() => update(attempt, &seen),
            Some(seen) if gone => miss(attempt, &seen, now),
            // The last word; what ended before this began is the run before a requeue.
            Some(seen)
                if !attempt.state.is_active()
                    && attempt.exit_code.is_none()
                    && seen.ended >= attempt.started =>
            {
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
        changed |= enter_exit_codes(collection, cluster, &codes, |_| true);
    }
    Ok(changed)
}

/// Asks the controller for the exit codes of jobs that failed, where the accounting is behind it for
/// longer than anybody waits; returns whether there were any. What ended otherwise has another code
/// there than in the accounting, and its state says enough.
///
/// # Errors
/// When the controller does not answer.
pub fn ask_for_exit_codes(
    collection: &mut Collection,
    scheduler: &dyn Scheduler,
) -> Result<bool, SlurmError> {
    let now = Timestamp::now();
    let is_meant = |attempt: &Attempt| attempt.state == JobState::Failed && is_due(attempt, now);
    let mut changed = false;
    for cluster in clusters(collection, is_meant) {
        let codes = scheduler.ended_exit_codes(cluster.as_deref())?;
        changed |= enter_exit_codes(collection, cluster.as_deref(), &codes, is_meant);
    }
    Ok(changed)
}

/// Enters the exit codes of those that have none yet; returns whether there were any.
fn enter_exit_codes(
    collection: &mut Collection,
    cluster: Option<&str>,
    codes: &[(JobIds, Box<str>)],
    meant: impl Fn(&Attempt) -> bool,
) -> bool {
    let codes: HashMap<_, _> = codes
        .iter()
        .map(|(ids, code)| (observed::key(ids), code))
        .collect();
    let mut changed = false;
    let latest = latest(collection, cluster);
    for attempt in latest.filter(|attempt| attempt.exit_code.is_none() && meant(attempt)) {
        let id = &attempt.job_id;
        let key = id.number().map(|number| (number, id.task_number()));
        if let Some(code) = key.and_then(|key| codes.get(&key)) {
            attempt.exit_code = Some((*code).clone());
            changed = true;
        }
    }
    changed
}

/// The clusters that have a job whose latest attempt is meant.
fn clusters(collection: &Collection, meant: impl Fn(&Attempt) -> bool) -> BTreeSet<Option<String>> {
    let attempts = collection
        .jobs
        .values()
        .filter_map(|job| job.attempts.last());
    attempts
        .filter(|attempt| meant(attempt))
        .map(|attempt| attempt.cluster.as_deref().map(String::from))
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

/// Enters what the accounting says of a job that the controller does not know any more: that it goes
/// on. The accounting is behind, or its end got lost (`sacctmgr show runawayjobs`).
fn miss(attempt: &mut Attempt, seen: &Observation, now: Timestamp) -> bool {
    const LAG_SECONDS: i64 = 3600;
    let old = attempt.clone();
    let missed = attempt.ended.unwrap_or(now);
    if attempt.reason.as_deref() == Some(CANCELLING) {
        (attempt.state, attempt.reason) = (JobState::Cancelled, None);
    } else if now.as_second() - missed.as_second() < LAG_SECONDS {
        update(attempt, seen);
    } else {
        let reason = "it is gone, and the accounting missed its end";
        (attempt.state, attempt.reason) = (JobState::Unknown, Some(reason.into()));
    }
    attempt.ended = Some(missed);
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
