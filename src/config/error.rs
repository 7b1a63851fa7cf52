use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::diagnostic::{Diagnose, Label, quoted};
use crate::yaml::{Misfit, YamlError};

/// Why a config cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
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
            Self::Io(_) => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Misfit { misfit, .. } => misfit.help(),
            Self::Yaml { error, .. } => error.help(),
            Self::Io(_) => None,
        }
    }
}
