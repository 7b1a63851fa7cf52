//! Settings of a project and of a user.

mod error;
mod hooks;
mod jinja;
mod read;

use std::path::{Path, PathBuf};

pub use error::ConfigError;
pub use hooks::{Abort, HookOutput, HookSettings, Interpreter, PythonSettings, RhaiLimits};
pub use jinja::{JinjaOptions, Undefined};

use crate::diagnostic::Warning;
use crate::fs;
use crate::model::{Map, Value};
use crate::yaml::{Schema, Trap};

/// The folder of a project that holds its config and its collections.
pub const PROJECT_FOLDER: &str = ".slurmkit";
/// The same folder under the name the Python tool gave it first.
pub const OLD_PROJECT_FOLDER: &str = ".slurm-kit";
/// The file in the project folder and in the user's config folder.
pub const FILE_NAME: &str = "config.yaml";
/// The commented config that `slurmkit init` writes.
pub const TEMPLATE: &str = include_str!("template.yaml");

/// The merged settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The project's root: the nearest folder above that holds a project folder, else the working
    /// folder.
    pub root: PathBuf,
    /// Where scripts go when nothing else says so, relative to the root.
    pub jobs_dir: Option<PathBuf>,
    /// Where collections are kept, relative to the root.
    pub collections_dir: PathBuf,
    /// How log files are called, most likely first.
    pub output_patterns: Vec<String>,
    /// Slurm arguments of every job, before those of its spec.
    pub slurm_defaults: Map,
    /// How specs, parameter files and configs are read.
    pub yaml: Schema,
    /// Settings of the template engine, before those of a spec.
    pub jinja: JinjaOptions,
    /// The interpreter of Python hooks.
    pub python: Option<String>,
    /// Limits of hooks.
    pub hooks: HookSettings,
    /// Every value that is set, with where it comes from.
    pub entries: Vec<Entry>,
    /// What is worth saying about the files.
    pub warnings: Vec<Warning>,
    /// The scalars of `slurm_defaults` that do not mean their text.
    pub traps: Vec<Trap>,
}

/// A value of the merged config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, parts joined by `.`.
    pub key: String,
    /// The value.
    pub value: Value,
    /// Where it comes from: `FILE:LINE`, or `default`.
    pub origin: String,
    /// Whether it is a key of the Python tool's that has no effect here.
    pub foreign: bool,
}

impl Default for Config {
    /// The defaults, with the working folder as the root.
    fn default() -> Self {
        let collections_dir = Path::new(PROJECT_FOLDER).join("collections");
        let text = |path: &Path| Value::from(path.display().to_string());
        Self {
            entries: vec![
                Entry::default_of("collections_dir", text(&collections_dir)),
                Entry::default_of("yaml", Schema::default().word().into()),
                Entry::default_of("jinja.undefined", Undefined::default().word().into()),
                Entry::default_of("jinja.trim_blocks", false.into()),
                Entry::default_of("jinja.lstrip_blocks", false.into()),
                Entry::default_of("jinja.steps", Value::Int(JinjaOptions::STEPS.into())),
            ],
            root: ".".into(),
            jobs_dir: None,
            collections_dir,
            output_patterns: Vec::new(),
            slurm_defaults: Map::new(),
            yaml: Schema::default(),
            jinja: JinjaOptions::default(),
            python: None,
            hooks: HookSettings::default(),
            warnings: Vec::new(),
            traps: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the user's config, if there is one, and over it `project` or else the project's.
    ///
    /// # Errors
    /// All that is wrong with a file; a file that is named explicitly must exist.
    pub fn load(
        working_dir: &Path,
        user: Option<&Path>,
        project: Option<&Path>,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut config = Self {
            root: root(working_dir),
            ..Self::default()
        };
        if let Some(user) = user.filter(|path| path.exists()) {
            read::apply(&mut config, user)?;
        }
        match project {
            Some(path) => read::apply(&mut config, path)?,
            None => {
                let files = [PROJECT_FOLDER, OLD_PROJECT_FOLDER]
                    .map(|folder| fs::join(&config.root, folder).join(FILE_NAME));
                if let Some(path) = files.iter().find(|path| path.exists()) {
                    read::apply(&mut config, path)?;
                }
            }
        }
        Ok(config)
    }

    /// Where collections are kept.
    pub fn collections_folder(&self) -> PathBuf {
        fs::join(&self.root, &self.collections_dir)
    }
}

impl Entry {
    fn default_of(key: &str, value: Value) -> Self {
        Self {
            key: key.into(),
            value,
            origin: "default".into(),
            foreign: false,
        }
    }
}

/// The nearest of `folder` and the folders above it that holds a project folder; `.` for the
/// working folder itself.
fn root(working_dir: &Path) -> PathBuf {
    let holds = |folder: &Path| {
        folder.join(PROJECT_FOLDER).is_dir() || folder.join(OLD_PROJECT_FOLDER).is_dir()
    };
    match working_dir.ancestors().find(|folder| holds(folder)) {
        Some(folder) if folder != working_dir => folder.into(),
        _ => ".".into(),
    }
}
