//! Python's operators, as the filters that templates are rewritten to.
//!
//! Source: the Python language reference, "Expressions". minijinja's own operators have other
//! types, other rounding and other errors.

use std::cmp::Ordering;

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};
use num_bigint::{BigInt, Sign};

use super::limits;
use super::number::{self, Number};
use super::values::{Dict, List, Range, View, collect, type_name};
use super::{print, python};

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
    env.add_filter(
        "_compare",
        |state: &mut State, first: Value, others: minijinja::value::Rest<Value>| {
            compare_all(state, first, &others)
        },
    );
    env.add_filter("_item", item);
    env.add_filter("_iter", iterate);
    env.add_filter("_items", |value: Value| -> Result<Value, Error> {
        // A string is taken apart, too: `{% for a, b in ['xy'] %}`.
        let items = collect(&iterate(value)?)?;
        let items = items.into_iter().map(|item| match item.as_str() {
            Some(_) => collect(&item).map(List::own),
            None => Ok(item),
        });
        Ok(List::own(items.collect::<Result<_, _>>()?))
    });
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

fn compare_all(state: &mut State, first: Value, others: &[Value]) -> Result<Value, Error> {
    let mut left = first;
    for pair in others.chunks_exact(2) {
        let name = pair[0].as_str().unwrap_or_default();
        if !compare(state, name, &left, &pair[1])? {
            return Ok(Value::from(false));
        }
        left = pair[1].clone();
    }
    Ok(Value::from(true))
}

pub(super) fn compare(state: &mut State, name: &str, a: &Value, b: &Value) -> Result<bool, Error> {
    match name {
        "_eq" => return equal(state, a, b),
        "_ne" => return equal(state, a, b).map(|equal| !equal),
        "_in" => return contains(state, b, a),
        "_not_in" => return contains(state, b, a).map(|contains| !contains),
        _ => {}
    }
    check_defined(a)?;
    check_defined(b)?;
    charge_comparison(state, a, b)?;
    let operator = match name {
        "_lt" => "<",
        "_le" => "<=",
        "_gt" => ">",
        _ => ">=",
    };
    let order = order(a, b).map_err(|()| mismatch(operator, a, b))?;
    // Nothing is in order with nan.
    Ok(order.is_some_and(|order| match name {
        "_lt" => order.is_lt(),
        "_le" => order.is_le(),
        "_gt" => order.is_gt(),
        _ => order.is_ge(),
    }))
}

fn equal(state: &mut State, a: &Value, b: &Value) -> Result<bool, Error> {
    for value in [a, b] {
        if value.is_undefined() {
            state.format(value.clone())?;
        }
    }
    if let (Some(a), Some(b)) = (number::of(a), number::of(b)) {
        return Ok(number::order(&a, &b) == Some(Ordering::Equal));
    }
    if type_of(a) != type_of(b) {
        return Ok(false);
    }
    charge_comparison(state, a, b)?;
    Ok(a == b)
}

/// What the engine takes for a list and Python does not.
fn type_of(value: &Value) -> &'static str {
    if value.downcast_object_ref::<Range>().is_some() {
        return "range";
    }
    match value.downcast_object_ref::<View>() {
        Some(view) => view.name(),
        None => match value.kind() {
            ValueKind::Iterable => "iterator",
            _ => "",
        },
    }
}

/// A comparison ends where one of both does.
fn charge_comparison(state: &State, a: &Value, b: &Value) -> Result<(), Error> {
    if a.as_object().is_none() || b.as_object().is_none() {
        return limits::charge(state, std::slice::from_ref(a));
    }
    limits::charge_walk(state, a)
}

/// How two values stand in order. `Err` if they have none, and none with nan.
pub(super) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, ()> {
    if let (Some(a), Some(b)) = (number::of(a), number::of(b)) {
        return Ok(number::order(&a, &b));
    }
    if let (Some(a), Some(b)) = (a.as_str(), b.as_str()) {
        return Ok(Some(a.cmp(b)));
    }
    if !(is_list(a) && is_list(b) || a.is_tuple() && b.is_tuple()) {
        return Err(());
    }
    let (mut left, mut right) = (a.try_iter().map_err(drop)?, b.try_iter().map_err(drop)?);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ok(Some(Ordering::Equal)),
            (None, Some(_)) => return Ok(Some(Ordering::Less)),
            (Some(_), None) => return Ok(Some(Ordering::Greater)),
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return order(&a, &b),
        }
    }
}

/// `item in container`.
pub(super) fn contains(state: &mut State, container: &Value, item: &Value) -> Result<bool, Error> {
    if container.is_undefined() {
        // It has no items, where it may be looked at.
        state.format(container.clone())?;
        return Ok(false);
    }
    if let Some(text) = container.as_str() {
        check_defined(item)?;
        limits::charge(state, std::slice::from_ref(container))?;
        return match item.as_str() {
            Some(part) => Ok(text.contains(part)),
            None => {
                let detail = format!("`in` a string needs a string, not {}", type_name(item));
                Err(invalid(detail))
            }
        };
    }
    if item.is_undefined() {
        state.format(item.clone())?;
    }
    if item.as_object().is_some() {
        limits::charge_walk(state, item)?;
        limits::charge_walk(state, container)?;
    }
    limits::charge(state, std::slice::from_ref(container))?;
    match container.kind() {
        ValueKind::Map => Ok(container
            .as_object()
            .is_some_and(|map| map.get_value(item).is_some())),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut found = false;
            for (index, value) in container.try_iter()?.enumerate() {
                limits::check_items(index)?;
                if value == *item {
                    found = true;
                    break;
                }
            }
            Ok(found)
        }
        _ => {
            let detail = format!(
                "`in` needs a list, a dict or a string, not {}",
                type_name(container)
            );
            Err(invalid(detail))
        }
    }
}

/// What a loop goes over.
fn iterate(value: Value) -> Result<Value, Error> {
    match value.kind() {
        // A string has a length to loop over, which minijinja does not know.
        ValueKind::String => collect(&value).map(List::own),
        ValueKind::Undefined | ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => Ok(value),
        _ => {
            let detail = format!("{} cannot be iterated over", type_name(&value));
            Err(invalid(detail))
        }
    }
}

/// `value[key]`.
fn item(value: &Value, key: &Value) -> Result<Value, Error> {
    check_defined(value)?;
    let is_float = matches!(number::of(key), Some(Number::Float(_)));
    match is_float && value.kind() != ValueKind::Map {
        // As Jinja2 has it for any item that is not there.
        true => Ok(Value::UNDEFINED),
        false => value.get_item(key),
    }
}

/// `value[start:stop:step]`.
fn slice(
    state: &mut State,
    value: &Value,
    start: &Value,
    stop: &Value,
    step: &Value,
) -> Result<Value, Error> {
    check_defined(value)?;
    limits::charge(state, std::slice::from_ref(value))?;
    let given = [start, stop, step].map(|bound| match bound.is_none() {
        true => Some(None),
        false => count(bound).map(Some),
    });
    let is_sliceable = matches!(value.kind(), ValueKind::String | ValueKind::Seq);
    let [Some(start), Some(stop), Some(step)] = given else {
        return Err(invalid("a slice goes from one integer to another"));
    };
    if !is_sliceable {
        return Err(invalid(format!("{} has no slices", type_name(value))));
    }
    let step = step.unwrap_or(1);
    if step == 0 {
        let detail = "the step of a slice cannot be zero";
        return Err(invalid(detail));
    }
    if let Some(text) = value.as_str() {
        let chars: Vec<char> = text.chars().collect();
        let taken = indices(chars.len(), start, stop, step).map(|index| chars[index]);
        return Ok(Value::from(taken.collect::<String>()));
    }
    if let Some(range) = value.downcast_object_ref::<Range>() {
        let (start, stop) = bounds(range.len(), start, stop, step);
        return range.slice(start, stop, step);
    }
    let items = collect(value)?;
    let taken = indices(items.len(), start, stop, step).map(|index| items[index].clone());
    Ok(same_kind(value, taken.collect()))
}

/// The indices that a slice takes.
fn indices(
    length: usize,
    start: Option<i128>,
    stop: Option<i128>,
    step: i128,
) -> impl Iterator<Item = usize> {
    let (mut at, stop) = bounds(length, start, stop, step);
    std::iter::from_fn(move || {
        let more = if step < 0 { at > stop } else { at < stop };
        let index = more.then(|| usize::try_from(at).ok()).flatten()?;
        at = at.saturating_add(step);
        Some(index)
    })
}

/// Where a slice begins and ends, by the rules of Python's `slice.indices`.
fn bounds(length: usize, start: Option<i128>, stop: Option<i128>, step: i128) -> (i128, i128) {
    let length = length as i128;
    let (lower, upper) = if step < 0 {
        (-1, length - 1)
    } else {
        (0, length)
    };
    let place = |bound: Option<i128>, missing: i128| match bound {
        None => missing,
        Some(bound) if bound < 0 => bound.saturating_add(length).max(lower),
        Some(bound) => bound.min(upper),
    };
    let (first, last) = if step < 0 {
        (upper, lower)
    } else {
        (lower, upper)
    };
    (place(start, first), place(stop, last))
}

/// A dict literal, as a list of its keys and values by turns: to make a dict of it, the engine
/// would look at keys without a limit.
fn dict(state: &mut State, value: &Value) -> Result<Value, Error> {
    let items = collect(value)?;
    let mut entries = indexmap::IndexMap::with_capacity(items.len() / 2);
    for entry in items.chunks_exact(2) {
        let (key, value) = (entry[0].clone(), entry[1].clone());
        limits::charge_walk(state, &key)?;
        super::values::check_key(&key)?;
        entries.insert(key, value);
    }
    Ok(Dict::own(entries))
}
