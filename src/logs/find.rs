use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::JobLogs;
use super::pattern::{Folders, Known};
use crate::collection::{Attempt, Collection, Job};
use crate::model::{JobId, JobName};

/// How logs of jobs that are in no collection may be called.
const PATTERNS: [&str; 4] = ["slurm-%j.out", "*.%j.out", "*-%j.out", "*_%j.out"];

/// A job as somebody types its id: `123`, `123_4`, `123.batch`, `123;cluster`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobQuery {
    /// The job or the task, without step and cluster.
    pub id: JobId,
    /// The number of the job or the array.
    pub number: u64,
    /// The cluster, if it is named.
    pub cluster: Option<Box<str>>,
}

/// An attempt that has an id.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// Which of the job's, from one.
    pub number: usize,
    /// The job.
    pub job: &'a Job,
    /// Its logs.
    pub logs: JobLogs<'a>,
}

impl FromStr for JobQuery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, cluster) = match text.trim().split_once(';') {
            Some((id, cluster)) => (id, Some(cluster.into())),
            None => (text.trim(), None),
        };
        let id = id.split('.').next().unwrap_or_default();
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (number, part) = match id.split_once(['_', '+']) {
            Some((number, part)) => (number, Some(part)),
            None => (id, None),
        };
        let is_id = digits(number) && part.is_none_or(digits);
        match number.parse().ok().filter(|_| is_id) {
            Some(number) => Ok(Self {
                id: JobId::new(id),
                number,
                cluster,
            }),
            None => Err("an id is written `123`, `123_4`, `123.batch` or `123;cluster`".into()),
        }
    }
}

impl JobQuery {
    /// Whether an attempt is meant: all tasks by the number of their array, and an array that a
    /// script makes itself by each of its tasks.
    pub fn is_of(&self, attempt: &Attempt) -> bool {
        let same = |one: Option<&str>, other: Option<&str>| {
            one.is_none() || other.is_none() || one == other
        };
        let task = |id: &JobId| id.task_number();
        let (asked, known) = (task(&self.id), task(&attempt.job_id));
        attempt.job_id.number() == Some(self.number)
            && (asked.is_none() || known.is_none() || asked == known)
            && same(self.cluster.as_deref(), attempt.cluster.as_deref())
    }
}

/// The attempts of a collection that are meant. `root` is the project's.
pub fn matches<'a>(query: &JobQuery, root: &Path, collection: &'a Collection) -> Vec<Match<'a>> {
    let attempts = |(name, job): (&'a JobName, &'a Job)| {
        let numbered = (1..).zip(&job.attempts);
        numbered.map(move |(number, attempt)| (name, job, number, attempt))
    };
    let all = collection.jobs.iter().flat_map(attempts);
    let meant = all.filter(|(_, _, _, attempt)| query.is_of(attempt));
    meant
        .map(|(name, job, number, attempt)| Match {
            number,
            job,
            logs: JobLogs::new(root, collection, name, job, attempt).of_task(&query.id),
        })
        .collect()
}

/// The files in `folders` that are called after a job by one of the patterns, or of those that most
/// clusters have if there are none.
pub fn files_of(
    query: &JobQuery,
    patterns: &[String],
    folders: &BTreeSet<PathBuf>,
) -> Vec<PathBuf> {
    let usual = || PATTERNS.map(String::from).to_vec();
    let patterns = match patterns.is_empty() {
        true => usual(),
        false => patterns.to_vec(),
    };
    let known = Known {
        id: &query.id,
        job_name: None,
        globs: true,
    };
    let names = Folders::default();
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        for pattern in &patterns {
            let pattern = as_sbatch(pattern);
            for file in known.files(folder, Path::new(&pattern), &names) {
                if file.is_file() && !files.contains(&file) {
                    files.push(file);
                }
            }
        }
    }
    files
}

/// A pattern of the Python tool's, `{job_name}.{job_id}.out`, as `sbatch` would have it.
fn as_sbatch(pattern: &str) -> String {
    let mut pattern = pattern.to_owned();
    for (theirs, ours) in [
        ("{job_id}", "%j"),
        ("{job_name}", "%x"),
        ("{array_job_id}", "%A"),
        ("{array_task_id}", "%a"),
    ] {
        pattern = pattern.replace(theirs, ours);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::JobState;

    #[test]
    fn ids_are_read_as_people_copy_them() {
        for (text, id, number, cluster) in [
            ("123", "123", 123, None),
            (" 123_4\n", "123_4", 123, None),
            ("123.batch", "123", 123, None),
            ("123_4.0", "123_4", 123, None),
            ("123+1", "123+1", 123, None),
            ("123;lab", "123", 123, Some("lab")),
        ] {
            let query: JobQuery = text.parse().unwrap();
            let read = (query.id.as_str(), query.number, query.cluster.as_deref());
            assert_eq!(read, (id, number, cluster), "{text}");
        }
        for text in [
            "",
            "x",
            "123_",
            "123_[0-3]",
            "12x",
            "-1",
            "99999999999999999999",
        ] {
            assert!(text.parse::<JobQuery>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_array_is_its_tasks() {
        for (asked, known, meant) in [
            ("12", "12", true),
            ("12", "12_3", true),
            ("12_3", "12_3", true),
            ("12_3", "12_4", false),
            ("12_3", "12", true),
            ("12", "112", false),
            ("12;lab", "12", true),
        ] {
            let query: JobQuery = asked.parse().unwrap();
            let attempt = Attempt::new(JobId::new(known), JobState::Running);
            assert_eq!(query.is_of(&attempt), meant, "{asked} {known}");
        }
    }
}
