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
    let mut keyed: Vec<(Value, Value)> = keys.into_iter().zip(values.drain(..)).collect();
    let mut failed = None;
    keyed.sort_by(|(a, _), (b, _)| {
        if failed.is_some() {
            return Ordering::Equal;
        }
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        match order(a, b) {
            Ok(order) => order.unwrap_or(Ordering::Equal),
            Err(()) => {
                failed = Some(no_order(a, b));
                Ordering::Equal
            }
        }
    });
    values.extend(keyed.into_iter().map(|(_, value)| value));
    failed.map_or(Ok(()), Err)
}

/// The error for two values that have no order.
pub(super) fn no_order(a: &Value, b: &Value) -> Error {
    let detail = format!("{} and {} have no order", type_name(a), type_name(b));
    Error::new(ErrorKind::InvalidOperation, detail)
}
