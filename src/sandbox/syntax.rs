//! What is wrong with the text of a script.

use std::ops::Range;
use std::sync::Arc;

use rhai::{ParseErrorType, Position};

use super::engine::is_identifier;
use super::idioms;
use super::limits::raise;
use crate::diagnostic::{self, Label, Source};

/// What does not parse, in our words.
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Explains a parse error that was noticed at `position`.
pub(super) fn complaint(kind: &ParseErrorType, source: &Source, position: Position) -> Complaint {
    let offset = offset(source, position);
    let (message, help) = match kind {
        ParseErrorType::VariableUndefined(name) => (
            format!("the variable `{name}` is not known"),
            Some(undefined_help(name, source, offset)),
        ),
        ParseErrorType::ModuleUndefined(name) => (format!("no import is called `{name}`"), None),
        ParseErrorType::Reserved(word) => {
            let help = property_help(word, source, offset);
            let kind = if is_identifier(word) {
                "word"
            } else {
                "symbol"
            };
            (
                format!("the {kind} `{word}` is reserved in Rhai or not available to hooks"),
                help,
            )
        }
        ParseErrorType::PropertyExpected => {
            let word = &source.text[source.word_at(offset)];
            (plain(kind), property_help(word, source, offset))
        }
        ParseErrorType::ExprTooDeep => (
            "an expression or block is nested too deeply".into(),
            Some(raise("expression_depth")),
        ),
        ParseErrorType::TooManyFunctions => (
            "the file has too many functions".into(),
            Some(raise("functions")),
        ),
        ParseErrorType::FnDuplicatedDefinition(name, parameters) => {
            let parameters = crate::text::count(*parameters, "parameter");
            (
                format!("there are two functions `{name}` with {parameters}"),
                None,
            )
        }
        kind => (plain(kind), None),
    };
    Complaint { message, help }
}

/// A label at a place that Rhai gave, if it gave one.
pub(super) fn label(source: &Arc<Source>, position: Position) -> Option<Label> {
    let offset = source.offset(position.line()?, position.position().unwrap_or(1));
    let span = string_at(&source.text, offset).unwrap_or_else(|| source.word_at(offset));
    Some(Label::new(source, span))
}

/// The whole of a plain string that begins at `offset`.
fn string_at(text: &str, offset: usize) -> Option<Range<usize>> {
    let string = text[offset..].lines().next()?.strip_prefix('"')?;
    let end = string.find('"')?;
    Some(offset..offset + end + 2)
}

/// A message of Rhai's as ours are written: lower case, the user's words in backticks.
pub(super) fn plain(message: &impl ToString) -> String {
    let message = message.to_string().replace('\'', "`");
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => message,
    }
}

fn offset(source: &Source, position: Position) -> usize {
    position.line().map_or(source.text.len(), |line| {
        source.offset(line, position.position().unwrap_or(1))
    })
}

/// `params.export` must be `params["export"]`.
fn property_help(word: &str, source: &Source, offset: usize) -> Option<String> {
    let before = source.text[..offset].strip_suffix('.')?;
    let object = trailing_word(before);
    (is_identifier(word) && !object.is_empty())
        .then(|| format!("`{word}` is a word of Rhai's own: write `{object}[\"{word}\"]`"))
}

fn undefined_help(name: &str, source: &Source, offset: usize) -> String {
    if let Some(help) = hyphen_help(name, source, offset) {
        return help;
    }
    if is_key_without_hash(name, source, offset) {
        return format!("a map is written `#{{{name}: …}}`");
    }
    if let Some(rhai) = idioms::for_variable(name) {
        return format!("Rhai has {rhai}");
    }
    if constants(&source.text).contains(&name) {
        return format!("a function reads a constant of its file as `global::{name}`");
    }
    let words: Vec<_> = words(&source.text).collect();
    if words.windows(2).any(|pair| pair == ["let", name]) {
        return format!(
            "functions do not see the variables of their file: make it `const {name}` and read \
             `global::{name}`"
        );
    }
    let others = words
        .into_iter()
        .filter(|word| *word != name && is_identifier(word));
    diagnostic::did_you_mean(name, others).unwrap_or_else(|| {
        format!("a parameter is read as `params.{name}`, a constant as `global::{name}`")
    })
}

/// Whether `name` is a key in `{name: …}`, which is a block to Rhai.
fn is_key_without_hash(name: &str, source: &Source, offset: usize) -> bool {
    let before = source.text[..offset].trim_end();
    let after = source.text[offset + name.len()..].trim_start();
    before.ends_with(['{', ',']) && after.starts_with(':') && !after.starts_with("::")
}

/// `params.cpus-per-task` is a subtraction.
fn hyphen_help(name: &str, source: &Source, offset: usize) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let before = source.text[..offset].strip_suffix('-')?;
    let start = before.trim_end_matches(is_part);
    let object = trailing_word(start.strip_suffix('.')?);
    let after = &source.text[offset + name.len()..];
    let rest = &after[..after.len() - after.trim_start_matches(is_part).len()];
    let property = format!("{}-{name}{rest}", &before[start.len()..]);
    Some(format!(
        "a name with `-` is read as `{object}[\"{property}\"]`"
    ))
}

/// The constants that a script defines.
pub(super) fn constants(text: &str) -> Vec<&str> {
    let words: Vec<_> = words(text).collect();
    words
        .windows(2)
        .filter(|pair| pair[0] == "const")
        .map(|pair| pair[1])
        .collect()
}

fn trailing_word(text: &str) -> &str {
    &text[text
        .trim_end_matches(|c: char| c.is_alphanumeric() || c == '_')
        .len()..]
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}
