//! Ending the jobs of a collection that wait or run.

use std::collections::BTreeMap;

use crate::collection::{Attempt, Collection};
use crate::model::{JobId, JobName, JobState};
use crate::refresh::CANCELLING;
use crate::scheduler::{Scheduler, SlurmError};
use crate::submit::Selection;

/// Jobs that are to be ended.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    /// Which.
    pub jobs: Vec<JobName>,
    /// Their ids by cluster, arrays as one where all of them is meant.
    ids: BTreeMap<Option<String>, Vec<JobId>>,
}

impl Cancellation {
    /// The jobs of a collection that wait or run, or only those in one of these states, among those
    /// that have the parameters of `selection`.
    pub fn plan(collection: &Collection, selection: &Selection, state: Option<&JobState>) -> Self {
        let mut cancellation = Self::default();
        // How many tasks of each array there are in all, and those meant.
        let mut arrays: BTreeMap<(Option<String>, u64), (usize, Vec<JobId>)> = BTreeMap::new();
        for (name, job) in &collection.jobs {
            let Some(attempt) = job.attempts.last() else {
                continue;
            };
            let meant = attempt.state.is_active()
                && state.is_none_or(|state| *state == attempt.state)
                && selection.has_parameters(&job.parameters)
                && (selection.names.is_empty()
                    || selection.names.iter().any(|asked| asked == name.as_str()));
            if meant {
                cancellation.jobs.push(name.clone());
            }
            match array(attempt) {
                Some(array) => {
                    let (active, of_array) = arrays.entry(array).or_default();
                    *active += usize::from(attempt.state.is_active());
                    of_array.extend(meant.then(|| attempt.job_id.clone()));
                }
                None if meant => cancellation.add(cluster(attempt), [attempt.job_id.clone()]),
                None => {}
            }
        }
        for ((cluster, number), (active, meant)) in arrays {
            match meant.len() {
                0 => {}
                all if all == active && state.is_none() => {
                    cancellation.add(cluster, [JobId::from(number)]);
                }
                _ => cancellation.add(cluster, meant),
            }
        }
        cancellation
    }

    fn add(&mut self, cluster: Option<String>, ids: impl IntoIterator<Item = JobId>) {
        self.ids.entry(cluster).or_default().extend(ids);
    }

    /// Has the collection remember that they are to end: of a task that has not begun, Slurm keeps
    /// nothing that tells.
    pub fn note(&self, collection: &mut Collection) {
        for name in &self.jobs {
            let job = collection.jobs.get_mut(name);
            if let Some(attempt) = job.and_then(|job| job.attempts.last_mut()) {
                attempt.reason = Some(CANCELLING.into());
            }
        }
    }

    /// Ends them.
    ///
    /// # Errors
    /// When Slurm does not do it; some may be ended then.
    pub fn apply(
        &self,
        scheduler: &dyn Scheduler,
        state: Option<&JobState>,
    ) -> Result<(), SlurmError> {
        self.ids.iter().try_for_each(|(cluster, ids)| {
            // A job that began meanwhile stays, if only those that wait are meant.
            scheduler.cancel(cluster.as_deref(), ids, state)
        })
    }
}

fn cluster(attempt: &Attempt) -> Option<String> {
    attempt.cluster.as_deref().map(String::from)
}

/// The array of an attempt, if it is a task.
fn array(attempt: &Attempt) -> Option<(Option<String>, u64)> {
    attempt.job_id.task_number()?;
    Some((cluster(attempt), attempt.job_id.number()?))
}
