use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::did_you_mean;

/// A job state in Slurm's own words, see `man squeue`, section JOB STATE CODES.
///
/// An unknown word is kept, so that a newer Slurm is no error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobState {
    /// Waits for resources.
    Pending,
    /// Has an allocation.
    Running,
    /// All processes exited with zero.
    Completed,
    /// A process exited with another code than zero.
    Failed,
    /// The time limit was reached.
    Timeout,
    /// The memory limit was reached.
    OutOfMemory,
    /// A node of the allocation failed.
    NodeFail,
    /// Ended for a job of higher priority.
    Preempted,
    /// Ended by an administrator or the user.
    Cancelled,
    /// Slurm no longer knows the job, and nobody saw how it ended. Not a word of Slurm's.
    Unknown,
    /// Any other word.
    Other(Box<str>),
}

impl JobState {
    /// The states that have a name here, with Slurm's word.
    const WORDS: [(Self, &'static str); 10] = [
        (Self::Pending, "PENDING"),
        (Self::Running, "RUNNING"),
        (Self::Completed, "COMPLETED"),
        (Self::Failed, "FAILED"),
        (Self::Timeout, "TIMEOUT"),
        (Self::OutOfMemory, "OUT_OF_MEMORY"),
        (Self::NodeFail, "NODE_FAIL"),
        (Self::Preempted, "PREEMPTED"),
        (Self::Cancelled, "CANCELLED"),
        (Self::Unknown, "UNKNOWN"),
    ];

    /// Other words for a job that is over.
    const OVER: [&'static str; 5] = [
        "BOOT_FAIL",
        "DEADLINE",
        "LAUNCH_FAILED",
        "RECONFIG_FAIL",
        "REVOKED",
    ];

    /// Other words for a job that is not.
    const PASSING: [&'static str; 12] = [
        "COMPLETING",
        "CONFIGURING",
        "REQUEUED",
        "REQUEUE_FED",
        "REQUEUE_HOLD",
        "RESIZING",
        "RESV_DEL_HOLD",
        "SIGNALING",
        "SPECIAL_EXIT",
        "STAGE_OUT",
        "STOPPED",
        "SUSPENDED",
    ];

    /// The words for the states of jobs that failed: Slurm's, and what people say.
    pub const FAILURES: [&'static str; 10] = [
        "FAILED",
        "TIMEOUT",
        "OUT_OF_MEMORY",
        "OOM",
        "NODE_FAIL",
        "PREEMPTED",
        "CANCELLED",
        "BOOT_FAIL",
        "DEADLINE",
        "UNKNOWN",
    ];

    /// The state of a job that failed, as people write it: `oom`, `node-fail`, `TIMEOUT`.
    pub fn of_failure(word: &str) -> Option<Self> {
        let state = Self::typed(word).ok()?;
        Self::FAILURES.contains(&state.word()).then_some(state)
    }

    /// Reads what `squeue` or `sacct` prints: the first word counts (`CANCELLED by 0`), and a `+`
    /// stands for what did not fit (`OUT_OF_ME+`).
    pub fn parse(text: &str) -> Self {
        let word = text.split_whitespace().next().unwrap_or_default();
        let known = match word.strip_suffix('+') {
            Some(cut) if cut.len() > 3 => {
                Self::WORDS.iter().find(|(_, known)| known.starts_with(cut))
            }
            _ => Self::WORDS.iter().find(|(_, known)| *known == word),
        };
        known.map_or_else(
            || Self::Other(word.trim_end_matches('+').into()),
            |(state, _)| state.clone(),
        )
    }

    /// Reads a state as somebody types it: in capitals or not, with `-` for `_`, and `oom`.
    ///
    /// # Errors
    /// For what is no state, with a guess what was meant.
    pub fn typed(text: &str) -> Result<Self, String> {
        let word = text.to_ascii_uppercase().replace('-', "_");
        let word = if word == "OOM" {
            "OUT_OF_MEMORY"
        } else {
            &*word
        };
        let known = || {
            let named = Self::WORDS.iter().map(|(_, word)| *word);
            named.chain(Self::OVER).chain(Self::PASSING)
        };
        if known().any(|known| known == word) {
            return Ok(Self::parse(word));
        }
        let guess = did_you_mean(word, known());
        let guess = guess.map_or(String::new(), |guess| format!("; {guess}"));
        Err(format!("there is no such state{guess}"))
    }

    /// Slurm's word.
    pub fn word(&self) -> &str {
        match self {
            Self::Other(word) => word,
            state => Self::WORDS
                .iter()
                .find(|(known, _)| known == state)
                .map_or("", |(_, word)| word),
        }
    }

    /// Whether the job waits, runs or comes back. So is a word that nobody knows: a job that may
    /// be alive must not be sent again.
    pub fn is_active(&self) -> bool {
        match self {
            Self::Pending | Self::Running => true,
            Self::Other(word) => !Self::OVER.contains(&&**word),
            _ => false,
        }
    }

    /// Whether the job is over and did not do what it should.
    pub fn is_failure(&self) -> bool {
        !self.is_active() && *self != Self::Completed
    }
}

impl Display for JobState {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Serialize for JobState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for JobState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self::parse(&word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_typed_as_people_say_them() {
        for (text, word) in [
            ("oom", "OUT_OF_MEMORY"),
            ("node-fail", "NODE_FAIL"),
            ("Pending", "PENDING"),
            ("BOOT_FAIL", "BOOT_FAIL"),
        ] {
            assert_eq!(JobState::typed(text).unwrap().word(), word);
        }
        let refused = JobState::typed("runing").unwrap_err();
        assert_eq!(refused, "there is no such state; did you mean `RUNNING`?");
    }

    #[test]
    fn words_of_squeue_and_sacct_are_read() {
        for (text, state, active) in [
            ("PENDING", JobState::Pending, true),
            ("CANCELLED by 0", JobState::Cancelled, false),
            ("CANCELLED+", JobState::Cancelled, false),
            ("OUT_OF_ME+", JobState::OutOfMemory, false),
            ("COMPLETING", JobState::Other("COMPLETING".into()), true),
            ("REQUEUED", JobState::Other("REQUEUED".into()), true),
            ("DEADLINE", JobState::Other("DEADLINE".into()), false),
            ("SOME_DAY", JobState::Other("SOME_DAY".into()), true),
            ("UNKNOWN", JobState::Unknown, false),
        ] {
            let parsed = JobState::parse(text);
            assert_eq!((&parsed, parsed.is_active()), (&state, active), "{text}");
            let json = serde_json::to_string(&parsed).unwrap();
            assert_eq!(serde_json::from_str::<JobState>(&json).unwrap(), state);
        }
    }
}
