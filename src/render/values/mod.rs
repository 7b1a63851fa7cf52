//! The values of templates that have an identity in Python: lists and dicts, which templates may
//! change, and the views and ranges that print by their own names.

mod dict;
mod generator;
mod list;
mod loops;
mod method;
mod range;
mod view;

use std::sync::Arc;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, State};

pub(super) use dict::{Dict, pairs};
pub(super) use generator::{Generator, Group};
pub(super) use list::List;
pub(super) use loops::{Loop, LoopKind, Parts};
pub(super) use method::Method;
pub(super) use range::Range;
pub(super) use view::View;

use super::context::PythonObject;
use super::{limits, number};

/// Who may change a list or a dict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// One rendering: changes end with it.
    Template,
    /// All jobs that have this value.
    Sweep,
}

/// The detail of the error for a change of what all jobs share. The renderer then renders again,
/// with values of the job's own.
pub(super) const SHARED: &str = "a value of all jobs cannot be changed";

impl Owner {
    fn check(self) -> Result<(), Error> {
        match self {
            Self::Template => Ok(()),
            Self::Sweep => Err(Error::new(ErrorKind::InvalidOperation, SHARED)),
        }
    }
}

/// A copy of a value, all the way down, that one rendering may change.
pub(super) fn own(value: &Value) -> Value {
    if let Some(list) = value.downcast_object_ref::<List>() {
        return List::own(list.items().iter().map(own).collect());
    }
    if let Some(dict) = value.downcast_object_ref::<Dict>() {
        let entries = dict.entries();
        let entries = entries.iter().map(|(key, value)| (key.clone(), own(value)));
        return Dict::own(entries.collect());
    }
    value.clone()
}

/// The items of a value that Python iterates over.
pub(super) fn items_of(
    value: &Value,
) -> Result<impl Iterator<Item = Result<Value, Error>> + use<>, Error> {
    let is_object = value.downcast_object_ref::<PythonObject>().is_some();
    if value.is_none() || value.kind() == ValueKind::Plain && !is_object {
        let detail = format!("{} has no items", type_name(value));
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    Ok(value.try_iter()?.checked())
}

/// All items of a value that Python iterates over.
pub(super) fn collect(value: &Value) -> Result<Vec<Value>, Error> {
    let mut items = Vec::new();
    for item in items_of(value)? {
        limits::check_items(items.len() + 1)?;
        items.push(item?);
    }
    Ok(items)
}

/// What a value is, as messages say it.
pub(super) fn type_name(value: &Value) -> &'static str {
    if value.is_tuple() {
        return "a tuple";
    }
    match value.kind() {
        ValueKind::Undefined => "an undefined value",
        ValueKind::None => "none",
        ValueKind::Bool => "a boolean",
        _ if number::is_integer(value) => "an integer",
        ValueKind::Number => "a float",
        ValueKind::String => "a string",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq => "a list",
        ValueKind::Map => "a dict",
        ValueKind::Iterable => "an iterator",
        _ if value.downcast_object_ref::<PythonObject>().is_some() => "an object",
        _ if value.downcast_object_ref::<Loop>().is_some() => "a loop",
        _ => "a function",
    }
}

/// Refuses what cannot be the key of a dict.
pub(super) fn check_key(key: &Value) -> Result<(), Error> {
    let is_hashable = match key.kind() {
        ValueKind::Seq if key.is_tuple() => {
            return key.try_iter()?.try_for_each(|item| check_key(&item));
        }
        ValueKind::Seq | ValueKind::Map => false,
        _ => true,
    };
    match is_hashable {
        true => Ok(()),
        false => {
            let detail = format!("{} cannot be the key of a dict", type_name(key));
            Err(Error::new(ErrorKind::InvalidOperation, detail))
        }
    }
}

/// Takes fuel for a method of a list or dict, which may look at all its items and those of its
/// arguments, however deep. What is put into a list cannot hold that list.
fn charge_method<T: Send + Sync + 'static>(
    state: &State,
    owner: &Arc<T>,
    items: usize,
    args: &[Value],
) -> Result<(), Error> {
    let mut cost = items;
    for arg in args {
        cost += limits::walk(arg, &mut |value| match value.downcast_object::<T>() {
            Some(inner) if Arc::ptr_eq(owner, &inner) => {
                Err(invalid("a list or a dict cannot be put into itself"))
            }
            _ => Ok(()),
        })?;
    }
    state.consume_fuel((cost / 16) as u64)
}

/// An index as Python takes it: from the end if negative.
fn index(key: &Value, length: usize) -> Option<usize> {
    let index = match key.kind() {
        ValueKind::Bool => i64::from(key.is_true()),
        ValueKind::Number if key.is_integer() => key.as_i64()?,
        _ => return None,
    };
    let index = match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    };
    index.filter(|index| *index < length)
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

fn unknown_method() -> Error {
    Error::from(ErrorKind::UnknownMethod)
}
