//! Commands that come before Slurm's own in `PATH`.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::project::Project;

/// What `sbatch` prints when the controller answers too late; its job may be there all the same.
pub const TIMED_OUT: &str =
    "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation";

impl Project {
    /// Puts a shell script before `sbatch`. In it `$sbatch` is the real one.
    pub fn with_sbatch(mut self, script: &str) -> Self {
        let folder = self.path().join("stand-in");
        let file = folder.join("sbatch");
        let path = env::var_os("PATH").unwrap();
        let real = env::split_paths(&path)
            .map(|folder| folder.join("sbatch"))
            .find(|file| file.is_file())
            .expect("sbatch is installed");
        let text = format!("#!/bin/sh\nsbatch={}\n{script}", real.display());
        fs::create_dir_all(&folder).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        self.set("PATH", &format!("{}:{}", folder.display(), path.display()));
        self
    }
}
