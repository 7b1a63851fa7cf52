use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Owner, temporary};

const PREFIX: &str = ".slurmkit-staging-";

/// Files that appear in a folder all together or not at all.
///
/// They are written to a hidden folder inside the final one, where a full disk or a quota is
/// noticed, and renamed into place at the end. Dropped before that, nothing is left, not even the
/// folders that were made for it.
#[derive(Debug)]
pub struct Staging {
    target: PathBuf,
    folder: PathBuf,
    /// The topmost folder that did not exist before.
    created: Option<PathBuf>,
    files: usize,
    committed: bool,
}

impl Staging {
    /// Prepares to write into `target`, which is created if need be.
    pub fn new(target: &Path) -> io::Result<Self> {
        let created = target
            .ancestors()
            .take_while(|path| is_missing(path))
            .last();
        let created = created.map(Path::to_owned);
        fs::create_dir_all(target)?;
        let Owner { host, pid } = Owner::this_process();
        let folder = target.join(format!("{PREFIX}{host}-{pid}"));
        let staging = Self {
            target: target.into(),
            folder,
            created,
            files: 0,
            committed: false,
        };
        if staging.created.is_none() {
            remove_stale(target)?;
        }
        temporary::register(&staging.folder);
        fs::create_dir(&staging.folder)?;
        Ok(staging)
    }

    /// Writes a file, to get its name later; returns its number.
    pub fn add(&mut self, contents: &[u8]) -> io::Result<usize> {
        let number = self.files;
        let path = self.folder.join(number.to_string());
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o666)
                .open(&path)?;
            file.write_all(contents)
        };
        write().map_err(|error| super::named(error, "write a script to", &self.target))?;
        self.files += 1;
        Ok(number)
    }

    /// Puts a file into place.
    pub fn place(&self, number: usize, path: &Path) -> io::Result<()> {
        std::fs::rename(self.folder.join(number.to_string()), path)
            .map_err(|error| super::named(error, "write", path))
    }

    /// Ends the staging, keeping what was placed.
    pub fn finish(mut self) {
        self.committed = true;
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
        temporary::unregister(&self.folder);
        if let Some(created) = self.created.take().filter(|_| !self.committed) {
            // Only what is empty goes, from the bottom up.
            let made = self
                .target
                .ancestors()
                .take_while(|path| path.starts_with(&created));
            for path in made {
                if fs::remove_dir(path).is_err() {
                    break;
                }
            }
        }
    }
}

fn is_missing(path: &Path) -> bool {
    !path.as_os_str().is_empty()
        && matches!(path.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// Removes what killed processes left.
fn remove_stale(target: &Path) -> io::Result<()> {
    for entry in fs::read_dir(target)? {
        let entry = entry?;
        let name = entry.file_name();
        let owner = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX))
            .and_then(|owner| {
                let (host, pid) = owner.rsplit_once('-')?;
                Some(Owner {
                    host: host.into(),
                    pid: pid.parse().ok()?,
                })
            });
        if owner.is_some_and(|owner| owner.is_gone()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_left_of_what_was_not_finished() {
        let root = tempfile::tempdir().unwrap();
        let mut staging = Staging::new(&root.path().join("a/b")).unwrap();
        staging.add(b"1").unwrap();
        drop(staging);
        assert_eq!(names(root.path()), [""; 0]);
    }

    #[test]
    fn what_is_finished_is_there_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("a");
        let mut staging = Staging::new(&target).unwrap();
        let number = staging.add(b"1").unwrap();
        staging.place(number, &target.join("x.job")).unwrap();
        staging.finish();
        assert_eq!(names(&target), ["x.job"]);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_others_use_is_not() {
        let root = tempfile::tempdir().unwrap();
        let host = Owner::this_process().host;
        // Process ids end at 2^22.
        let stale = format!("{PREFIX}{host}-99999999");
        let other = format!("{PREFIX}elsewhere-99999999");
        fs::create_dir(root.path().join(stale)).unwrap();
        fs::create_dir(root.path().join(&other)).unwrap();
        Staging::new(root.path()).unwrap().finish();
        assert_eq!(names(root.path()), [other]);
    }
}
