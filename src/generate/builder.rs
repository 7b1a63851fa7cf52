use std::path::PathBuf;

use super::JobGenerator;
use crate::model::{Map, ParamSet};
use crate::spec::{HookRef, OutputDir, Parameters, Pattern, Spec};

/// Puts a generator together without a spec file.
#[derive(Clone, Debug)]
pub struct JobGeneratorBuilder {
    spec: Spec,
}

impl JobGeneratorBuilder {
    pub(super) fn new(template: PathBuf) -> Self {
        Self {
            spec: Spec::new(template, Parameters::list(vec![ParamSet::default()])),
        }
    }

    /// What to vary.
    #[must_use]
    pub fn parameters(mut self, parameters: Parameters) -> Self {
        self.spec.parameters = parameters;
        self
    }

    /// What to ask of Slurm for every job.
    #[must_use]
    pub fn slurm_defaults(mut self, defaults: Map) -> Self {
        self.spec.slurm_args.defaults = defaults;
        self
    }

    /// The hook that decides what to ask of Slurm for each job.
    #[must_use]
    pub fn slurm_logic(mut self, hook: HookRef) -> Self {
        self.spec.slurm_args.logic = Some(hook);
        self
    }

    /// The Jinja2 pattern of job names.
    #[must_use]
    pub fn job_name_pattern(mut self, pattern: &str) -> Self {
        self.spec.job_name_pattern = Some(Pattern::from(pattern));
        self
    }

    /// Where scripts go.
    #[must_use]
    pub fn output_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spec.output_dir = OutputDir::Folder(folder.into());
        self
    }

    /// What templates get as `logs_dir`; created with the scripts.
    #[must_use]
    pub fn logs_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spec.logs_dir = Some(folder.into());
        self
    }

    /// The generator.
    pub fn build(self) -> JobGenerator {
        JobGenerator::new(self.spec)
    }
}
