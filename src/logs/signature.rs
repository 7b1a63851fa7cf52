use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::alike::alike;
use super::cause::{self, Cause, Weight};
use super::clean::clean;
use super::ending::{ending, never_began};
use super::file::end_of;
use crate::collection::Attempt;
use crate::model::JobName;
use crate::text;

/// How much of a log is read, in bytes from its end.
const MAX_BYTES: u64 = 1 << 16;
/// How long a message is, in characters.
const MAX_CHARS: usize = 100;

/// Why a job failed, as far as the end of its log tells. Two are equal if they differ only in
/// numbers, ids, temporary paths and names of jobs.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The message of one job.
    text: Box<str>,
    /// Where in the user's own code, `train.py:88`.
    place: Option<Box<str>>,
    /// How the job ended, where the message is only the last line of its log.
    ending: Option<Box<str>>,
    /// What equal ones have in common.
    alike: Box<str>,
}

/// Why the job that wrote the log at `path` failed. Only its end is read.
pub fn signature(path: &Path) -> Signature {
    Signature::of(&[path.to_owned()], None)
}

impl Signature {
    /// Why the job that wrote some logs failed: what says most, in the first that does. Where that
    /// is little, what is known of the attempt.
    pub fn of(files: &[PathBuf], job: Option<(&JobName, &Attempt)>) -> Self {
        let mut best: Option<Cause> = None;
        let mut problem = None;
        let mut empty = false;
        for path in files {
            match end_of(path, MAX_BYTES) {
                Ok(bytes) => match cause::find(&clean(&bytes)) {
                    Some(cause) => {
                        let heavier = |best: &Cause| cause.weight > best.weight;
                        if best.as_ref().is_none_or(heavier) {
                            best = Some(cause);
                        }
                    }
                    None => empty = true,
                },
                Err(error) => problem = Some(error),
            }
        }
        match (best, problem) {
            (Some(cause), _) => Self::new(&cause, job),
            (None, _) if empty => Self::without_cause("no output".into()),
            (None, Some(error)) if error.kind() != io::ErrorKind::NotFound => {
                let kind = match error.kind() {
                    io::ErrorKind::InvalidData => "it is not a plain file".into(),
                    kind => kind.to_string(),
                };
                Self::without_cause(format!("the log cannot be read: {kind}"))
            }
            (None, _) => {
                let unbegun = job.and_then(|(_, attempt)| never_began(attempt));
                Self::without_cause(unbegun.unwrap_or("no log file".into()))
            }
        }
    }

    fn new(cause: &Cause, job: Option<(&JobName, &Attempt)>) -> Self {
        let Cause {
            text,
            place,
            weight,
        } = cause;
        let place = place.as_deref();
        let job_name = job.map(|(name, _)| name.as_str());
        let told = job.filter(|_| *weight == Weight::Last);
        let ending = told.map(|(_, attempt)| ending(attempt));
        // Of a long message the end may say how much and not what.
        let text = headline(text);
        let all_alike = headline(&alike(&cause.text, job_name));
        let alike = [
            &all_alike,
            place.unwrap_or_default(),
            ending.as_deref().unwrap_or_default(),
        ]
        .join(" ");
        Self {
            text: text.into(),
            place: place.map(Box::from),
            ending: ending.map(Box::from),
            alike: alike.into(),
        }
    }

    fn without_cause(text: String) -> Self {
        Self {
            alike: text.clone().into(),
            text: text.into(),
            place: None,
            ending: None,
        }
    }

    /// The message, as one of the jobs wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in the user's own code, `FILE:LINE`.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// How the job ended, `exit code 2` or `TIMEOUT`, where the message is only the last line of its
    /// log and need not have to do with it.
    pub fn ending(&self) -> Option<&str> {
        self.ending.as_deref()
    }
}

/// The first sentence of a long message, or its beginning.
fn headline(message: &str) -> String {
    const SHORTEST: usize = 16;
    let words: Vec<&str> = message.split_whitespace().collect();
    let message = words.join(" ");
    if message.chars().count() <= MAX_CHARS {
        return message.trim_end_matches('.').to_owned();
    }
    let mut sentences = message.match_indices(". ");
    match sentences.find(|(at, _)| (SHORTEST..MAX_CHARS).contains(at)) {
        Some((end, _)) => message[..end].to_owned(),
        None => text::cut(&message, MAX_CHARS).into_owned(),
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(ending) = &self.ending {
            write!(f, "{ending}, last line: ")?;
        }
        match &self.place {
            Some(place) => write!(f, "{} ({place})", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.alike == other.alike
    }
}

impl Eq for Signature {}

impl Hash for Signature {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.alike.hash(state);
    }
}
