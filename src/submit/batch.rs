use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Request;
use super::log::Logs;
use crate::scheduler::Directives;

/// What one call of `sbatch` submits: the script of a job as it is, or jobs that ask for the same as
/// the tasks of an array.
#[derive(Clone, Debug)]
pub struct Batch {
    jobs: Vec<Ready>,
}

/// A job whose script was read.
#[derive(Clone, Debug)]
pub struct Ready {
    pub(super) request: Request,
    pub(super) script: PathBuf,
    /// The folder of its generation.
    pub(super) working_dir: Arc<Path>,
    pub(super) directives: Arc<Directives>,
    pub(super) logs: Logs,
    /// More options of `sbatch`.
    pub(super) options: Arc<[(String, String)]>,
}

/// What jobs must have in common to be tasks of one array.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Class {
    interpreter: String,
    working_dir: Arc<Path>,
    directives: Vec<(String, Option<String>)>,
    options: Arc<[(String, String)]>,
    /// Where their logs are, or what is no file.
    output: PathBuf,
    error: Option<PathBuf>,
}

/// What each task may say for itself.
const OWN: [&str; 3] = ["job-name", "output", "error"];

/// What an array cannot do for its tasks.
const NEVER: [&str; 6] = ["array", "hetjob", "open-mode", "wait", "test-only", "input"];

impl Batch {
    /// The jobs, in order of the tasks.
    pub fn jobs(&self) -> &[Ready] {
        &self.jobs
    }

    /// Whether the jobs are tasks of an array.
    pub fn is_array(&self) -> bool {
        self.jobs.len() > 1
    }

    /// Whether a script of ours can run the jobs.
    pub(super) fn can_be_wrapped(&self) -> bool {
        self.is_array() || self.jobs.iter().all(|job| job.class().is_some())
    }

    /// A job by itself.
    pub(super) fn single(job: Ready) -> Self {
        Self { jobs: vec![job] }
    }

    /// Two batches of half the jobs.
    pub(super) fn split(mut self) -> [Self; 2] {
        let jobs = self.jobs.split_off(self.jobs.len() / 2);
        [self, Self { jobs }]
    }

    /// Bundles what can be bundled into arrays of at most `most` tasks; the rest goes one by one.
    /// Batches come in the order of their first jobs.
    pub(super) fn bundle(jobs: Vec<Ready>, most: usize) -> Vec<Self> {
        let mut open: HashMap<Class, usize> = HashMap::new();
        let mut batches: Vec<Vec<Ready>> = Vec::new();
        for job in jobs {
            let Some(class) = job.class() else {
                batches.push(vec![job]);
                continue;
            };
            match open.get(&class) {
                Some(at) if batches[*at].len() < most => batches[*at].push(job),
                _ => {
                    open.insert(class, batches.len());
                    batches.push(vec![job]);
                }
            }
        }
        batches.into_iter().map(|jobs| Self { jobs }).collect()
    }
}

impl Ready {
    /// The job.
    pub fn name(&self) -> &crate::model::JobName {
        &self.request.name
    }

    /// What its script asks of `sbatch`.
    pub fn directives(&self) -> &Directives {
        &self.directives
    }

    /// What the job has in common with others; `None` if it must be submitted by itself.
    fn class(&self) -> Option<Class> {
        let Directives { interpreter, .. } = &*self.directives;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+= ".contains(c);
        let is_plain = !interpreter.is_empty() && interpreter.chars().all(plain);
        let is_single = NEVER.iter().any(|name| self.directives.get(name).is_some());
        let line = |path: &str| !path.contains(['\t', '\n']);
        if !is_plain || is_single || !self.logs.known || !self.logs.files().all(line) {
            return None;
        }
        let own = self
            .directives
            .iter()
            .filter(|(name, _)| !OWN.contains(name));
        let own = own.map(|(name, value)| (name.to_owned(), value.map(String::from)));
        Some(Class {
            interpreter: interpreter.clone(),
            working_dir: self.working_dir.clone(),
            directives: own.collect(),
            options: self.options.clone(),
            output: folder(&self.logs.output),
            error: self.logs.error.as_deref().map(folder),
        })
    }
}

/// The folder of a log, or the file that is none.
pub(super) fn folder(log: &str) -> PathBuf {
    match log {
        "/dev/null" => log.into(),
        log => crate::fs::parent(Path::new(log)).into(),
    }
}
