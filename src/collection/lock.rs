use std::fmt::{self, Debug, Formatter};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::{CollectionError, CollectionName};
use crate::fs::{self, Owner, Staged, Sync};

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// The right to change a collection; holding it is the proof.
///
/// It is a file that only one process can put there, which NFS and Lustre promise too, unlike what
/// `flock` does on them. A process that was killed leaves it behind: on the same host that is
/// seen and mended.
pub struct CollectionLock {
    path: PathBuf,
    name: CollectionName,
}

impl CollectionLock {
    pub(super) fn acquire(path: &Path, name: &CollectionName) -> Result<Self, CollectionError> {
        let start = Instant::now();
        loop {
            // Who waits only looks: a file for each try would be a burden on file servers.
            let created = match path.symlink_metadata() {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => create(path),
            };
            match created {
                Ok(()) => {
                    fs::register(path);
                    let (path, name) = (path.into(), name.clone());
                    return Ok(Self { path, name });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
            match read(path) {
                Some(owner) if owner.is_gone() => remove_stale(path, &owner)?,
                Some(Owner { host, pid }) if start.elapsed() > PATIENCE => {
                    let (name, lock) = (name.clone(), path.into());
                    return Err(CollectionError::Busy {
                        name,
                        host,
                        pid,
                        lock,
                    });
                }
                None if start.elapsed() > PATIENCE => {
                    let (name, host, lock) = (name.clone(), "an unknown host".into(), path.into());
                    return Err(CollectionError::Busy {
                        name,
                        host,
                        pid: 0,
                        lock,
                    });
                }
                _ => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// The collection that is locked.
    pub fn name(&self) -> &CollectionName {
        &self.name
    }
}

impl Drop for CollectionLock {
    fn drop(&mut self) {
        // A lock that stays is seen as stale by the next run.
        fs_err::remove_file(&self.path).ok();
        fs::unregister(&self.path);
    }
}

impl Debug for CollectionLock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CollectionLock").field(&self.name).finish()
    }
}

/// Creates a lock with its holder in it at once: a process that is killed over it leaves none that
/// tells nobody whose it is.
fn create(path: &Path) -> io::Result<()> {
    let holder = serde_json::to_vec(&Owner::this_process()).map_err(io::Error::from)?;
    let staged = Staged::write(path, Sync::No, |file| file.write_all(&holder))?;
    match staged.commit_new() {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => create_by_name(path, &holder),
        created => created,
    }
}

/// The same in two steps, for file systems that have neither hard links nor such a rename.
fn create_by_name(path: &Path, holder: &[u8]) -> io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(path)?;
    let written = file.write_all(holder);
    if written.is_err() {
        fs_err::remove_file(path).ok();
    }
    written
}

fn read(path: &Path) -> Option<Owner> {
    serde_json::from_str(&fs::read_text(path, 4096).ok()?).ok()
}

/// Removes the lock of a process that is gone, unless another waiter was quicker.
///
/// Removing by name could hit the fresh lock of that waiter. The rename to a name of our own
/// takes whatever is there out of the way; if it was not the stale one, it is put back.
fn remove_stale(path: &Path, stale: &Owner) -> io::Result<()> {
    let aside = path.with_extension(format!("lock.{}", std::process::id()));
    match fs_err::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    if read(&aside).as_ref() != Some(stale) {
        fs_err::hard_link(&aside, path).ok();
    }
    fs_err::remove_file(&aside).ok();
    Ok(())
}
