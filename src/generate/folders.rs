use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::fs;
use crate::spec::{OutputDir, Spec};

/// Where the scripts and the logs of a sweep go, relative to the working folder or absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// For scripts.
    pub output_dir: PathBuf,
    /// For logs; `None` when the spec names none.
    pub logs_dir: Option<PathBuf>,
}

impl Folders {
    pub(super) fn resolve(spec: &Spec, config: &Config, output_dir: Option<&Path>) -> Self {
        let jobs_dir = |default: &str| {
            fs::join(
                &config.root,
                config.jobs_dir.as_deref().unwrap_or(Path::new(default)),
            )
        };
        let Spec { path, logs_dir, .. } = spec;
        let (scripts, logs) = match (&spec.output_dir, path) {
            (OutputDir::Folder(folder), _) => (folder.clone(), None),
            (OutputDir::JobSubdir(subdir), _) => {
                let folder = absolute(&jobs_dir(".jobs")).join(subdir);
                (folder.join("job_scripts"), Some(folder.join("logs")))
            }
            (OutputDir::Unset, Some(path)) => (fs::join(fs::parent(path), ""), None),
            (OutputDir::Unset, None) => (jobs_dir(""), None),
        };
        Self {
            output_dir: output_dir.map_or(scripts, |folder| fs::join(Path::new(""), folder)),
            logs_dir: logs_dir.clone().or(logs),
        }
    }

    /// What templates get as `logs_dir`.
    pub(super) fn logs_text(&self) -> String {
        self.logs_dir
            .as_deref()
            .unwrap_or(Path::new("."))
            .display()
            .to_string()
    }

    /// The script of a job.
    pub(super) fn script(&self, job_name: &str) -> PathBuf {
        // Joined by hand: a name may hold a point, and the folder may be `.`.
        fs::join(&self.output_dir, format!("{job_name}.job"))
    }
}

/// The Python tool gives templates absolute paths where `job_subdir` is used.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).map_or_else(|_| path.into(), |path| fs::join(&path, ""))
}
