//! From errors of the engine to errors that users can act on.

use std::sync::Arc;

use rhai::{AST, Dynamic, EvalAltResult, ParseError};

use super::engine::{Failure, Sandbox, is_identifier};
use super::files::File;
use super::idioms;
use super::limits::{self, raise};
use super::locate::Search;
use super::syntax::{self, Complaint, plain};
use super::trace::Trace;
use super::{library, values};
use crate::config::RhaiLimits;
use crate::diagnostic::{self, Label};
use crate::text;

/// What went wrong with a script, and where.
#[derive(Debug)]
pub(crate) struct Explained {
    pub(crate) trouble: Trouble,
    pub(crate) message: String,
    pub(crate) label: Option<Label>,
    pub(crate) notes: Vec<String>,
    pub(crate) help: Option<String>,
}

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The engine itself failed.
    Engine,
    /// A limit was reached.
    Limit,
    /// The script raised an error.
    Raised,
    /// It cannot be read, or does not parse.
    Unusable,
}

impl Explained {
    /// Trouble of a kind, of which there is nothing but a message yet.
    pub(super) fn new(trouble: Trouble, message: String) -> Self {
        Self {
            trouble,
            message,
            label: None,
            notes: Vec::new(),
            help: None,
        }
    }

    /// Why `file` does not parse.
    fn syntax(file: &File, error: &ParseError) -> Self {
        let source = &file.source;
        let Complaint { message, help } = syntax::complaint(&error.0, source, error.1);
        // The end of the file has no position.
        let end = || Label::new(source, source.text.trim_end().len()..source.text.len());
        let label = syntax::label(source, error.1).unwrap_or_else(end);
        Self {
            label: Some(label),
            help,
            ..Self::new(Trouble::Unusable, message)
        }
    }
}

/// What it takes to explain why a script failed.
pub(crate) struct Explainer<'a> {
    pub(crate) sandbox: &'a Sandbox,
    /// What the script could use.
    pub(crate) limits: &'a RhaiLimits,
    /// What it could use that in.
    pub(crate) during: &'static str,
    pub(crate) file: &'a File,
    pub(crate) ast: &'a AST,
    /// The names of the parameters and defaults the script was called with.
    pub(crate) names: &'a [Arc<str>],
}

impl Explainer<'_> {
    /// Explains `failure`; `locate` finds out where a limit was reached.
    pub(crate) fn explain(
        &self,
        failure: Failure,
        locate: impl FnOnce(Search) -> Option<Trace>,
    ) -> Explained {
        let error = match failure {
            Failure::Error(error) => error,
            Failure::Parse(error) => return Explained::syntax(self.file, &error),
            Failure::Panic(text) => {
                return Explained::new(Trouble::Engine, format!("Rhai's engine failed: {text}"));
            }
        };
        let (error, trace) = Trace::peel(*error, self.file.name());
        if let Some((message, limit)) = limits::reached(&error, self.limits, self.during) {
            let lowered = ["operations", "call_levels", "call_seconds"].contains(&limit);
            let help = if self.sandbox.is_cramped && lowered {
                "the address space leaves room for little: raise it with `ulimit -v unlimited`"
                    .into()
            } else {
                raise(limit)
            };
            let complaint = Complaint {
                message,
                help: Some(help),
            };
            let search = match error {
                EvalAltResult::ErrorTerminated(..) if limit != "memory_bytes" => Search::Short,
                _ => Search::Full,
            };
            let trace = locate(search).unwrap_or(trace);
            return self.explained(Trouble::Limit, complaint, &trace);
        }
        self.explained(Trouble::Raised, self.complaint(error, &trace), &trace)
    }

    fn explained(&self, trouble: Trouble, complaint: Complaint, trace: &Trace) -> Explained {
        // Names in a script may be as long as texts.
        const MAX_CHARS: usize = 2000;
        let cut = |text: &String| text::cut(text, MAX_CHARS).into_owned();
        let file = self.sandbox.files().get(&trace.file);
        let Complaint { message, help } = complaint;
        let notes = trace.notes(&self.file.name());
        Explained {
            trouble,
            message: cut(&message),
            label: file.and_then(|file| syntax::label(&file.source, trace.position)),
            notes: notes.iter().map(cut).collect(),
            help: help.as_ref().map(cut),
        }
    }

    fn complaint(&self, error: EvalAltResult, trace: &Trace) -> Complaint {
        match error {
            EvalAltResult::ErrorRuntime(thrown, _) => thrown_complaint(&thrown),
            EvalAltResult::ErrorFunctionNotFound(signature, _) => {
                self.unknown_function(&signature, trace)
            }
            EvalAltResult::ErrorParsing(kind, position) => {
                match self.sandbox.files().get(&trace.file) {
                    Some(file) => syntax::complaint(&kind, &file.source, position),
                    None => Complaint {
                        message: plain(&kind),
                        help: None,
                    },
                }
            }
            EvalAltResult::ErrorMismatchDataType(expected, actual, _) => Complaint {
                help: self.absent_help([&*actual], trace),
                message: format!(
                    "{} is needed here, not {}",
                    values::kind_of_type(&expected),
                    values::kind_of_type(&actual)
                ),
            },
            EvalAltResult::ErrorDotExpr(text, _) => self.unknown_property(&text, trace),
            EvalAltResult::ErrorFor(_) => Complaint {
                message: "`for` needs an array, a range or a string".into(),
                help: Some("`map.keys()` and `map.values()` are arrays".into()),
            },
            EvalAltResult::ErrorDataRace(..) => Complaint {
                message: "a variable is changed while it is in use".into(),
                help: Some("a closure must not change what it is called on".into()),
            },
            EvalAltResult::ErrorVariableNotFound(name, _) => self.unknown_variable(&name, trace),
            mut error => {
                error.clear_position();
                let message = plain(&error);
                let types = message.contains("`()`").then_some("()");
                Complaint {
                    help: self.absent_help(types, trace),
                    message,
                }
            }
        }
    }

    /// `text` reads `Unknown property 'x' - a getter is not registered for type 'y'`.
    fn unknown_property(&self, text: &str, trace: &Trace) -> Complaint {
        let words: Vec<_> = text.split('\'').collect();
        let [_, property, _, of, ..] = words[..] else {
            return Complaint {
                message: plain(&text),
                help: None,
            };
        };
        let message = format!("{} has no property `{property}`", values::kind_of_type(of));
        Complaint {
            help: self.absent_help([of], trace),
            message,
        }
    }

    /// The parser knows all variables but the constants of a file.
    fn unknown_variable(&self, name: &str, trace: &Trace) -> Complaint {
        let message = format!("the variable `{name}` is not known");
        let file = self.sandbox.files().get(&trace.file);
        let text = file.as_ref().map_or("", |file| &file.source.text);
        let name = name.strip_prefix("global::").unwrap_or(name);
        let guess = diagnostic::nearest(name, syntax::constants(text));
        Complaint {
            message,
            help: guess.map(|name| format!("did you mean `global::{name}`?")),
        }
    }

    /// `signature` reads `name (type, type)`.
    fn unknown_function(&self, signature: &str, trace: &Trace) -> Complaint {
        let (name, types) = signature.split_once(" (").unwrap_or((signature, ""));
        let types = types.strip_suffix(')').unwrap_or(types);
        let types: Vec<_> = types.split(", ").filter(|name| !name.is_empty()).collect();
        let kinds = kinds(&types);
        if !is_identifier(name) {
            let message = format!("`{name}` does not work on {kinds}");
            return Complaint {
                help: self.absent_help(types, trace),
                message,
            };
        }
        let own = self.ast.iter_functions();
        if let Some(known) = own.filter(|function| function.name == name).last() {
            let takes = text::count(known.params.len(), "parameter");
            let message = format!("`{name}` takes {takes}, and is called with {}", types.len());
            return Complaint {
                message,
                help: None,
            };
        }
        let names = self.sandbox.function_names();
        if names.iter().any(|known| known == name) {
            let with = if kinds.is_empty() {
                "no argument"
            } else {
                &kinds
            };
            let message = format!("`{name}` exists, but not for {with}");
            return Complaint {
                help: self.absent_help(types, trace),
                message,
            };
        }
        let own = self.ast.iter_functions().map(|function| function.name);
        let names = own.chain(names.iter().map(String::as_str));
        let idiom = idioms::for_function(name).map(|rhai| format!("Rhai has {rhai}"));
        let help = idiom.or_else(|| diagnostic::did_you_mean(name, names));
        Complaint {
            message: format!("there is no function `{name}`"),
            help,
        }
    }

    /// What to do about a `()`, which most of the time is a parameter misspelt.
    fn absent_help<'a>(
        &self,
        types: impl IntoIterator<Item = &'a str>,
        trace: &Trace,
    ) -> Option<String> {
        types.into_iter().find(|name| *name == "()")?;
        let line = self.line(trace).unwrap_or_default();
        let names = || self.names.iter().map(|name| &**name);
        let guess = properties(&line)
            .filter(|property| names().all(|name| name != *property))
            .find_map(|property| diagnostic::did_you_mean(property, names()));
        let cure = guess.unwrap_or_else(|| "`params.x ?? 1` gives it a value".into());
        Some(format!("what is absent reads as `()`: {cure}"))
    }

    fn line(&self, trace: &Trace) -> Option<String> {
        let file = self.sandbox.files().get(&trace.file)?;
        let line = trace.position.line()?;
        file.source.text.lines().nth(line - 1).map(str::to_owned)
    }
}

/// What a script raised with `throw`.
fn thrown_complaint(thrown: &Dynamic) -> Complaint {
    const MAX_BYTES: usize = 2000;
    if thrown.is_unit() {
        return Complaint {
            message: "raised an error without a message".into(),
            help: None,
        };
    }
    let field = |name: &str| {
        let map = thrown.read_lock::<rhai::Map>()?;
        map.get(name)
            .map(|text| library::shown(text, MAX_BYTES))
            .filter(|text| !text.is_empty())
    };
    let (message, help) = match field("message") {
        Some(message) => (message, field("help")),
        None => (library::shown(thrown, MAX_BYTES), None),
    };
    Complaint { message, help }
}

/// `a map, a string and an integer`
fn kinds(types: &[&str]) -> String {
    let kinds: Vec<_> = types
        .iter()
        .map(|name| values::kind_of_type(name))
        .collect();
    match &kinds[..] {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => kinds.concat(),
    }
}

/// The names read with a dot in a line of a script, without the methods.
fn properties(line: &str) -> impl Iterator<Item = &str> {
    line.split('.').skip(1).filter_map(|rest| {
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        (end > 0 && !rest[end..].starts_with('(')).then(|| &rest[..end])
    })
}
