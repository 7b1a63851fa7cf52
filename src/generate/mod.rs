//! From a spec to job scripts: [`JobGenerator`].
//!
//! A run has two parts. *Planning* expands the parameters, asks the hooks, names the jobs, renders
//! their scripts and compares them with the disk and the collection; it changes nothing that
//! lasts. *Writing* puts the scripts and the collection into place, all of it or nothing.

mod again;
mod builder;
mod folders;
mod name;
mod plan;
mod sweep;
mod write;

use std::path::{Path, PathBuf};

pub use again::KnownJob;
pub use builder::JobGeneratorBuilder;
pub use folders::Folders;
pub use plan::{Action, Counts, PlannedJob, Summary};
pub use write::Generated;

use self::plan::Planner;
use self::sweep::Sweep;
use crate::Error;
use crate::collection::Collection;
use crate::config::Config;
use crate::model::JobName;
use crate::sandbox::Stack;
use crate::spec::Spec;

/// Generates the job scripts of a sweep.
///
/// Every method plans from the start, hooks included: a generator holds no state but the spec and
/// the config.
#[derive(Clone, Debug)]
pub struct JobGenerator {
    spec: Spec,
    config: Config,
    options: Options,
}

/// What may be asked for beyond the spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Where scripts go instead of where the spec says.
    pub output_dir: Option<PathBuf>,
    /// Whether jobs with the same name get `-2`, `-3` and so on appended.
    pub rename_duplicates: bool,
    /// Whether scripts that were edited since they were generated are overwritten.
    pub force: bool,
    /// Whether jobs that the spec no longer has leave the collection.
    pub prune: bool,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// How many parameter sets or jobs are done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The filter hook is asked.
    Filter,
    /// Scripts are rendered.
    Render,
    /// Scripts are put into place.
    Write,
}

/// One job of a sweep, as [`JobGenerator::preview`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its name.
    pub job_name: JobName,
    /// Its script.
    pub script: String,
}

impl JobGenerator {
    /// Reads a spec. The config is the default one; see [`with_config`](Self::with_config).
    pub fn from_spec(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self::new(Spec::load(path.as_ref(), &Config::default())?))
    }

    /// A generator for a spec that was made by other means.
    pub fn new(spec: Spec) -> Self {
        Self {
            spec,
            config: Config::default(),
            options: Options::default(),
        }
    }

    /// Starts a generator without a spec file.
    pub fn builder(template: impl Into<PathBuf>) -> JobGeneratorBuilder {
        JobGeneratorBuilder::new(template.into())
    }

    /// Uses the settings of a project.
    #[must_use]
    pub fn with_config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Uses other options than the default ones.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The spec.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where scripts and logs go.
    pub fn folders(&self) -> Folders {
        Folders::resolve(&self.spec, &self.config, self.options.output_dir.as_deref())
    }

    /// The number of jobs, after the parse and filter hooks.
    pub fn count_jobs(&self) -> Result<usize, Error> {
        self.with_sweep(&mut |_| {}, |sweep, _| Ok(sweep.len()))
    }

    /// The names of all jobs, in order.
    pub fn job_names(&self) -> Result<Vec<JobName>, Error> {
        self.with_sweep(&mut |_| {}, |mut sweep, _| {
            let names = (0..sweep.len()).filter_map(|at| sweep.name(at)).collect();
            sweep.finish_names(&self.spec.parameters);
            sweep.failures.into_result()?;
            Ok(names)
        })
    }

    /// The job with the number `index`, counted from zero.
    pub fn preview(&self, index: usize) -> Result<Preview, Error> {
        let collection = Collection::new(crate::collection::CollectionName::default());
        let mut preview = None;
        let summary = self.plan_each(&collection, &mut |_| {}, &mut |job| {
            if job.index == index {
                let script = String::from_utf8_lossy(&job.script).into_owned();
                preview = Some(Preview {
                    job_name: job.job_name.clone(),
                    script,
                });
            }
            Ok(())
        })?;
        preview.ok_or(Error::NoSuchJob {
            index,
            count: summary.counts.total(),
        })
    }

    /// Works out all jobs against a collection, and hands each to `visit` in order.
    ///
    /// Nothing is written. A job that fails does not stop the others: all failures are reported
    /// together at the end, and then what was visited must not be used.
    pub fn plan_each(
        &self,
        collection: &Collection,
        progress: &mut (dyn FnMut(Progress) + Send),
        visit: &mut (dyn FnMut(PlannedJob<'_>) -> Result<(), Error> + Send),
    ) -> Result<Summary, Error> {
        self.with_sweep(progress, |sweep, progress| {
            Planner::new(self, collection, sweep)?.run(progress, visit)
        })
    }

    /// Works out all jobs against a collection.
    pub fn plan(&self, collection: &Collection) -> Result<Plan, Error> {
        let mut jobs = Vec::new();
        let summary = self.plan_each(collection, &mut |_| {}, &mut |job| {
            jobs.push(job.into_owned());
            Ok(())
        })?;
        Ok(Plan { jobs, summary })
    }

    /// Writes the scripts to `output_dir` and enters the jobs in the collection, which is left to
    /// the caller to save.
    ///
    /// # Errors
    /// If anything fails before the scripts are put into place, nothing is written.
    pub fn generate(
        &self,
        output_dir: impl Into<PathBuf>,
        collection: &mut Collection,
    ) -> Result<Generated, Error> {
        let options = Options {
            output_dir: Some(output_dir.into()),
            ..self.options.clone()
        };
        let generator = self.clone().with_options(options);
        let mut written = generator.stage(collection, &mut |_| {})?;
        written.record(collection);
        written.place(&mut |_| {})
    }

    fn with_sweep<T: Send>(
        &self,
        progress: &mut (dyn FnMut(Progress) + Send),
        use_it: impl FnOnce(Sweep, &mut (dyn FnMut(Progress) + Send)) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        // On this stack Jinja may recurse as deep as its limits let it, too.
        Stack::run(|stack| use_it(Sweep::open(self, stack, progress)?, progress))
            .map_err(Error::Thread)?
    }
}

/// All jobs of a sweep, worked out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The jobs, in order.
    pub jobs: Vec<PlannedJob<'static>>,
    /// What they come to.
    pub summary: Summary,
}
