use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What this process will remove again.
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Notes a file or folder that must not outlive this process.
pub(crate) fn register(path: &Path) {
    TEMPORARY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(path.into());
}

/// Forgets a path, because it is gone.
pub(crate) fn unregister(path: &Path) {
    TEMPORARY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .retain(|known| known != path);
}

/// Removes all that is temporary, for a process that is about to be ended by a signal.
pub fn remove_temporary() {
    let paths = std::mem::take(&mut *TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner));
    for path in paths {
        if path.is_dir() {
            fs_err::remove_dir_all(path).ok();
        } else {
            fs_err::remove_file(path).ok();
        }
    }
}
