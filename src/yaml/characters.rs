//! The characters a document may hold.

use std::sync::Arc;

use super::YamlError;
use crate::diagnostic::{Label, Source};

/// Refuses what `PyYAML` calls unprintable, and the line breaks only YAML 1.1 knows.
///
/// `PyYAML` ends a line, and with it a comment, at U+0085, U+2028 and U+2029; the parser does not.
/// Nobody sees them in an editor, so neither reading would be a safe guess.
pub(super) fn check(source: &Arc<Source>) -> Result<(), YamlError> {
    let Some((at, character)) = source.text.char_indices().find(|(_, c)| !is_allowed(*c)) else {
        return Ok(());
    };
    let label = Label::new(source, at..at + character.len_utf8());
    Err(YamlError::Character { character, label })
}

fn is_allowed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' => false,
        '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => true,
        _ => false,
    }
}

/// How a double-quoted string writes `c`.
pub(super) fn escape(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}
