//! What the worker tells of failures, as errors of hooks.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::protocol::{Place, Told, ToldKind};
use crate::diagnostic::{Label, Source, any_of, did_you_mean};
use crate::fs;
use crate::hook::error::{HookError, HookErrorKind};
use crate::spec::HookRef;

/// A hook and the text of its file, at which errors point.
pub(super) struct Script {
    pub(super) hook: HookRef,
    pub(super) source: Arc<Source>,
}

/// The largest hook file, in bytes.
const MAX_BYTES: u64 = 16 << 20;

impl Script {
    /// Reads the file of `hook`, so that a missing one is told before any interpreter starts.
    pub(super) fn read(hook: &HookRef) -> Result<Self, HookError> {
        let bytes = fs::read_bytes(&hook.path, MAX_BYTES).map_err(|error| {
            let message = match error.kind() {
                io::ErrorKind::NotFound => "the file does not exist".into(),
                _ => error.to_string(),
            };
            HookError::new(hook, HookErrorKind::Load, message).at(hook.label.clone())
        })?;
        // The encoding is Python's affair; the text here only shows the lines.
        let text = String::from_utf8_lossy(&bytes);
        Ok(Self {
            hook: hook.clone(),
            source: Source::new(&hook.path, text),
        })
    }

    /// An error without a place.
    pub(super) fn error(&self, kind: HookErrorKind, message: impl Into<String>) -> HookError {
        HookError::new(&self.hook, kind, message)
    }

    /// The error of what the worker tells. `interpreter` is the one it runs in.
    pub(super) fn told(&self, told: Told, interpreter: &str) -> HookError {
        let Told {
            kind,
            message,
            help,
            place,
            traceback,
            known,
            missing_module,
        } = told;
        let in_file = place.map(|place| self.label(place));
        let (kind, label, help) = match kind {
            ToldKind::Load => (
                HookErrorKind::Load,
                in_file.or(self.hook.label.clone()),
                help,
            ),
            ToldKind::MissingFunction => {
                let guess = did_you_mean(&self.hook.function, known.iter().map(String::as_str));
                let help = guess.or_else(|| functions(&known));
                (HookErrorKind::Load, self.hook.label.clone(), help)
            }
            ToldKind::Raised => (HookErrorKind::Raised, in_file, help),
            ToldKind::Returned => (HookErrorKind::Returned, in_file, help),
        };
        let help = help.or_else(|| missing_module.then(|| other_interpreter(interpreter)));
        let mut error = self.error(kind, message).at(label);
        if let Some(traceback) = traceback {
            error = error.note(traceback);
        }
        match help {
            Some(help) => error.help(help),
            None => error,
        }
    }

    /// The place of what was told, and its traceback, without its message.
    pub(super) fn whereabouts(&self, error: HookError, told: Option<Told>) -> HookError {
        let Some(Told {
            place, traceback, ..
        }) = told
        else {
            return error;
        };
        let error = error.at(place.map(|place| self.label(place)));
        match traceback {
            Some(traceback) => error.note(traceback),
            None => error,
        }
    }

    fn label(&self, place: Place) -> Label {
        let line = self.line(place.line);
        match place {
            Place {
                line,
                column: Some(column),
                ..
            } => Label::at(&self.source, line, column),
            Place {
                span: Some((start, end)),
                ..
            } => Label::new(&self.source, within(&self.source.text, &line, start, end)),
            Place {
                column: None,
                span: None,
                ..
            } => Label::new(&self.source, line),
        }
    }

    /// The bytes of a line, without the white space around it.
    fn line(&self, number: usize) -> Range<usize> {
        let start = self.source.offset(number, 1);
        let rest = &self.source.text[start..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let indent = line.len() - line.trim_start().len();
        start + indent..start + line.trim_end().len().max(indent)
    }
}

/// The bytes of a stripped `line` from its byte `start` to its byte `end`, counted with the
/// indent; the whole line if they do not fit it.
fn within(text: &str, line: &Range<usize>, start: usize, end: Option<usize>) -> Range<usize> {
    let begin = text[..line.start]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let span = begin + start..end.map_or(line.end, |end| begin + end);
    let fits = span.start >= line.start && span.end <= line.end && text.get(span.clone()).is_some();
    if fits { span } else { line.clone() }
}

fn functions(known: &[String]) -> Option<String> {
    (!known.is_empty()).then(|| format!("the file has {}", any_of(known).replace(" or ", " and ")))
}

fn other_interpreter(interpreter: &str) -> String {
    format!(
        "the hook runs in {interpreter}; choose another with `--python`, `SLURMKIT_PYTHON` or \
         `python:` in the config"
    )
}
