//! Values across the border, by hand: Rhai's own conversion loses large integers and `nan`.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString};

use super::engine::TOP_LEVEL_FACTOR;
use super::library;
use crate::config::RhaiLimits;
use crate::model::{Map, Value};
use crate::text;

/// How deep a returned value may nest.
const MAX_DEPTH: usize = 200;

/// How much of a value may cross. Values may hold one long string many times, and some of the
/// engine's limits look at parts only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Values, inner ones included; 0 for any number.
    pub(crate) items: usize,
    /// Bytes of text; 0 for any number.
    pub(crate) bytes: usize,
}

impl Bounds {
    /// What one value may hold within `limits`.
    pub(crate) fn of(limits: &RhaiLimits) -> Self {
        Self {
            items: limits.array_items.saturating_add(limits.map_entries),
            bytes: limits.string_bytes,
        }
    }

    /// What all answers of a parse hook together may hold within `limits`: they stay in memory.
    pub(crate) fn of_sets(limits: &RhaiLimits) -> Self {
        Self {
            items: limits.array_items.saturating_mul(20),
            bytes: limits.string_bytes.saturating_mul(64),
        }
    }

    /// What all different answers of a logic hook together may hold within `limits`: a job keeps its
    /// own.
    pub(crate) fn of_slurm_args(limits: &RhaiLimits) -> Self {
        Self {
            items: limits.array_items.saturating_mul(50),
            bytes: limits.string_bytes.saturating_mul(128),
        }
    }

    /// What the value of a whole file may hold within `limits`.
    pub(crate) fn of_top_level(limits: &RhaiLimits) -> Self {
        let Self { items, bytes } = Self::of(limits);
        Self {
            items: items.saturating_mul(TOP_LEVEL_FACTOR),
            bytes: bytes.saturating_mul(TOP_LEVEL_FACTOR),
        }
    }
}

/// A part of a value that cannot cross.
#[derive(Debug)]
pub(crate) struct Misfit {
    path: String,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    /// More values than may cross.
    Items(usize),
    /// More bytes of text than may cross.
    Bytes(usize),
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

    /// The limit that was reached, by its key in the config, if it was one.
    pub(crate) fn limit(&self) -> Option<&'static str> {
        match self.problem {
            Problem::Items(_) => Some("array_items"),
            Problem::Bytes(_) => Some("string_bytes"),
            Problem::TooDeep | Problem::TooLarge(_) | Problem::Unknown(_) => None,
        }
    }

    /// Says that the part was found under `key`.
    pub(crate) fn under(self, key: &str) -> Self {
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
    pub(crate) fn item(self, index: usize) -> Self {
        self.under(&format!("[{index}]"))
    }
}

impl Display for Misfit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 60;
        let path = text::cut(&self.path, MAX_CHARS);
        match &self.problem {
            Problem::Items(max) => write!(f, "more than {} values", text::thousands(*max)),
            Problem::Bytes(max) => write!(f, "more than {} bytes of text", text::thousands(*max)),
            Problem::TooDeep => write!(f, "`{path}` nests deeper than {MAX_DEPTH} levels"),
            Problem::TooLarge(int) => {
                write!(
                    f,
                    "`{path}` is {int}, beyond the 64 bits of Rhai's integers"
                )
            }
            Problem::Unknown(kind) if path.is_empty() => f.write_str(kind),
            Problem::Unknown(kind) => write!(f, "{kind} as `{path}`"),
        }
    }
}

/// Gives Rhai a value.
pub(crate) fn to_dynamic(value: &Value) -> Result<Dynamic, Misfit> {
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
pub(crate) fn to_map<'a>(
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
pub(crate) fn to_value(value: &Dynamic, bounds: Bounds) -> Result<Value, Misfit> {
    Intake::new(bounds).value(value, 0)
}

/// Takes a map from Rhai, with its keys in alphabetical order.
pub(crate) fn map_to_value(map: &rhai::Map, bounds: Bounds) -> Result<Map, Misfit> {
    Intake::new(bounds).take(map)
}

/// Takes values, and counts what they hold together.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    bounds: Bounds,
    items: usize,
    bytes: usize,
}

impl Intake {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            items: 0,
            bytes: 0,
        }
    }

    /// Takes a map from Rhai, with its keys in alphabetical order.
    pub(crate) fn take(&mut self, map: &rhai::Map) -> Result<Map, Misfit> {
        self.map(map, 0)
    }

    /// Counts what another took.
    pub(crate) fn add(&mut self, other: &Self) -> Result<(), Misfit> {
        self.count(other.items, other.bytes)
    }

    fn count(&mut self, items: usize, bytes: usize) -> Result<(), Misfit> {
        self.items += items;
        self.bytes += bytes;
        let Bounds {
            items: max_items,
            bytes: max_bytes,
        } = self.bounds;
        if max_items > 0 && self.items > max_items {
            return Err(Misfit::new(Problem::Items(max_items)));
        }
        if max_bytes > 0 && self.bytes > max_bytes {
            return Err(Misfit::new(Problem::Bytes(max_bytes)));
        }
        Ok(())
    }

    fn value(&mut self, value: &Dynamic, depth: usize) -> Result<Value, Misfit> {
        if depth > MAX_DEPTH {
            return Err(Misfit::new(Problem::TooDeep));
        }
        self.count(1, 0)?;
        // A variable that a closure captured is shared, and is then all a value's type tells.
        let flat;
        let value = if value.is_shared() {
            flat = value.flatten_clone();
            &flat
        } else {
            value
        };
        if let Ok(text) = value.as_immutable_string_ref() {
            self.count(0, text.len())?;
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
        if let Some(array) = value.read_lock::<Array>() {
            return self.list(&array, depth);
        }
        if let Some(map) = value.read_lock::<rhai::Map>() {
            return self.map(&map, depth).map(Value::from);
        }
        match library::amount(value) {
            Some(text) => Ok(text.into()),
            None => Err(Misfit::new(Problem::Unknown(kind(value)))),
        }
    }

    fn list(&mut self, array: &Array, depth: usize) -> Result<Value, Misfit> {
        let item = |(index, item)| {
            let item = self.value(item, depth + 1);
            item.map_err(|misfit| misfit.item(index))
        };
        let list: Vec<_> = array
            .iter()
            .enumerate()
            .map(item)
            .collect::<Result<_, _>>()?;
        Ok(Value::List(Arc::new(list)))
    }

    fn map(&mut self, map: &rhai::Map, depth: usize) -> Result<Map, Misfit> {
        map.iter()
            .map(|(key, value)| {
                self.count(0, key.len())?;
                match self.value(value, depth + 1) {
                    Ok(value) => Ok((Arc::from(key.as_str()), value)),
                    Err(misfit) => Err(misfit.under(key)),
                }
            })
            .collect()
    }
}

/// The word for a kind of value, with its article.
pub(crate) fn kind(value: &Dynamic) -> Cow<'static, str> {
    if value.is_fnptr() {
        return "a function".into();
    }
    match library::kind_of_amount(value) {
        Some(kind) => kind.into(),
        None => kind_of_type(value.type_name()),
    }
}

/// The word for one of Rhai's types, with its article.
pub(crate) fn kind_of_type(name: &str) -> Cow<'static, str> {
    match name {
        "()" => "`()`".into(),
        "Fn" => "a function".into(),
        "array" => "an array".into(),
        "bool" => "a boolean".into(),
        "char" => "a character".into(),
        "f64" => "a float".into(),
        "i64" => "an integer".into(),
        "map" => "a map".into(),
        "mem" => "an amount of memory".into(),
        "range" | "range=" => "a range".into(),
        "time" => "an amount of time".into(),
        name if name.to_lowercase().contains("string") => "a string".into(),
        name if name.contains("Range") => "a range".into(),
        name => format!("a value of type `{name}`").into(),
    }
}

/// Kind and text of a value, such as ``an integer (1)``.
pub(crate) fn describe(value: &Dynamic) -> String {
    const MAX_CHARS: usize = 40;
    let kind = kind(value);
    if let Ok(text) = value.as_immutable_string_ref() {
        return format!("{kind} ({:?})", text::cut(&text, MAX_CHARS));
    }
    if value.is_int() || value.is_float() || value.is_bool() {
        return format!("{kind} ({})", library::shown(value, MAX_CHARS));
    }
    kind.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_bounds_does_not_cross() {
        let long = Dynamic::from("x".repeat(100));
        let many = Dynamic::from_array(vec![long; 10]);
        let of = |items, bytes| {
            let value = to_value(&many, Bounds { items, bytes });
            value.map(|_| ()).map_err(|misfit| misfit.to_string())
        };
        assert_eq!(of(0, 0), Ok(()));
        assert_eq!(of(11, 1000), Ok(()));
        assert_eq!(of(10, 1000), Err("more than 10 values".into()));
        assert_eq!(of(11, 999), Err("more than 999 bytes of text".into()));
    }
}
