//! Values that only Python has, as it prints them: bytes, tuples and sets.

use std::fmt::{self, Write};

use super::Node;
use crate::model::{Object, Value};
use crate::text;

/// Python's `bytes` for a text in base64.
pub(super) fn bytes(text: &str) -> Result<Value, String> {
    let repr = bytes_repr(&base64(text).ok_or("is not base64")?);
    Ok(object("bytes", repr, None))
}

/// The tuple of a key and its value, as `!!omap` and `!!pairs` have them.
///
/// `room` is how many bytes its text may take up; what it takes is taken from it. None when that
/// is not enough.
pub(super) fn pair((key, value): &(Node, Node), room: &mut usize) -> Option<Value> {
    let (key, value) = (key.to_value(), value.to_value());
    let repr = print(room, |out| {
        out.write_char('(')?;
        text::write_repr(out, &key)?;
        out.write_str(", ")?;
        text::write_repr(out, &value)?;
        out.write_char(')')
    })?;
    Some(object("tuple", repr, Some(Value::list([key, value]))))
}

/// The set of a map's keys, in the order written: Python's own changes from run to run.
pub(super) fn set(entries: &[(Node, Node)], room: &mut usize) -> Option<Value> {
    let keys: Vec<Value> = entries.iter().map(|(key, _)| key.to_value()).collect();
    let repr = print(room, |out| {
        if keys.is_empty() {
            return out.write_str("set()");
        }
        for (index, key) in keys.iter().enumerate() {
            out.write_str(if index == 0 { "{" } else { ", " })?;
            text::write_repr(out, key)?;
        }
        out.write_char('}')
    })?;
    Some(object("set", repr, Some(Value::list(keys))))
}

fn object(type_name: &str, repr: String, plain: Option<Value>) -> Value {
    let type_name = type_name.into();
    Value::Object(
        Object {
            type_name,
            text: repr.clone(),
            repr,
            plain,
        }
        .into(),
    )
}

/// What `write` writes, if there is room for it.
fn print(room: &mut usize, write: impl FnOnce(&mut Bounded) -> fmt::Result) -> Option<String> {
    let mut out = Bounded {
        text: String::new(),
        room: *room,
    };
    write(&mut out).ok()?;
    *room = out.room;
    Some(out.text)
}

/// Text of a bounded length: through aliases, a short document has a very long one.
struct Bounded {
    text: String,
    room: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.room = self.room.checked_sub(text.len()).ok_or(fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

/// Decodes as Python's `base64.decodebytes`: other characters are skipped, and the first complete
/// padding ends the data.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let (mut decoded, mut pending, mut place, mut padding) = (Vec::new(), 0_u8, 0, 0);
    for byte in text.bytes() {
        let bits = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                if place >= 2 && place + padding >= 4 {
                    return Some(decoded);
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        // Four characters carry three bytes; each but the first completes one.
        match place {
            0 => {}
            1 => decoded.push(pending << 2 | bits >> 4),
            2 => decoded.push(pending << 4 | bits >> 2),
            _ => decoded.push(pending << 6 | bits),
        }
        pending = bits;
        place = (place + 1) % 4;
    }
    (place == 0).then_some(decoded)
}

pub(super) fn bytes_repr(bytes: &[u8]) -> String {
    let has = |quote| bytes.contains(&quote);
    let quote = if has(b'\'') && !has(b'"') { '"' } else { '\'' };
    let escaped: String = bytes.iter().map(|byte| escape(*byte, quote)).collect();
    format!("b{quote}{escaped}{quote}")
}

fn escape(byte: u8, quote: char) -> String {
    match char::from(byte) {
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        c if c == quote => format!("\\{c}"),
        c @ ' '..='~' => c.into(),
        _ => format!("\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_as_python_decodes_it() {
        for (text, decoded) in [
            ("aGVsbG8=", Some("b'hello'")),
            ("aGVs\n  bG8=", Some("b'hello'")),
            ("aGVsbG8=ignored", Some("b'hello'")),
            ("AAECJyI=", Some(r#"b'\x00\x01\x02\'"'"#)),
            ("J3w=", Some(r#"b"'|""#)),
            ("", Some("b''")),
            ("aGVsbG8", None),
            ("a", None),
            ("é", None),
        ] {
            assert_eq!(
                base64(text).map(|bytes| bytes_repr(&bytes)).as_deref(),
                decoded,
                "{text}"
            );
        }
    }
}
