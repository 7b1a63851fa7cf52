//! The text of values: Python's `str` and `repr`.

use std::fmt::{self, Write};

use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Error, ErrorKind, Output, State};

use super::context::PythonObject;
use super::limits::{self, MAX_TEXT_BYTES};
use super::values::{Generator, Group, Range, View, type_name};
use super::{number, python};
use crate::text;

/// Nesting beyond which a value is printed as `...`.
const MAX_DEPTH: usize = 200;

/// Prints `{{ value }}` as Jinja2 does, which is with Python's `str`.
///
/// minijinja prints floats as Rust does (`0.00001`, Python has `1e-05`), and so for the items of
/// lists and maps.
pub(super) fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    // Whether it may be printed at all was decided before.
    if value.is_undefined() {
        return Ok(());
    }
    let escapes = *state.auto_escape() != AutoEscape::None && !value.is_safe();
    let written = match value.as_str() {
        Some(text) if escapes => out.write_str(&python::wrap::escape(text)),
        Some(text) => out.write_str(text),
        None if value.is_integer() => write!(out, "{value}"),
        None => {
            let mut text = String::new();
            str(&mut text, value)?;
            match escapes && value.kind() != ValueKind::Number {
                true => out.write_str(&python::wrap::escape(&text)),
                false => out.write_str(&text),
            }
        }
    };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "cannot write"))
}

/// Writes Python's `str` of a value.
///
/// # Errors
/// If it has none, such as an iterator, or one that is too long.
pub(super) fn str(out: &mut String, value: &Value) -> Result<(), Error> {
    write_str(out, value).map_err(|_| no_text(out, value))
}

/// Writes Python's `repr` of a value.
pub(super) fn repr(out: &mut String, value: &Value) -> Result<(), Error> {
    write_repr(out, value).map_err(|_| no_text(out, value))
}

fn no_text(out: &str, value: &Value) -> Error {
    if out.len() > MAX_TEXT_BYTES {
        return limits::text_error();
    }
    let detail = match type_name(value) {
        "an iterator" => "an iterator has no text; write `|list` or `|join(', ')` after it",
        "a function" => "a function has no text; call it with `()`",
        "a loop" => "a macro, module, namespace or loop has no text; print what is in it",
        _ if is_of_engine(value) => {
            "a macro, module, namespace or loop has no text; print what is in it"
        }
        _ => "it holds an iterator or a function, which have no text",
    };
    Error::new(ErrorKind::InvalidOperation, detail)
}

/// As [`str`]: fails where there is no text.
pub(super) fn write_str(out: &mut String, value: &Value) -> fmt::Result {
    if let Some(text) = value.as_str() {
        return out.write_str(text);
    }
    if value.is_undefined() {
        return Ok(());
    }
    if let Some(PythonObject(object)) = value.downcast_object_ref() {
        return out.write_str(&object.text);
    }
    write_nested(out, value, 0)
}

/// As [`repr`]: fails where there is no text.
pub(super) fn write_repr(out: &mut String, value: &Value) -> fmt::Result {
    write_nested(out, value, 0)
}

fn write_nested(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    if depth > MAX_DEPTH {
        return out.write_str("...");
    }
    if out.len() > MAX_TEXT_BYTES {
        return Err(fmt::Error);
    }
    match value.kind() {
        ValueKind::Undefined => out.write_str("Undefined"),
        ValueKind::None => out.write_str("None"),
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => write!(out, "{value}"),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(float) => out.write_str(&text::float(float)),
            Err(_) => Err(fmt::Error),
        },
        ValueKind::String => {
            let string = crate::model::Value::from(value.as_str().unwrap_or_default());
            if !value.is_safe() {
                return text::write_repr(out, &string);
            }
            out.write_str("Markup(")?;
            text::write_repr(out, &string)?;
            out.write_char(')')
        }
        ValueKind::Bytes => write!(out, "{value}"),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::Plain => {
            write_object(out, value, depth)
        }
        _ => Err(fmt::Error),
    }
}

fn write_object(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    if let Some(PythonObject(object)) = value.downcast_object_ref() {
        return out.write_str(&object.repr);
    }
    if let Some(range) = value.downcast_object_ref::<Range>() {
        return out.write_str(&range.text());
    }
    if let Some(group) = value.downcast_object_ref::<Group>() {
        return write_items(out, &group.tuple(), depth);
    }
    if let Some(view) = value.downcast_object_ref::<View>() {
        write!(out, "{}(", view.name())?;
        write_items(out, value, depth)?;
        return out.write_char(')');
    }
    if let Some(number::Number::Int(int)) = number::of(value) {
        return write!(out, "{int}");
    }
    if value.downcast_object_ref::<Generator>().is_some() || is_of_engine(value) {
        return Err(fmt::Error);
    }
    match value.kind() {
        ValueKind::Map => write_entries(out, value, depth),
        ValueKind::Seq | ValueKind::Iterable => write_items(out, value, depth),
        _ => Err(fmt::Error),
    }
}

/// Macros, modules, loops and namespaces look like dicts, and print as none.
pub(super) fn is_of_engine(value: &Value) -> bool {
    is_named(value, &["Loop", "Macro", "Module", "Namespace"])
}

/// The error for those where items are asked for.
pub(super) fn no_items() -> Error {
    let detail = "a macro, module or namespace has no items; name what is in it";
    Error::new(ErrorKind::InvalidOperation, detail)
}

pub(super) fn is_macro(value: &Value) -> bool {
    is_named(value, &["Macro"])
}

fn is_named(value: &Value, names: &[&str]) -> bool {
    let is_map = value.kind() == ValueKind::Map;
    let object = value.as_object().filter(|_| is_map);
    object.is_some_and(|object| {
        let name = object.type_name();
        names.iter().any(|known| name.ends_with(known))
    })
}

fn write_items(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    let items = value.try_iter().map_err(|_| fmt::Error)?;
    let tuple = value.is_tuple();
    out.write_char(if tuple { '(' } else { '[' })?;
    let mut count = 0;
    for item in items {
        out.write_str(if count == 0 { "" } else { ", " })?;
        write_nested(out, &item, depth + 1)?;
        count += 1;
    }
    match (tuple, count) {
        (true, 1) => out.write_str(",)"),
        (true, _) => out.write_char(')'),
        (false, _) => out.write_char(']'),
    }
}

fn write_entries(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    let object = value.as_object().ok_or(fmt::Error)?;
    let entries = object.try_iter_pairs().ok_or(fmt::Error)?;
    out.write_char('{')?;
    for (index, (key, item)) in entries.enumerate() {
        out.write_str(if index == 0 { "" } else { ", " })?;
        write_nested(out, &key, depth + 1)?;
        out.write_str(": ")?;
        write_nested(out, &item, depth + 1)?;
    }
    out.write_char('}')
}
