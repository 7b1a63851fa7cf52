//! Jinja2's global functions.
//!
//! Source: Jinja2's template designer documentation, "List of Global Functions".

use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use minijinja::value::{Object, ObjectRepr, Rest, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};

use super::call::{bind, split};
use super::syntax::NOTHING;
use super::values::{Dict, Range, pairs, type_name};

pub(super) const NAMES: [&str; 6] = ["cycler", "dict", "joiner", "lipsum", "namespace", "range"];

pub(super) fn register(env: &mut Environment<'_>) {
    env.add_function("cycler", cycler);
    env.add_function("dict", dict);
    env.add_function("joiner", joiner);
    env.add_function("lipsum", |_: Rest<ValueOrKwargs>| -> Result<Value, Error> {
        Err(invalid("there is no `lipsum` here: it is a text of chance"))
    });
    env.add_function("namespace", namespace);
    env.add_function("range", |args: Rest<Value>| range(&args));
    env.add_global(NOTHING, Value::from_pairs::<_, Value, Value>([]));
    env.add_global("_unset", Value::from_object(Unset));
    env.add_filter("_is_unset", |value: Value| {
        value.downcast_object_ref::<Unset>().is_some()
    });
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// The value of a macro's parameter that was not given.
#[derive(Debug)]
struct Unset;

impl Object for Unset {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// `range(stop)` or `range(start, stop, step)`
fn range(args: &[Value]) -> Result<Value, Error> {
    let mut numbers = [0; 3];
    if args.is_empty() || args.len() > 3 {
        return Err(invalid("`range` takes one to three integers"));
    }
    for (number, value) in numbers.iter_mut().zip(args.iter()) {
        if value.is_undefined() {
            value.get_attr("")?;
        }
        let is_integer = value.is_integer() || value.kind() == ValueKind::Bool;
        let int = value.as_i64().filter(|_| is_integer);
        let int = int.or(match value.kind() {
            ValueKind::Bool => Some(value.is_true().into()),
            _ => None,
        });
        *number = int
            .ok_or_else(|| invalid(format!("`range` needs integers, not {}", type_name(value))))?;
    }
    match args.len() {
        1 => Range::of(0, numbers[0], 1),
        2 => Range::of(numbers[0], numbers[1], 1),
        _ => Range::of(numbers[0], numbers[1], numbers[2]),
    }
}

/// `dict(…, name=value)`
fn dict(args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let (positional, named) = split(&args)?;
    let mut entries = match &positional[..] {
        [] => IndexMap::new(),
        [source] => pairs(source)?,
        _ => return Err(invalid("`dict` takes one dict, or pairs, and named values")),
    };
    entries.extend(named);
    Ok(Dict::own(entries))
}

/// `namespace(…, name=value)`
fn namespace(args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let entries = dict(args)?;
    minijinja::functions::namespace(Some(entries.into()))
}

/// Goes round its items, see `cycler`.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    at: Mutex<usize>,
}

fn cycler(args: Rest<Value>) -> Result<Value, Error> {
    if args.is_empty() {
        return Err(invalid("`cycler` needs items"));
    }
    Ok(Value::from_object(Cycler {
        items: args.0,
        at: Mutex::new(0),
    }))
}

pub(super) fn is_cycler(value: &Value) -> bool {
    value.downcast_object_ref::<Cycler>().is_some()
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let at = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        (key == "current").then(|| self.items[at].clone())
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let [] = bind(method, args, [], 0)?;
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        match method {
            "next" => {
                let current = self.items[*at].clone();
                *at = (*at + 1) % self.items.len();
                Ok(current)
            }
            "reset" => {
                *at = 0;
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// Gives its separator from the second call on, see `joiner`.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    used: Mutex<bool>,
}

/// `joiner(sep=', ')`
fn joiner(args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let [separator] = bind("joiner", &args, ["sep"], 0)?;
    Ok(Value::from_object(Joiner {
        separator: separator.unwrap_or_else(|| Value::from(", ")),
        used: Mutex::new(false),
    }))
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let [] = bind("joiner", args, [], 0)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *used, true) {
            true => Ok(self.separator.clone()),
            false => Ok(Value::from("")),
        }
    }
}
