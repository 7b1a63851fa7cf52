//! `pprint.pformat`, which breaks lists, dicts and strings that are longer than a line.
//!
//! Source: `CPython`'s `pprint.py`.

use minijinja::Error;
use std::cmp::Ordering;

use minijinja::value::{Value, ValueKind};

use super::is_space;
use super::strings::lines;
use crate::render::operators::order;
use crate::render::sorting::stable;
use crate::render::values::{Group, Range, collect, pairs};
use crate::render::{limits, number, print};

/// Characters in a line.
const WIDTH: usize = 80;

pub(in crate::render) fn pformat(value: &Value) -> Result<String, Error> {
    let mut printer = Printer {
        text: String::new(),
    };
    printer.format(value, 0, 0, 0)?;
    Ok(printer.text)
}

struct Printer {
    text: String,
}

fn repr(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    if value.kind() == ValueKind::Map {
        return repr_sorted(value);
    }
    if value.kind() == ValueKind::Seq && !is_named(value) {
        let (open, close) = if value.is_tuple() {
            ("(", ")")
        } else {
            ("[", "]")
        };
        let items = collect(value)?;
        let mut parts = Vec::with_capacity(items.len());
        for item in &items {
            parts.push(repr(item)?);
            limits::check_text(parts.iter().map(String::len).sum())?;
        }
        let comma = if value.is_tuple() && items.len() == 1 {
            ","
        } else {
            ""
        };
        return Ok(format!("{open}{}{comma}{close}", parts.join(", ")));
    }
    print::repr(&mut text, value)?;
    Ok(text)
}

/// Whether it is a sequence of another type than list and tuple, which stays in one line.
fn is_named(value: &Value) -> bool {
    let is_range = value.downcast_object_ref::<Range>().is_some();
    is_range || value.downcast_object_ref::<Group>().is_some()
}

fn repr_sorted(dict: &Value) -> Result<String, Error> {
    let mut parts = Vec::new();
    for (key, value) in sorted(dict)? {
        parts.push(format!("{}: {}", repr(&key)?, repr(&value)?));
        limits::check_text(parts.iter().map(String::len).sum())?;
    }
    Ok(format!("{{{}}}", parts.join(", ")))
}

/// The entries by key; keys that have no order are in that of their types.
fn sorted(dict: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let entries = pairs(dict)?.into_iter().collect();
    Ok(stable(entries, &mut |(a, _), (b, _)| match order(a, b) {
        Ok(order) => order == Some(Ordering::Less),
        Err(()) => class(a) < class(b),
    }))
}

/// The name of a type, as Python has it.
fn class(value: &Value) -> &'static str {
    match value.kind() {
        _ if value.is_tuple() => "tuple",
        ValueKind::Bool => "bool",
        ValueKind::None => "NoneType",
        ValueKind::String => "str",
        _ if number::is_integer(value) => "int",
        ValueKind::Number => "float",
        _ => "",
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

impl Printer {
    /// `allowance` is what must still fit behind it on its last line.
    fn format(
        &mut self,
        value: &Value,
        indent: usize,
        allowance: usize,
        level: usize,
    ) -> Result<(), Error> {
        limits::check_text(self.text.len())?;
        let whole = repr(value)?;
        if length(&whole) <= WIDTH.saturating_sub(indent + allowance) {
            self.text.push_str(&whole);
            return Ok(());
        }
        match value.kind() {
            ValueKind::Map => {
                self.text.push('{');
                self.entries(value, indent + 1, allowance + 1, level + 1)?;
                self.text.push('}');
            }
            ValueKind::Seq if !is_named(value) => {
                let items = collect(value)?;
                let (open, close) = match (value.is_tuple(), items.len()) {
                    (true, 1) => ("(", ",)"),
                    (true, _) => ("(", ")"),
                    (false, _) => ("[", "]"),
                };
                self.text.push_str(open);
                self.items(&items, indent + 1, allowance + close.len(), level + 1)?;
                self.text.push_str(close);
            }
            ValueKind::String => {
                let text = value.as_str().unwrap_or_default();
                self.string(text, indent, allowance, level + 1)?;
            }
            _ => self.text.push_str(&whole),
        }
        Ok(())
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn entries(
        &mut self,
        dict: &Value,
        indent: usize,
        allowance: usize,
        level: usize,
    ) -> Result<(), Error> {
        let entries = sorted(dict)?;
        for (index, (key, value)) in entries.iter().enumerate() {
            let is_last = index + 1 == entries.len();
            let key = repr(key)?;
            self.text.push_str(&key);
            self.text.push_str(": ");
            let behind = if is_last { allowance } else { 1 };
            self.format(value, indent + length(&key) + 2, behind, level)?;
            if !is_last {
                self.text.push(',');
                self.new_line(indent);
            }
        }
        Ok(())
    }

    fn items(
        &mut self,
        items: &[Value],
        indent: usize,
        allowance: usize,
        level: usize,
    ) -> Result<(), Error> {
        for (index, item) in items.iter().enumerate() {
            let is_last = index + 1 == items.len();
            self.format(item, indent, if is_last { allowance } else { 1 }, level)?;
            if !is_last {
                self.text.push(',');
                self.new_line(indent);
            }
        }
        Ok(())
    }

    /// A string as several, side by side.
    fn string(
        &mut self,
        text: &str,
        mut indent: usize,
        mut allowance: usize,
        level: usize,
    ) -> Result<(), Error> {
        if level == 1 {
            indent += 1;
            allowance += 1;
        }
        let chunks = chunks(text, WIDTH.saturating_sub(indent), allowance)?;
        if level == 1 && chunks.len() > 1 {
            self.text.push('(');
        }
        for (index, chunk) in chunks.iter().enumerate() {
            if index > 0 {
                self.new_line(indent);
            }
            self.text.push_str(chunk);
        }
        if level == 1 && chunks.len() > 1 {
            self.text.push(')');
        }
        Ok(())
    }
}

/// The parts of a string that fit in lines of `width`.
fn chunks(text: &str, width: usize, allowance: usize) -> Result<Vec<String>, Error> {
    let quoted = |text: &str| repr(&Value::from(text));
    let lines = lines(text, true);
    let mut chunks = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_last_line = at + 1 == lines.len();
        let room = width.saturating_sub(if is_last_line { allowance } else { 0 });
        let whole = quoted(line)?;
        if length(&whole) <= room {
            chunks.push(whole);
            continue;
        }
        let words = words(line);
        let mut current = String::new();
        for (index, word) in words.iter().enumerate() {
            let is_last = is_last_line && index + 1 == words.len();
            let room = width.saturating_sub(if is_last { allowance } else { 0 });
            if length(&quoted(&format!("{current}{word}"))?) > room {
                if !current.is_empty() {
                    chunks.push(quoted(&current)?);
                }
                (*word).clone_into(&mut current);
            } else {
                current.push_str(word);
            }
        }
        if !current.is_empty() {
            chunks.push(quoted(&current)?);
        }
    }
    Ok(chunks)
}

/// Words, each with the white space after it.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(is_space).unwrap_or(rest.len());
        let space = rest[word..]
            .find(|c| !is_space(c))
            .unwrap_or(rest.len() - word);
        words.push(&rest[..word + space]);
        rest = &rest[word + space..];
    }
    words
}
