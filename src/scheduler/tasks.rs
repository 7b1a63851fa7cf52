use std::iter::StepBy;
use std::ops::RangeInclusive;

use crate::model::JobId;

/// What Slurm prints for one job or for many: `12`, `12_3`, `12_[4-9,20-30:2%3]`, `12+1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobIds {
    /// The number of the job, or of the array.
    pub number: u64,
    /// Its tasks; none for a job that is no array.
    tasks: Vec<Tasks>,
    /// Whether it names more than one job at once.
    several: bool,
    /// Whether each of the tasks begins behind the end of those before it.
    ascending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tasks {
    range: RangeInclusive<u32>,
    step: usize,
}

impl Tasks {
    fn iter(&self) -> StepBy<RangeInclusive<u32>> {
        self.range.clone().step_by(self.step)
    }
}

impl JobIds {
    /// Reads the id of a job or of tasks; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(['_', '+']).unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        let number = number.parse().ok()?;
        let mut ids = Self {
            number,
            tasks: Vec::new(),
            several: false,
            ascending: true,
        };
        if let Some(tasks) = rest.strip_prefix('_') {
            let list = tasks
                .strip_prefix('[')
                .and_then(|list| list.strip_suffix(']'));
            ids.several = list.is_some();
            // `%3` limits how many run at a time.
            let list = list.unwrap_or(tasks).split('%').next()?;
            ids.tasks = list.split(',').map(parse_tasks).collect::<Option<_>>()?;
            ids.ascending = ids
                .tasks
                .is_sorted_by(|one, next| one.range.end() < next.range.start());
        }
        Some(ids)
    }

    /// Whether it stands for tasks that have not begun, of which Slurm keeps one record together.
    pub fn is_several(&self) -> bool {
        self.several
    }

    /// The task, if it is one of an array.
    pub fn task(&self) -> Option<u32> {
        match &*self.tasks {
            [task] if !self.several => Some(*task.range.start()),
            _ => None,
        }
    }

    /// Whether a job is among them.
    pub fn contains(&self, id: &JobId) -> bool {
        let among = |task: u32| {
            let in_range = |tasks: &Tasks| {
                tasks.range.contains(&task)
                    && ((task - tasks.range.start()) as usize).is_multiple_of(tasks.step)
            };
            // There may be as many ranges as tasks, and somebody asks for each task.
            if self.ascending {
                let begun = |tasks: &Tasks| *tasks.range.start() <= task;
                let before = &self.tasks[..self.tasks.partition_point(begun)];
                return before.last().is_some_and(in_range);
            }
            self.tasks.iter().any(in_range)
        };
        id.number() == Some(self.number)
            && match id.task_number() {
                Some(task) => among(task),
                None => self.tasks.is_empty(),
            }
    }

    /// The tasks, one by one.
    pub fn tasks(&self) -> impl Iterator<Item = u32> {
        self.tasks.iter().flat_map(Tasks::iter)
    }
}

/// `4`, `4-9` or `4-9:2`.
fn parse_tasks(text: &str) -> Option<Tasks> {
    let (range, step) = match text.split_once(':') {
        Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
        None => (text, 1),
    };
    let (start, end) = range.split_once('-').unwrap_or((range, range));
    let range = start.parse().ok()?..=end.parse().ok()?;
    Some(Tasks { range, step })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_squeue_and_sacct_are_read() {
        for (text, number, tasks, several) in [
            ("12", 12, &[][..], false),
            ("12_3", 12, &[3], false),
            ("12+1", 12, &[], false),
            ("12_[4-6]", 12, &[4, 5, 6], true),
            ("12_[4]", 12, &[4], true),
            ("66_[2-3,6,8-9%2]", 66, &[2, 3, 6, 8, 9], true),
            ("75_[1-9:4]", 75, &[1, 5, 9], true),
            ("75_[7-9,1-3,2]", 75, &[7, 8, 9, 1, 2, 3, 2], true),
        ] {
            let ids = JobIds::parse(text).unwrap();
            assert_eq!((ids.number, ids.is_several()), (number, several), "{text}");
            assert_eq!(ids.tasks().collect::<Vec<_>>(), tasks, "{text}");
            for task in 0..12 {
                let among = tasks.contains(&task);
                assert_eq!(
                    ids.contains(&JobId::task(number, task)),
                    among,
                    "{text} {task}"
                );
            }
            assert_eq!(
                ids.contains(&JobId::from(number)),
                tasks.is_empty(),
                "{text}"
            );
            assert!(!ids.contains(&JobId::task(number + 1, 4)), "{text}");
        }
        for text in [
            "", "x", "12_", "12_[", "12_[1-", "12_[1:0]", "JOBID", "1\n2",
        ] {
            assert_eq!(JobIds::parse(text), None, "{text}");
        }
    }
}
