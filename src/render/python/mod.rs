//! What Python's text functions do, on values of templates.

pub(super) mod float;
pub(super) mod format;
mod format_spec;
pub(super) mod json;
mod layout;
pub(super) mod pprint;
pub(super) mod printf;
pub(super) mod strings;
#[cfg(test)]
mod tests;
pub(super) mod wrap;

/// Python's `str.isspace` of one character.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}
