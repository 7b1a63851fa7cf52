//! Jinja2's tests, all of them and no others.
//!
//! Source: Jinja2's template designer documentation, "List of Builtin Tests".

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior};

use super::call::bind;
use super::number::{self, Number};
use super::print::{is_macro, is_of_engine};
use super::values::{Dict, List, Loop, type_name};
use super::{filters, globals, operators, python};

pub(super) const NAMES: [&str; 39] = [
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

pub(super) fn register(env: &mut Environment<'_>) {
    for (filter, names) in [
        ("_eq", &["==", "eq", "equalto"][..]),
        ("_ge", &[">=", "ge"]),
        ("_gt", &[">", "gt", "greaterthan"]),
        ("_le", &["<=", "le"]),
        ("_lt", &["<", "lt", "lessthan"]),
        ("_ne", &["!=", "ne"]),
    ] {
        for name in names {
            env.add_test(*name, move |state: &mut State, a: Value, b: Value| {
                operators::compare(state, filter, &a, &b)
            });
        }
    }
    env.add_test("in", |state: &mut State, args: Rest<ValueOrKwargs>| {
        let [value, seq] = bind("in", &args.into_values(), ["value", "seq"], 2)?;
        operators::compare(
            state,
            "_in",
            &value.unwrap_or_default(),
            &seq.unwrap_or_default(),
        )
    });
    simple(env, "boolean", |value| value.kind() == ValueKind::Bool);
    simple(env, "callable", is_callable);
    simple(env, "defined", |value| !value.is_undefined());
    simple(env, "escaped", Value::is_safe);
    simple(env, "false", |value| {
        value.kind() == ValueKind::Bool && !value.is_true()
    });
    simple(env, "float", |value| {
        value.kind() == ValueKind::Number && !value.is_integer()
    });
    simple(env, "integer", number::is_integer);
    env.add_test("iterable", |state: &mut State, value: Value| {
        match value.is_undefined() && is_strict(state) {
            true => value.get_attr("").map(|_| false),
            false => Ok(is_iterable(&value)),
        }
    });
    simple(env, "mapping", |value| {
        value.kind() == ValueKind::Map && !is_of_engine(value)
    });
    simple(env, "none", Value::is_none);
    simple(env, "number", |value| number::of(value).is_some());
    env.add_test("sequence", |state: &mut State, value: Value| {
        is_sequence(&value) && !(value.is_undefined() && is_strict(state))
    });
    simple(env, "string", |value| value.kind() == ValueKind::String);
    simple(env, "true", |value| {
        value.kind() == ValueKind::Bool && value.is_true()
    });
    simple(env, "undefined", Value::is_undefined);
    simple(env, "filter", |value| {
        value
            .as_str()
            .is_some_and(|name| filters::NAMES.contains(&name))
    });
    simple(env, "test", |value| {
        value.as_str().is_some_and(|name| NAMES.contains(&name))
    });
    env.add_test("divisibleby", |args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        let [value, divisor] = bind("divisibleby", &args, ["value", "num"], 2)?;
        is_remainder(&value.unwrap_or_default(), &divisor.unwrap_or_default(), 0)
    });
    env.add_test("even", |value: Value| {
        is_remainder(&value, &Value::from(2), 0)
    });
    env.add_test("odd", |value: Value| {
        is_remainder(&value, &Value::from(2), 1)
    });
    env.add_test("lower", |value: Value| is_cased(&value, "islower"));
    env.add_test("upper", |value: Value| is_cased(&value, "isupper"));
    env.add_test("sameas", |args: Rest<ValueOrKwargs>| {
        let [a, b] = bind("sameas", &args.into_values(), ["value", "other"], 2)?;
        Ok(is_same(&a.unwrap_or_default(), &b.unwrap_or_default()))
    });
}

fn simple(env: &mut Environment<'_>, name: &'static str, test: fn(&Value) -> bool) {
    env.add_test(name, move |value: Value| test(&value));
}

fn is_strict(state: &State) -> bool {
    state.undefined_behavior() == UndefinedBehavior::Strict
}

fn is_callable(value: &Value) -> bool {
    let is_function = matches!(type_name(value), "a function" | "a loop");
    (is_function && !globals::is_cycler(value)) || is_macro(value) || value.is_undefined()
}

fn is_iterable(value: &Value) -> bool {
    let is_iterable = matches!(
        value.kind(),
        ValueKind::Iterable
            | ValueKind::Map
            | ValueKind::Seq
            | ValueKind::String
            | ValueKind::Undefined
    );
    is_iterable && !is_of_engine(value) || is_loop(value)
}

fn is_loop(value: &Value) -> bool {
    value.downcast_object_ref::<Loop>().is_some()
}

/// What has a length and items by index or key.
fn is_sequence(value: &Value) -> bool {
    is_iterable(value) && value.kind() != ValueKind::Iterable && !is_loop(value)
}

/// Whether the remainder of a division is that.
fn is_remainder(value: &Value, divisor: &Value, remainder: i64) -> Result<bool, Error> {
    let number = |value: &Value| {
        if value.is_undefined() {
            value.get_attr("")?;
        }
        number::of(value).ok_or_else(|| {
            let detail = format!("this test needs numbers, not {}", type_name(value));
            Error::new(ErrorKind::InvalidOperation, detail)
        })
    };
    let rest = number::arithmetic("%", &number(value)?, &number(divisor)?)?;
    let remainder = Number::from(remainder);
    Ok(number::order(&rest, &remainder) == Some(Ordering::Equal))
}

fn is_cased(value: &Value, method: &str) -> Result<bool, Error> {
    let mut text = String::new();
    super::print::str(&mut text, value)?;
    let answer = python::strings::call(&text, method, &[]);
    Ok(answer.transpose()?.is_some_and(|answer| answer.is_true()))
}

/// Python's `is`: what has no identity here is the same if it is equal and of the same type.
fn is_same(a: &Value, b: &Value) -> bool {
    let same_list = |a: Arc<List>| b.downcast_object().is_some_and(|b| Arc::ptr_eq(&a, &b));
    let same_dict = |a: Arc<Dict>| b.downcast_object().is_some_and(|b| Arc::ptr_eq(&a, &b));
    match a.kind() {
        ValueKind::Map => a.downcast_object().is_some_and(same_dict),
        ValueKind::Seq => a.downcast_object().is_some_and(same_list),
        _ => a.kind() == b.kind() && a.is_integer() == b.is_integer() && a == b,
    }
}
