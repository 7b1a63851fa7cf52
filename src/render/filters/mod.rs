//! Jinja2's filters, all of them and no others.
//!
//! minijinja has most of these names, with other arguments or other results. Source: Jinja2's
//! template designer documentation, "List of Builtin Filters".

mod attribute;
mod numbers;
mod select;
mod sequences;
mod text;

use std::borrow::Cow;

use minijinja::value::{Rest, Value, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State};

use super::{limits, print};

pub(super) const NAMES: [&str; 54] = [
    "abs",
    "attr",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "forceescape",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
    "wordwrap",
    "xmlattr",
];

/// What a filter is given is the value and its arguments, the named ones last.
type Filter = fn(&mut State<'_, '_>, &[Value]) -> Result<Value, Error>;

pub(super) fn register(env: &mut Environment<'_>) {
    env.add_filter("default", default);
    env.add_filter("d", default);
    numbers::register(env);
    select::register(env);
    sequences::register(env);
    text::register(env);
}

fn add(env: &mut Environment<'_>, name: &'static str, filter: Filter) {
    env.add_filter(name, move |state: &mut State, args: Rest<ValueOrKwargs>| {
        let args = args.into_values();
        check_printable(state, &args)?;
        limits::charge(state, &args)?;
        filter(state, &args)
    });
}

/// Refuses undefined values where the level of undefined does not let them be printed.
fn check_printable(state: &mut State, values: &[Value]) -> Result<(), Error> {
    for value in values {
        if value.is_undefined() {
            state.format(value.clone())?;
        }
    }
    Ok(())
}

/// `value|default(default_value='', boolean=false)`
fn default(args: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let args = args.into_values();
    let names = ["value", "default_value", "boolean"];
    let [value, default, boolean] = super::call::bind("default", &args, names, 1)?;
    let value = value.unwrap_or_default();
    let boolean = boolean.is_some_and(|boolean| boolean.is_true());
    if value.is_undefined() || boolean && !value.is_true() {
        return Ok(default.unwrap_or_else(|| Value::from("")));
    }
    Ok(value)
}

/// A value as text.
fn text(value: &Value) -> Result<Cow<'_, str>, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.into());
    }
    let mut text = String::new();
    print::str(&mut text, value)?;
    limits::check_text(text.len())?;
    Ok(text.into())
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// Whether a flag is given and true.
fn is_set(flag: Option<&Value>) -> bool {
    flag.is_some_and(Value::is_true)
}
