//! Python's operators, as the filters that templates are rewritten to.
//!
//! Source: the Python language reference, "Expressions". minijinja's own operators have other
//! types, other rounding and other errors.

mod comparison;
mod items;
mod loops;

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};
use num_bigint::{BigInt, Sign};

use super::call::check_escaped;
use super::limits;
use super::number::{self, Number};
use super::values::{List, Range, collect, type_name};
use super::{print, python};

pub(super) use self::comparison::{compare, order};
use self::items::{dict, item, slice};

pub(super) fn register(env: &mut Environment<'_>) {
    env.add_filter("_add", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "+", &a, &b)
    });
    env.add_filter("_sub", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "-", &a, &b)
    });
    env.add_filter("_mul", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "*", &a, &b)
    });
    env.add_filter("_div", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "/", &a, &b)
    });
    env.add_filter("_floordiv", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "//", &a, &b)
    });
    env.add_filter("_mod", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "%", &a, &b)
    });
    env.add_filter("_pow", |state: &mut State, a: Value, b: Value| {
        arithmetic(state, "**", &a, &b)
    });
    env.add_filter("_neg", |state: &mut State, value: Value| {
        signed(state, "-", &value)
    });
    env.add_filter("_pos", |state: &mut State, value: Value| {
        signed(state, "+", &value)
    });
    env.add_filter(
        "_concat",
        |state: &mut State, first: Value, others: minijinja::value::Rest<Value>| {
            concat(state, &first, &others)
        },
    );
    for name in ["_eq", "_ne", "_lt", "_le", "_gt", "_ge", "_in", "_not_in"] {
        env.add_filter(name, move |state: &mut State, a: Value, b: Value| {
            compare(state, name, &a, &b)
        });
    }
    comparison::register(env);
    loops::register(env);
    env.add_filter("_item", item);
    env.add_filter("_slice", slice);
    env.add_filter("_list", |value: Value| -> Result<Value, Error> {
        Ok(List::own(value.try_iter()?.collect()))
    });
    env.add_filter("_dict", dict);
}

/// The error for operands that do not go together.
fn mismatch(operator: &str, a: &Value, b: &Value) -> Error {
    let detail = format!(
        "`{operator}` does not work between {} and {}",
        type_name(a),
        type_name(b)
    );
    invalid(detail)
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// Refuses an undefined operand, as Jinja2's `Undefined` does in all levels.
fn check_defined(value: &Value) -> Result<(), Error> {
    match value.is_undefined() {
        // The engine then names what is undefined.
        true => value.get_attr("").map(drop),
        false => Ok(()),
    }
}

pub(super) fn arithmetic(
    state: &mut State,
    operator: &str,
    a: &Value,
    b: &Value,
) -> Result<Value, Error> {
    if let (Some(a), Some(b)) = (number::of(a), number::of(b)) {
        return number::arithmetic(operator, &a, &b).map(Value::from);
    }
    // `"%s" % undefined` prints it; what may not be printed is refused there.
    if operator == "%" && a.as_str().is_some() {
        check_escaped(a, std::slice::from_ref(b))?;
        return format(state, a, b);
    }
    check_defined(a)?;
    check_defined(b)?;
    limits::charge(state, &[a.clone(), b.clone()])?;
    let result = match operator {
        "+" => add(a, b)?,
        "*" => match (count(a), count(b)) {
            (None, Some(times)) => repeat(a, times)?,
            (Some(times), None) => repeat(b, times)?,
            _ => None,
        },
        _ => None,
    };
    result.ok_or_else(|| mismatch(operator, a, b))
}

fn format(state: &mut State, format: &Value, argument: &Value) -> Result<Value, Error> {
    let parts = match argument.is_tuple() {
        true => argument.try_iter()?.collect(),
        false => vec![argument.clone()],
    };
    for part in parts {
        if part.is_undefined() {
            state.format(part)?;
        }
    }
    let text = format.as_str().unwrap_or_default();
    python::printf::printf(text, argument).map(Value::from)
}

fn add(a: &Value, b: &Value) -> Result<Option<Value>, Error> {
    if let (Some(left), Some(right)) = (a.as_str(), b.as_str()) {
        limits::check_text(left.len() + right.len())?;
        return Ok(Some(join_texts(a, left, b, right)));
    }
    if is_list(a) && is_list(b) || a.is_tuple() && b.is_tuple() {
        let mut items = collect(a)?;
        items.extend(collect(b)?);
        limits::check_items(items.len())?;
        return Ok(Some(same_kind(a, items)));
    }
    Ok(None)
}

/// Two texts as one. What is safe for HTML makes the other so.
fn join_texts(a: &Value, left: &str, b: &Value, right: &str) -> Value {
    let safe = |value: &Value, text: &str| match value.is_safe() {
        true => text.to_owned(),
        false => python::wrap::escape(text),
    };
    match a.is_safe() || b.is_safe() {
        true => Value::from_safe_string([safe(a, left), safe(b, right)].concat()),
        false => Value::from([left, right].concat()),
    }
}

/// Times that something is repeated.
fn count(value: &Value) -> Option<i128> {
    match number::of(value)? {
        Number::Int(int) => Some(clamped(&int)),
        Number::Float(_) => None,
    }
}

/// A number of items: no list has more than 128 bits of them.
fn clamped(int: &BigInt) -> i128 {
    let limit = if int.sign() == Sign::Minus {
        i128::MIN
    } else {
        i128::MAX
    };
    i128::try_from(int).unwrap_or(limit)
}

fn repeat(value: &Value, times: i128) -> Result<Option<Value>, Error> {
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    if let Some(text) = value.as_str() {
        limits::check_text(text.len().saturating_mul(times))?;
        let repeated = text.repeat(times);
        return Ok(Some(match value.is_safe() {
            true => Value::from_safe_string(repeated),
            false => Value::from(repeated),
        }));
    }
    if !(is_list(value) || value.is_tuple()) {
        return Ok(None);
    }
    let items = collect(value)?;
    limits::check_items(items.len().saturating_mul(times))?;
    let repeated = std::iter::repeat_n(items, times).flatten().collect();
    Ok(Some(same_kind(value, repeated)))
}

fn is_list(value: &Value) -> bool {
    let is_range = || value.downcast_object_ref::<Range>().is_some();
    value.kind() == ValueKind::Seq && !value.is_tuple() && !is_range()
}

fn same_kind(like: &Value, items: Vec<Value>) -> Value {
    match like.is_tuple() {
        true => Value::from(Tuple::new(items)),
        false => List::own(items),
    }
}

fn signed(_state: &mut State, sign: &str, value: &Value) -> Result<Value, Error> {
    check_defined(value)?;
    match number::of(value) {
        Some(number) if sign == "-" => Ok(number::negate(number).into()),
        Some(number) => Ok(number.into()),
        None => {
            let detail = format!("`{sign}` needs a number, not {}", type_name(value));
            Err(invalid(detail))
        }
    }
}

/// `a ~ b ~ c`: everything as text.
fn concat(state: &mut State, first: &Value, others: &[Value]) -> Result<Value, Error> {
    let mut text = String::new();
    for value in std::iter::once(first).chain(others) {
        if value.is_undefined() {
            text.push_str(&state.format(value.clone())?);
        } else {
            print::write_str(&mut text, value).map_err(|_| limits::text_error())?;
        }
        limits::check_text(text.len())?;
    }
    Ok(Value::from(text))
}
