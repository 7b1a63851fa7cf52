//! Python's sort: stable, and an error for what has no order.

use std::cmp::Ordering;

use minijinja::value::Value;
use minijinja::{Error, ErrorKind, State};

use super::limits;
use super::operators::order;
use super::values::type_name;

/// Sorts values in place.
pub(super) fn sort(state: &State, values: &mut Vec<Value>, reverse: bool) -> Result<(), Error> {
    sort_by_key(state, values, reverse, |value| Ok(value.clone()))
}

/// Sorts values by a key of each. Equal ones keep their order, even in reverse.
pub(super) fn sort_by_key(
    state: &State,
    values: &mut Vec<Value>,
    reverse: bool,
    key: impl FnMut(&Value) -> Result<Value, Error>,
) -> Result<(), Error> {
    let keys = values.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    for key in &keys {
        limits::charge_walk(state, key)?;
    }
    let keyed: Vec<(Value, Value)> = keys.into_iter().zip(values.drain(..)).collect();
    let mut failed = None;
    let sorted = stable(keyed, &mut |(a, _), (b, _)| {
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        match order(a, b) {
            Ok(order) => order == Some(Ordering::Less),
            Err(()) => {
                failed.get_or_insert_with(|| no_order(a, b));
                false
            }
        }
    });
    values.extend(sorted.into_iter().map(|(_, value)| value));
    failed.map_or(Ok(()), Err)
}

/// Items that are merged; CPython sorts fewer by insertion.
const MIN_MERGE: usize = 64;

/// Sorts by an order that need not be one: nan has none, and the standard library's sort may then
/// fail. Few items come out as CPython's sort has them even so.
pub(super) fn stable<T>(items: Vec<T>, less: &mut dyn FnMut(&T, &T) -> bool) -> Vec<T> {
    if items.len() < MIN_MERGE {
        return insertion(items, less);
    }
    let mut left = items;
    let right = left.split_off(left.len() / 2);
    let mut left = stable(left, less).into_iter().peekable();
    let mut right = stable(right, less).into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b, a) {
            right.next()
        } else {
            left.next()
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// Binary insertion after the run at the start, as in CPython's `listobject.c`.
fn insertion<T>(mut items: Vec<T>, less: &mut dyn FnMut(&T, &T) -> bool) -> Vec<T> {
    let run = run(&mut items, less);
    for at in run..items.len() {
        let (mut low, mut high) = (0, at);
        while low < high {
            let middle = low + (high - low) / 2;
            if less(&items[at], &items[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=at].rotate_right(1);
    }
    items
}

/// The length of the run at the start; one that goes down is turned round.
fn run<T>(items: &mut [T], less: &mut dyn FnMut(&T, &T) -> bool) -> usize {
    if items.len() < 2 {
        return items.len();
    }
    let descends = less(&items[1], &items[0]);
    let mut end = 2;
    while end < items.len() && less(&items[end], &items[end - 1]) == descends {
        end += 1;
    }
    if descends {
        items[..end].reverse();
    }
    end
}

/// The error for two values that have no order.
pub(super) fn no_order(a: &Value, b: &Value) -> Error {
    let detail = format!("{} and {} have no order", type_name(a), type_name(b));
    Error::new(ErrorKind::InvalidOperation, detail)
}
