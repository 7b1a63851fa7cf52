//! What a tag such as `!!int` asks for, and the scalars it makes.

use granit_parser::Tag as Written;

use super::resolve::Type;
use super::{Schema, python, timestamp};
use crate::model::Value;

/// The tag of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Binary,
    Map,
    /// None: plain text decides for itself, quoted text is a string.
    None,
    Omap,
    Pairs,
    /// The bare `!`: text decides for itself even in quotes, or is a string even without.
    Resolve,
    Scalar(Type),
    Seq,
    Set,
}

impl Tag {
    /// The tag as written; none for one that `PyYAML`'s safe loader does not know.
    pub(super) fn of(written: Option<&Written>) -> Option<Self> {
        let Some(written) = written else {
            return Some(Self::None);
        };
        if written.handle().len() + written.suffix().len() == 1 {
            return Some(Self::Resolve);
        }
        Some(match &*written.suffix_in_namespace("tag:yaml.org,2002:")? {
            "binary" => Self::Binary,
            "bool" => Self::Scalar(Type::Bool),
            "float" => Self::Scalar(Type::Float),
            "int" => Self::Scalar(Type::Int),
            "map" => Self::Map,
            "null" => Self::Scalar(Type::Null),
            "omap" => Self::Omap,
            "pairs" => Self::Pairs,
            "seq" => Self::Seq,
            "set" => Self::Set,
            "str" => Self::Scalar(Type::Str),
            "timestamp" => Self::Scalar(Type::Timestamp),
            _ => return None,
        })
    }

    /// The type it gives a scalar.
    pub(super) fn scalar_type(self, text: &str, plain: bool, schema: Schema) -> ScalarType {
        match self {
            Self::Binary => ScalarType::Binary,
            Self::None if !plain => ScalarType::Known(Type::Str),
            // YAML 1.2 turned the meaning of `!` round.
            Self::Resolve if schema == Schema::Core => ScalarType::Known(Type::Str),
            Self::None | Self::Resolve => ScalarType::Known(schema.resolve(text)),
            Self::Scalar(kind) => ScalarType::Known(kind),
            Self::Map | Self::Set => ScalarType::Collection("a map"),
            Self::Omap | Self::Pairs | Self::Seq => ScalarType::Collection("a list"),
        }
    }
}

/// The type of a scalar with its tag taken into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarType {
    Binary,
    /// The tag wants what no scalar is.
    Collection(&'static str),
    Known(Type),
}

impl ScalarType {
    /// The value of `text`, or what is wrong with it, as words that follow the text.
    pub(super) fn construct(self, text: &str, schema: Schema) -> Result<Value, String> {
        let kind = match self {
            Self::Binary => return python::bytes(text),
            Self::Collection(wanted) => return Err(format!("is not {wanted}, as its tag says")),
            Self::Known(kind) => kind,
        };
        match kind {
            Type::Bool => schema.boolean(text),
            Type::Float => schema.float(text),
            Type::Int => schema.int(text),
            Type::Merge if schema == Schema::Core => Ok(Value::from(text)),
            Type::Merge => Err("merges maps, and can only be a key".into()),
            Type::Null => Ok(Value::Null),
            Type::Str => Ok(Value::from(text)),
            Type::Timestamp => timestamp::construct(text),
            Type::Value => Err("has a meaning of its own in YAML 1.1".into()),
        }
    }
}
