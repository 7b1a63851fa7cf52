use std::fmt::{self, Write};

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, Output, State};

use super::context::PythonObject;
use crate::text;

/// Nesting beyond which a value is printed as `...`.
const MAX_DEPTH: usize = 200;

/// Prints `{{ value }}` as Jinja2 does, which is with Python's `str`.
///
/// minijinja prints floats as Rust does (`0.00001`, Python has `1e-05`), and so for the items of
/// lists and maps.
pub(super) fn format(
    out: &mut Output<'_>,
    _state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let written = match value.kind() {
        // Whether it may be printed at all was decided before.
        ValueKind::Undefined => Ok(()),
        ValueKind::String => out.write_str(value.as_str().unwrap_or_default()),
        _ => {
            let mut text = String::new();
            write_str(&mut text, value).and_then(|()| out.write_str(&text))
        }
    };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "cannot write"))
}

fn write_str(out: &mut String, value: &Value) -> fmt::Result {
    if let Some(PythonObject(object)) = value.downcast_object_ref() {
        return out.write_str(&object.text);
    }
    write_repr(out, value, 0)
}

fn write_repr(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    if depth > MAX_DEPTH {
        return out.write_str("...");
    }
    if let Some(PythonObject(object)) = value.downcast_object_ref() {
        return out.write_str(&object.repr);
    }
    match value.kind() {
        ValueKind::Undefined => out.write_str("Undefined"),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()) {
            Ok(float) => out.write_str(&text::float(float)),
            Err(_) => write!(out, "{value}"),
        },
        ValueKind::String => {
            let string = crate::model::Value::from(value.as_str().unwrap_or_default());
            text::write_repr(out, &string)
        }
        ValueKind::Seq | ValueKind::Iterable => write_items(out, value, depth),
        ValueKind::Map => write_entries(out, value, depth),
        ValueKind::None
        | ValueKind::Bool
        | ValueKind::Number
        | ValueKind::Bytes
        | ValueKind::Plain
        | ValueKind::Invalid
        | _ => write!(out, "{value}"),
    }
}

fn write_items(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    let Ok(items) = value.try_iter() else {
        return write!(out, "{value}");
    };
    let tuple = value.is_tuple();
    out.write_char(if tuple { '(' } else { '[' })?;
    let mut count = 0;
    for item in items {
        out.write_str(if count == 0 { "" } else { ", " })?;
        write_repr(out, &item, depth + 1)?;
        count += 1;
    }
    match (tuple, count) {
        (true, 1) => out.write_str(",)"),
        (true, _) => out.write_char(')'),
        (false, _) => out.write_char(']'),
    }
}

fn write_entries(out: &mut String, value: &Value, depth: usize) -> fmt::Result {
    let Ok(keys) = value.try_iter() else {
        return write!(out, "{value}");
    };
    out.write_char('{')?;
    for (index, key) in keys.enumerate() {
        out.write_str(if index == 0 { "" } else { ", " })?;
        write_repr(out, &key, depth + 1)?;
        out.write_str(": ")?;
        let item = value.get_item(&key).unwrap_or_default();
        write_repr(out, &item, depth + 1)?;
    }
    out.write_char('}')
}
