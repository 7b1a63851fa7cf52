//! The file that describes a sweep.

mod error;
mod file;
mod fix;
mod hook_ref;
mod parameters;
mod program;
mod read;
mod retry;
mod show;
mod traps;

use std::path::{Path, PathBuf};

pub use error::SpecError;
pub use fix::Fix;
pub use hook_ref::{HookRef, Role};
pub use parameters::{Mode, Parameters};
pub use retry::{Change, Retry, Rule, To};

use crate::config::{Config, JinjaOptions};
use crate::diagnostic::{Label, Warning};
use crate::model::Map;
use crate::yaml::Trap;

/// How the files of specs end.
pub(crate) const ENDINGS: [&str; 4] = ["yaml", "yml", "json", "rhai"];

/// A sweep: what to vary, the template to fill in, and the rules.
///
/// Paths are resolved against the spec's folder; nothing is rendered or run yet.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The file it was read from, if any.
    pub path: Option<PathBuf>,
    /// A name for people.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The Jinja2 template of the job scripts.
    pub template: PathBuf,
    /// Where the file names the template.
    pub template_label: Option<Label>,
    /// Where the scripts go.
    pub output_dir: OutputDir,
    /// What templates get as `logs_dir`; created with the scripts.
    pub logs_dir: Option<PathBuf>,
    /// The Jinja2 pattern of job names.
    pub job_name_pattern: Option<Pattern>,
    /// What to vary.
    pub parameters: Parameters,
    /// What to ask of Slurm.
    pub slurm_args: SlurmArgs,
    /// What becomes of jobs that failed.
    pub retry: Option<Retry>,
    /// Settings of the template engine.
    pub jinja: JinjaOptions,
    /// What is worth saying about the file.
    pub warnings: Vec<Warning>,
    /// Its scalars that do not mean their text; see also [`Parameters::traps`].
    pub traps: Vec<Trap>,
}

/// Where the scripts of a spec go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputDir {
    /// The spec says nothing.
    Unset,
    /// `output_dir`.
    Folder(PathBuf),
    /// `job_subdir`, the Python tool's way: scripts go to `job_scripts` and logs to `logs` in this
    /// folder of the config's `jobs_dir`.
    JobSubdir(PathBuf),
}

/// The `slurm_args` block.
#[derive(Clone, Debug, Default)]
pub struct SlurmArgs {
    /// What every job gets.
    pub defaults: Map,
    /// The hook that decides for each job.
    pub logic: Option<HookRef>,
}

impl SlurmArgs {
    /// The defaults of the spec over those of a project, key by key.
    pub fn over(&self, defaults: &Map) -> Map {
        let mut merged = defaults.clone();
        for (key, value) in &self.defaults {
            merged.insert(key.clone(), value.clone());
        }
        merged
    }
}

/// The Jinja2 pattern of job names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The text.
    pub text: String,
    /// Where the spec has it.
    pub label: Option<Label>,
}

impl Spec {
    /// A spec of nothing but a template and what to vary.
    pub fn new(template: impl Into<PathBuf>, parameters: Parameters) -> Self {
        Self {
            path: None,
            name: None,
            description: None,
            template: template.into(),
            template_label: None,
            output_dir: OutputDir::Unset,
            logs_dir: None,
            job_name_pattern: None,
            parameters,
            slurm_args: SlurmArgs::default(),
            retry: None,
            jinja: JinjaOptions::default(),
            warnings: Vec::new(),
            traps: Vec::new(),
        }
    }

    /// Reads and checks the spec at `path`: YAML, JSON, or a Rhai program, which is run within the
    /// limits of `config`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load(path: &Path, config: &Config) -> Result<Self, Vec<SpecError>> {
        file::spec(path, config)
    }

    /// What the spec comes to, as a map that is a spec itself: paths relative to its folder, hooks
    /// as file and function, a program evaluated.
    pub fn to_map(&self) -> Map {
        show::to_map(self)
    }

    /// The scalars of the spec, or of the parameter file in place of it, that do not mean their
    /// text.
    pub fn all_traps(&self) -> impl Iterator<Item = &Trap> {
        self.traps.iter().chain(&self.parameters.traps)
    }

    /// The hooks of a generation, in the order they are called.
    pub fn hooks(&self) -> impl Iterator<Item = &HookRef> {
        let Parameters { parse, filter, .. } = &self.parameters;
        parse.iter().chain(filter).chain(&self.slurm_args.logic)
    }

    /// All hooks: those of a generation, and the one that is asked about failures.
    pub fn all_hooks(&self) -> impl Iterator<Item = &HookRef> {
        let retry = self.retry.iter();
        self.hooks()
            .chain(retry.flat_map(|retry| &retry.on_failure))
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            label: None,
        }
    }
}
