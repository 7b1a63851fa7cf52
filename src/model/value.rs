use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::text;

/// A parameter or a Slurm argument, as a spec holds it or a hook returns it.
///
/// Four worlds meet here: YAML, Rhai, Jinja and Python. Each engine converts at its own edge, so
/// that no engine's value type travels through the crate. Cloning is cheap: containers are shared.
///
/// Two values are equal when type and text are: `1`, `1.0` and `true` all differ, `nan` equals
/// itself, `0.0` does not equal `-0.0`, and maps with another order differ. Nothing that would be
/// printed differently is ever merged.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null` in YAML, `None` in Python, `()` in Rhai.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A floating point number; a whole one stays a float.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// An ordered list.
    List(Arc<Vec<Value>>),
    /// A mapping in the order it was written.
    Map(Arc<Map>),
    /// A value of a Python type without a counterpart here.
    Object(Arc<Object>),
}

/// A mapping from text to values that keeps its order.
#[derive(Clone, Debug, Default)]
pub struct Map(IndexMap<Arc<str>, Value>);

/// A Python object as Python itself prints it: a date, a path, a tuple, a numpy scalar.
///
/// Jinja2 would print `str(object)`, and `repr(object)` inside a list, so both are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// The name of its type, such as `datetime.date`.
    pub type_name: String,
    /// What `str` makes of it.
    pub text: String,
    /// What `repr` makes of it.
    pub repr: String,
    /// The nearest value there is, for arithmetic, comparison and loops.
    pub plain: Option<Value>,
}

impl Value {
    /// The word for this kind of value in messages, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Object(_) => "a Python object",
        }
    }

    /// Makes a list.
    pub fn list(values: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Arc::new(values.into_iter().collect()))
    }

    /// Makes a map.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(Arc::new(entries.into_iter().collect()))
    }

    /// What a collection keeps of it: Python objects become their nearest value or their text.
    #[must_use]
    pub fn stored(&self) -> Self {
        match self {
            Self::Object(object) => match &object.plain {
                Some(plain) => plain.stored(),
                None => object.text.as_str().into(),
            },
            Self::List(list) if !self.is_stored() => Self::list(list.iter().map(Self::stored)),
            Self::Map(map) if !self.is_stored() => map.stored().into(),
            other => other.clone(),
        }
    }

    /// Whether it holds no Python object.
    fn is_stored(&self) -> bool {
        match self {
            Self::Object(_) => false,
            Self::List(list) => list.iter().all(Self::is_stored),
            Self::Map(map) => map.is_stored(),
            _ => true,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Display for Value {
    /// Formats the way Jinja2 prints the value, which is Python's `str`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        text::write_str(f, self)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::String(a), Self::String(b)) => a == b,
            (Self::List(a), Self::List(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(bool) => bool.hash(state),
            Self::Int(int) => int.hash(state),
            Self::Float(float) => float.to_bits().hash(state),
            Self::String(text) => text.hash(state),
            Self::List(list) => list.hash(state),
            Self::Map(map) => map.hash(state),
            Self::Object(object) => object.hash(state),
        }
    }
}

impl Serialize for Value {
    /// Serializes to what JSON can hold: `nan` and the infinities as Python's words for them, and
    /// Python objects as their nearest value or their text.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(int) => match i64::try_from(*int) {
                Ok(int) => serializer.serialize_i64(int),
                Err(_) => serializer.serialize_i128(*int),
            },
            Self::Float(float) if float.is_finite() => serializer.serialize_f64(*float),
            Self::Float(float) => serializer.serialize_str(&text::float(*float)),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(list) => list.serialize(serializer),
            Self::Map(map) => map.serialize(serializer),
            Self::Object(object) => match &object.plain {
                Some(plain) => plain.serialize(serializer),
                None => serializer.serialize_str(&object.text),
            },
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int.into())
    }
}

impl From<i32> for Value {
    fn from(int: i32) -> Self {
        Self::Int(int.into())
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Self::list(list.into_iter().map(Into::into))
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }
}

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its entries, by value.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (Arc<str>, Value)> {
        self.0.into_iter()
    }

    /// Whether it holds no Python object.
    pub(crate) fn is_stored(&self) -> bool {
        self.0.values().all(Value::is_stored)
    }

    /// What a collection keeps of it: Python objects become their nearest value or their text.
    #[must_use]
    pub fn stored(&self) -> Self {
        self.0
            .iter()
            .map(|(key, value)| (key.clone(), value.stored()))
            .collect()
    }

    /// Puts the keys that `model` also has first, in its order, and the others after them as they
    /// are; nested maps likewise.
    ///
    /// Rhai sorts the keys of its maps, but the order of a spec must survive a hook.
    #[must_use]
    pub fn in_order_of(mut self, model: &Self) -> Self {
        for (key, value) in &mut self.0 {
            if let (Value::Map(inner), Some(Value::Map(of))) = (&*value, model.0.get(key)) {
                *value = inner.as_ref().clone().in_order_of(of).into();
            }
        }
        self.0
            .sort_by_cached_key(|key, _| model.0.get_index_of(key).unwrap_or(usize::MAX));
        self
    }
}

impl Deref for Map {
    type Target = IndexMap<Arc<str>, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Map {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().eq(other.0.iter())
    }
}

impl Eq for Map {}

impl Hash for Map {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
        for entry in &self.0 {
            entry.hash(state);
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Self(
            entries
                .into_iter()
                .map(|(key, value)| (key.into(), value))
                .collect(),
        )
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Arc<str>, &'a Value);
    type IntoIter = indexmap::map::Iter<'a, Arc<str>, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
