//! Everything that can go wrong, in one enum.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::collection::{CollectionError, CollectionName};
use crate::config::ConfigError;
use crate::diagnostic::{Diagnose, Label, quoted};
use crate::hook::HookError;
use crate::model::{JobName, JobNameProblem};
use crate::render::RenderError;
use crate::scheduler::SlurmError;
use crate::spec::SpecError;
use crate::text;
use crate::yaml::Trap;

/// An error of this crate.
#[derive(Debug, Error)]
pub enum Error {
    /// Jobs of a collection wait or run.
    #[error("collection `{name}` has {}: they may wait or run", text::count(*jobs, "active job"))]
    Active {
        /// The collection.
        name: CollectionName,
        /// How many.
        jobs: usize,
    },
    /// Jobs that are to be forgotten wait or run.
    #[error("`--prune` would forget {} of collection `{name}` that may wait or run", text::count(*jobs, "job"))]
    Pruned {
        /// The collection.
        name: CollectionName,
        /// How many.
        jobs: usize,
    },
    /// An argument of the command cannot be used.
    #[error("`{argument}`: {problem}")]
    Argument {
        /// The argument.
        argument: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        help: Option<String>,
    },
    /// A collection cannot be read or written.
    #[error(transparent)]
    Collection(#[from] CollectionError),
    /// A config cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A job of the same name comes from elsewhere.
    #[error("job `{name}` is in the collection already, from `{}`", other.display())]
    Conflict {
        /// The name.
        name: JobName,
        /// What the job in the collection was generated from.
        other: PathBuf,
    },
    /// Jobs cannot wait for those of a collection.
    #[error("nothing can wait for collection `{name}`: {} {problem}", are(*jobs))]
    Dependency {
        /// The collection.
        name: CollectionName,
        /// How many of its jobs are in the way.
        jobs: usize,
        /// What they are.
        problem: String,
    },
    /// Jobs of one run have the same name.
    #[error("{count} jobs would be called `{name}`: they differ in {differ}")]
    DuplicateName {
        /// The name.
        name: JobName,
        /// How many.
        count: usize,
        /// What tells them apart.
        differ: String,
    },
    /// Scripts were edited since they were generated.
    #[error("{} edited since generation would be overwritten: {}", text::count(*count, "script"), list(paths, *count))]
    Edited {
        /// Some of them.
        paths: Vec<PathBuf>,
        /// How many there are.
        count: usize,
    },
    /// A file that must not be overwritten is there.
    #[error("{} exists already", quoted(path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A hook failed.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A job name cannot be used.
    #[error("`{}` cannot be a job name: {problem} (parameters: {parameters})", text.escape_debug())]
    JobName {
        /// What was made for a name.
        text: String,
        /// What is wrong with it.
        problem: JobNameProblem,
        /// The parameters it was made of.
        parameters: String,
        /// Where the pattern is.
        label: Option<Label>,
    },
    /// There is nothing to show of a job.
    #[error("job `{job}` has no log: {problem}")]
    NoLog {
        /// The job.
        job: JobName,
        /// Why.
        problem: String,
    },
    /// Nothing is known of a job of Slurm.
    #[error("no collection has job {id}, and no log is called after it")]
    NoSuchId {
        /// Its id.
        id: String,
    },
    /// There is no job with this number.
    #[error("there is no job {index}: the sweep has {}", text::count(*count, "job"))]
    NoSuchJob {
        /// What was asked for, from zero.
        index: usize,
        /// How many jobs there are.
        count: usize,
    },
    /// Nobody said that it may be done.
    #[error("{what}")]
    NotConfirmed {
        /// What was not done, as a sentence.
        what: String,
        /// Whether there was somebody to ask.
        asked: bool,
    },
    /// Files of the Python tool stayed as they were, each for a reason that was said.
    #[error("{failed} of {} could not be migrated", text::count(*total, "file"))]
    NotMigrated {
        /// How many.
        failed: usize,
        /// Of how many.
        total: usize,
    },
    /// A template failed.
    #[error("{error}{}", for_job(job.as_deref()))]
    Render {
        /// Why.
        error: RenderError,
        /// For which job, if it fails for some only.
        job: Option<String>,
    },
    /// Jobs failed again in the same way.
    #[error("{what}")]
    Repeated {
        /// Of this collection.
        collection: CollectionName,
        /// Which.
        what: String,
    },
    /// A Slurm argument that a job is to be submitted with has no effect.
    #[error("neither the template nor `sbatch` knows the Slurm argument `{name}`")]
    UnknownArgument {
        /// The argument.
        name: String,
        /// One that `sbatch` knows.
        similar: Option<String>,
    },
    /// A parameter of a grid has the same value more than once.
    #[error("the parameter `{parameter}` holds {value} {}", times(*count))]
    RepeatedValue {
        /// The parameter.
        parameter: Arc<str>,
        /// The value as Python writes it.
        value: String,
        /// How often.
        count: usize,
        /// Where its values are.
        label: Option<Label>,
    },
    /// Scripts are not what was generated.
    #[error("{} edited since generation: {}", text::count(paths.len(), "script"), first(paths))]
    ScriptsEdited {
        /// All of them.
        paths: Vec<PathBuf>,
    },
    /// Scripts are not there.
    #[error("{} missing: {}", text::count(paths.len(), "script"), first(paths))]
    ScriptsMissing {
        /// All of them.
        paths: Vec<PathBuf>,
    },
    /// More than one thing is wrong.
    #[error("{0}")]
    Several(Failures),
    /// Slurm did not do as asked.
    #[error(transparent)]
    Slurm(#[from] SlurmError),
    /// The spec cannot be used.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no job of this name.
    #[error("collection `{collection}` has no job `{job}`")]
    UnknownJob {
        /// The collection.
        collection: CollectionName,
        /// The name, a pattern or an id.
        job: String,
        /// A similar name.
        similar: Option<JobName>,
    },
    /// Nobody knows whether jobs were submitted.
    #[error("whether {} arrived that {host} was submitting cannot be known{}", text::count(*jobs, "job"), if seconds.is_some() { " yet" } else { "" })]
    Unsettled {
        /// The host that submitted.
        host: String,
        /// How many jobs.
        jobs: usize,
        /// In how many seconds it can be known, if ever.
        seconds: Option<i64>,
    },
    /// The thread for planning could not be started.
    #[error("cannot start the thread that hooks and templates run on: {0}")]
    Thread(#[source] io::Error),
    /// A scalar does not mean its text, and that shall not pass.
    #[error("{}: {trap}", quoted(&trap.label.source.path))]
    Trap {
        /// Which, and where.
        trap: Trap,
    },
}

/// Several errors, of which the first are kept.
#[derive(Debug, Default)]
pub struct Failures {
    /// The first, at most [`Failures::SHOWN`].
    pub shown: Vec<Error>,
    /// How many there were.
    pub total: usize,
}

impl Failures {
    /// How many are kept.
    pub const SHOWN: usize = 10;

    /// Counts an error, and keeps it if it is one of the first and of another cause than those.
    pub fn push(&mut self, error: Error) {
        let known = self.shown.iter().any(|shown| shown.has_cause_of(&error));
        if self.shown.len() < Self::SHOWN && !known {
            self.shown.push(error);
        }
        self.total += 1;
    }

    /// The error that stands for all, if there is any.
    pub fn into_result(mut self) -> Result<(), Error> {
        match self.total {
            0 => Ok(()),
            1 => Err(self.shown.remove(0)),
            _ => Err(Error::Several(self)),
        }
    }
}

impl Display for Failures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", text::count(self.total, "error"))?;
        for error in &self.shown {
            write!(f, "; {error}")?;
        }
        Ok(())
    }
}

impl<E: Into<Error>> From<Vec<E>> for Error {
    /// One error as itself, several together.
    fn from(errors: Vec<E>) -> Self {
        let mut failures = Failures::default();
        for error in errors {
            failures.push(error.into());
        }
        match failures.into_result() {
            Err(error) => error,
            Ok(()) => Self::Several(Failures::default()),
        }
    }
}

impl Error {
    /// Whether two jobs failed at the same place for the same reason.
    fn has_cause_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Hook(one), Self::Hook(other)) => one.has_cause_of(other),
            (Self::Render { error: one, .. }, Self::Render { error: other, .. }) => one == other,
            _ => false,
        }
    }

    /// The error of another module that this one is.
    fn cause(&self) -> Option<&dyn Diagnose> {
        match self {
            Self::Collection(error) => Some(error),
            Self::Config(error) => Some(error),
            Self::Hook(error) => Some(error),
            Self::Render { error, .. } => Some(error),
            Self::Slurm(error) => Some(error),
            Self::Spec(error) => Some(error),
            Self::Trap { trap } => Some(trap),
            _ => None,
        }
    }
}

impl From<RenderError> for Error {
    fn from(error: RenderError) -> Self {
        Self::Render { error, job: None }
    }
}

impl Diagnose for Error {
    fn label(&self) -> Option<Label> {
        match self {
            Self::JobName { label, .. } | Self::RepeatedValue { label, .. } => label.clone(),
            _ => self.cause()?.label(),
        }
    }

    fn notes(&self) -> Vec<String> {
        self.cause().map(Diagnose::notes).unwrap_or_default()
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Active { name, .. } => Some(format!(
                "`slurmkit cancel {name}` ends them; `--force` forgets them"
            )),
            Self::Argument { help, .. } => help.clone(),
            Self::Pruned { name, .. } => Some(format!(
                "`slurmkit cancel {name}` ends them; without `--prune` they are kept"
            )),
            Self::Conflict { .. } => {
                Some("choose another collection with `--collection`, or other job names".into())
            }
            Self::Dependency { name, .. } => Some(format!(
                "`slurmkit status {name}` shows them; `--type afterany` waits for failed ones, too"
            )),
            Self::DuplicateName { .. } => Some(
                "put what they differ in into `job_name_pattern`, or pass `--rename-duplicates` \
                 to append `-2`, `-3`, …"
                    .into(),
            ),
            Self::Edited { .. } => Some("pass `--force` to overwrite them".into()),
            Self::Exists { .. } => Some("pass `--force` to overwrite it".into()),
            Self::JobName { .. } => Some("change `job_name_pattern`".into()),
            Self::NotConfirmed { asked: false, .. } => Some("pass `-y` to do it unasked".into()),
            Self::Repeated { collection, .. } => Some(format!(
                "nothing was submitted; `slurmkit logs {collection} --failed` shows why, `--set` \
                 changes what they ask for, `--only` chooses others, `--again` submits them all the \
                 same"
            )),
            Self::UnknownArgument { similar, .. } => similar
                .as_ref()
                .map(|similar| format!("did you mean `{similar}`?")),
            Self::RepeatedValue { .. } => Some(
                "write it once, or pass `--rename-duplicates` to append `-2`, `-3`, … to the names"
                    .into(),
            ),
            Self::ScriptsEdited { .. } => {
                Some("pass `--force` to send them as they are, or generate again".into())
            }
            Self::ScriptsMissing { .. } => Some("`slurmkit generate` writes them again".into()),
            Self::NoSuchId { .. } => {
                Some("`output_patterns` in the config says how other logs are called".into())
            }
            Self::UnknownJob {
                similar: Some(similar),
                ..
            } => Some(format!("did you mean `{similar}`?")),
            Self::UnknownJob { collection, .. } => Some(format!(
                "`slurmkit collection show {collection}` lists them"
            )),
            Self::Unsettled {
                seconds: Some(seconds),
                ..
            } => Some(format!("run this again in {seconds} s")),
            Self::Unsettled { host, .. } => Some(format!(
                "look with `squeue` and in the logs whether they ran, then remove the line of {host} \
                 from the collection's `.journal`"
            )),
            Self::Thread(_) => Some("raise the limit with `ulimit -v unlimited`".into()),
            _ => self.cause()?.help(),
        }
    }
}

fn for_job(job: Option<&str>) -> String {
    job.map(|job| format!(" (job `{job}`)")).unwrap_or_default()
}

/// `twice`, `3 times`.
fn times(count: usize) -> String {
    match count {
        2 => "twice".into(),
        count => text::count(count, "time"),
    }
}

/// `1 job is`, `2 jobs are`.
fn are(jobs: usize) -> String {
    let verb = if jobs == 1 { "is" } else { "are" };
    format!("{} {verb}", text::count(jobs, "job"))
}

/// The first of some paths.
fn first(paths: &[PathBuf]) -> String {
    list(&paths[..paths.len().min(3)], paths.len())
}

fn list(paths: &[PathBuf], count: usize) -> String {
    let mut listed: Vec<_> = paths.iter().map(|path| quoted(path)).collect();
    if count > paths.len() {
        listed.push(format!("{} more", text::thousands(count - paths.len())));
    }
    listed.join(", ")
}
