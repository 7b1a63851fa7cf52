use std::path::Path;

use super::Directives;
use crate::model::{JobId, Token};

/// A script on its way to Slurm, with what the command line of `sbatch` says besides.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    /// The script.
    pub script: &'a Path,
    /// What its head says.
    pub directives: &'a Directives,
    /// The folder that `sbatch` runs in, and so the job.
    pub working_dir: &'a Path,
    /// What the job carries, besides the comment of its script.
    pub token: Token,
    /// For an array; else it is one job.
    pub array: Option<ArrayOf>,
    /// Jobs to wait for.
    pub dependency: Option<&'a Dependency>,
    /// More options, long names and values; they win over the script.
    pub options: &'a [(String, String)],
}

/// An array with tasks from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayOf {
    /// How many.
    pub tasks: u32,
    /// How many may run at a time.
    pub max_running: Option<u32>,
}

/// Jobs to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// How they must have ended.
    pub kind: DependencyType,
    /// Jobs, tasks, and arrays as a whole.
    pub jobs: Vec<JobId>,
}

/// How the jobs that are waited for must have ended; see `man sbatch`, `--dependency`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DependencyType {
    /// With exit code zero.
    #[default]
    AfterOk,
    /// Somehow.
    AfterAny,
}

/// What Slurm made of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The number of the job or of the array.
    pub job_id: u64,
    /// The cluster, if `sbatch` named one.
    pub cluster: Option<Box<str>>,
}

impl DependencyType {
    /// Slurm's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::AfterOk => "afterok",
            Self::AfterAny => "afterany",
        }
    }
}

impl Submission<'_> {
    /// The arguments of `sbatch`.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--parsable".into()];
        // The comment of the script stays: some sites give it a meaning.
        let comment = match self.directives.get("comment") {
            Some(comment) if !comment.is_empty() => format!("{comment} {}", self.token),
            _ => self.token.to_string(),
        };
        arguments.push(format!("--comment={comment}"));
        if let Some(ArrayOf { tasks, max_running }) = self.array {
            let at_once = max_running.map_or(String::new(), |at_once| format!("%{at_once}"));
            arguments.push(format!("--array=0-{}{at_once}", tasks.saturating_sub(1)));
        }
        if let Some(Dependency { kind, jobs }) = self.dependency
            && !jobs.is_empty()
        {
            let jobs: Vec<_> = jobs.iter().map(ToString::to_string).collect();
            let jobs = jobs.join(":");
            let own = self
                .directives
                .get("dependency")
                .filter(|own| !own.is_empty());
            let own = own.map_or(String::new(), |own| format!("{own},"));
            arguments.push(format!("--dependency={own}{}:{jobs}", kind.word()));
            arguments.push("--kill-on-invalid-dep=yes".into());
        }
        for (name, value) in self.options {
            let value = if value.is_empty() {
                String::new()
            } else {
                format!("={value}")
            };
            arguments.push(format!("--{name}{value}"));
        }
        arguments.push(self.script.display().to_string());
        arguments
    }
}
