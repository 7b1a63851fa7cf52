//! Jobs that go back into the queue under their old ids.

use std::collections::BTreeMap;

use super::{Retries, Stay, Verdict};
use crate::Error;
use crate::collection::{Attempt, Collection, CollectionManager, Job};
use crate::model::{JobName, JobState};
use crate::refresh::Observed;
use crate::scheduler::{Scheduler, SlurmError};

/// Puts the jobs that shall go back into the queue there, and notes it in `collection` and `done`.
/// What becomes of those that Slurm forgot, or will not put back, is `otherwise` from then on.
///
/// # Errors
/// When Slurm cannot be asked; what was put back until then is noted.
pub fn put_back(
    retries: &mut Retries,
    otherwise: &Verdict,
    collection: &mut Collection,
    manager: &CollectionManager,
    scheduler: &dyn Scheduler,
    done: &mut Vec<JobName>,
) -> Result<(), Error> {
    let mut by_cluster: BTreeMap<Option<String>, Vec<(usize, Attempt)>> = BTreeMap::new();
    for (index, decision) in retries.decisions.iter().enumerate() {
        let job = collection.jobs.get(&decision.name);
        let job = job.filter(|job| decision.is_of(job));
        if let (Verdict::Requeue, Some(last)) =
            (&decision.verdict, job.and_then(|job| job.attempts.last()))
        {
            let cluster = last.cluster.as_deref().map(String::from);
            let of_cluster = by_cluster.entry(cluster).or_default();
            of_cluster.push((index, last.clone()));
        }
    }
    for (cluster, attempts) in by_cluster {
        let cluster = cluster.as_deref();
        let before = Observed::new(scheduler.queue(cluster)?);
        let is_over = |attempt: &Attempt| before.is_alive(attempt) == Some(false);
        let mut ids = Vec::new();
        for (_, attempt) in attempts.iter().filter(|(_, attempt)| is_over(attempt)) {
            manager.remove_noted_exit_code(&collection.name, attempt)?;
            ids.push(attempt.job_id.clone());
        }
        let after = match scheduler.requeue(cluster, &ids) {
            Ok(()) => None,
            // One that may not be put back fails the command, which did the others.
            Err(SlurmError::Failed { .. }) => Some(Observed::new(scheduler.queue(cluster)?)),
            Err(error) => return Err(error.into()),
        };
        for (index, attempt) in attempts {
            let decision = &mut retries.decisions[index];
            let is_back = || {
                let after = after.as_ref();
                after.is_none_or(|after| after.is_alive(&attempt) == Some(true))
            };
            if before.is_alive(&attempt) == Some(true) {
                decision.verdict = Verdict::Stay(Stay::Alive);
            } else if is_over(&attempt) && is_back() {
                if let Some(job) = collection.jobs.get_mut(&decision.name) {
                    note_in_queue(job);
                }
                done.push(decision.name.clone());
            } else {
                decision.verdict = otherwise.clone();
            }
        }
    }
    Ok(())
}

/// Notes that a job is back in the queue: another attempt, under the same id.
fn note_in_queue(job: &mut Job) {
    let Some(last) = job.attempts.last().cloned() else {
        return;
    };
    job.attempts.push(Attempt {
        token: last.token,
        cluster: last.cluster,
        submitted: Some(jiff::Timestamp::now()),
        log: last.log,
        error_log: last.error_log,
        changes: last.changes,
        ..Attempt::new(last.job_id, JobState::Pending)
    });
}
