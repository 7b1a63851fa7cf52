//! How a collection of the Python tool is read: what is missing is tolerated, what is something
//! else is an error with its place.

use std::path::Path;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::collection::CollectionError;
use crate::diagnostic::Diagnose;
use crate::model::Value;
use crate::yaml::{Node, YamlError};

/// What has no room in a collection, and how often it was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost(IndexMap<String, usize>);

impl Lost {
    pub(super) fn add(&mut self, key: &str) {
        *self.0.entry(key.into()).or_default() += 1;
    }

    /// The keys in the order they were met, each with how often.
    pub fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|(key, count)| (key.as_str(), *count))
    }

    /// Whether all was carried over.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The file that is read.
pub(super) struct Old<'a> {
    pub(super) path: &'a Path,
    /// That of its times.
    pub(super) zone: &'a TimeZone,
}

impl Old<'_> {
    pub(super) fn wrong(&self, node: &Node, problem: impl Into<String>) -> CollectionError {
        CollectionError::Damaged {
            path: self.path.into(),
            problem: problem.into(),
            label: Some(node.label()),
        }
    }

    pub(super) fn empty(&self) -> CollectionError {
        CollectionError::Damaged {
            path: self.path.into(),
            problem: "it is empty".into(),
            label: None,
        }
    }

    pub(super) fn must_be_map<'n>(
        &self,
        node: &'n Node,
    ) -> Result<&'n [(Node, Node)], CollectionError> {
        node.as_mapping().ok_or_else(|| {
            let problem = format!("a map is expected here, not {}", node.kind());
            self.wrong(node, problem)
        })
    }

    /// The keys and values of what must be a map.
    pub(super) fn entries<'n>(
        &self,
        node: &'n Node,
    ) -> Result<impl Iterator<Item = (&'n str, &'n Node)>, CollectionError> {
        let entries = self.must_be_map(node)?.iter();
        Ok(entries.map(|(key, value)| (key.as_str().unwrap_or_default(), value)))
    }

    /// The text under `key`; an empty one counts as absent.
    pub(super) fn text<'n>(
        &self,
        node: &'n Node,
        key: &str,
    ) -> Result<Option<&'n str>, CollectionError> {
        let Some(value) = present(node, key) else {
            return Ok(None);
        };
        match value.as_scalar() {
            // As it is written, because Python would not tell `4101` from `"4101"` either.
            Some(scalar) => Ok(Some(scalar.text.trim()).filter(|text| !text.is_empty())),
            None => Err(self.misfit(value, key, "text")),
        }
    }

    /// The map under `key`.
    pub(super) fn map<'n>(
        &self,
        node: &'n Node,
        key: &str,
    ) -> Result<Option<&'n Node>, CollectionError> {
        match present(node, key) {
            Some(value) if value.as_mapping().is_none() => Err(self.misfit(value, key, "a map")),
            value => Ok(value),
        }
    }

    /// The items of the list under `key`.
    pub(super) fn list<'n>(
        &self,
        node: &'n Node,
        key: &str,
    ) -> Result<&'n [Node], CollectionError> {
        match present(node, key) {
            None => Ok(&[]),
            Some(value) => value
                .as_sequence()
                .ok_or_else(|| self.misfit(value, key, "a list")),
        }
    }

    /// The time under `key`. The Python tool writes the clock of the wall, without a zone.
    pub(super) fn time(
        &self,
        node: &Node,
        key: &str,
    ) -> Result<Option<Timestamp>, CollectionError> {
        let Some(text) = self.text(node, key)? else {
            return Ok(None);
        };
        let local = || self.zone.to_timestamp(text.parse::<DateTime>().ok()?).ok();
        let time = text.parse::<Timestamp>().ok().or_else(local);
        let wrong = || {
            let problem = format!("`{key}` must be a time, not `{text}`");
            self.wrong(node.get(key).unwrap_or(node), problem)
        };
        time.map(Some).ok_or_else(wrong)
    }

    fn misfit(&self, value: &Node, key: &str, expected: &str) -> CollectionError {
        self.wrong(
            value,
            format!("`{key}` must be {expected}, not {}", value.kind()),
        )
    }
}

/// What the reader of YAML says of a file, as an error of a collection.
pub(super) fn unreadable(path: &Path, error: YamlError) -> CollectionError {
    match error {
        YamlError::Read(error) => error.into(),
        error => CollectionError::Damaged {
            path: path.into(),
            problem: error.to_string(),
            label: error.label(),
        },
    }
}

/// Whether it says nothing.
pub(super) fn is_empty(node: &Node) -> bool {
    match node.to_value() {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Bool(_) | Value::Float(_) | Value::Int(_) | Value::Object(_) => false,
    }
}

fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| !value.is_null())
}
