//! What the host and the worker say to each other: one JSON object per line.
//!
//! Requests are answered in their order, and each once, but for calls: those are answered in one or
//! more parts, which together have an answer for each set.

use serde::{Deserialize, Serialize};

use super::values::{Incoming, IncomingMap, Outgoing, OutgoingMap, OutgoingSet};

/// The version both sides must speak.
pub(super) const VERSION: u32 = 1;

/// What the worker is asked.
#[derive(Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(super) enum Request<'a> {
    /// Loads the files; role, path and function of each.
    Init {
        hooks: Vec<(String, &'a [u8], &'a str)>,
    },
    /// The second argument of the logic hook.
    Defaults { defaults: OutgoingMap<'a> },
    /// The parameter sets, as a grid.
    Axes {
        axes: Vec<(&'a str, Vec<Outgoing<'a>>)>,
    },
    /// The parameter sets, spelled out; `first` begins a new list.
    Items {
        items: Vec<OutgoingSet<'a>>,
        first: bool,
    },
    /// From here on the parameter sets are what the parse hook gave.
    Parsed,
    /// The filter hook was called for all sets.
    Filtered,
    /// More of what was changed late, after an answer that said so.
    Late,
    /// Calls the hook of a role for runs of sets; the first index and the length of each.
    Call {
        role: String,
        runs: Vec<(usize, usize)>,
    },
    /// Ends the worker; there is no answer.
    Bye,
}

impl Request<'_> {
    /// The request as a line.
    pub(super) fn to_line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("requests have text for keys");
        line.push(b'\n');
        line
    }
}

/// An answer, with what the calls changed in the parameter sets.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Reply<T> {
    /// An answer for each of the next sets; none for those whose call failed.
    #[serde(rename = "r", default = "Vec::new")]
    pub(super) answers: Vec<Option<T>>,
    /// Whether the table of results starts again.
    #[serde(rename = "f", default)]
    pub(super) forgotten: bool,
    /// Results that the answers number, as they are added to the table.
    #[serde(rename = "t", default)]
    pub(super) results: Vec<IncomingMap>,
    /// Sets that were changed.
    #[serde(rename = "m", default)]
    pub(super) changed: Vec<(usize, IncomingMap)>,
    /// Axis, place on it, and new value of shared values that were changed.
    #[serde(rename = "d", default)]
    pub(super) axis_values: Vec<(usize, usize, Incoming)>,
    /// Sets whose call failed.
    #[serde(rename = "e", default)]
    pub(super) failures: Vec<(usize, Told)>,
    /// The call was interrupted, and the worker is gone.
    pub(super) stopped: Option<Stopped>,
    /// Whether there is more of what was changed late.
    #[serde(default)]
    pub(super) more: bool,
}

/// The answer to [`Request::Init`].
#[derive(Debug, Deserialize)]
pub(super) struct Ready {
    #[serde(default)]
    pub(super) python: String,
    #[serde(default)]
    pub(super) executable: String,
    /// The role of the hook that could not be loaded.
    pub(super) role: Option<String>,
    pub(super) failed: Option<Told>,
    pub(super) stopped: Option<Stopped>,
}

/// What was going on when a call was interrupted.
#[derive(Debug, Deserialize)]
pub(super) struct Stopped {
    pub(super) told: Option<Told>,
    pub(super) role: Option<String>,
    pub(super) index: Option<usize>,
}

/// Whether a line is the last of a worker that was interrupted.
pub(super) fn is_stopped(line: &[u8]) -> bool {
    line.starts_with(br#"{"stopped":"#)
}

/// What the worker tells of a failure.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) kind: ToldKind,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) place: Option<Place>,
    pub(super) traceback: Option<String>,
    /// The functions there are, when one is missing.
    #[serde(default)]
    pub(super) known: Vec<String>,
    /// Whether an import failed.
    #[serde(default)]
    pub(super) missing_module: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToldKind {
    Load,
    MissingFunction,
    Raised,
    Returned,
}

/// A place in the hook's file.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Place {
    /// Counted from one.
    pub(super) line: usize,
    /// The character at which a syntax error was noticed, counted from one.
    pub(super) column: Option<usize>,
    /// First and last byte within the line, where Python knows them.
    pub(super) span: Option<(usize, Option<usize>)>,
}
