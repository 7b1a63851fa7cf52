use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::ENDINGS;
use crate::diagnostic::{Diagnose, Label, quoted};
use crate::fs;
use crate::sandbox::Explained;
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
    /// It is something else.
    #[error("{} is not a spec in YAML, JSON or Rhai", quoted(path))]
    Language {
        /// The file.
        path: PathBuf,
    },
    /// The file does not exist.
    #[error("{} does not exist", quoted(path))]
    Missing {
        /// The file.
        path: PathBuf,
        /// A file beside it that may be meant.
        similar: Option<PathBuf>,
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
    /// A program failed, or gave something that is no spec.
    #[error("{}: {problem}", quoted(path))]
    Program {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        problem: String,
        /// Where.
        label: Option<Label>,
        /// How it came to that.
        notes: Vec<String>,
        /// What to do.
        help: Option<String>,
    },
    /// It is a program, whose texts are in quotes anyway.
    #[error("{} is a Rhai program, which has nothing to quote", quoted(path))]
    NothingToQuote {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The thread for a program could not be started.
    #[error("cannot start the thread that programs run on: {0}")]
    Thread(#[source] io::Error),
    /// The file is not YAML.
    #[error("{}: {error}", quoted(path))]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        error: YamlError,
    },
}

impl SpecError {
    /// What the sandbox says of the program at `path`.
    pub(super) fn program(path: &Path, explained: Explained) -> Self {
        let Explained {
            trouble: _,
            message,
            label,
            notes,
            help,
        } = explained;
        Self::Program {
            path: path.into(),
            problem: message,
            label,
            notes,
            help,
        }
    }

    /// There is no file at `path`.
    pub(super) fn missing(path: &Path) -> Self {
        let similar = fs::similar_file(path, &ENDINGS);
        Self::Missing {
            path: path.into(),
            similar: similar.map(|name| path.with_file_name(name)),
        }
    }

    /// Adds what to do to the error of a program.
    pub(super) fn with_help(mut self, text: &str) -> Self {
        if let Self::Program { help, .. } = &mut self {
            *help = Some(text.into());
        }
        self
    }
}

impl Diagnose for SpecError {
    fn label(&self) -> Option<Label> {
        match self {
            Self::Misfit { misfit, .. } => misfit.label(),
            Self::Program { label, .. } => label.clone(),
            Self::Yaml { error, .. } => error.label(),
            Self::Empty { .. }
            | Self::Hook { .. }
            | Self::Io(_)
            | Self::Language { .. }
            | Self::Missing { .. }
            | Self::NothingToQuote { .. }
            | Self::Thread(_) => None,
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Program { notes, .. } => notes.clone(),
            Self::Yaml { error, .. } => error.notes(),
            Self::Empty { .. }
            | Self::Hook { .. }
            | Self::Io(_)
            | Self::Language { .. }
            | Self::Misfit { .. }
            | Self::Missing { .. }
            | Self::NothingToQuote { .. }
            | Self::Thread(_) => Vec::new(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Misfit { misfit, .. } => misfit.help(),
            Self::Yaml { error, .. } => error.help(),
            Self::Empty { .. } => {
                Some("a spec has at least the keys `template` and `parameters`".into())
            }
            Self::Language { .. } => {
                Some("a spec ends in `.yaml`, `.yml`, `.json` or `.rhai`".into())
            }
            Self::NothingToQuote { .. } => Some(
                "a program's values are what it computes: `slurmkit spec show` prints them".into(),
            ),
            Self::Missing { similar, .. } => {
                let similar = similar.as_ref()?;
                Some(format!("did you mean {}?", quoted(similar)))
            }
            Self::Program { help, .. } => help.clone(),
            Self::Thread(_) => Some("raise the limit with `ulimit -v unlimited`".into()),
            Self::Hook { .. } | Self::Io(_) => None,
        }
    }
}
