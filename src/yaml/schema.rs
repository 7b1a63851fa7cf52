use super::resolve::{Type, resolve};
use super::{core, number};
use crate::model::Value;

/// The rules by which a scalar without quotes gets its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schema {
    /// YAML 1.1 as `PyYAML` reads it.
    #[default]
    PyYaml,
    /// The core schema of YAML 1.2.
    Core,
}

impl Schema {
    /// The words of the config.
    pub const WORDS: [(&'static str, Self); 2] = [("pyyaml", Self::PyYaml), ("core", Self::Core)];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::PyYaml => "pyyaml",
            Self::Core => "core",
        }
    }

    /// The type of `text` without quotes.
    pub(super) fn resolve(self, text: &str) -> Type {
        match self {
            Self::PyYaml => resolve(text),
            Self::Core => core::resolve(text),
        }
    }

    /// The boolean `text` means, or what is wrong with it.
    pub(super) fn boolean(self, text: &str) -> Result<Value, String> {
        let word = text.to_lowercase();
        match (self, word.as_str()) {
            (_, "true") | (Self::PyYaml, "yes" | "on") => Ok(Value::Bool(true)),
            (_, "false") | (Self::PyYaml, "no" | "off") => Ok(Value::Bool(false)),
            _ => Err("is no boolean".into()),
        }
    }

    /// The integer `text` means, or what is wrong with it.
    pub(super) fn int(self, text: &str) -> Result<Value, String> {
        match self {
            Self::PyYaml => number::int(text),
            Self::Core => core::int(text),
        }
    }

    /// The float `text` means, or what is wrong with it.
    pub(super) fn float(self, text: &str) -> Result<Value, String> {
        match self {
            Self::PyYaml => number::float(text),
            Self::Core => core::float(text),
        }
    }
}
