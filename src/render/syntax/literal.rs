//! Strings and numbers as Jinja2 reads them, which is as Python does.

use std::fmt::Write as _;
use std::ops::Range;

use num_bigint::BigInt;

use super::SyntaxError;

/// Digits of an integer that `CPython` reads.
const MAX_DIGITS: usize = 4_300;

/// The length of the number at the start of `text`, and whether it is a float.
///
/// After a dot there is no float: `list.0.1` is two items.
pub(super) fn number(text: &str, after_dot: bool) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let float = if after_dot { None } else { float(bytes) };
    float
        .map(|length| (length, true))
        .or_else(|| integer(bytes).map(|length| (length, false)))
}

fn float(bytes: &[u8]) -> Option<usize> {
    let whole = digits(bytes)?;
    let fraction = match bytes.get(whole) {
        Some(b'.') => digits(&bytes[whole + 1..]).map(|length| length + 1),
        _ => None,
    };
    let mantissa = whole + fraction.unwrap_or(0);
    let exponent = match bytes.get(mantissa) {
        Some(b'e' | b'E') => {
            let sign = usize::from(matches!(bytes.get(mantissa + 1), Some(b'+' | b'-')));
            digits(&bytes[mantissa + 1 + sign..]).map(|length| 1 + sign + length)
        }
        _ => None,
    };
    match (fraction, exponent) {
        (None, None) => None,
        (_, exponent) => Some(mantissa + exponent.unwrap_or(0)),
    }
}

/// Digits with single underscores between them.
fn digits(bytes: &[u8]) -> Option<usize> {
    run(bytes, false, u8::is_ascii_digit)
}

fn run(bytes: &[u8], may_begin: bool, is_digit: impl Fn(&u8) -> bool) -> Option<usize> {
    let mut length = 0;
    loop {
        let underscore = (length > 0 || may_begin) && bytes.get(length) == Some(&b'_');
        let next = length + usize::from(underscore);
        if !bytes.get(next).is_some_and(&is_digit) {
            return (length > 0).then_some(length);
        }
        length = next + 1;
    }
}

fn integer(bytes: &[u8]) -> Option<usize> {
    let radix = |is_digit: fn(&u8) -> bool| run(&bytes[2..], true, is_digit).map(|len| len + 2);
    let prefixed = match bytes.get(..2)? {
        b"0b" | b"0B" => radix(|digit| matches!(digit, b'0' | b'1')),
        b"0o" | b"0O" => radix(|digit| matches!(digit, b'0'..=b'7')),
        b"0x" | b"0X" => radix(u8::is_ascii_hexdigit),
        _ => None,
    };
    prefixed.or_else(|| match bytes.first()? {
        b'0' => run(bytes, false, |digit| *digit == b'0'),
        _ => digits(bytes),
    })
}

/// The value of an integer literal.
pub(super) fn integer_value(text: &str, span: &Range<usize>) -> Result<BigInt, SyntaxError> {
    if text.len() > MAX_DIGITS {
        let message = format!("an integer of more than {} digits", "4,300");
        return Err(SyntaxError::new(message, span.clone()));
    }
    let digits = text.replace('_', "").to_ascii_lowercase();
    let (digits, radix) = match digits.get(..2) {
        Some("0b") => (&digits[2..], 2),
        Some("0o") => (&digits[2..], 8),
        Some("0x") => (&digits[2..], 16),
        _ => (&digits[..], 10),
    };
    Ok(BigInt::parse_bytes(digits.as_bytes(), radix).expect("the digits were looked at"))
}

/// The value of a float literal; too large a one is infinite, as in Python.
pub(super) fn float_value(text: &str) -> f64 {
    let digits = text.replace('_', "");
    digits.parse().expect("Rust reads what Python reads")
}

/// The length of the string at the start of `text`, with its quotes; none if it does not end.
pub(super) fn string(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = bytes[0];
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 1 + text[at + 1..].chars().next()?.len_utf8(),
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// What a string literal, without its quotes, stands for. `start` is its place in the template.
pub(super) fn string_value(text: &str, start: usize) -> Result<String, SyntaxError> {
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let escape = &rest[at..];
        let place = start + (text.len() - escape.len());
        let length = escaped(escape, place, &mut value)?;
        rest = &escape[length..];
    }
    value.push_str(rest);
    Ok(value)
}

/// Takes one escape, which begins with a backslash, and gives its length.
fn escaped(text: &str, place: usize, value: &mut String) -> Result<usize, SyntaxError> {
    let Some(kind) = text[1..].chars().next() else {
        value.push('\\');
        return Ok(1);
    };
    let simple = match kind {
        '\n' => return Ok(2),
        '\\' | '\'' | '"' => kind,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '0'..='7' => {
            let digits = text[1..]
                .bytes()
                .take(3)
                .take_while(|digit| matches!(digit, b'0'..=b'7'));
            let length = digits.count();
            let code = u32::from_str_radix(&text[1..=length], 8);
            value.extend(code.ok().and_then(char::from_u32));
            return Ok(1 + length);
        }
        'x' => return hexadecimal(text, 2, place, value),
        'u' => return hexadecimal(text, 4, place, value),
        'U' => return hexadecimal(text, 8, place, value),
        'N' => {
            let end = text.find('}').map_or(2, |end| end + 1);
            return Err(SyntaxError::new(
                "characters cannot be written by their names",
                place..place + end,
            )
            .help("write the character itself, or its number as `\\u2603`"));
        }
        // Python keeps what it does not know.
        _ => {
            value.push('\\');
            match u32::from(kind) {
                ..0x80 => value.push(kind),
                // Jinja2 writes these as escapes first, of which the backslash before takes one.
                code @ ..0x100 => write!(value, "x{code:02x}").unwrap_or_default(),
                code @ ..0x1_0000 => write!(value, "u{code:04x}").unwrap_or_default(),
                code => write!(value, "U{code:08x}").unwrap_or_default(),
            }
            return Ok(1 + kind.len_utf8());
        }
    };
    value.push(simple);
    Ok(2)
}

fn hexadecimal(
    text: &str,
    digits: usize,
    place: usize,
    value: &mut String,
) -> Result<usize, SyntaxError> {
    let end = 2 + digits;
    let code = text
        .get(2..end)
        .filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .and_then(|code| u32::from_str_radix(code, 16).ok());
    let Some(code) = code else {
        let length = text.len().min(2);
        let message = format!("`{}` needs {digits} hexadecimal digits", &text[..length]);
        return Err(
            SyntaxError::new(message, place..place + length).help("write `\\\\` for a backslash")
        );
    };
    match char::from_u32(code) {
        Some(char) => value.push(char),
        // Two halves of a character of more than 16 bits.
        None => {
            let joined = low_surrogate(&text[end..]).and_then(|low| join(code, low));
            let message = format!("`{}` is no character", &text[..end]);
            let error = || SyntaxError::new(message, place..place + end);
            value.push(joined.ok_or_else(error)?);
            return Ok(end + 6);
        }
    }
    Ok(end)
}

/// The code of a `\\uXXXX` at the start of `text`.
fn low_surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

fn join(high: u32, low: u32) -> Option<char> {
    let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
    let code = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
    is_pair.then(|| char::from_u32(code)).flatten()
}
