//! `format.format(values)`.
//!
//! Source: the Python library reference, "Format String Syntax".

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::format_spec;
use super::printf::ascii;
use crate::render::{limits, print};

/// How deep places may lie within the formats of others.
const MAX_DEPTH: usize = 2;

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// What the places of a format are filled with.
pub(super) struct Given<'a> {
    pub(super) positional: &'a [Value],
    pub(super) named: &'a dyn Fn(&str) -> Option<Value>,
}

/// Fills the places of `text`.
pub(super) fn format(text: &str, given: &Given<'_>) -> Result<String, Error> {
    let mut filled = String::with_capacity(text.len() + 16);
    Formatter {
        given,
        next: Some(0),
    }
    .fill(text, &mut filled, MAX_DEPTH)?;
    Ok(filled)
}

struct Formatter<'a> {
    given: &'a Given<'a>,
    /// The number of the next place; none once places have numbers of their own.
    next: Option<usize>,
}

impl Formatter<'_> {
    fn fill(&mut self, text: &str, filled: &mut String, depth: usize) -> Result<(), Error> {
        if depth == 0 {
            return Err(invalid("places within formats of places lie too deep"));
        }
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            filled.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                filled.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(invalid(
                    "a single `}` in the format; write `}}` for the sign itself",
                ));
            }
            let end = end_of_place(rest).ok_or_else(|| {
                invalid("a `{` in the format is not closed; write `{{` for the sign itself")
            })?;
            self.place(&rest[..end], filled, depth)?;
            limits::check_text(filled.len())?;
            rest = &rest[end + 1..];
        }
        filled.push_str(rest);
        limits::check_text(filled.len())
    }

    /// `name[!conversion][:spec]`
    fn place(&mut self, place: &str, filled: &mut String, depth: usize) -> Result<(), Error> {
        let name_end = end_of_name(place);
        let (name, rest) = place.split_at(name_end);
        let (conversion, spec) = match rest.strip_prefix('!') {
            Some(rest) => {
                let mut chars = rest.chars();
                let conversion = chars.next();
                match (conversion, chars.as_str()) {
                    (Some(_), "") => (conversion, ""),
                    (Some(_), rest) if rest.starts_with(':') => (conversion, &rest[1..]),
                    _ => return Err(invalid("`!` in a format is followed by `r`, `s` or `a`")),
                }
            }
            None => (None, rest.strip_prefix(':').unwrap_or(rest)),
        };
        let value = self.value(name)?;
        let value = convert(value, conversion)?;
        let mut inner = String::new();
        self.fill(spec, &mut inner, depth - 1).or_else(|error| {
            match spec.contains(['{', '}']) {
                true => Err(error),
                false => {
                    spec.clone_into(&mut inner);
                    Ok(())
                }
            }
        })?;
        filled.push_str(&format_spec::format(&value, &inner)?);
        Ok(())
    }

    fn value(&mut self, name: &str) -> Result<Value, Error> {
        let first = name.find(['.', '[']).unwrap_or(name.len());
        let (first, path) = name.split_at(first);
        let value = match first.parse::<usize>() {
            Ok(number) => {
                if self.next.is_some_and(|next| next > 0) {
                    return Err(mixed());
                }
                self.next = None;
                self.positional(number)?
            }
            Err(_) if first.is_empty() => {
                let number = self.next.ok_or_else(mixed)?;
                self.next = Some(number + 1);
                self.positional(number)?
            }
            Err(_) => {
                let value = (self.given.named)(first);
                value.ok_or_else(|| invalid(format!("there is no value for `{{{first}}}`")))?
            }
        };
        lookup(value, path)
    }

    fn positional(&self, number: usize) -> Result<Value, Error> {
        let value = self.given.positional.get(number).cloned();
        value.ok_or_else(|| {
            invalid(format!(
                "there is no value for place {number} of the format"
            ))
        })
    }
}

fn mixed() -> Error {
    invalid("a format numbers all of its places or none")
}

/// Where the braces of a place close.
fn end_of_place(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// Where the name of a place ends: signs within brackets belong to it.
fn end_of_name(place: &str) -> usize {
    let mut in_brackets = false;
    for (at, c) in place.char_indices() {
        match c {
            '[' => in_brackets = true,
            ']' => in_brackets = false,
            '!' | ':' if !in_brackets => return at,
            _ => {}
        }
    }
    place.len()
}

fn convert(value: Value, conversion: Option<char>) -> Result<Value, Error> {
    let Some(conversion) = conversion else {
        return Ok(value);
    };
    let mut text = String::new();
    match conversion {
        's' => print::str(&mut text, &value)?,
        'r' => print::repr(&mut text, &value)?,
        'a' => {
            print::repr(&mut text, &value)?;
            text = ascii(&text);
        }
        other => return Err(invalid(format!("there is no conversion `!{other}`"))),
    }
    Ok(Value::from(text))
}

/// The attributes and items after the name of a value: `.name` and `[key]`.
fn lookup(mut value: Value, mut path: &str) -> Result<Value, Error> {
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('[') {
            let end = rest
                .find(']')
                .ok_or_else(|| invalid("a `[` in the format is not closed"))?;
            let key = match rest[..end].parse::<usize>() {
                Ok(index) => Value::from(index),
                Err(_) => Value::from(&rest[..end]),
            };
            value = found(value.get_item(&key)?, &rest[..end])?;
            path = &rest[end + 1..];
        } else {
            let rest = path.strip_prefix('.').unwrap_or(path);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            // The items of a dict are not its attributes.
            let attribute = match value.kind() {
                ValueKind::Map => Value::UNDEFINED,
                _ => value.get_attr(&rest[..end])?,
            };
            value = found(attribute, &rest[..end])?;
            path = &rest[end..];
        }
    }
    Ok(value)
}

fn found(value: Value, name: &str) -> Result<Value, Error> {
    match value.is_undefined() {
        true => Err(invalid(format!("there is no `{name}` for the format"))),
        false => Ok(value),
    }
}
