//! The entries of a map while they are read: duplicates and merge keys.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Content, Node};

/// The entries of a map in the order written.
#[derive(Debug, Default)]
pub(super) struct Entries {
    own: Vec<(Node, Node)>,
    /// The values of its `<<` keys.
    merged: Vec<Node>,
}

/// A key that a map has twice.
pub(super) struct Duplicate {
    pub(super) first: Node,
    pub(super) second: Node,
}

impl Entries {
    pub(super) fn push(&mut self, key: Node, value: Node) {
        self.own.push((key, value));
    }

    /// Adds the value of a `<<`; gives back what in it is neither a map nor a list of maps.
    pub(super) fn merge(&mut self, value: Node) -> Result<(), Node> {
        let wrong = match value.content() {
            Content::Mapping(_) => None,
            Content::Sequence(maps) => maps.iter().find(|map| map.as_mapping().is_none()).cloned(),
            Content::Scalar(_) => Some(value.clone()),
        };
        self.merged.push(value);
        wrong.map_or(Ok(()), Err)
    }

    /// All entries, those of merged maps first.
    ///
    /// A key stays where it came first and has the value that came last: of several `<<` the last
    /// wins, in a list of maps the first, and over all of them the map's own.
    pub(super) fn finish(self) -> Result<Vec<(Node, Node)>, Duplicate> {
        self.check_duplicates()?;
        if self.merged.is_empty() {
            return Ok(self.own);
        }
        let merged = self
            .merged
            .iter()
            .flat_map(sources)
            .flat_map(|map| map.iter().cloned());
        let mut entries = IndexMap::<Arc<str>, (Node, Node)>::new();
        for (key, value) in merged.chain(self.own) {
            entries.insert(key.text().clone(), (key, value));
        }
        Ok(entries.into_values().collect())
    }

    fn check_duplicates(&self) -> Result<(), Duplicate> {
        let mut seen = HashMap::with_capacity(self.own.len());
        for (key, _) in &self.own {
            if let Some(first) = seen.insert(key.text(), key) {
                return Err(Duplicate {
                    first: first.clone(),
                    second: key.clone(),
                });
            }
        }
        Ok(())
    }
}

/// The maps a `<<` merges, the strongest last.
fn sources(value: &Node) -> Vec<&[(Node, Node)]> {
    match value.content() {
        Content::Mapping(entries) => vec![entries.as_slice()],
        Content::Sequence(maps) => maps.iter().rev().filter_map(Node::as_mapping).collect(),
        Content::Scalar(_) => Vec::new(),
    }
}
