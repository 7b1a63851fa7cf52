use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use fs_err as files;
use fs_err::os::unix::fs::OpenOptionsExt;
use jiff::civil::DateTime;

use crate::collection::ScriptDigest;
use crate::config::PROJECT_FOLDER;
use crate::fs;

const FOLDER: &str = "backups";
const PREFIX: &str = "migrate-";

/// A folder that keeps files as they were.
#[derive(Debug)]
pub(super) struct Backup {
    folder: PathBuf,
}

impl Backup {
    /// Makes a folder of its own in the project at `root`; no earlier one is touched.
    pub(super) fn create(root: &Path, now: DateTime) -> io::Result<Self> {
        let parent = parent(root);
        files::create_dir_all(&parent)?;
        let name = format!("{PREFIX}{}", now.strftime("%Y%m%d-%H%M%S"));
        let mut number = 1;
        loop {
            let folder = match number {
                1 => parent.join(&name),
                number => parent.join(format!("{name}-{number}")),
            };
            match files::create_dir(&folder) {
                Ok(()) => return Ok(Self { folder }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Copies a file into it, under its path in its project; returns what it held. The copy is on
    /// disk then, and who could not read the file cannot read the copy.
    pub(super) fn keep(&self, file: &Path, relative: &Path) -> io::Result<ScriptDigest> {
        let copy = self.folder.join(below(relative));
        let folder = fs::parent(&copy);
        files::create_dir_all(folder)?;
        let bytes = files::read(file)?;
        let mut to = files::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&copy)?;
        to.write_all(&bytes)?;
        to.set_permissions(files::metadata(file)?.permissions())?;
        to.sync_all()?;
        files::File::open(folder)?.sync_all()?;
        Ok(ScriptDigest::of(&bytes))
    }
}

/// Whether a backup of the project at `root` holds this file as it is now: then it was migrated.
pub(super) fn holds(root: &Path, file: &Path, relative: &Path) -> io::Result<bool> {
    let entries = match files::read_dir(parent(root)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let copy = entry.path().join(below(relative));
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && copy.is_file() && are_equal(&copy, file)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn are_equal(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(files::metadata(one)?.len() == files::metadata(other)?.len()
        && files::read(one)? == files::read(other)?)
}

fn parent(root: &Path) -> PathBuf {
    fs::join(root, PROJECT_FOLDER).join(FOLDER)
}

/// The path as one that cannot lead out of the folder it is joined to.
fn below(path: &Path) -> PathBuf {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part),
            Component::CurDir
            | Component::ParentDir
            | Component::Prefix(_)
            | Component::RootDir => None,
        })
        .collect()
}
