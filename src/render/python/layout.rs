//! Text in a field of a width.

use minijinja::Error;

use crate::render::limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Center,
    Left,
    Right,
    /// Between a sign and its digits.
    Sign,
}

/// Puts `sign` and `body` in a field of `width` characters.
pub(super) fn pad(
    sign: &str,
    body: &str,
    fill: char,
    align: Align,
    width: usize,
) -> Result<String, Error> {
    limits::check_text(width.saturating_mul(fill.len_utf8()))?;
    let length = sign.chars().count() + body.chars().count();
    let missing = width.saturating_sub(length);
    let (before, inside, after) = match align {
        Align::Center => (missing / 2, 0, missing - missing / 2),
        Align::Left => (0, 0, missing),
        Align::Right => (missing, 0, 0),
        Align::Sign => (0, missing, 0),
    };
    let fill = |count: usize| std::iter::repeat_n(fill, count);
    let mut text = String::new();
    text.extend(fill(before));
    text.push_str(sign);
    text.extend(fill(inside));
    text.push_str(body);
    text.extend(fill(after));
    Ok(text)
}

/// `digits` in groups of `size`, from the right.
pub(super) fn grouped(digits: &str, separator: char, size: usize) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(size) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}
