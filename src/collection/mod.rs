//! The jobs of a sweep and what became of them, kept in a file.

mod attempt;
mod error;
mod format;
mod journal;
mod lock;
mod manager;
mod name;
mod search;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use attempt::{Attempt, Changes};
pub use error::CollectionError;
pub use journal::{Entry, Journal, Sending, SendingJob, Sent};
pub use lock::CollectionLock;
pub use manager::{CollectionManager, Listed};
pub use name::CollectionName;

use self::manager::Fingerprint;
use crate::model::{JobName, JobState, Map, ParamSet};

/// A set of jobs with their parameters, scripts and attempts.
#[derive(Clone, Debug)]
pub struct Collection {
    /// What it is called.
    pub name: CollectionName,
    /// What its spec says of it; may be empty.
    pub description: String,
    /// When it was first saved.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// What its jobs were generated from.
    pub sources: Vec<JobSource>,
    /// The jobs, in the order they were generated.
    pub jobs: IndexMap<JobName, Job>,
    /// Submissions of which nobody noted yet whether Slurm took them.
    pub unsettled: Vec<Sending>,
    /// The file as it was read; `None` for a collection that was never saved.
    read: Option<Fingerprint>,
    /// How much of the journal was read, in bytes.
    journal: u64,
}

/// What jobs were generated from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSource {
    /// The spec, or the template where there is no spec; relative to the project if it is inside.
    pub spec: PathBuf,
    /// The working folder of the generation, in which relative log paths hold; likewise.
    pub working_dir: PathBuf,
    /// Where its scripts went, relative to the working folder.
    pub output_dir: PathBuf,
    /// What templates got as `logs_dir`.
    pub logs_dir: PathBuf,
}

/// One parameter set, its script and its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What it was generated from.
    pub parameters: ParamSet,
    /// What its script asked Slurm for, as far as the template used it.
    pub slurm_args: Arc<Map>,
    /// The script, relative to the working folder of its source.
    pub script_path: Box<Path>,
    /// What the script held when it was written.
    pub digest: ScriptDigest,
    /// The index of its source.
    pub source: usize,
    /// Submissions, the latest last.
    pub attempts: Vec<Attempt>,
}

impl JobSource {
    /// The spec of jobs of which nobody noted where they come from. No file is called that, so that
    /// any spec may take them over.
    pub const UNKNOWN_SPEC: &str = "(unknown)";
}

/// The first 64 bits of the SHA-256 of a script: enough to see that somebody edited it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptDigest(u64);

impl Collection {
    /// A collection without jobs.
    pub fn new(name: CollectionName) -> Self {
        let now = now();
        Self {
            name,
            description: String::new(),
            created: now,
            updated: now,
            sources: Vec::new(),
            jobs: IndexMap::new(),
            unsettled: Vec::new(),
            read: None,
            journal: 0,
        }
    }

    /// Whether the collection was read from a file.
    pub fn is_saved(&self) -> bool {
        self.read.is_some()
    }

    /// What the parameters of its jobs are called.
    pub fn parameter_names(&self) -> BTreeSet<&str> {
        let sets = self.jobs.values().map(|job| job.parameters.names());
        sets.flat_map(|names| names.iter().map(|name| &**name))
            .collect()
    }

    /// How many jobs may wait or run: as of the last look, or because nobody knows yet whether they
    /// were submitted.
    pub fn count_active(&self) -> usize {
        let active = |job: &&Job| job.state().is_some_and(JobState::is_active);
        self.jobs.values().filter(active).count() + self.count_unsettled()
    }

    /// How many jobs may have been submitted, as nobody noted yet.
    pub fn count_unsettled(&self) -> usize {
        self.unsettled
            .iter()
            .map(|sending| sending.jobs.len())
            .sum()
    }

    /// Whether no job waits, runs or is on its way. What has been on its way for long is not: nobody
    /// can still be sending it, and only a `submit` finds out what became of it.
    pub fn is_over(&self, now: Timestamp) -> bool {
        /// Longer than `sbatch` tries, and clocks differ.
        const SECONDS: i64 = 900;
        let is_active = |job: &Job| job.state().is_some_and(JobState::is_active);
        let is_sent = |sending: &Sending| now.as_second() - sending.time.as_second() <= SECONDS;
        !self.jobs.values().any(is_active) && !self.unsettled.iter().any(is_sent)
    }

    /// Notes how much of the journal is in the collection.
    fn read_journal(&mut self, bytes: u64) {
        self.journal = bytes;
    }

    /// The script of a job as seen from the project's root, or absolute.
    pub fn script_path(&self, job: &Job) -> PathBuf {
        self.in_folder_of(job, &job.script_path)
    }

    /// The script that an attempt of a job ran, likewise.
    pub fn script_of(&self, job: &Job, attempt: &Attempt) -> PathBuf {
        match &attempt.changes.script {
            Some(script) => self.in_folder_of(job, script),
            None => self.script_path(job),
        }
    }

    fn in_folder_of(&self, job: &Job, path: &Path) -> PathBuf {
        let source = self.sources.get(job.source);
        let folder = source.map_or(Path::new(""), |source| &source.working_dir);
        crate::fs::join(folder, path)
    }
}

impl Job {
    /// The state of the latest attempt; `None` before the first.
    pub fn state(&self) -> Option<&JobState> {
        self.attempts.last().map(|attempt| &attempt.state)
    }
}

impl ScriptDigest {
    /// The digest of a script.
    pub fn of(script: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        let digest: [u8; 32] = Sha256::digest(script).into();
        let (head, _) = digest.split_first_chunk().expect("SHA-256 has 32 bytes");
        Self(u64::from_be_bytes(*head))
    }
}

/// The time, to the second.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
