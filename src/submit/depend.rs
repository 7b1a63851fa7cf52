use std::collections::HashSet;

use crate::Error;
use crate::collection::{Attempt, Collection, Job};
use crate::model::{JobId, JobState};
use crate::scheduler::{Dependency, DependencyType, MAX_ARGUMENT};

impl Dependency {
    /// What jobs that come after those of `parents` wait for: those that wait or run still. Its
    /// states must be of now, since Slurm takes an id that it has forgotten for one that is done.
    ///
    /// # Errors
    /// When a job was never submitted, or nobody knows yet whether it was; when one failed, and success
    /// is asked for.
    pub fn on(parents: &Collection, kind: DependencyType) -> Result<Self, Error> {
        let unmet = |problem: &str, jobs: usize| {
            let name = parents.name.clone();
            let problem = problem.to_owned();
            Err(Error::Dependency {
                name,
                jobs,
                problem,
            })
        };
        let count = |is: &dyn Fn(&Job) -> bool| parents.jobs.values().filter(|job| is(job)).count();
        match parents.count_unsettled() {
            0 => {}
            unsettled => return unmet("on the way, as far as anybody knows", unsettled),
        }
        match count(&|job| job.attempts.is_empty()) {
            0 => {}
            unsubmitted => return unmet("not submitted", unsubmitted),
        }
        match count(&|job| job.state().is_some_and(JobState::is_failure)) {
            failed @ 1.. if kind == DependencyType::AfterOk => {
                return unmet("over without success", failed);
            }
            _ => {}
        }
        let latest = parents.jobs.values().filter_map(|job| job.attempts.last());
        let active: Vec<&Attempt> = latest.filter(|attempt| attempt.state.is_active()).collect();
        let whole = match kind {
            DependencyType::AfterOk => whole_arrays(parents, &active),
            // That an earlier attempt must be over, too, it is already.
            DependencyType::AfterAny => {
                active.iter().filter_map(|attempt| array(attempt)).collect()
            }
        };
        let mut jobs: Vec<JobId> = Vec::new();
        let mut named = HashSet::new();
        for attempt in active {
            match attempt
                .job_id
                .number()
                .filter(|number| whole.contains(number))
            {
                Some(number) if named.insert(number) => jobs.push(number.into()),
                Some(_) => {}
                None => jobs.push(attempt.job_id.clone()),
            }
        }
        let bytes: usize = jobs.iter().map(|job| job.as_str().len() + 1).sum();
        if bytes > MAX_ARGUMENT {
            return unmet(
                "still to wait for one by one, too many to name to Slurm, since some tasks were \
                 submitted again; `--type afterany` can",
                jobs.len(),
            );
        }
        Ok(Self { kind, jobs })
    }
}

/// The number of the array that an attempt is a task of.
fn array(attempt: &Attempt) -> Option<u64> {
    attempt.job_id.task_number().and(attempt.job_id.number())
}

/// The arrays of which no task was submitted again under another id: one id stands for all tasks.
fn whole_arrays(parents: &Collection, active: &[&Attempt]) -> HashSet<u64> {
    let left = parents.jobs.values().filter_map(|job| {
        let (last, earlier) = job.attempts.split_last()?;
        let is_other = |attempt: &&Attempt| attempt.job_id != last.job_id;
        Some(earlier.iter().filter(is_other).filter_map(array))
    });
    let left: HashSet<u64> = left.flatten().collect();
    let numbers = active.iter().filter_map(|attempt| array(attempt));
    numbers.filter(|number| !left.contains(number)).collect()
}
