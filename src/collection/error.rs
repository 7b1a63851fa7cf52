use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::CollectionName;
use crate::diagnostic::{Diagnose, Label, quoted};

/// Why a collection cannot be read or written.
#[derive(Debug, Error)]
pub enum CollectionError {
    /// Another process is changing it.
    #[error("collection `{name}` is in use by process {pid} on {host}")]
    Busy {
        /// The collection.
        name: CollectionName,
        /// The host of the other process.
        host: String,
        /// The other process.
        pid: u32,
        /// What it holds.
        lock: PathBuf,
    },
    /// The file was changed since it was read.
    #[error("collection `{name}` was changed by another process meanwhile")]
    Changed {
        /// The collection.
        name: CollectionName,
    },
    /// The file is no collection.
    #[error("{} is not a readable collection: {problem}", quoted(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// Where.
        label: Option<Label>,
    },
    /// There is no such collection.
    #[error("there is no collection `{name}`")]
    Missing {
        /// The collection.
        name: CollectionName,
        /// One with a similar name.
        similar: Option<String>,
        /// Where collections would be, if there is none at all.
        empty: Option<PathBuf>,
    },
    /// A file is where a collection of another tool would go.
    #[error(
        "{} cannot become collection `{name}`: {} is there already",
        quoted(from),
        quoted(path)
    )]
    Taken {
        /// The collection.
        name: CollectionName,
        /// What was to become it.
        from: PathBuf,
        /// What is there.
        path: PathBuf,
    },
    /// A later slurmkit or the Python tool wrote the file.
    #[error("{} has version {version}; this slurmkit reads version {supported}", quoted(path), supported = super::format::VERSION)]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i128,
    },
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Diagnose for CollectionError {
    fn label(&self) -> Option<Label> {
        match self {
            Self::Damaged { label, .. } => label.clone(),
            Self::Busy { .. }
            | Self::Changed { .. }
            | Self::Io(_)
            | Self::Missing { .. }
            | Self::Taken { .. }
            | Self::Version { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Busy { lock, .. } => Some(format!(
                "wait for it to end; if it is gone, remove {} and run again",
                quoted(lock)
            )),
            Self::Changed { .. } => Some("run the command again".into()),
            Self::Damaged { .. } => Some(
                "nothing was changed; repair the file or restore it, or use another collection"
                    .into(),
            ),
            Self::Missing {
                similar: Some(similar),
                ..
            } => Some(format!("did you mean `{similar}`?")),
            Self::Missing { name, .. } if name.is_like_a_spec() => Some(
                "name the collection that the spec was generated into; it is `default` unless \
                 `generate --collection` named another"
                    .into(),
            ),
            Self::Missing {
                empty: Some(folder),
                ..
            } => Some(format!(
                "there are none in {}: go to the folder of your project, or run `slurmkit generate` \
                 first",
                quoted(folder)
            )),
            Self::Missing { .. } => Some("`slurmkit collection list` shows those there are".into()),
            Self::Taken { .. } => {
                Some("nothing was overwritten; rename one of the two files and run again".into())
            }
            Self::Version { version: 1 | 2, .. } => Some(
                "the Python tool wrote it; `slurmkit migrate` turns it into one of ours".into(),
            ),
            Self::Version { .. } => Some("use the slurmkit that wrote it, or a later one".into()),
            Self::Io(_) => None,
        }
    }
}
