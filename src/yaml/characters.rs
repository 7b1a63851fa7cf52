//! The characters a document may hold.

use std::sync::Arc;

use super::YamlError;
use crate::diagnostic::{Label, Source};

/// Refuses what `PyYAML` calls unprintable, and what the parser would read otherwise than `PyYAML`.
///
/// `PyYAML` ends a line, and with it a comment, at U+0085, U+2028 and U+2029; the parser does not.
/// A byte order mark is dropped at the very start by both, after a comment by one of them. Nobody
/// sees these in an editor, so neither reading would be a safe guess.
pub(super) fn check(source: &Arc<Source>) -> Result<(), YamlError> {
    let mut characters = source.text.char_indices();
    let wrong = characters.find(|(at, c)| !is_allowed(*c) && (*at > 0 || *c != '\u{feff}'));
    let Some((at, character)) = wrong else {
        return Ok(());
    };
    let label = Label::new(source, at..at + character.len_utf8());
    Err(YamlError::Character { character, label })
}

fn is_allowed(c: char) -> bool {
    match c {
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => true,
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
