//! Values as YAML that `PyYAML` and we read back equal.

use std::fmt::Write;
use std::sync::Arc;

use super::Schema;
use super::resolve::Type;
use crate::model::{Map, Value};
use crate::text;

const TO_STRING: &str = "writing to a string cannot fail";

/// A map as a document: maps and lists of them in blocks, everything else on one line, and text
/// without quotes where it stays text.
pub fn document(map: &Map) -> String {
    let mut out = String::new();
    write_block(&mut out, map, 0);
    out
}

fn write_block(out: &mut String, map: &Map, indent: usize) {
    for (key, value) in map {
        let mut written = String::new();
        write_scalar(&mut written, key);
        match is_simple(&written) {
            true => write!(out, "{:indent$}{written}:", ""),
            false => write!(out, "{:indent$}? {written}\n{:indent$}:", "", ""),
        }
        .expect(TO_STRING);
        write_after_key(out, value, indent);
    }
}

fn write_after_key(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            out.push('\n');
            write_block(out, map, indent + 2);
        }
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Map(_))) => {
            out.push('\n');
            for item in items.iter() {
                write!(out, "{:indent$}- ", "", indent = indent + 2).expect(TO_STRING);
                write_line(out, item);
                out.push('\n');
            }
        }
        _ => {
            out.push(' ');
            write_line(out, value);
            out.push('\n');
        }
    }
}

/// Writes a value on one line, text without quotes where it stays text.
fn write_line(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => write_scalar(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_line(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_flow_key(out, key, write_scalar);
                write_line(out, item);
            }
            out.push('}');
        }
        other => write_flow(out, other),
    }
}

fn write_scalar(out: &mut String, text: &str) {
    let mut chars = text.chars();
    let harmless = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.' | '/'))
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    let is_text = |schema: Schema| schema.resolve(text) == Type::Str;
    if harmless && is_text(Schema::PyYaml) && is_text(Schema::Core) {
        out.push_str(text);
    } else {
        write_quoted(out, text);
    }
}

/// Writes entries as a flow map on one line, which is JSON too unless a value is not or a key is
/// very long.
pub fn write_flow_map<'a>(
    line: &mut String,
    entries: impl Iterator<Item = (&'a Arc<str>, &'a Value)>,
) {
    line.push('{');
    for (index, (key, value)) in entries.enumerate() {
        line.push_str(if index == 0 { "" } else { ", " });
        write_flow_key(line, key, write_quoted);
        write_flow(line, value);
    }
    line.push('}');
}

fn write_flow_key(line: &mut String, key: &str, write: fn(&mut String, &str)) {
    let start = line.len();
    write(line, key);
    if is_simple(&line[start..]) {
        line.push_str(": ");
    } else {
        line.insert_str(start, "? ");
        line.push_str(" : ");
    }
}

/// Whether a key is short enough to be known by the `:` after it. Only long ones need a `?`, which
/// JSON does not have.
fn is_simple(key: &str) -> bool {
    // A reader may give up after 1024.
    key.chars().count() <= 1000
}

/// Writes a value on one line.
fn write_flow(line: &mut String, value: &Value) {
    match value {
        Value::Null => line.push_str("null"),
        Value::Bool(bool) => line.push_str(if *bool { "true" } else { "false" }),
        Value::Int(int) if i64::try_from(*int).is_ok() || u64::try_from(*int).is_ok() => {
            write!(line, "{int}").expect(TO_STRING);
        }
        // A JSON parser would make a float of it without a word; the tag keeps it away.
        Value::Int(int) => write!(line, "!!int \"{int}\"").expect(TO_STRING),
        Value::Float(float) if float.is_nan() => line.push_str(".nan"),
        Value::Float(float) if float.is_infinite() => {
            line.push_str(if *float > 0.0 { ".inf" } else { "-.inf" });
        }
        Value::Float(float) => {
            // YAML 1.1 takes `1e-05` for text; a float has a point.
            let text = text::float(*float);
            match text.split_once('e') {
                Some((mantissa, exponent)) if !mantissa.contains('.') => {
                    write!(line, "{mantissa}.0e{exponent}").expect(TO_STRING);
                }
                _ => line.push_str(&text),
            }
        }
        Value::String(text) => write_quoted(line, text),
        Value::List(list) => {
            line.push('[');
            for (index, item) in list.iter().enumerate() {
                line.push_str(if index == 0 { "" } else { ", " });
                write_flow(line, item);
            }
            line.push(']');
        }
        Value::Map(map) => write_flow_map(line, map.iter()),
        Value::Object(object) => match &object.plain {
            Some(plain) => write_flow(line, plain),
            None => write_quoted(line, &object.text),
        },
    }
}

/// A text in double quotes.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    write_quoted(&mut quoted, text);
    quoted
}

/// Writes a string that JSON and YAML 1.1 read alike: what YAML calls a line break or not
/// printable is escaped, in the form that both know.
pub fn write_quoted(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            ' '..='~'
            | '\u{a0}'..='\u{2027}'
            | '\u{202a}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fefe}'
            | '\u{ff00}'..='\u{fffd}'
            | '\u{10000}'.. => line.push(c),
            c => write!(line, "\\u{:04x}", u32::from(c)).expect(TO_STRING),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let texts = [
            "a", "yes", "null", "1e3", "24:00:00", "a: b", "- x", "#", "", " x ", "é\n", "a/b.c",
            "{{ x }}",
        ];
        let map: Map = [
            ("texts", Value::list(texts.map(Value::from))),
            ("on", Value::from(f64::NAN)),
            ("big", Value::Int(i128::MAX)),
            ("small", Value::from(1e-5)),
            ("empty", Value::from(Map::new())),
            ("none", Value::list([])),
            (
                "nested",
                Value::map([(
                    "maps",
                    Value::list([Value::map([("a", Value::from(1))]), Value::Null]),
                )]),
            ),
        ]
        .into_iter()
        .collect();
        let text = document(&map);
        let read = crate::yaml::parse(&Source::new("x.yaml", text.as_str()), Schema::PyYaml)
            .unwrap()
            .unwrap();
        assert_eq!(read.to_value(), Value::from(map), "{text}");
    }
}
