//! The files of specs, of each kind.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::read::Reader;
use super::{Parameters, Spec, SpecError, program};
use crate::config::Config;
use crate::diagnostic::Source;
use crate::sandbox::Stack;
use crate::yaml::{self, Node, Schema, YamlError};

/// The largest spec, in bytes.
const MAX_BYTES: u64 = 64 << 20;

pub(super) fn spec(path: &Path, config: &Config) -> Result<Spec, Vec<SpecError>> {
    with_root(path, config, &[], Reader::spec)
}

pub(super) fn parameters_file(path: &Path, config: &Config) -> Result<Parameters, Vec<SpecError>> {
    with_root(path, config, &["parameters"], Reader::parameters_file)
}

/// Reads the file at `path`, which holds what stands under `prefix` in a spec.
fn with_root<T: Send>(
    path: &Path,
    config: &Config,
    prefix: &[&str],
    read: impl FnOnce(&mut Reader, &Node) -> Option<T> + Send,
) -> Result<T, Vec<SpecError>> {
    let finish = |root: &Node, functions| {
        let mut reader = Reader::new(path, config.yaml, functions);
        let read = read(&mut reader, root);
        reader.finish(path, read)
    };
    if !program::is_program(path) {
        let root = root(path, config.yaml).map_err(|error| vec![error])?;
        return finish(&root, None);
    }
    check_exists(path).map_err(|error| vec![error])?;
    // Nodes stay on the thread that made them.
    let done = Stack::run(|stack| {
        let program =
            program::run(path, &config.hooks, stack, prefix).map_err(|error| vec![error])?;
        finish(&program.root, Some(program.functions))
    });
    done.map_err(|error| vec![SpecError::Thread(error)])?
}

/// Whether an error says that there is no file.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Refuses a file that is not there.
pub(super) fn check_exists(path: &Path) -> Result<(), SpecError> {
    match fs_err::metadata(path) {
        Err(error) if is_missing(&error) => Err(SpecError::missing(path)),
        _ => Ok(()),
    }
}

fn root(path: &Path, schema: Schema) -> Result<Node, SpecError> {
    match yaml::parse(&source(path)?, schema) {
        Ok(Some(root)) => Ok(root),
        Ok(None) => Err(SpecError::Empty { path: path.into() }),
        Err(error) => {
            let path = path.into();
            Err(SpecError::Yaml { path, error })
        }
    }
}

/// The text of a spec that is no program.
pub(super) fn source(path: &Path) -> Result<Arc<Source>, SpecError> {
    let owned = || path.to_owned();
    if path.extension().is_some_and(|it| it == "py" || it == "j2") {
        return Err(SpecError::Language { path: owned() });
    }
    yaml::read(path, MAX_BYTES).map_err(|error| match error {
        YamlError::Read(error) if is_missing(&error) => SpecError::missing(path),
        YamlError::Read(error) => error.into(),
        error => {
            let path = owned();
            SpecError::Yaml { path, error }
        }
    })
}
