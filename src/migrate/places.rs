use std::path::{Path, PathBuf};

use crate::fs;

/// The project of the Python tool and ours, which may be the same.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The Python tool's, as the user named it.
    from: PathBuf,
    from_real: PathBuf,
    root_real: PathBuf,
}

impl Places {
    pub(super) fn new(from: &Path, root: &Path) -> Self {
        let real = |path: &Path| {
            path.canonicalize()
                .or_else(|_| std::path::absolute(path))
                .unwrap_or_else(|_| path.into())
        };
        Self {
            from: from.into(),
            from_real: real(from),
            root_real: real(root),
        }
    }

    /// Whether both are one.
    pub(super) fn are_one(&self) -> bool {
        self.from_real == self.root_real
    }

    /// A path of the Python tool's project, from where we are.
    pub(super) fn inside(&self, path: &Path) -> PathBuf {
        fs::join(&self.from, path)
    }

    /// The same as collections record it: relative to our root if it is inside.
    pub(super) fn recorded(&self, path: &Path) -> PathBuf {
        let path = fs::join(&self.from_real, path);
        match path.strip_prefix(&self.root_real) {
            Ok(inside) => fs::join(Path::new(""), inside),
            Err(_) => path,
        }
    }

    /// The folder in which the Python tool's relative paths hold.
    pub(super) fn working_dir(&self) -> PathBuf {
        self.recorded(Path::new(""))
    }
}
