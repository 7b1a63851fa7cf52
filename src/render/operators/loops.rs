//! Loops, as the filters that templates are rewritten to.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, State};

use super::invalid;
use crate::render::print::{is_of_engine, no_items};
use crate::render::values::{List, Loop, LoopKind, Parts, collect, type_name};

pub(super) fn register(env: &mut Environment<'_>) {
    env.add_filter("_iter", iterate);
    env.add_filter("_parts", |items: Value| -> Result<Value, Error> {
        match items.is_undefined() {
            true => Ok(items),
            false => Ok(Value::from_object(Parts(iterate(items)?))),
        }
    });
    for (filter, recursive, unpacks) in [
        ("_loop", false, false),
        ("_loop_of_parts", false, true),
        ("_recursive_loop", true, false),
    ] {
        env.add_filter(
            filter,
            move |state: &mut State,
                  items: Value,
                  filtered: bool,
                  test: Option<Value>,
                  shape: Option<Value>| {
                let kind = LoopKind {
                    filtered,
                    test,
                    recursive,
                    unpacks,
                    shape,
                };
                Loop::of(known(state, items)?, kind)
            },
        );
    }
    env.add_filter(
        "_loop_within",
        |state: &mut State, items: Value, outer: Value| -> Result<Value, Error> {
            let items = known(state, items)?;
            of(&outer)?.within(items)
        },
    );
    env.add_filter(
        "_ahead",
        |state: &mut State, value: Value, name: &str| -> Result<Value, Error> {
            // Outside of loops `loop` is a variable as any other.
            match value.downcast_object_ref::<Loop>() {
                Some(counted) => Ok(counted.attribute(name, Some(state))?.unwrap_or_default()),
                None => value.get_attr(name),
            }
        },
    );
    env.add_filter("_enter", |value: Value| -> Result<bool, Error> {
        of(&value)?.enter();
        Ok(true)
    });
    for (filter, tells) in [
        ("_has_item", Loop::has_item as fn(&Loop) -> bool),
        ("_is_empty", Loop::is_empty),
        ("_is_tested", Loop::is_tested),
    ] {
        env.add_filter(filter, move |value: Value| -> Result<bool, Error> {
            Ok(tells(of(&value)?))
        });
    }
}

fn of(value: &Value) -> Result<&Loop, Error> {
    value
        .downcast_object_ref()
        .ok_or_else(|| invalid("the loop has ended"))
}

/// What a loop goes over. An undefined value has no items, where it may be looked at.
fn known(state: &mut State, items: Value) -> Result<Value, Error> {
    if items.is_undefined() {
        state.format(items.clone())?;
    }
    iterate(items)
}

/// What a loop goes over.
pub(super) fn iterate(value: Value) -> Result<Value, Error> {
    match value.kind() {
        // A string has a length to loop over, which minijinja does not know.
        ValueKind::String => collect(&value).map(List::own),
        ValueKind::Map if is_of_engine(&value) => Err(no_items()),
        ValueKind::Undefined | ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => Ok(value),
        _ => {
            let detail = format!("{} cannot be iterated over", type_name(&value));
            Err(invalid(detail))
        }
    }
}
