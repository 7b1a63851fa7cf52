use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::diagnostic::{Diagnose, Label, quoted};
use crate::yaml::{Misfit, YamlError};

/// Why a spec or a parameter file cannot be used.
#[derive(Debug, Error)]
pub enum SpecError {
    /// A hook on the command line is misspelt.
    #[error("{problem}")]
    Hook {
        /// What is wrong.
        problem: String,
    },
    /// It is a program or something else that is not read as YAML.
    #[error("{} is not a spec in YAML or JSON", quoted(path))]
    Language {
        /// The file.
        path: PathBuf,
    },
    /// The file does not exist.
    #[error("{} does not exist", quoted(path))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Something in it is not what its place asks for.
    #[error("{}: {misfit}", quoted(path))]
    Misfit {
        /// The file.
        path: PathBuf,
        /// What and where.
        misfit: Misfit,
    },
    /// The file holds nothing.
    #[error("{} is empty", quoted(path))]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not YAML.
    #[error("{}: {error}", quoted(path))]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        error: YamlError,
    },
}

impl Diagnose for SpecError {
    fn label(&self) -> Option<Label> {
        match self {
            Self::Misfit { misfit, .. } => misfit.label(),
            Self::Yaml { error, .. } => error.label(),
            Self::Empty { .. }
            | Self::Hook { .. }
            | Self::Io(_)
            | Self::Language { .. }
            | Self::Missing { .. } => None,
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Yaml { error, .. } => error.notes(),
            Self::Empty { .. }
            | Self::Hook { .. }
            | Self::Io(_)
            | Self::Language { .. }
            | Self::Misfit { .. }
            | Self::Missing { .. } => Vec::new(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Misfit { misfit, .. } => misfit.help(),
            Self::Yaml { error, .. } => error.help(),
            Self::Empty { .. } => {
                Some("a spec has at least the keys `template` and `parameters`".into())
            }
            Self::Language { .. } => Some("a spec ends in `.yaml`, `.yml` or `.json`".into()),
            Self::Hook { .. } | Self::Io(_) | Self::Missing { .. } => None,
        }
    }
}
