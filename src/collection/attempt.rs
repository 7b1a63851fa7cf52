use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{JobId, JobState, Map, Token, Value};

/// One submission of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What Slurm calls it.
    pub job_id: JobId,
    /// As of the last look.
    pub state: JobState,
    /// What tells the submission from others; absent for those of the Python tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The cluster, where it is not the one that commands ask by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Box<str>>,
    /// When it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<Timestamp>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// `CODE:SIGNAL`, as `sacct` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<Box<str>>,
    /// Why it waits, or why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// The nodes it ran on, in Slurm's notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Box<str>>,
    /// Where its output goes, relative to the working folder of its source; `%` patterns that
    /// only the node knows are left in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<PathBuf>,
    /// Where its errors go, if that is another file; likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_log: Option<PathBuf>,
    /// What was asked for other than when the script was generated.
    #[serde(default, skip_serializing_if = "Changes::is_empty")]
    pub changes: Changes,
}

/// What a submission asks for other than the script that was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Slurm arguments.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub slurm: Map,
    /// Parameters.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub params: Map,
    /// The script that was rendered with them, relative to the working folder of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<PathBuf>,
}

impl Attempt {
    /// A submission of which nothing else is known.
    pub fn new(job_id: JobId, state: JobState) -> Self {
        Self {
            job_id,
            state,
            token: None,
            cluster: None,
            submitted: None,
            started: None,
            ended: None,
            exit_code: None,
            reason: None,
            nodes: None,
            log: None,
            error_log: None,
            changes: Changes::default(),
        }
    }

    /// The fields that are set, as a collection writes them.
    pub(super) fn to_map(&self) -> Map {
        let Self {
            job_id,
            state,
            token,
            cluster,
            submitted,
            started,
            ended,
            exit_code,
            reason,
            nodes,
            log,
            error_log,
            changes,
        } = self;
        let text = |text: &Option<Box<str>>| text.as_deref().map(Value::from);
        let time = |time: &Option<Timestamp>| time.map(|time| time.to_string().into());
        let fields = [
            ("job_id", Some(job_id.as_str().into())),
            ("state", Some(state.word().into())),
            ("token", token.map(|token| token.digits().into())),
            ("cluster", text(cluster)),
            ("submitted", time(submitted)),
            ("started", time(started)),
            ("ended", time(ended)),
            ("exit_code", text(exit_code)),
            ("reason", text(reason)),
            ("nodes", text(nodes)),
            ("log", log.as_deref().map(path)),
            ("error_log", error_log.as_deref().map(path)),
            (
                "changes",
                (!changes.is_empty()).then(|| changes.to_map().into()),
            ),
        ];
        let set = fields
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        set.collect()
    }

    /// How long it has run or ran, in seconds; `None` before it began.
    pub fn elapsed_seconds(&self, now: Timestamp) -> Option<i64> {
        let end = self.ended.or(self.state.is_active().then_some(now))?;
        let started = self.started?;
        Some((end.as_second() - started.as_second()).max(0))
    }
}

impl Changes {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        let Self {
            slurm,
            params,
            script,
        } = self;
        slurm.is_empty() && params.is_empty() && script.is_none()
    }

    fn to_map(&self) -> Map {
        let Self {
            slurm,
            params,
            script,
        } = self;
        let map = |map: &Map| (!map.is_empty()).then(|| map.clone().into());
        let fields = [
            ("slurm", map(slurm)),
            ("params", map(params)),
            ("script", script.as_deref().map(path)),
        ];
        let set = fields
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        set.collect()
    }
}

fn path(path: &Path) -> Value {
    path.to_string_lossy().into_owned().into()
}

fn is_empty(map: &Map) -> bool {
    map.is_empty()
}
