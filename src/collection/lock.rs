use std::fmt::{self, Debug, Formatter};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::{CollectionError, CollectionName};
use crate::fs::{self, Owner};

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// The right to change a collection; holding it is the proof.
///
/// It is a file that only one process can create, which NFS and Lustre promise too, unlike what
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
            match create(path) {
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

fn create(path: &Path) -> io::Result<()> {
    let mut file = fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    let written = serde_json::to_vec(&Owner::this_process())
        .map_err(io::Error::from)
        .and_then(|holder| file.write_all(&holder));
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
