//! Where a script was, and how it got there.

use rhai::{EvalAltResult, Position};

use super::engine::is_identifier;
use crate::text;

/// Where a script was.
#[derive(Debug)]
pub(crate) struct Trace {
    /// The name of the file.
    pub(crate) file: String,
    pub(crate) position: Position,
    /// The calls that led there, the outermost first.
    pub(crate) calls: Vec<Call>,
}

/// A call of a function, and where it stands.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) position: Position,
}

impl Trace {
    /// The calls, the innermost first; a recursion is told once.
    pub(crate) fn notes(&self, own_file: &str) -> Vec<String> {
        const MAX_NOTES: usize = 8;
        let mut notes: Vec<(String, usize)> = Vec::new();
        for call in self.calls.iter().rev() {
            let note = call.describe(own_file);
            match notes.last_mut() {
                Some((last, times)) if *last == note => *times += 1,
                Some(_) | None => notes.push((note, 1)),
            }
        }
        let more = notes.len().saturating_sub(MAX_NOTES);
        notes.truncate(MAX_NOTES);
        let shown = |(note, times)| match times {
            1 => note,
            times => format!("{note}, {times} times"),
        };
        let mut notes: Vec<_> = notes.into_iter().map(shown).collect();
        if more > 0 {
            notes.push(format!("and {} before", text::count(more, "call")));
        }
        notes
    }

    /// Takes off the calls around an error, of which each knows its place in the caller's file.
    pub(crate) fn peel(mut error: EvalAltResult, file: String) -> (EvalAltResult, Self) {
        let mut trace = Self {
            file,
            position: Position::NONE,
            calls: Vec::new(),
        };
        loop {
            let (function, callee, inner, position) = match error {
                EvalAltResult::ErrorInFunctionCall(function, file, inner, position) => {
                    (Some(function), file, inner, position)
                }
                EvalAltResult::ErrorInModule(file, inner, position) => {
                    (None, file, inner, position)
                }
                error => {
                    trace.position = error.position();
                    return (error, trace);
                }
            };
            let calling = trace.file.clone();
            if let Some(function) = function {
                // A closure is called by a function of Rhai's own, such as `map`, in the same place.
                let native =
                    |last: &mut Call| last.position == position && !is_identifier(&function);
                trace.calls.pop_if(native);
                trace.calls.push(Call {
                    function,
                    file: calling,
                    position,
                });
            }
            if !callee.is_empty() {
                trace.file = callee;
            }
            error = *inner;
        }
    }
}

impl Call {
    /// How a note names it; files but `own_file` are named.
    fn describe(&self, own_file: &str) -> String {
        let function = match self.function.as_str() {
            name if is_identifier(name) => format!("in `{name}`"),
            _ => "in a closure".into(),
        };
        let (Some(line), column) = (self.position.line(), self.position.position().unwrap_or(1))
        else {
            return function;
        };
        match &self.file {
            file if file == own_file => format!("{function}, called at {line}:{column}"),
            file => format!("{function}, called at {file}:{line}:{column}"),
        }
    }
}
