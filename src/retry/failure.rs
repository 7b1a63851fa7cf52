//! What a hook on failures is told.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Question;
use crate::collection::{Attempt, Job};
use crate::fs;
use crate::hook::Failure;
use crate::logs::{Folders, JobLogs, last_bytes};
use crate::model::{JobId, JobName, JobState, Map, Value};

/// How much of the end of a log is shown, in bytes.
const TAIL_BYTES: u64 = 64 << 10;

/// The last attempt of a job, as a hook gets to know it. Every key is always there.
pub(super) fn of(question: &Question<'_>, name: &JobName, job: &Job) -> Failure {
    let Question {
        collection, root, ..
    } = question;
    let asked = question.asked(job);
    let text = |path: &Path| Value::from(path.display().to_string());
    let source = collection.sources.get(job.source);
    let folder = source.map_or(Path::new(""), |source| &source.working_dir);
    let folder = fs::join(root, folder);
    let about = [
        ("name", name.as_str().into()),
        ("collection", collection.name.as_str().into()),
        ("params", asked.params.clone().into()),
        ("slurm", asked.slurm().clone().into()),
        ("script", text(&folder.join(&job.script_path))),
    ];
    let attempt = job.attempts.last().map(|last| {
        let logs = JobLogs::new(root, collection, name, job, last);
        let log = logs.files(&Folders::default()).into_iter().next();
        of_attempt(last, job.attempts.len(), log)
    });
    Failure {
        job: about.into_iter().collect(),
        attempt: attempt.unwrap_or_default(),
    }
}

/// A failure that never was, with what is given of it: a job with these parameters and Slurm
/// arguments, and an attempt with `details`, which replace what a failed attempt mostly has.
///
/// # Errors
/// The first of the details that no attempt has, and those that one has.
pub fn imagined(params: Map, slurm: Map, details: &Map) -> Result<Failure, (String, Vec<String>)> {
    let attempt = Attempt {
        exit_code: Some("1:0".into()),
        nodes: Some("node1".into()),
        ..Attempt::new(JobId::from(1), JobState::Failed)
    };
    let mut attempt = of_attempt(&attempt, 1, None);
    for (key, value) in details {
        match attempt.get_mut(key) {
            Some(entry) => *entry = value.clone(),
            None => {
                let known = attempt.keys().map(ToString::to_string);
                return Err((key.to_string(), known.collect()));
            }
        }
    }
    let job = [
        ("name", "job".into()),
        ("collection", "default".into()),
        ("params", params.into()),
        ("slurm", slurm.into()),
        ("script", "job.job".into()),
    ];
    Ok(Failure {
        job: job.into_iter().collect(),
        attempt,
    })
}

fn of_attempt(attempt: &Attempt, number: usize, log: Option<PathBuf>) -> Map {
    let text = |text: &Option<Box<str>>| text.as_deref().map_or(Value::Null, Value::from);
    let int = |int: Option<i64>| int.map_or(Value::Null, Value::from);
    let (code, signal) = match attempt
        .exit_code
        .as_deref()
        .and_then(|it| it.split_once(':'))
    {
        Some((code, signal)) => (code.parse().ok(), signal.parse().ok()),
        None => (None, None),
    };
    // What cannot be read is empty.
    let tail = log.as_deref().map(|log| last_bytes(log, TAIL_BYTES));
    let tail = tail.and_then(Result::ok).unwrap_or_default();
    let tail = String::from_utf8_lossy(&tail).into_owned();
    let log = log.map_or(Value::Null, |log| log.display().to_string().into());
    let entries = [
        ("number", int(i64::try_from(number).ok())),
        ("job_id", attempt.job_id.as_str().into()),
        ("state", attempt.state.word().into()),
        ("exit_code", int(code)),
        ("signal", int(signal)),
        ("reason", text(&attempt.reason)),
        ("nodes", text(&attempt.nodes)),
        ("elapsed", int(attempt.elapsed_seconds(Timestamp::now()))),
        ("log", log),
        ("log_tail", tail.into()),
    ];
    entries.into_iter().collect()
}
