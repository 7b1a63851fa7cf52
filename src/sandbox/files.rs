//! The script files at hand, by the names that positions in errors use.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::Source;
use crate::fs;

/// All script files read so far.
#[derive(Debug, Default)]
pub(crate) struct Files(RefCell<HashMap<String, Rc<File>>>);

/// A script file.
#[derive(Debug)]
pub(crate) struct File {
    /// Its text, under the path the user knows.
    pub(crate) source: Arc<Source>,
    /// Where it really is.
    pub(crate) canonical: PathBuf,
    /// The folder that its imports may not leave, without symbolic links.
    pub(crate) root: Rc<Path>,
}

impl File {
    /// The name that errors know it by.
    pub(crate) fn name(&self) -> String {
        self.source.path.display().to_string()
    }
}

impl Files {
    /// Reads a hook file, which imports from its own folder only.
    pub(crate) fn read_hook(&self, path: &Path, max_bytes: u64) -> io::Result<Rc<File>> {
        let text = read(path, max_bytes)?;
        let canonical = fs_err::canonicalize(path)?;
        let root = fs_err::canonicalize(fs::parent(path))?.into();
        Ok(self.add(File {
            source: Source::new(path, text),
            canonical,
            root,
        }))
    }

    /// Reads an imported file.
    pub(crate) fn read_import(
        &self,
        path: &Path,
        canonical: PathBuf,
        root: &Rc<Path>,
        max_bytes: u64,
    ) -> io::Result<Rc<File>> {
        let text = read(&canonical, max_bytes)?;
        Ok(self.add(File {
            source: Source::new(path, text),
            canonical,
            root: root.clone(),
        }))
    }

    /// The file that errors know by `name`.
    pub(crate) fn get(&self, name: &str) -> Option<Rc<File>> {
        self.0.borrow().get(name).cloned()
    }

    fn add(&self, file: File) -> Rc<File> {
        let file = Rc::new(file);
        self.0.borrow_mut().insert(file.name(), file.clone());
        file
    }
}

/// The text of a script, without the mark that some editors put before it.
fn read(path: &Path, max_bytes: u64) -> io::Result<String> {
    let text = fs::read_text(path, max_bytes)?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.into(),
        None => text,
    })
}
