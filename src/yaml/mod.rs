//! The one reader of YAML and JSON: what `PyYAML`'s `safe_load` makes of a text, with places.
//!
//! A parser crate finds the structure; everything that gives a scalar its meaning is decided here,
//! by the rules of YAML 1.1 as `PyYAML` applies them. A spec that worked with Python therefore
//! yields the same values, and each node still knows its own text, its quoting and its place.
//! [`Schema::Core`] reads scalars by YAML 1.2 instead.
//!
//! Stricter than `PyYAML` on purpose: keys are text, a key stands once in a map, aliases cannot
//! nest without end, and the invisible U+0085, U+2028, U+2029 and U+FEFF must be escaped.

mod characters;
mod collection;
mod compose;
mod core;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod corpus_core;
mod error;
mod fields;
mod limits;
mod mapping;
mod node;
mod number;
mod python;
mod resolve;
#[cfg(test)]
pub(crate) mod round_trip;
mod schema;
mod syntax;
mod tabs;
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
pub use schema::Schema;
pub use traps::{Level, Target, Trap, quote_traps, traps};
pub use write::{document, quoted, write_flow_map, write_quoted};

use crate::diagnostic::Source;
use crate::fs;

/// Reads the text of a file of at most `max_bytes`.
pub fn read(path: &Path, max_bytes: u64) -> Result<Arc<Source>, YamlError> {
    let metadata = fs_err::metadata(path)?;
    if metadata.is_file() && metadata.len() > max_bytes {
        let bytes = metadata.len();
        return Err(YamlError::FileTooLarge { bytes, max_bytes });
    }
    let bytes = fs::read_bytes(path, max_bytes)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(error) => Err(YamlError::not_utf8(&error)),
    }
}

/// Reads a text of one document; an empty document is `None`.
pub fn parse(source: &Arc<Source>, schema: Schema) -> Result<Option<Node>, YamlError> {
    characters::check(source)?;
    compose::compose(source, schema)
}
