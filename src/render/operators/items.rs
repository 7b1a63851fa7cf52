//! Items and slices.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, State};

use super::{check_defined, count, invalid, same_kind};
use crate::render::limits;
use crate::render::number::{self, Number};
use crate::render::values::{Dict, Range, check_key, collect, type_name};

/// `value[key]`.
pub(super) fn item(value: &Value, key: &Value) -> Result<Value, Error> {
    check_defined(value)?;
    let is_float = matches!(number::of(key), Some(Number::Float(_)));
    match is_float && value.kind() != ValueKind::Map {
        // As Jinja2 has it for any item that is not there.
        true => Ok(Value::UNDEFINED),
        false => value.get_item(key),
    }
}

/// `value[start:stop:step]`.
pub(super) fn slice(
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
pub(super) fn dict(state: &mut State, value: &Value) -> Result<Value, Error> {
    let items = collect(value)?;
    let mut entries = indexmap::IndexMap::with_capacity(items.len() / 2);
    for entry in items.chunks_exact(2) {
        let (key, value) = (entry[0].clone(), entry[1].clone());
        limits::charge_walk(state, &key)?;
        check_key(&key)?;
        entries.insert(key, value);
    }
    Ok(Dict::own(entries))
}
