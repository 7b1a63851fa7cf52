//! Python's comparisons.

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, State};

use super::{check_defined, invalid, is_list, mismatch};
use crate::render::print::{is_of_engine, no_items};
use crate::render::values::{Generator, Range, View, check_key, type_name};
use crate::render::{limits, number};

/// What stands between two comparisons of `a < b < c`, the innermost last.
#[derive(Default)]
struct Between(Vec<Value>);

/// The parts of `a < b <= c`: a comparison that holds keeps its right side for the next one.
pub(super) fn register(env: &mut Environment<'_>) {
    env.add_filter(
        "_compare_first",
        |state: &mut State, left: Value, name: &str, right: Value| {
            let holds = compare(state, name, &left, &right)?;
            keep(state, holds, right);
            Ok::<_, Error>(holds)
        },
    );
    env.add_filter(
        "_compare_next",
        |state: &mut State, _: Value, name: &str, right: Value| {
            let left = kept(state);
            let holds = compare(state, name, &left, &right)?;
            keep(state, holds, right);
            Ok::<_, Error>(holds)
        },
    );
    env.add_filter(
        "_compare_last",
        |state: &mut State, _: Value, name: &str, right: Value| {
            let left = kept(state);
            compare(state, name, &left, &right)
        },
    );
}

fn keep(state: &mut State, holds: bool, value: Value) {
    if holds {
        let Between(values) = state.get_or_insert_extension(Between::default());
        values.push(value);
    }
}

fn kept(state: &mut State) -> Value {
    let Between(values) = state.get_or_insert_extension(Between::default());
    values.pop().unwrap_or_default()
}

pub(in crate::render) fn compare(
    state: &mut State,
    name: &str,
    a: &Value,
    b: &Value,
) -> Result<bool, Error> {
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
    if a.kind() == ValueKind::Iterable {
        return Ok(same_iterable(a, b));
    }
    charge_comparison(state, a, b)?;
    Ok(a == b)
}

/// To compare iterators by their items would use them up.
fn same_iterable(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (a.downcast_object::<View>(), b.downcast_object::<View>()) {
        return Arc::ptr_eq(&a, &b) || a.equals(&b);
    }
    let generators = (
        a.downcast_object::<Generator>(),
        b.downcast_object::<Generator>(),
    );
    matches!(generators, (Some(a), Some(b)) if Arc::ptr_eq(&a, &b))
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
pub(in crate::render) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, ()> {
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
fn contains(state: &mut State, container: &Value, item: &Value) -> Result<bool, Error> {
    if container.is_undefined() {
        // It has no items, where it may be looked at.
        state.format(container.clone())?;
        return Ok(false);
    }
    if is_of_engine(container) {
        return Err(no_items());
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
    if let Some(view) = container.downcast_object_ref::<View>()
        && let Some(has) = view.has(item)?
    {
        return Ok(has);
    }
    match container.kind() {
        ValueKind::Map if item.as_object().is_some() && check_key(item).is_err() => {
            check_key(item).map(|()| false)
        }
        ValueKind::Map => Ok(container
            .as_object()
            .is_some_and(|map| map.get_value(item).is_some())),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut found = false;
            for (index, value) in container.try_iter()?.checked().enumerate() {
                limits::check_items(index)?;
                if value? == *item {
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
