//! What is under way, in a file beside the collection to which lines are only appended.
//!
//! A line is on disk *before* `sbatch` is run, with the token that the job will carry, and another
//! right after it, with the id. Whatever is killed in between, the token tells whether Slurm has the
//! job. A last line that was not written whole is no line.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attempt, Changes, Collection, now};
use crate::fs;
use crate::model::{JobId, JobName, JobState, Token};

/// The largest journal, in bytes: one of a hundred thousand jobs has 30 MB.
const MAX_BYTES: u64 = 1 << 30;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// `sbatch` is about to be run.
    Sending(Sending),
    /// It gave an id.
    Sent(Sent),
    /// Slurm has no such job, and will have none.
    Refused(Token),
}

/// A submission whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// What its job carries.
    pub token: Token,
    /// The host that runs `sbatch`.
    pub host: String,
    /// By that host's clock.
    pub time: Timestamp,
    /// The clusters that it may go to, where it is not the one that commands ask by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
    /// Whether the jobs are the tasks of an array, in order from zero; else it is one job.
    pub array: bool,
    /// The jobs.
    pub jobs: Vec<SendingJob>,
}

/// A job of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingJob {
    /// Its name.
    pub name: String,
    /// Where its output will go, `%` patterns of its id included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// Where its errors will go, if that is another file; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_log: Option<PathBuf>,
    /// What is asked for other than when the script was generated.
    #[serde(default, skip_serializing_if = "Changes::is_empty")]
    pub changes: Changes,
}

/// An accepted submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// What its job carries.
    pub token: Token,
    /// The number of the job, or of the array.
    pub job_id: u64,
    /// The cluster, if `sbatch` named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Box<str>>,
    /// When.
    pub time: Timestamp,
}

impl Sending {
    /// The jobs by name, with the ids they have if that of the job or the array is `number`.
    pub fn job_ids(self, number: u64) -> impl Iterator<Item = (JobName, JobId)> {
        let array = self.array;
        (0..).zip(self.jobs).filter_map(move |(task, job)| {
            let name = JobName::parse(&job.name).ok()?;
            Some((name, job_id(number, array.then_some(task))))
        })
    }

    /// What each job becomes when Slurm has taken the submission.
    fn attempts(self, sent: &Sent) -> impl Iterator<Item = (String, Attempt)> {
        let array = self.array;
        (0..).zip(self.jobs).map(move |(task, job)| {
            let job_id = job_id(sent.job_id, array.then_some(task));
            let SendingJob {
                name,
                log,
                error_log,
                changes,
            } = job;
            let with_id = |log: PathBuf| with_id(&log, &job_id);
            let attempt = Attempt {
                token: Some(sent.token),
                cluster: sent.cluster.clone(),
                submitted: Some(sent.time),
                log: log.map(with_id),
                error_log: error_log.map(with_id),
                changes,
                ..Attempt::new(job_id, JobState::Pending)
            };
            (name, attempt)
        })
    }
}

fn job_id(number: u64, task: Option<u32>) -> JobId {
    match task {
        Some(task) => JobId::task(number, task),
        None => JobId::from(number),
    }
}

/// The path with the id for `%j`, and with zeros before it for `%4j` or `%4A`.
fn with_id(log: &Path, id: &JobId) -> PathBuf {
    // Slurm pads to ten digits at most.
    const WIDEST: usize = 10;
    let Some(mut rest) = log.to_str() else {
        return log.into();
    };
    let mut filled = String::new();
    while let Some((before, pattern)) = rest.split_once('%') {
        filled.push_str(before);
        let symbol = pattern.trim_start_matches(|c: char| c.is_ascii_digit());
        let width = &pattern[..pattern.len() - symbol.len()];
        let is_number = symbol.starts_with('A') || symbol.starts_with('j') && !is_task(id);
        let number = id.number().filter(|_| is_number && !width.is_empty());
        let (text, after) = match (number, pattern.strip_prefix('j')) {
            (Some(number), _) => {
                let width = width.parse().unwrap_or(WIDEST).min(WIDEST);
                (format!("{number:0width$}"), &symbol[1..])
            }
            (None, Some(after)) => (id.to_string(), after),
            (None, None) => ("%".to_owned(), pattern),
        };
        filled.push_str(&text);
        rest = after;
    }
    filled.push_str(rest);
    filled.into()
}

/// Whether the id is that of a task, whose number nobody noted.
fn is_task(id: &JobId) -> bool {
    id.task_number().is_some()
}

impl Collection {
    /// Does to the collection what a line says. A line that was folded in before does nothing.
    pub(super) fn apply(&mut self, entry: Entry) {
        let token = match &entry {
            Entry::Sending(Sending { token, .. })
            | Entry::Sent(Sent { token, .. })
            | Entry::Refused(token) => *token,
        };
        let open = self.unsettled.iter().position(|open| open.token == token);
        let open = open.map(|at| self.unsettled.remove(at));
        match entry {
            Entry::Sending(sending) => {
                if !self.knows(&sending) {
                    self.unsettled.push(sending);
                }
            }
            Entry::Sent(sent) => {
                for (name, attempt) in open.into_iter().flat_map(|open| open.attempts(&sent)) {
                    if let Some(job) = self.jobs.get_mut(&*name) {
                        job.attempts.push(attempt);
                    }
                }
            }
            Entry::Refused(_) => {}
        }
    }

    /// Whether the attempts of a submission are in the collection.
    fn knows(&self, sending: &Sending) -> bool {
        let job = |job: &SendingJob| self.jobs.get(&*job.name);
        let has = |attempt: &Attempt| attempt.token == Some(sending.token);
        let mut jobs = sending.jobs.iter().filter_map(job);
        jobs.any(|job| job.attempts.iter().any(has))
    }

    /// The jobs of submissions that are under way or whose outcome is unknown.
    pub fn unsettled_jobs(&self) -> HashSet<&str> {
        let jobs = self.unsettled.iter().flat_map(|sending| &sending.jobs);
        jobs.map(|job| &*job.name).collect()
    }

    /// Whether a submission of the job is under way or its outcome unknown.
    pub fn is_unsettled(&self, name: &JobName) -> bool {
        let of = |sending: &Sending| sending.jobs.iter().any(|job| job.name == name.as_str());
        self.unsettled.iter().any(of)
    }
}

/// The journal of a collection, open for more lines.
#[derive(Debug)]
pub struct Journal<'a> {
    collection: &'a mut Collection,
    file: Option<File>,
    path: PathBuf,
}

impl<'a> Journal<'a> {
    pub(super) fn open(path: PathBuf, collection: &'a mut Collection) -> Self {
        Self {
            collection,
            file: None,
            path,
        }
    }

    /// The collection as it is with all lines so far.
    pub fn collection(&self) -> &Collection {
        self.collection
    }

    /// Puts a line on the disk, and does to the collection what it says.
    ///
    /// # Errors
    /// When the line is not on the disk for sure. The collection is as it was then.
    pub fn append(&mut self, entry: Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(open(&self.path)?),
        };
        file.write_all(&line)
            .and_then(|()| file.sync_data())
            .map_err(|error| fs::named(error, "write", &self.path))?;
        self.collection.read_journal(file.metadata()?.len());
        self.collection.apply(entry);
        Ok(())
    }

    /// Notes that `sbatch` is about to be run.
    pub fn sending(
        &mut self,
        token: Token,
        array: bool,
        clusters: Vec<String>,
        jobs: Vec<SendingJob>,
    ) -> io::Result<Sending> {
        let fs::Owner { host, .. } = fs::Owner::this_process();
        let sending = Sending {
            token,
            host,
            time: now(),
            clusters,
            array,
            jobs,
        };
        self.append(Entry::Sending(sending.clone()))?;
        Ok(sending)
    }

    /// Notes the id that `sbatch` gave.
    pub fn sent(&mut self, token: Token, job_id: u64, cluster: Option<Box<str>>) -> io::Result<()> {
        self.append(Entry::Sent(Sent {
            token,
            job_id,
            cluster,
            time: now(),
        }))
    }

    /// Notes that there is no job, and will be none.
    pub fn refused(&mut self, token: Token) -> io::Result<()> {
        self.append(Entry::Refused(token))
    }
}

/// Opens a journal at its end, behind what a killed process may have left of a line.
fn open(path: &Path) -> io::Result<File> {
    let mut options = fs_err::OpenOptions::new();
    options.read(true).append(true).create(true);
    let mut file = options.open(path)?.into_file();
    if let Some(last) = file.metadata()?.len().checked_sub(1) {
        let mut byte = [0];
        file.read_exact_at(&mut byte, last)?;
        if byte != *b"\n" {
            file.write_all(b"\n")
                .map_err(|error| fs::named(error, "write", path))?;
        }
    }
    Ok(file)
}

/// The lines of a journal, and its length in bytes; none if there is no journal.
pub(super) fn read(path: &Path) -> io::Result<(Vec<Entry>, u64)> {
    let text = match fs::read_bytes(path, MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        text => text?,
    };
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let whole = lines.filter_map(|line| serde_json::from_slice(line.strip_suffix(b"\n")?).ok());
    Ok((whole.collect(), text.len() as u64))
}

/// Leaves in a journal only what is not settled, once all else is in the collection.
pub(super) fn fold(path: &Path, unsettled: &[Sending]) -> io::Result<u64> {
    if unsettled.is_empty() {
        return match fs_err::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(0),
        };
    }
    let mut lines = Vec::new();
    for sending in unsettled {
        serde_json::to_writer(&mut lines, &Entry::Sending(sending.clone()))?;
        lines.push(b'\n');
    }
    fs::write_atomic_with(path, fs::Sync::Yes, |file| file.write_all(&lines))?;
    Ok(lines.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_filled_in_as_sbatch_does() {
        for (log, id, expected) in [
            ("logs/%j.out", "12", "logs/12.out"),
            ("%j/%j", "12_3", "12_3/12_3"),
            ("%4j-%10j", "12", "0012-0000000012"),
            ("%99j", "12", "0000000012"),
            ("%4A_%a", "12_3", "0012_%a"),
            ("%4j", "12_3", "%4j"),
            ("%N/%2t-100%", "12", "%N/%2t-100%"),
        ] {
            assert_eq!(
                with_id(Path::new(log), &JobId::new(id)),
                Path::new(expected)
            );
        }
    }
}
