use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::PROJECT_FOLDER;
use crate::fs;

/// Where version 1 keeps collections.
pub(super) const VERSION_1_FOLDER: &str = ".job-collections";

/// A file that may be a collection of the Python tool.
#[derive(Debug)]
pub(super) struct Found {
    /// The file, from where we are.
    pub(super) file: PathBuf,
    /// The file from the root of its project, for the backup.
    pub(super) relative: PathBuf,
    /// What the collection would be called, checked by nobody yet.
    pub(super) name: String,
}

/// The files in all folders where collections of the project at `from` may be, sorted.
///
/// Links to folders are not followed: one may lead to where it is.
pub(super) fn collections(from: &Path, collections_dir: PathBuf) -> io::Result<Vec<Found>> {
    let default = Path::new(PROJECT_FOLDER).join("collections");
    let folders = [default, VERSION_1_FOLDER.into(), collections_dir];
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for folder in folders {
        let path = fs::join(from, &folder);
        if path.is_dir() && seen.insert(path.canonicalize()?) {
            visit(&path, &fs::join(Path::new(""), &folder), "", &mut found)?;
        }
    }
    Ok(found)
}

fn visit(folder: &Path, relative: &Path, name: &str, found: &mut Vec<Found>) -> io::Result<()> {
    let mut entries: Vec<_> = fs_err::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs_err::DirEntry::file_name);
    for entry in entries {
        let file_name = entry.file_name();
        let text = file_name.to_string_lossy();
        let (file, relative) = (fs::join(folder, &file_name), relative.join(&file_name));
        if entry.file_type()?.is_dir() {
            visit(&file, &relative, &format!("{name}{text}/"), found)?;
        } else if let Some(stem) = text.strip_suffix(".yaml")
            && file.is_file()
        {
            let name = format!("{name}{stem}");
            found.push(Found {
                file,
                relative,
                name,
            });
        }
    }
    Ok(())
}
