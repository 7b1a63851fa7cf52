//! Values across the border, by hand: Rhai's own conversion loses large integers and `nan`.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString};

use crate::model::{Map, Value};

/// How deep a returned value may nest.
const MAX_DEPTH: usize = 200;

/// A part of a value that cannot cross.
#[derive(Debug)]
pub(super) struct Misfit {
    path: String,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    TooDeep,
    TooLarge(i128),
    Unknown(Cow<'static, str>),
}

impl Misfit {
    fn new(problem: Problem) -> Self {
        Self {
            path: String::new(),
            problem,
        }
    }

    /// Says that the part was found under `key`.
    pub(super) fn under(self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        Self {
            path: format!("{key}{dot}{}", self.path),
            ..self
        }
    }

    /// Says that the part was found at `index` of a list.
    pub(super) fn item(self, index: usize) -> Self {
        self.under(&format!("[{index}]"))
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 60;
        let path = cut(&self.path, MAX_CHARS);
        match &self.problem {
            Problem::TooDeep => write!(f, "`{path}` nests deeper than {MAX_DEPTH} levels"),
            Problem::TooLarge(int) => {
                write!(
                    f,
                    "`{path}` is {int}, beyond the 64 bits of Rhai's integers"
                )
            }
            Problem::Unknown(kind) if path.is_empty() => write!(f, "a hook cannot return {kind}"),
            Problem::Unknown(kind) => write!(f, "`{path}`: a hook cannot return {kind}"),
        }
    }
}

/// Gives Rhai a value.
pub(super) fn to_dynamic(value: &Value) -> Result<Dynamic, Misfit> {
    Ok(match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(bool) => Dynamic::from_bool(*bool),
        Value::Int(int) => match i64::try_from(*int) {
            Ok(int) => Dynamic::from_int(int),
            Err(_) => return Err(Misfit::new(Problem::TooLarge(*int))),
        },
        Value::Float(float) => Dynamic::from_float(*float),
        Value::String(text) => text_to_dynamic(text),
        Value::List(list) => {
            let item = |(index, item)| to_dynamic(item).map_err(|misfit| misfit.item(index));
            Dynamic::from_array(
                list.iter()
                    .enumerate()
                    .map(item)
                    .collect::<Result<_, _>>()?,
            )
        }
        Value::Map(map) => Dynamic::from_map(to_map(map.iter())?),
        Value::Object(object) => match &object.plain {
            Some(plain) => to_dynamic(plain)?,
            None => text_to_dynamic(&object.text),
        },
    })
}

/// Gives Rhai a map; it sorts the keys.
pub(super) fn to_map<'a>(
    entries: impl IntoIterator<Item = (&'a Arc<str>, &'a Value)>,
) -> Result<rhai::Map, Misfit> {
    entries
        .into_iter()
        .map(|(key, value)| match to_dynamic(value) {
            Ok(value) => Ok(((&**key).into(), value)),
            Err(misfit) => Err(misfit.under(key)),
        })
        .collect()
}

fn text_to_dynamic(text: &str) -> Dynamic {
    Dynamic::from(ImmutableString::from(text))
}

/// Takes a value from Rhai.
pub(super) fn to_value(value: Dynamic) -> Result<Value, Misfit> {
    value_at(value, 0)
}

/// Takes a map from Rhai, with its keys in alphabetical order.
pub(super) fn map_to_value(map: rhai::Map) -> Result<Map, Misfit> {
    map_at(map, 0)
}

fn value_at(value: Dynamic, depth: usize) -> Result<Value, Misfit> {
    if depth > MAX_DEPTH {
        return Err(Misfit::new(Problem::TooDeep));
    }
    // A variable that a closure captured is shared, and is then all a value's type tells.
    let value = value.flatten();
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(Value::String(text.as_str().into()));
    }
    if let Ok(int) = value.as_int() {
        return Ok(Value::Int(int.into()));
    }
    if let Ok(float) = value.as_float() {
        return Ok(Value::Float(float));
    }
    if let Ok(bool) = value.as_bool() {
        return Ok(Value::Bool(bool));
    }
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(char) = value.as_char() {
        return Ok(Value::from(char.to_string()));
    }
    if value.is_array() {
        return list_at(value.cast(), depth);
    }
    if value.is_map() {
        return map_at(value.cast(), depth).map(Value::from);
    }
    Err(Misfit::new(Problem::Unknown(kind(&value))))
}

fn list_at(array: Array, depth: usize) -> Result<Value, Misfit> {
    let item = |(index, item)| value_at(item, depth + 1).map_err(|misfit| misfit.item(index));
    let list: Vec<_> = array
        .into_iter()
        .enumerate()
        .map(item)
        .collect::<Result<_, _>>()?;
    Ok(Value::List(Arc::new(list)))
}

fn map_at(map: rhai::Map, depth: usize) -> Result<Map, Misfit> {
    map.into_iter()
        .map(|(key, value)| match value_at(value, depth + 1) {
            Ok(value) => Ok((Arc::from(key.as_str()), value)),
            Err(misfit) => Err(misfit.under(&key)),
        })
        .collect()
}

/// The word for a kind of value, with its article.
fn kind(value: &Dynamic) -> Cow<'static, str> {
    if value.is_fnptr() {
        return "a function".into();
    }
    kind_of_type(value.type_name())
}

/// The word for one of Rhai's types, with its article.
pub(super) fn kind_of_type(name: &str) -> Cow<'static, str> {
    match name {
        "()" => "`()`".into(),
        "Fn" => "a function".into(),
        "array" => "an array".into(),
        "bool" => "a boolean".into(),
        "char" => "a character".into(),
        "f64" => "a float".into(),
        "i64" => "an integer".into(),
        "map" => "a map".into(),
        "range" | "range=" => "a range".into(),
        name if name.to_lowercase().contains("string") => "a string".into(),
        name if name.contains("Range") => "a range".into(),
        name => format!("a value of type `{name}`").into(),
    }
}

/// Kind and text of a value, such as ``an integer (1)``.
pub(super) fn describe(value: &Dynamic) -> String {
    const MAX_CHARS: usize = 40;
    let kind = kind(value);
    match to_value(value.clone()) {
        Ok(Value::String(text)) => format!("{kind} ({:?})", cut(&text, MAX_CHARS)),
        Ok(Value::Bool(bool)) => format!("{kind} ({bool})"),
        Ok(number @ (Value::Int(_) | Value::Float(_))) => format!("{kind} ({number})"),
        Ok(Value::Null | Value::List(_) | Value::Map(_) | Value::Object(_)) | Err(_) => kind.into(),
    }
}

/// The beginning of a long text.
pub(super) fn cut(text: &str, max_chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
