use std::time::Duration;

use thiserror::Error;

use super::Node;
use crate::diagnostic::{Diagnose, Label, any_of, did_you_mean, nearest};
use crate::model::Value;

/// A node that is not what its place asks for.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct Misfit {
    message: String,
    label: Label,
    help: Option<String>,
}

impl Misfit {
    /// Says what is wrong with `node`.
    pub fn new(node: &Node, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            label: node.label(),
            help: None,
        }
    }

    /// Says that another kind of value belongs here.
    pub fn kind(node: &Node, key: &str, expected: &str) -> Self {
        Self::new(
            node,
            format!("`{key}` must be {expected}, not {}", node.kind()),
        )
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Diagnose for Misfit {
    fn label(&self) -> Option<Label> {
        Some(self.label.clone())
    }

    fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

/// The entries of a map whose keys are known.
///
/// What does not fit goes to a list, so that all of it is reported at once. A key without a value
/// counts as absent.
pub struct Fields<'a> {
    node: &'a Node,
}

impl<'a> Fields<'a> {
    /// Reads `node`, named `what` in messages, as a map with the keys `known`; keys that begin
    /// with `x-` are the user's own.
    pub fn read(
        node: &'a Node,
        what: &str,
        known: &[&str],
        misfits: &mut Vec<Misfit>,
    ) -> Option<Self> {
        let Some(entries) = node.as_mapping() else {
            let keys = any_of(known.iter().take(3));
            let misfit = Misfit::new(node, format!("{what} must be a map, not {}", node.kind()));
            misfits.push(misfit.help(format!("write keys such as {keys}, each followed by `: `")));
            return None;
        };
        for (key, _) in entries {
            let name = key.as_str().unwrap_or_default();
            if !known.contains(&name) && !name.starts_with("x-") {
                misfits.push(unknown_key(key, name, what, known));
            }
        }
        Some(Self { node })
    }

    /// The entries of a map of which somebody else knows the keys.
    pub fn of(node: &'a Node) -> Self {
        Self { node }
    }

    /// The value of `key`, unless it is absent or null.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|value| !value.is_null())
    }

    /// The value of `key`, which must be a string.
    pub fn text(&self, key: &str, misfits: &mut Vec<Misfit>) -> Option<&'a str> {
        let node = self.get(key)?;
        let text = node.as_str();
        if text.is_none() {
            let misfit = Misfit::kind(node, key, "a string");
            misfits.push(match node.as_scalar() {
                Some(scalar) => misfit.help(format!("write it in quotes: \"{}\"", scalar.text)),
                None => misfit,
            });
        }
        text
    }

    /// The text of any single value under `key`, as it is written.
    pub fn any_text(&self, key: &str, misfits: &mut Vec<Misfit>) -> Option<&'a str> {
        let node = self.get(key)?;
        let scalar = node.as_scalar();
        if scalar.is_none() {
            misfits.push(Misfit::kind(node, key, "a string"));
        }
        scalar.map(|scalar| node.as_str().unwrap_or(&scalar.text))
    }

    /// The value of `key`, which must be true or false.
    pub fn boolean(&self, key: &str, misfits: &mut Vec<Misfit>) -> Option<bool> {
        let node = self.get(key)?;
        match node.to_value() {
            Value::Bool(bool) => Some(bool),
            _ => {
                misfits.push(Misfit::kind(node, key, "`true` or `false`"));
                None
            }
        }
    }

    /// The value of `key`, which must be a whole number from zero.
    pub fn count(&self, key: &str, misfits: &mut Vec<Misfit>) -> Option<u64> {
        let node = self.get(key)?;
        match node.to_value() {
            Value::Int(int) if u64::try_from(int).is_ok() => u64::try_from(int).ok(),
            _ => {
                misfits.push(Misfit::new(
                    node,
                    format!("`{key}` must be a whole number from 0"),
                ));
                None
            }
        }
    }

    /// The value of `key`, which must be a number of seconds from zero.
    pub fn seconds(&self, key: &str, misfits: &mut Vec<Misfit>) -> Option<Duration> {
        let node = self.get(key)?;
        let time = match node.to_value() {
            Value::Int(int) => u64::try_from(int).ok().map(Duration::from_secs),
            Value::Float(float) => Duration::try_from_secs_f64(float).ok(),
            _ => None,
        };
        if time.is_none() {
            let message = format!("`{key}` must be a number of seconds from 0");
            misfits.push(Misfit::new(node, message));
        }
        time
    }

    /// The value of `key`, which must be one of some words.
    pub fn word<T: Copy>(
        &self,
        key: &str,
        words: &[(&'static str, T)],
        misfits: &mut Vec<Misfit>,
    ) -> Option<T> {
        let node = self.get(key)?;
        let text = node
            .as_scalar()
            .map(|scalar| &*scalar.text)
            .unwrap_or_default();
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let expected = any_of(words.iter().map(|(word, _)| word));
            let misfit = Misfit::new(node, format!("`{key}` must be {expected}, not `{text}`"));
            let guess = did_you_mean(text, words.iter().map(|(word, _)| *word));
            misfits.push(Misfit {
                help: guess,
                ..misfit
            });
        }
        found.map(|(_, value)| *value)
    }
}

fn unknown_key(key: &Node, name: &str, what: &str, known: &[&str]) -> Misfit {
    let misfit = Misfit::new(key, format!("{what} has no key `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(guess) => misfit.help(format!("did you mean `{guess}`?")),
        None => misfit.help(format!(
            "it takes {}; keys of your own begin with `x-`",
            any_of(known).replace(" or ", " and ")
        )),
    }
}
