use std::collections::{HashMap, HashSet};

use crate::Error;
use crate::collection::{Attempt, Collection, Job};
use crate::model::{JobId, JobState};
use crate::scheduler::{Dependency, DependencyType};

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
        let whole = whole_arrays(parents, &active);
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
        Ok(Self { kind, jobs })
    }
}

/// The arrays of which no task was submitted again under another id: one id stands for all tasks.
fn whole_arrays(parents: &Collection, active: &[&Attempt]) -> HashSet<u64> {
    let number = |attempt: &&Attempt| attempt.job_id.task_number().and(attempt.job_id.number());
    let mut tasks: HashMap<u64, usize> = HashMap::new();
    let attempts = parents.jobs.values().flat_map(|job| &job.attempts);
    for number in attempts.filter_map(|attempt| number(&attempt)) {
        *tasks.entry(number).or_default() += 1;
    }
    let latest = parents.jobs.values().filter_map(|job| job.attempts.last());
    for number in latest.filter_map(|attempt| number(&attempt)) {
        *tasks.entry(number).or_default() -= 1;
    }
    let numbers = active.iter().filter_map(number);
    numbers
        .filter(|number| tasks.get(number) == Some(&0))
        .collect()
}
