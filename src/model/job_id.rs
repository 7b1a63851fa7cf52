use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};

/// A job id as Slurm prints it: `123456`, of an array task `123456_7`, of a part of a
/// heterogeneous job `123456+1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(Box<str>);

impl JobId {
    /// Wraps an id read from Slurm.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self(id.into())
    }

    /// The id of a task of the array `job`.
    pub fn task(job: u64, task: u32) -> Self {
        Self(format!("{job}_{task}").into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of the job, of its array or of its heterogeneous job; `None` for what is no id.
    pub fn number(&self) -> Option<u64> {
        let end = self.0.find(['_', '+']).unwrap_or(self.0.len());
        self.0[..end].parse().ok()
    }

    /// The number of the array task, if it is one.
    pub fn task_number(&self) -> Option<u32> {
        let (_, task) = self.0.split_once('_')?;
        task.parse().ok()
    }
}

impl Display for JobId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<u64> for JobId {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_id_are_told_apart() {
        for (id, number, task) in [
            ("12", Some(12), None),
            ("12_7", Some(12), Some(7)),
            ("12+1", Some(12), None),
            ("x", None, None),
        ] {
            let id = JobId::new(id);
            assert_eq!((id.number(), id.task_number()), (number, task), "{id}");
        }
        assert_eq!(JobId::task(12, 7).as_str(), "12_7");
    }
}
