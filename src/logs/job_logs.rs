use std::path::{Path, PathBuf};

use super::Signature;
use super::ending::never_began;
use super::pattern::{Folders, Known};
use crate::collection::{Attempt, Collection, Job};
use crate::fs;
use crate::model::{JobId, JobName, JobState};

/// The files that an attempt of a job writes to.
#[derive(Clone, Debug)]
pub struct JobLogs<'a> {
    /// The job.
    pub name: &'a JobName,
    /// The attempt.
    pub attempt: &'a Attempt,
    /// What its paths are relative to.
    folder: PathBuf,
    /// What its patterns are filled with.
    id: JobId,
}

impl<'a> JobLogs<'a> {
    /// Those of an attempt of a job of `collection`, in the project at `root`.
    pub fn new(
        root: &Path,
        collection: &Collection,
        name: &'a JobName,
        job: &Job,
        attempt: &'a Attempt,
    ) -> Self {
        let source = collection.sources.get(job.source);
        let folder = source.map_or(Path::new(""), |source| &source.working_dir);
        Self {
            name,
            attempt,
            folder: fs::join(root, folder),
            id: attempt.job_id.clone(),
        }
    }

    /// Of a job whose script makes an array itself, those of the task `id`; of another, all.
    #[must_use]
    pub fn of_task(mut self, id: &JobId) -> Self {
        if self.id.task_number().is_none() && id.task_number().is_some() {
            self.id = id.clone();
        }
        self
    }

    /// Where they are, standard output first: what the node gave names to is looked for, tasks in
    /// their order and else newest first. None for a job without a log; else a file need not be there
    /// yet.
    pub fn files(&self, folders: &Folders) -> Vec<PathBuf> {
        let Attempt { log, error_log, .. } = self.attempt;
        let both = [log, error_log].into_iter().flatten();
        both.flat_map(|log| self.files_of(log, folders)).collect()
    }

    fn files_of(&self, log: &Path, folders: &Folders) -> Vec<PathBuf> {
        let path = fs::join(&self.folder, log);
        // A `%` may be one that was written `%%`.
        if !log.as_os_str().as_encoded_bytes().contains(&b'%') || path.exists() {
            return vec![path];
        }
        let known = Known {
            id: &self.id,
            job_name: Some(self.name.as_str()),
            globs: false,
        };
        let files = known.files(&self.folder, log, folders);
        match files.is_empty() {
            true => vec![path],
            false => files,
        }
    }

    /// What the end of the logs says of why the job failed.
    pub fn signature(&self, folders: &Folders) -> Signature {
        Signature::of(&self.files(folders), Some((self.name, self.attempt)))
    }

    /// That the job has written nothing since it did not begin: `has not begun yet (PENDING)`, `never
    /// began (Dependency)`. `None` for one that may have.
    pub fn unbegun(&self) -> Option<String> {
        match &self.attempt.state {
            state @ JobState::Pending => Some(format!("has not begun yet ({state})")),
            _ => never_began(self.attempt),
        }
    }
}
