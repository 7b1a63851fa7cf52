use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::diagnostic::{Diagnose, Label, quoted};
use crate::yaml::{Misfit, YamlError};

/// Why a config cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file does not exist.
    #[error("config {} does not exist", quoted(path))]
    Missing {
        /// The file.
        path: PathBuf,
        /// A file beside it that may be meant.
        similar: Option<PathBuf>,
    },
    /// Something in it is not what its place asks for.
    #[error("config {}: {misfit}", quoted(path))]
    Misfit {
        /// The file.
        path: PathBuf,
        /// What and where.
        misfit: Misfit,
    },
    /// The file cannot be read.
    #[error("cannot read the config: {0}")]
    Io(#[from] io::Error),
    /// The file is not YAML.
    #[error("config {}: {error}", quoted(path))]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        error: YamlError,
    },
}

impl Diagnose for ConfigError {
    fn label(&self) -> Option<Label> {
        match self {
            Self::Misfit { misfit, .. } => misfit.label(),
            Self::Yaml { error, .. } => error.label(),
            Self::Io(_) | Self::Missing { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Misfit { misfit, .. } => misfit.help(),
            Self::Missing { similar, .. } => {
                let similar = similar.as_ref()?;
                Some(format!("did you mean {}?", quoted(similar)))
            }
            Self::Yaml { error, .. } => error.help(),
            Self::Io(_) => None,
        }
    }
}
