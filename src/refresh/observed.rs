use std::collections::HashMap;

use jiff::Timestamp;

use crate::collection::Attempt;
use crate::model::JobState;
use crate::scheduler::{CLOCK_SECONDS, JobIds, Observation};

/// What Slurm said, by job.
pub(crate) struct Observed {
    /// One job or task each; of a heterogeneous job, each of its parts.
    single: HashMap<(u64, Option<u32>), Vec<Observation>>,
    /// Tasks that have not begun, together.
    several: HashMap<u64, Vec<Observation>>,
    /// The tasks of each array.
    tasks: HashMap<u64, Vec<u32>>,
}

/// The number, and the task of an array.
pub(super) fn key(ids: &JobIds) -> (u64, Option<u32>) {
    (ids.number, ids.task())
}

impl Observed {
    pub(crate) fn new(observations: Vec<Observation>) -> Self {
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
    pub(crate) fn of(&self, attempt: &Attempt) -> Option<Observation> {
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

    /// Whether the job of an attempt, if it is known, waits or runs.
    pub(crate) fn is_alive(&self, attempt: &Attempt) -> Option<bool> {
        self.of(attempt).map(|seen| seen.state.is_active())
    }

    /// Whether other tasks of the array of an attempt are known.
    pub(super) fn knows_array(&self, attempt: &Attempt) -> bool {
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
