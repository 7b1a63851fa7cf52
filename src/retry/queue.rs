//! Jobs that go back into the queue under their old ids.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Retries, Stay, Verdict};
use crate::collection::{Attempt, Collection, Job};
use crate::model::{JobId, JobName, JobState};
use crate::scheduler::{Observation, Scheduler, SlurmError};

/// Puts the jobs that shall go back into the queue there, and notes it in `collection` and `done`.
/// What becomes of those that Slurm forgot, or will not put back, is `otherwise` from then on.
///
/// # Errors
/// When Slurm cannot be asked; what was put back until then is noted.
pub fn put_back(
    retries: &mut Retries,
    otherwise: &Verdict,
    collection: &mut Collection,
    scheduler: &dyn Scheduler,
    done: &mut Vec<JobName>,
) -> Result<(), SlurmError> {
    let mut by_cluster: BTreeMap<Option<String>, Vec<(usize, JobId)>> = BTreeMap::new();
    for (index, decision) in retries.decisions.iter().enumerate() {
        let job = collection.jobs.get(&decision.name);
        let job = job.filter(|job| decision.is_of(job));
        if let (Verdict::Requeue, Some(last)) =
            (&decision.verdict, job.and_then(|job| job.attempts.last()))
        {
            let cluster = last.cluster.as_deref().map(String::from);
            let of_cluster = by_cluster.entry(cluster).or_default();
            of_cluster.push((index, last.job_id.clone()));
        }
    }
    for (cluster, jobs) in by_cluster {
        let queue = Seen::new(scheduler.queue(cluster.as_deref())?);
        let remembered = jobs
            .iter()
            .filter(|(_, id)| queue.is_alive(id) == Some(false));
        let ids: Vec<JobId> = remembered.map(|(_, id)| id.clone()).collect();
        let after = match scheduler.requeue(cluster.as_deref(), &ids) {
            Ok(()) => None,
            // One that may not be put back fails the command, which did the others.
            Err(SlurmError::Failed { .. }) => Some(Seen::new(scheduler.queue(cluster.as_deref())?)),
            Err(error) => return Err(error),
        };
        let asked: HashSet<&JobId> = ids.iter().collect();
        let is_back = |id: &JobId| {
            let is_alive = after
                .as_ref()
                .is_none_or(|after| after.is_alive(id) == Some(true));
            asked.contains(id) && is_alive
        };
        for (index, id) in jobs {
            let decision = &mut retries.decisions[index];
            if is_back(&id) {
                if let Some(job) = collection.jobs.get_mut(&decision.name) {
                    note_in_queue(job);
                }
                done.push(decision.name.clone());
            } else if queue.is_alive(&id) == Some(true) {
                decision.verdict = Verdict::Stay(Stay::Alive);
            } else {
                decision.verdict = otherwise.clone();
            }
        }
    }
    Ok(())
}

/// What the controller remembers: single jobs and tasks, and under the number alone tasks that are
/// shown together.
struct Seen(HashMap<(u64, Option<u32>), Vec<Observation>>);

impl Seen {
    fn new(observations: Vec<Observation>) -> Self {
        let mut seen: HashMap<_, Vec<_>> = HashMap::new();
        for observation in observations {
            let key = (observation.ids.number, observation.ids.task());
            seen.entry(key).or_default().push(observation);
        }
        Self(seen)
    }

    /// Whether a job that is remembered is alive.
    fn is_alive(&self, id: &JobId) -> Option<bool> {
        let number = id.number()?;
        let own = id.task_number().map(|task| (number, Some(task)));
        let keys = own.into_iter().chain([(number, None)]);
        keys.filter_map(|key| self.0.get(&key))
            .flatten()
            .filter(|seen| seen.ids.contains(id))
            .map(|seen| seen.state.is_active())
            .reduce(|one, other| one || other)
    }
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
