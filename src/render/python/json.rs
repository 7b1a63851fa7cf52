//! `tojson`: what `json.dumps` writes with sorted keys, safe for HTML.
//!
//! Source: Jinja2's `htmlsafe_json_dumps` and the Python library reference, "json".

use std::cmp::Ordering;
use std::fmt::Write as _;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use crate::render::limits;
use crate::render::number::{self, Number};
use crate::render::operators::order;
use crate::render::sorting::{no_order, stable};
use crate::render::values::{Range, pairs, type_name};
use crate::text;

/// How deep lists and dicts may lie within each other.
const MAX_DEPTH: usize = 200;

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// `indent` is what each level is moved in by; none is a single line.
pub(in crate::render) fn dumps(value: &Value, indent: Option<&str>) -> Result<String, Error> {
    let mut json = Json {
        text: String::new(),
        indent,
        depth: 0,
    };
    json.value(value)?;
    Ok(json.text)
}

struct Json<'a> {
    text: String,
    indent: Option<&'a str>,
    depth: usize,
}

impl Json<'_> {
    fn value(&mut self, value: &Value) -> Result<(), Error> {
        limits::check_text(self.text.len())?;
        if let Some(number) = number::of(value) {
            match number {
                Number::Int(_) if value.kind() == ValueKind::Bool => {
                    self.text
                        .push_str(if value.is_true() { "true" } else { "false" });
                }
                Number::Int(int) => {
                    write!(self.text, "{int}").ok();
                }
                Number::Float(value) => self.text.push_str(&float(value)),
            }
            return Ok(());
        }
        match value.kind() {
            ValueKind::None => self.text.push_str("null"),
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Map => self.dict(value)?,
            _ if value.downcast_object_ref::<Range>().is_some() => {
                return Err(invalid(
                    "`tojson` cannot write a range; write `|list` first",
                ));
            }
            ValueKind::Seq => self.list(value)?,
            ValueKind::Undefined => {
                value.get_attr("")?;
            }
            _ => {
                let found = type_name(value);
                return Err(invalid(format!("`tojson` cannot write {found}")));
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &Value) -> Result<(), Error> {
        self.items('[', list.try_iter()?, ']', |json, item| json.value(&item))
    }

    fn dict(&mut self, dict: &Value) -> Result<(), Error> {
        let entries: Vec<(Value, Value)> = pairs(dict)?.into_iter().collect();
        let mut failed = None;
        let entries = stable(entries, &mut |(a, _), (b, _)| match order(a, b) {
            Ok(order) => order == Some(Ordering::Less),
            Err(()) => {
                failed.get_or_insert_with(|| no_order(a, b));
                false
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        self.items('{', entries.into_iter(), '}', |json, (key, value)| {
            json.key(&key)?;
            json.text.push_str(": ");
            json.value(&value)
        })
    }

    /// A key is a string; numbers and constants become one.
    fn key(&mut self, key: &Value) -> Result<(), Error> {
        if let Some(text) = key.as_str() {
            self.string(text);
            return Ok(());
        }
        if !key.is_none() && number::of(key).is_none() {
            let found = type_name(key);
            return Err(invalid(format!(
                "`tojson` cannot write a key that is {found}"
            )));
        }
        self.text.push('"');
        self.value(key)?;
        self.text.push('"');
        Ok(())
    }

    fn items<T>(
        &mut self,
        open: char,
        items: impl Iterator<Item = T>,
        close: char,
        write: impl Fn(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.depth == MAX_DEPTH {
            return Err(invalid(format!(
                "`tojson` of lists and dicts more than {MAX_DEPTH} levels within each other"
            )));
        }
        self.text.push(open);
        self.depth += 1;
        let mut is_empty = true;
        for item in items {
            if !is_empty {
                self.text
                    .push_str(if self.indent.is_some() { "," } else { ", " });
            }
            is_empty = false;
            self.new_line();
            write(self, item)?;
        }
        self.depth -= 1;
        if !is_empty {
            self.new_line();
        }
        self.text.push(close);
        Ok(())
    }

    fn new_line(&mut self) {
        if let Some(indent) = self.indent {
            self.text.push('\n');
            self.text.push_str(&indent.repeat(self.depth));
        }
    }

    /// In ASCII, and with what HTML knows as escapes.
    fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                '<' | '>' | '&' | '\'' => {
                    write!(self.text, "\\u{:04x}", u32::from(c)).ok();
                }
                ' '..='~' => self.text.push(c),
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(self.text, "\\u{unit:04x}").ok();
                    }
                }
            }
        }
        self.text.push('"');
    }
}

fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    match value.is_infinite() {
        true if value > 0.0 => "Infinity".into(),
        true => "-Infinity".into(),
        false => text::float(value),
    }
}
