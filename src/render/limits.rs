//! What keeps a template from eating memory or time.
//!
//! The engine's fuel bounds the steps of a template and what values they return; these bound what
//! one step may make.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

use crate::text::thousands;

/// The longest text that a filter, method or operator may make, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 16 << 20;
/// The most items that a list may have, and values that lists and dicts within each other may.
pub(super) const MAX_ITEMS: usize = 1_000_000;
/// How deep lists and dicts may lie within each other to be compared.
const MAX_DEPTH: usize = 500;
/// Values that are looked at for one unit of fuel, and bytes of text.
const VALUES_PER_FUEL: usize = 8;
const BYTES_PER_FUEL: usize = 64;

pub(super) fn text_error() -> Error {
    let max = thousands(MAX_TEXT_BYTES);
    Error::new(
        ErrorKind::InvalidOperation,
        format!("the text would have more than {max} bytes, which no setting allows"),
    )
}

pub(super) fn check_text(bytes: usize) -> Result<(), Error> {
    match bytes > MAX_TEXT_BYTES {
        true => Err(text_error()),
        false => Ok(()),
    }
}

pub(super) fn check_items(items: usize) -> Result<(), Error> {
    if items <= MAX_ITEMS {
        return Ok(());
    }
    let max = thousands(MAX_ITEMS);
    Err(Error::new(
        ErrorKind::InvalidOperation,
        format!("the list would have more than {max} items, which no setting allows"),
    ))
}

/// Takes fuel for looking at values once: the engine does not know that a filter of ours does.
pub(super) fn charge(state: &State, values: &[Value]) -> Result<(), Error> {
    let cost = values.iter().map(|value| match value.kind() {
        ValueKind::String => value.as_str().map_or(0, str::len) / BYTES_PER_FUEL,
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
            value.len().unwrap_or(0) / VALUES_PER_FUEL
        }
        _ => 0,
    });
    state.consume_fuel(cost.sum::<usize>() as u64)
}

/// Takes fuel for a walk through a value, and refuses one that has no end: lists that hold a list
/// twice double with each level.
pub(super) fn charge_walk(state: &State, value: &Value) -> Result<(), Error> {
    let values = walk(value, &mut |_| Ok(()))?;
    state.consume_fuel((values / VALUES_PER_FUEL).max(1) as u64)
}

/// Visits a value and all in it, and counts them.
///
/// # Errors
/// If they are too many or lie too deep, or the visitor's.
pub(super) fn walk(
    value: &Value,
    visit: &mut dyn FnMut(&Value) -> Result<(), Error>,
) -> Result<usize, Error> {
    let mut values = 0;
    walk_nested(value, 0, &mut values, visit)?;
    Ok(values)
}

fn walk_nested(
    value: &Value,
    depth: usize,
    values: &mut usize,
    visit: &mut dyn FnMut(&Value) -> Result<(), Error>,
) -> Result<(), Error> {
    visit(value)?;
    *values += 1;
    if depth > MAX_DEPTH {
        let detail = format!("lists and dicts more than {MAX_DEPTH} levels within each other");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    check_items(*values)?;
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    match value.kind() {
        ValueKind::Seq => {
            for item in object.try_iter().into_iter().flatten() {
                walk_nested(&item, depth + 1, values, visit)?;
            }
        }
        ValueKind::Map => {
            for (_, item) in object.try_iter_pairs().into_iter().flatten() {
                walk_nested(&item, depth + 1, values, visit)?;
            }
        }
        _ => {}
    }
    Ok(())
}
