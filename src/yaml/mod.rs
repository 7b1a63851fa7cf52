//! The one reader of YAML and JSON: what `PyYAML`'s `safe_load` makes of a text, with places.
//!
//! A parser crate finds the structure; everything that gives a scalar its meaning is decided here,
//! by the rules of YAML 1.1 as `PyYAML` applies them. A spec that worked with Python therefore
//! yields the same values, and each node still knows its own text, its quoting and its place.
//!
//! Stricter than `PyYAML` on purpose: keys are text, a key stands once in a map, aliases cannot
//! nest without end, and the invisible U+0085, U+2028, U+2029 and U+FEFF must be escaped.

mod characters;
mod collection;
mod compose;
#[cfg(test)]
mod corpus;
mod error;
mod fields;
mod limits;
mod mapping;
mod node;
mod number;
mod python;
mod resolve;
mod syntax;
mod tag;
mod template;
#[cfg(test)]
mod tests;
mod timestamp;
mod traps;
mod write;

use std::path::Path;
use std::sync::Arc;

pub use error::YamlError;
pub use fields::{Fields, Misfit};
pub use node::{Content, Node, Scalar, Style};
pub use traps::traps;
pub use write::{document, quoted, write_flow_map, write_quoted};

use crate::diagnostic::Source;
use crate::fs;

/// Reads a file of at most `max_bytes`; an empty document is `None`.
pub fn read(path: &Path, max_bytes: u64) -> Result<Option<Node>, YamlError> {
    let text = fs::read_text(path, max_bytes)?;
    parse(&Source::new(path, text))
}

/// Reads a text of one document; an empty document is `None`.
pub fn parse(source: &Arc<Source>) -> Result<Option<Node>, YamlError> {
    characters::check(source)?;
    compose::compose(source)
}
