use std::collections::{HashMap, HashSet};

use crate::Error;
use crate::collection::{Attempt, Collection, Job};
use crate::model::{JobId, JobState};
use crate::scheduler::{Dependency, DependencyType, MAX_ARGUMENT};

impl Dependency {
    /// What jobs that come after those of `parents` wait for: those that wait or run still. Its
    /// states must be of now, since Slurm takes an id that it has forgotten for one that is done.
    ///
    /// # Errors
    /// When a job was never submitted; when one failed, and success is asked for.
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
    let mut tasks: HashMap<u64, usize> = HashMap::new();
    let attempts = parents.jobs.values().flat_map(|job| &job.attempts);
    for number in attempts.filter_map(array) {
        *tasks.entry(number).or_default() += 1;
    }
    let latest = parents.jobs.values().filter_map(|job| job.attempts.last());
    for number in latest.filter_map(array) {
        *tasks.entry(number).or_default() -= 1;
    }
    let numbers = active.iter().filter_map(|attempt| array(attempt));
    numbers
        .filter(|number| tasks.get(number) == Some(&0))
        .collect()
}
