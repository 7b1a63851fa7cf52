//! Text as Python writes it: `str` and `repr` of values.
//!
//! Scripts and job names must not differ by a byte from what Jinja2 prints, which is Python's
//! `str`. Rules: the Python reference, `float.__repr__` and `str.__repr__`.

use std::borrow::Cow;
use std::fmt::{self, Write};

use unicode_general_category::{GeneralCategory, get_general_category};

use crate::model::{Object, Value};

/// Nesting beyond which a value is printed as `...`, so that printing cannot overflow a stack.
const MAX_DEPTH: usize = 200;

/// Writes `value` as Python's `str` does.
pub fn write_str(out: &mut impl Write, value: &Value) -> fmt::Result {
    match value {
        Value::String(text) => out.write_str(text),
        Value::Object(object) => out.write_str(&object.text),
        other => write_repr(out, other),
    }
}

/// Writes `value` as Python's `repr` does.
pub fn write_repr(out: &mut impl Write, value: &Value) -> fmt::Result {
    write_nested(out, value, 0)
}

fn write_nested(out: &mut impl Write, value: &Value, depth: usize) -> fmt::Result {
    if depth > MAX_DEPTH {
        return out.write_str("...");
    }
    match value {
        Value::Null => out.write_str("None"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Int(int) => write!(out, "{int}"),
        Value::Float(value) => out.write_str(&float(*value)),
        Value::String(text) => write_quoted(out, text),
        Value::List(list) => {
            out.write_char('[')?;
            for (index, item) in list.iter().enumerate() {
                out.write_str(if index == 0 { "" } else { ", " })?;
                write_nested(out, item, depth + 1)?;
            }
            out.write_char(']')
        }
        Value::Map(map) => {
            out.write_char('{')?;
            for (index, (key, item)) in map.iter().enumerate() {
                out.write_str(if index == 0 { "" } else { ", " })?;
                write_quoted(out, key)?;
                out.write_str(": ")?;
                write_nested(out, item, depth + 1)?;
            }
            out.write_char('}')
        }
        Value::Object(object) => {
            let Object { repr, .. } = &**object;
            out.write_str(repr)
        }
    }
}

/// A text, or the beginning of a long one, for messages.
pub fn cut(text: &str, max_chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The beginning of a text, of at most `max` bytes.
pub fn prefix(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text of a float as Python's `repr` gives it: the shortest digits that read back, an
/// exponent of at least two digits below `1e-4` and from `1e16`, and `.0` when whole.
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "inf".into()
        } else {
            "-inf".into()
        };
    }
    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        let mut plain = value.to_string();
        if plain.len() < TIE_DIGITS {
            if !plain.contains('.') {
                plain.push_str(".0");
            }
            return plain;
        }
    }
    let text = half_even(value, format!("{value:e}"));
    let (mantissa, exponent) = text.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a number after `e`");
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let negative = mantissa.starts_with('-');
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let mut plain = String::from(if negative { "-" } else { "" });
    // `exponent` counts the places of the point after the first digit.
    match usize::try_from(exponent) {
        Ok(point) if digits.len() > point + 1 => {
            plain.push_str(&digits[..=point]);
            plain.push('.');
            plain.push_str(&digits[point + 1..]);
        }
        Ok(point) => {
            plain.push_str(&digits);
            plain.extend(std::iter::repeat_n('0', point + 1 - digits.len()));
            plain.push_str(".0");
        }
        Err(_) => {
            plain.push_str("0.");
            plain.extend(std::iter::repeat_n(
                '0',
                exponent.unsigned_abs() as usize - 1,
            ));
            plain.push_str(&digits);
        }
    }
    plain
}

/// How many digits a float has at least that lies between two equally short texts. A tie needs a
/// fraction that ends in 5, which takes nearly all digits of a double.
const TIE_DIGITS: usize = 15;

/// Between two equally short texts Rust takes the larger, Python the one with an even last digit.
fn half_even(value: f64, text: String) -> String {
    let digits = text
        .bytes()
        .take_while(|byte| *byte != b'e')
        .filter(u8::is_ascii_digit)
        .count();
    if digits < TIE_DIGITS {
        return text;
    }
    let even = format!("{value:.*e}", digits - 1);
    if even.parse() == Ok(value) {
        even
    } else {
        text
    }
}

fn write_quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c == quote => write!(out, "\\{c}")?,
            ' '..='~' => out.write_char(c)?,
            c if is_printable(c) => out.write_char(c)?,
            c => match u32::from(c) {
                code @ 0..=0xff => write!(out, "\\x{code:02x}")?,
                code @ 0x100..=0xffff => write!(out, "\\u{code:04x}")?,
                code => write!(out, "\\U{code:08x}")?,
            },
        }
    }
    out.write_char(quote)
}

/// Python's `str.isprintable`: all but the categories "other" and "separator"; a space is.
pub(crate) fn is_printable(c: char) -> bool {
    use GeneralCategory as Category;
    c == ' '
        || !matches!(
            get_general_category(c),
            Category::Control
                | Category::Format
                | Category::Surrogate
                | Category::PrivateUse
                | Category::Unassigned
                | Category::LineSeparator
                | Category::ParagraphSeparator
                | Category::SpaceSeparator
        )
}

/// `1 job`, `2 jobs`.
pub fn count(number: usize, noun: &str) -> String {
    let digits = thousands(number);
    match number {
        1 => format!("{digits} {noun}"),
        _ => format!("{digits} {noun}s"),
    }
}

/// `1,234,567`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000_012, "1.2e-05"),
            (1e-5, "1e-05"),
            (-1e-5, "-1e-05"),
            (123_456.789, "123456.789"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            ("769230769230769.25".parse().unwrap(), "769230769230769.2"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn containers_are_written_as_python_writes_them() {
        let value = Value::map([
            (
                "a'b",
                Value::list([Value::from("it's"), Value::from("\"'"), Value::from(1e-5)]),
            ),
            ("n", Value::Null),
            ("z", Value::from("\u{200b}\u{a0}é\n\u{1F600}")),
        ]);
        assert_eq!(
            value.to_string(),
            r#"{"a'b": ["it's", '"\'', 1e-05], 'n': None, 'z': '\u200b\xa0é\n😀'}"#
        );
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(count(1, "job"), "1 job");
        assert_eq!(count(100_000, "job"), "100,000 jobs");
    }
}
