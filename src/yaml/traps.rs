//! Scalars without quotes that scripts show as something else than what was typed.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt::{self, Display, Formatter, Write};
use std::ops::Range;
use std::sync::Arc;

use super::error::shorten;
use super::resolve::{Type, is_octal, is_sexagesimal};
use super::{Content, Node, Scalar, Schema, Style, timestamp};
use crate::diagnostic::{Diagnose, Label, Warning};
use crate::model::Value;
use crate::text;

/// Where values go, which decides what of them is worth a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To hooks, which may compute with them, and then into templates.
    Hooks,
    /// Into templates as parameters.
    Parameters,
    /// To Slurm, which takes a number for minutes and has no word for nothing.
    SlurmArgs,
}

/// How loudly a trap is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// When somebody asks: the value is what was meant, its text is not what was typed.
    Info,
    /// Always: hardly anybody means what YAML 1.1 makes of the text.
    Warning,
}

/// A scalar without quotes that scripts show as something else than what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// How loudly to tell it.
    pub level: Level,
    /// The keys that lead to it, such as `slurm_args.defaults.time`.
    pub path: String,
    /// What was typed; nothing, for a key without a value.
    pub text: Arc<str>,
    /// What it means.
    pub value: Value,
    /// Whether Slurm takes it for minutes.
    is_time: bool,
    /// The bytes it takes up, which may be of several lines.
    pub span: Range<usize>,
    /// Its first line.
    pub label: Label,
}

/// The traps in `node` and below, which stands at `path` and goes to `target`.
///
/// One for each place, in the order of the document, even where aliases repeat it.
pub fn traps(node: &Node, path: &str, schema: Schema, target: Target) -> Vec<Trap> {
    let mut finder = Finder {
        schema,
        target,
        path: path.into(),
        seen: HashSet::new(),
        traps: Vec::new(),
    };
    finder.visit(node, "");
    finder.traps
}

/// The text of their source with `traps` in quotes, and all else byte for byte.
pub fn quote_traps(text: &str, traps: &[Trap]) -> String {
    let mut spans: Vec<_> = traps.iter().map(|trap| trap.span.clone()).collect();
    spans.sort_by_key(|span| span.start);
    spans.dedup();
    let mut quoted = String::with_capacity(text.len() + 2 * spans.len());
    let mut done = 0;
    for span in spans {
        // No text of a trap has anything that would have to be escaped, and a line break in it is
        // folded in quotes as without.
        write!(
            quoted,
            "{}\"{}\"",
            &text[done..span.start],
            &text[span.clone()]
        )
        .expect("writing to a string cannot fail");
        done = span.end;
    }
    quoted + &text[done..]
}

impl Trap {
    /// The safe spelling; none where quotes would not help, as for `null` and for what is text.
    pub fn quoted(&self) -> Option<String> {
        let helps = !matches!(self.value, Value::Null | Value::String(_));
        helps.then(|| format!("\"{}\"", self.text))
    }

    /// The warning for it, with its place.
    pub fn to_warning(&self) -> Warning {
        let warning = Warning::new(self.to_string()).at(self.label.clone());
        match self.help() {
            Some(help) => warning.help(help),
            None => warning,
        }
    }

    /// The warnings for those of `traps` that are worth one. Of very many the first are told.
    pub fn warnings<'a>(traps: impl IntoIterator<Item = &'a Self>) -> Vec<Warning> {
        const SHOWN: usize = 50;
        let is_loud = |trap: &&Self| trap.level == Level::Warning;
        let mut loud = traps.into_iter().filter(is_loud);
        let mut warnings: Vec<_> = loud.by_ref().take(SHOWN).map(Self::to_warning).collect();
        let hidden = loud.count();
        if hidden > 0 {
            let message = format!("there are {} more such values", text::thousands(hidden));
            let help = "`slurmkit spec fix --dry-run` lists them all";
            warnings.push(Warning::new(message).help(help));
        }
        warnings
    }

    /// Keeps of traps at one place the loudest, in the order of the document.
    pub fn merge(traps: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut traps: Vec<_> = traps.into_iter().collect();
        traps.sort_by_key(|trap| (trap.span.start, trap.span.end, Reverse(trap.level)));
        traps.dedup_by_key(|trap| trap.span.clone());
        traps
    }

    /// What YAML 1.1 makes of the text, or what else it is.
    fn meaning(&self) -> String {
        let Self {
            value, text, level, ..
        } = self;
        match (level, value) {
            (Level::Warning, Value::Int(_)) if is_octal(text) => {
                format!("the octal integer {value} in YAML 1.1")
            }
            (Level::Warning, Value::Int(_)) => format!("the integer {value} in YAML 1.1"),
            (Level::Warning, Value::Float(_)) => format!("the number {value} in YAML 1.1"),
            (Level::Warning, Value::Bool(_)) => format!("the boolean {value} in YAML 1.1"),
            (_, Value::Object(_)) => "a timestamp in YAML 1.1".into(),
            (Level::Info, Value::Int(_)) => format!("the integer {value}"),
            (Level::Info, Value::Float(_)) => format!("the number {value}"),
            (_, other) => other.kind().into(),
        }
    }
}

impl Display for Trap {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            path, text, value, ..
        } = self;
        if let Value::String(_) = value {
            let text = shorten(text);
            return write!(
                f,
                "`{path}`: `{text}` is text in YAML 1.1, so hooks get no number"
            );
        }
        match &**text {
            "" => write!(f, "`{path}` has no value")?,
            text => write!(f, "`{path}`: `{}` is {}", shorten(text), self.meaning())?,
        }
        write!(f, ", so scripts get `{}`", shorten(&value.to_string()))?;
        match value {
            Value::Int(minutes) if self.is_time => f.write_str(&consequence(*minutes)),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Trap {}

impl Diagnose for Trap {
    fn label(&self) -> Option<Label> {
        Some(self.label.clone())
    }

    fn help(&self) -> Option<String> {
        Some(match (self.quoted(), self.level) {
            (None, Level::Info) if !self.text.is_empty() && self.value != Value::Null => {
                let number =
                    decimal(&self.text).map(|it| format!("write {it} for the number, or "));
                format!(
                    "{}quote it to show that text is meant",
                    number.unwrap_or_default()
                )
            }
            (None, _) => "leave the key out, or give it a value".into(),
            (Some(quoted), Level::Info) => format!("write {} to keep the text", shorten(&quoted)),
            (Some(quoted), Level::Warning) => format!(
                "write {} to keep the text; `slurmkit spec fix` does it",
                shorten(&quoted)
            ),
        })
    }
}

struct Finder {
    schema: Schema,
    target: Target,
    path: String,
    seen: HashSet<usize>,
    traps: Vec<Trap>,
}

impl Finder {
    /// Looks at `node`, which is the value of `key`.
    fn visit(&mut self, node: &Node, key: &str) {
        if !self.seen.insert(node.address()) {
            return;
        }
        match node.content() {
            Content::Scalar(scalar) => self.scalar(node, scalar, key),
            Content::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(&format!("[{index}]"), item, key);
                }
            }
            Content::Mapping(entries) => {
                for (key, value) in entries {
                    let key = key.as_str().unwrap_or_default();
                    self.below(&format!(".{}", shorten(key)), value, key);
                }
            }
        }
    }

    fn below(&mut self, step: &str, node: &Node, key: &str) {
        let end = self.path.len();
        self.path.push_str(step);
        self.visit(node, key);
        self.path.truncate(end);
    }

    /// Whether a text such as `1e-3` is a number in YAML 1.2 and in Python.
    fn is_number_to_others(&self, text: &str) -> bool {
        self.schema == Schema::PyYaml
            && matches!(Schema::Core.resolve(text), Type::Float | Type::Int)
    }

    fn scalar(&mut self, node: &Node, scalar: &Scalar, key: &str) {
        let Scalar {
            value,
            text,
            style: Style::Plain,
            tagged: false,
        } = scalar
        else {
            return;
        };
        let tells = match value {
            Value::String(_) => self.target == Target::Hooks && self.is_number_to_others(text),
            value => value.to_string() != **text,
        };
        if !tells {
            return;
        }
        self.traps.push(Trap {
            level: match self.schema {
                Schema::PyYaml => level_in_yaml_1_1(value, text, self.target),
                Schema::Core => Level::Info,
            },
            path: self.path.clone(),
            text: text.clone(),
            value: value.clone(),
            is_time: self.target == Target::SlurmArgs && is_time(key),
            span: node.span(),
            label: node.label(),
        });
    }
}

/// A number that YAML 1.1 takes for text, as it takes it for a number.
fn decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) {
        ""
    } else {
        "+"
    };
    let written = format!("{mantissa}{point}e{sign}{exponent}");
    (Schema::PyYaml.resolve(&written) == Type::Float).then_some(written)
}

/// How loudly the reading of YAML 1.1 is told.
fn level_in_yaml_1_1(value: &Value, text: &str, target: Target) -> Level {
    let is_loud = match value {
        Value::Int(_) => is_sexagesimal(text) || is_octal(text),
        Value::Float(_) => is_sexagesimal(text),
        Value::Bool(_) => !matches!(text.to_lowercase().as_str(), "true" | "false"),
        Value::Null => target == Target::SlurmArgs,
        Value::Object(_) => timestamp::has_time(text),
        Value::List(_) | Value::Map(_) | Value::String(_) => false,
    };
    match is_loud {
        true => Level::Warning,
        false => Level::Info,
    }
}

/// Whether `key` is an option of Slurm that takes a number for minutes.
fn is_time(key: &str) -> bool {
    matches!(key, "time" | "t" | "time-min" | "time_min")
}

fn consequence(minutes: i128) -> String {
    let (days, hours) = (minutes / (24 * 60), minutes / 60 % 24);
    let units = [(days, "day"), (hours, "hour"), (minutes % 60, "minute")];
    let parts: Vec<_> = units
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .filter_map(|(count, unit)| Some(text::count(usize::try_from(count).ok()?, unit)))
        .collect();
    match minutes {
        ..=0 => String::new(),
        1..60 => format!(", which Slurm reads as {}", parts.join(" ")),
        _ => format!(
            ", which Slurm reads as {minutes} minutes ({})",
            parts.join(" ")
        ),
    }
}
