//! Methods of values that are no objects of ours: strings, numbers and tuples.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use super::call::{bind, check_escaped};
use super::number::{self, Number};
use super::values::{Dict, List, Range, collect, type_name};
use super::{limits, python};
use crate::diagnostic::did_you_mean;

/// Methods of texts that take other texts in.
const ESCAPING: [&str; 4] = ["format", "format_map", "join", "replace"];

pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    if value.is_undefined() {
        value.get_attr("")?;
    }
    limits::charge(state, args)?;
    let answer = match value.as_str() {
        Some(text) => {
            if value.is_safe() && ESCAPING.contains(&method) {
                check_escaped(value, args)?;
            }
            python::strings::call(text, method, args).transpose()?
        }
        None if value.is_tuple() || value.downcast_object_ref::<Range>().is_some() => {
            of_tuple(value, method, args)?
        }
        None => of_number(value, method, args)?,
    };
    // An item of a dict may be a function, which the engine looks for next.
    answer.ok_or_else(|| Error::new(ErrorKind::UnknownMethod, unknown(value, method)))
}

fn unknown(value: &Value, method: &str) -> String {
    let known: &[&str] = match value.kind() {
        ValueKind::String => &python::strings::NAMES,
        ValueKind::Map => &Dict::METHODS,
        ValueKind::Seq if !value.is_tuple() => &List::METHODS,
        _ => &[],
    };
    let guess = did_you_mean(method, known.iter().copied());
    let guess = guess.map(|guess| format!("; {guess}")).unwrap_or_default();
    format!("{} has no method `{method}`{guess}", type_name(value))
}

fn of_tuple(value: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    if !matches!(method, "count" | "index") {
        return Ok(None);
    }
    let [item] = bind(method, args, ["value"], 1)?;
    let item = item.unwrap_or_default();
    let items = collect(value)?;
    if method == "count" {
        let count = items.iter().filter(|known| **known == item).count();
        return Ok(Some(Value::from(count)));
    }
    match items.iter().position(|known| *known == item) {
        Some(at) => Ok(Some(Value::from(at))),
        None => Err(Error::new(
            ErrorKind::InvalidOperation,
            "`index` of what is not in it",
        )),
    }
}

fn of_number(value: &Value, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let Some(number) = number::of(value) else {
        return Ok(None);
    };
    let answer = match (method, number) {
        ("bit_length", Number::Int(int)) => Value::from(int.bits()),
        ("is_integer", Number::Float(float)) => {
            Value::from(float.is_finite() && float.fract().abs() == 0.0)
        }
        ("conjugate", number) => number.into(),
        _ => return Ok(None),
    };
    let [] = bind(method, args, [], 0)?;
    Ok(Some(answer))
}
