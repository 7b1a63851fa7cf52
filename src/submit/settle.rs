//! Whether Slurm has a job whose submission nobody saw the end of.

use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::Error;
use crate::collection::Sending;
use crate::fs::Owner;
use crate::model::JobState;
use crate::scheduler::{
    Accepted, CLOCK_SECONDS, Limits, Observation, Records, Scheduler, SlurmError,
};

/// How long `sbatch` may still be at it, whatever became of who ran it: a little more than it tries
/// by itself.
const SBATCH_SECONDS: i64 = 330;
/// Between two looks: a controller that was busy puts what it got first into the queue first.
const PAUSE: Duration = Duration::from_secs(2);

/// Finds the job of a submission by its token; `None` if there is none and there will be none.
///
/// # Errors
/// When that cannot be known.
pub(super) fn settle(
    scheduler: &dyn Scheduler,
    limits: &Limits,
    sending: &Sending,
) -> Result<Option<Accepted>, Error> {
    wait_for_command(scheduler, sending)?;
    for look in 0..2 {
        if look > 0 {
            thread::sleep(PAUSE);
        }
        for cluster in clusters(sending) {
            if let Some(accepted) = look_up(scheduler, limits, sending, cluster)? {
                return Ok(Some(accepted));
            }
        }
    }
    Ok(None)
}

/// Waits for a command of this host that is still submitting.
fn wait_for_command(scheduler: &dyn Scheduler, sending: &Sending) -> Result<(), Error> {
    let age = Timestamp::now().as_second() - sending.time.as_second();
    // A clock that is behind the other makes it look younger, which is the safe side.
    let left = SBATCH_SECONDS - age;
    if sending.host != Owner::this_process().host {
        return match left {
            1.. => Err(Error::Unsettled {
                host: sending.host.clone(),
                jobs: sending.jobs.len(),
                seconds: Some(left),
            }),
            _ => Ok(()),
        };
    }
    let patience = Duration::from_secs(SBATCH_SECONDS.unsigned_abs());
    let start = Instant::now();
    while scheduler.is_submitting(sending.token) && start.elapsed() < patience {
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// The clusters that a job may have gone to.
fn clusters(sending: &Sending) -> Vec<Option<&str>> {
    match &*sending.clusters {
        [] => vec![None],
        clusters => clusters.iter().map(|cluster| Some(&**cluster)).collect(),
    }
}

fn look_up(
    scheduler: &dyn Scheduler,
    limits: &Limits,
    sending: &Sending,
    cluster: Option<&str>,
) -> Result<Option<Accepted>, Error> {
    let found = |observed: Vec<Observation>| {
        let ours = |observed: &&Observation| {
            observed.token == Some(sending.token) && !was_refused(observed)
        };
        observed.iter().find(ours).map(|observed| Accepted {
            job_id: observed.ids.number,
            cluster: cluster.map(Into::into),
        })
    };
    if let Some(accepted) = found(scheduler.queue(cluster)?) {
        return Ok(Some(accepted));
    }
    let earliest = sending.time.as_second() - CLOCK_SECONDS;
    let records = Records {
        cluster,
        numbers: None,
        since: Timestamp::from_second(earliest).unwrap_or(sending.time),
    };
    match scheduler.accounting(&records) {
        Ok(observed) => Ok(found(observed)),
        // What ended a moment ago the controller still remembers.
        Err(SlurmError::NoAccounting | SlurmError::Away { .. })
            if is_remembered(sending, limits) =>
        {
            Ok(None)
        }
        Err(SlurmError::NoAccounting) => Err(Error::Unsettled {
            host: sending.host.clone(),
            jobs: sending.jobs.len(),
            seconds: None,
        }),
        Err(error) => Err(error.into()),
    }
}

/// Whether the controller would still show a job of the submission if it were over already.
fn is_remembered(sending: &Sending, limits: &Limits) -> bool {
    let age = Timestamp::now().as_second() - sending.time.as_second();
    let remembers = i64::try_from(limits.remembers_seconds).unwrap_or(i64::MAX);
    (0..remembers / 2).contains(&age)
}

/// A submission that Slurm refused leaves a record too: one of a job that failed before it began.
fn was_refused(observed: &Observation) -> bool {
    observed.state == JobState::Failed
        && observed.nodes.is_none()
        && (observed.started.is_none() || observed.started == observed.ended)
}
