//! File access that names the path that failed and never leaves half a file.

mod owner;
mod staging;
mod temporary;

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use fs_err as fs;

use crate::diagnostic::nearest;

pub use owner::Owner;
pub use staging::Staging;
pub use temporary::remove_temporary;
pub(crate) use temporary::{register, unregister};

/// Writes `contents` to `path` through a temporary file beside it and a rename.
///
/// Whatever happens, `path` holds the old contents or the new. The folder must exist. The mode is
/// what the umask makes of a new plain file.
pub fn write_atomic(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_atomic_with(path, Sync::No, |file| file.write_all(contents))
}

/// Whether a write must have reached the disk when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Yes, as for what cannot be made again.
    Yes,
    /// No, as for scripts: ten thousand of them would take half a minute more.
    No,
}

/// Like [`write_atomic`], with contents that `write` streams.
pub fn write_atomic_with(
    path: &Path,
    sync: Sync,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    Staged::write(path, sync, write)?.commit()
}

/// How files begin and end that are not yet in their place.
const PREFIX: &str = ".slurmkit-";
const SUFFIX: &str = ".tmp";

/// A file that is written but not yet in its place; dropped, it is gone.
#[derive(Debug)]
pub struct Staged {
    file: tempfile::TempPath,
    path: PathBuf,
}

impl Staged {
    /// Writes the file that [`commit`](Self::commit) puts to `path`.
    pub fn write(
        path: &Path,
        sync: Sync,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Self> {
        let named = |error: io::Error| named(error, "write", path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // `tempfile` creates 0600, but a group must be able to read; the umask still cuts it.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(parent(path)).map_err(named)?;
        write(file.as_file_mut()).map_err(named)?;
        if sync == Sync::Yes {
            file.as_file().sync_all().map_err(named)?;
        }
        Ok(Self {
            file: file.into_temp_path(),
            path: path.into(),
        })
    }

    /// Puts the file into its place.
    pub fn commit(self) -> io::Result<()> {
        let Self { file, path } = self;
        file.persist(&path)
            .map_err(|error| named(error.error, "write", &path))
    }

    /// Puts the file into its place where there is none yet.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if there is one.
    pub fn commit_new(self) -> io::Result<()> {
        let Self { file, path } = self;
        file.persist_noclobber(&path)
            .map_err(|error| named(error.error, "write", &path))
    }
}

/// Removes from a folder the files that [`write_atomic`] was killed over, a day ago or more: whoever
/// writes still is done by then. What cannot be removed stays.
pub fn remove_leftovers(folder: &Path) {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let is_ours = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
    };
    let is_old = |entry: &std::fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > DAY))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_ours(&entry.file_name()) && is_old(entry)) {
        fs::remove_file(entry.path()).ok();
    }
}

/// Writes `contents` over the file at `path`, which somebody else made: the file a link leads to,
/// with the mode that it has, and only if it may be written.
///
/// Whatever happens, it holds the old contents or the new.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let old = fs::OpenOptions::new().write(true).open(&path)?;
    let permissions = old.metadata()?.permissions();
    let staged = Staged::write(&path, Sync::Yes, |file| file.write_all(contents))?;
    fs::set_permissions(&staged.file, permissions)?;
    staged.commit()
}

/// Writes `contents` to `path` like [`write_atomic`], for those who may read `model`.
pub fn write_like(model: &Path, path: &Path, contents: &[u8]) -> io::Result<()> {
    let staged = Staged::write(path, Sync::Yes, |file| file.write_all(contents))?;
    fs::set_permissions(&staged.file, fs::metadata(model)?.permissions())?;
    staged.commit()
}

/// Reads `path`, refusing what is not a plain file or larger than `max_bytes`.
pub fn read_bytes(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    // A pipe would block for ever, and `/dev/zero` has no end.
    if !metadata.is_file() {
        return Err(refused(path, "is not a file"));
    }
    if metadata.len() > max_bytes {
        let problem = format!("has {} bytes, and {max_bytes} are allowed", metadata.len());
        return Err(refused(path, &problem));
    }
    fs::read(path)
}

pub(crate) fn refused(path: &Path, problem: &str) -> io::Error {
    let message = format!("`{}` {problem}", path.display());
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Reads `path` as UTF-8, refusing what is not a plain file or larger than `max_bytes`.
pub fn read_text(path: &Path, max_bytes: u64) -> io::Result<String> {
    match String::from_utf8(read_bytes(path, max_bytes)?) {
        Ok(text) => Ok(text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes()[..at]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            let problem = format!("is not UTF-8: byte {at} in line {line}");
            Err(refused(path, &problem))
        }
    }
}

/// The folder a file is in, `.` for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Joins `path` to `folder` and drops `.` and doubled slashes, as Python's `pathlib` does.
///
/// `..` stays, because a symbolic link may stand before it. Nothing left is `.`.
pub fn join(folder: &Path, path: impl AsRef<Path>) -> PathBuf {
    let joined = folder.join(path);
    let kept: PathBuf = joined
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .collect();
    if kept.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        kept
    }
}

/// The name of a file beside `path`, which does not exist, that was probably meant: one that ends in
/// one of `endings`, or as `path` does.
pub(crate) fn similar_file(path: &Path, endings: &[&str]) -> Option<String> {
    let asked = path.file_name()?.to_str()?;
    let ending = |name: &str| Some(Path::new(name).extension()?.to_str()?.to_owned());
    let stem = |name: &str| name.split('.').next().map(str::to_owned);
    let fits = |name: &String| {
        let ending = ending(name);
        ending.is_some_and(|it| endings.contains(&&*it) || asked.ends_with(&format!(".{it}")))
    };
    let folder = parent(path);
    let names = fs::read_dir(folder).ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(fits)
        .filter(|name| folder.join(name).is_file())
        .collect();
    names.sort_unstable();
    let same_stem = |name: &&String| stem(name) == stem(asked);
    let meant = nearest(asked, names.iter().map(String::as_str));
    meant
        .or_else(|| names.iter().find(same_stem).map(String::as_str))
        .map(String::from)
}

pub(crate) fn named(error: io::Error, verb: &str, path: &Path) -> io::Error {
    // The temporary name would only confuse: the user knows the final one.
    let cause = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error,
    };
    io::Error::new(
        cause.kind(),
        format!("cannot {verb} `{}`: {cause}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_is_replaced_behind_its_link_and_keeps_its_mode() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, std::fs::Permissions::from_mode(0o660)).unwrap();
        symlink("file", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
    }

    #[test]
    fn paths_are_joined_as_pathlib_does() {
        for (folder, path, joined) in [
            ("exp", "logs", "exp/logs"),
            ("./exp", "a/./b//c", "exp/a/b/c"),
            ("exp", "../logs", "exp/../logs"),
            ("exp", "/abs/./x", "/abs/x"),
            (".", ".", "."),
            ("", "", "."),
        ] {
            assert_eq!(
                join(Path::new(folder), path),
                Path::new(joined),
                "{folder} + {path}"
            );
        }
    }
}
