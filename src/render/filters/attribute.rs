//! What filters take as `attribute`: a name, an index, or several with dots.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, State};

use super::invalid;
use crate::render::module;
use crate::render::print::is_of_engine;
use crate::render::python::strings;
use crate::render::values::{Dict, List, Method};

/// A path of names and indices.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    parts: Vec<Value>,
    default: Option<Value>,
    ignore_case: bool,
}

impl Attribute {
    /// No attribute is the value itself.
    pub(super) fn new(path: Option<&Value>) -> Self {
        Self {
            parts: path.map(parts).unwrap_or_default(),
            default: None,
            ignore_case: false,
        }
    }

    /// Several attributes, with commas between them.
    pub(super) fn list(path: Option<&Value>) -> Vec<Self> {
        match path.and_then(Value::as_str) {
            Some(text) => text
                .split(',')
                .map(|path| Self::new(Some(&Value::from(path))))
                .collect(),
            None => vec![Self::new(path)],
        }
    }

    /// What stands for values that are not there.
    pub(super) fn or(self, default: Option<Value>) -> Self {
        let default = default.filter(|default| !default.is_none());
        Self { default, ..self }
    }

    /// Whether texts that differ in case only are the same.
    pub(super) fn ignoring_case(self, ignore_case: bool) -> Self {
        Self {
            ignore_case,
            ..self
        }
    }

    pub(super) fn of(&self, value: &Value) -> Result<Value, Error> {
        let mut value = value.clone();
        for part in &self.parts {
            value = item(&value, part)?;
            if value.is_undefined() {
                value = self.default.clone().unwrap_or(value);
            }
        }
        Ok(match value.as_str() {
            Some(text) if self.ignore_case => Value::from(text.to_lowercase()),
            _ => value,
        })
    }
}

fn parts(path: &Value) -> Vec<Value> {
    let Some(text) = path.as_str() else {
        return match path.is_none() {
            true => Vec::new(),
            false => vec![path.clone()],
        };
    };
    let part = |part: &str| match part.parse::<u64>() {
        Ok(index) if part.bytes().all(|digit| digit.is_ascii_digit()) => Value::from(index),
        _ => Value::from(part),
    };
    text.split('.').map(part).collect()
}

/// An item or an attribute of a value.
fn item(value: &Value, key: &Value) -> Result<Value, Error> {
    match value.kind() {
        // It says what is undefined.
        ValueKind::Undefined => value.get_attr(""),
        _ => value.get_item(key),
    }
}

/// `value|attr(name)`
pub(super) fn attr(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, name] = crate::render::call::bind("attr", args, ["obj", "name"], 2)?;
    let (value, name) = (value.unwrap_or_default(), name.unwrap_or_default());
    let Some(attribute) = name.as_str() else {
        return Err(invalid("`attr` needs the name of an attribute"));
    };
    let methods: &[&str] = match value.kind() {
        ValueKind::String => &strings::NAMES,
        ValueKind::Map => &Dict::METHODS,
        ValueKind::Seq if !value.is_tuple() => &List::METHODS,
        _ => &[],
    };
    if methods.contains(&attribute) {
        return Ok(Method::bound(value, attribute));
    }
    match value.kind() {
        ValueKind::Undefined => value.get_attr(""),
        ValueKind::Map if is_of_engine(&value) => module::attribute(&value, attribute),
        // The items of a dict are not its attributes.
        ValueKind::Map => Ok(Value::UNDEFINED),
        _ => value.get_item(&name),
    }
}
