use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::sweep::Sweep;
use super::{JobGenerator, Phase, Progress};
use crate::Error;
use crate::collection::{Collection, Job, ScriptDigest};
use crate::diagnostic::{Warning, quoted};
use crate::model::{JobName, JobState, Map, ParamSet};
use crate::text;
use crate::yaml::Trap;

/// What a run does to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It enters the collection.
    New,
    /// Its script, its parameters or its Slurm arguments differ from what was there.
    Changed,
    /// Nothing.
    Unchanged,
}

/// A job that is worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedJob<'a> {
    /// Its number in the sweep, from zero.
    pub index: usize,
    /// Its name.
    pub job_name: JobName,
    /// Where its script goes.
    pub script_path: PathBuf,
    /// Its parameters.
    pub parameters: ParamSet,
    /// Its Slurm arguments.
    pub slurm_args: Arc<Map>,
    /// What is done to it.
    pub action: Action,
    /// Whether the script has to be written: it is not on disk as it should be.
    pub write: bool,
    /// Its script.
    pub script: Cow<'a, [u8]>,
}

/// How many jobs get which action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Jobs that enter the collection.
    pub new: usize,
    /// Jobs that are updated.
    pub changed: usize,
    /// Jobs that stay as they are.
    pub unchanged: usize,
    /// Jobs of the collection that the spec no longer has.
    pub removed: usize,
}

/// What a plan comes to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many jobs get which action.
    pub counts: Counts,
    /// The jobs of the collection that come from this spec, which no longer has them.
    pub removed: Vec<JobName>,
    /// What is worth saying.
    pub warnings: Vec<Warning>,
    /// The interpreter of the Python hooks, if there are any.
    pub interpreter: Option<String>,
}

impl Counts {
    /// The number of jobs of the sweep.
    pub fn total(self) -> usize {
        let Self {
            new,
            changed,
            unchanged,
            removed: _,
        } = self;
        new + changed + unchanged
    }
}

impl PlannedJob<'_> {
    /// Keeps the script beyond the visit.
    pub fn into_owned(self) -> PlannedJob<'static> {
        PlannedJob {
            script: Cow::Owned(self.script.into_owned()),
            ..self
        }
    }
}

/// Compares the jobs of a sweep with a collection and the disk.
pub(super) struct Planner<'a> {
    generator: &'a JobGenerator,
    collection: &'a Collection,
    sweep: Sweep,
    /// The source of the jobs in the collection, if it had any jobs of this spec.
    source: Option<usize>,
    /// What is in the output folder. Asking once spares a network file system a question a job.
    on_disk: HashSet<OsString>,
    /// Which jobs of the collection the sweep has.
    seen: Vec<bool>,
    edited: Paths,
    overwritten: Paths,
    counts: Counts,
}

/// A few paths, and how many there were.
#[derive(Debug, Default)]
struct Paths {
    shown: Vec<PathBuf>,
    count: usize,
}

impl Paths {
    fn push(&mut self, path: &Path) {
        if self.shown.len() < 3 {
            self.shown.push(path.into());
        }
        self.count += 1;
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        generator: &'a JobGenerator,
        collection: &'a Collection,
        sweep: Sweep,
    ) -> Result<Self, Error> {
        let spec = generator.source_path();
        Ok(Self {
            source: collection
                .sources
                .iter()
                .position(|source| source.spec == spec),
            on_disk: file_names(&sweep.folders.output_dir)?,
            seen: vec![false; collection.jobs.len()],
            generator,
            collection,
            sweep,
            edited: Paths::default(),
            overwritten: Paths::default(),
            counts: Counts::default(),
        })
    }

    pub(super) fn run(
        mut self,
        progress: &mut dyn FnMut(Progress),
        visit: &mut dyn FnMut(PlannedJob<'_>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let total = self.sweep.len();
        let mut script = Vec::new();
        let mut names = VecDeque::new();
        let mut start = 0;
        let window = self.sweep.window();
        while start < total {
            let places = start..total.min(start + window);
            // Names come before Slurm arguments, as a logic hook may change parameters.
            for place in start + names.len()..places.end {
                names.push_back(self.sweep.name(place));
            }
            let slurm_args = match self.sweep.slurm_args(places) {
                Ok(slurm_args) => slurm_args,
                Err(error) => {
                    self.sweep.failures.push(error.into());
                    break;
                }
            };
            for slurm_args in slurm_args {
                match (names.pop_front().flatten(), slurm_args) {
                    (Some(name), Ok(slurm_args)) => {
                        self.job(start, name, slurm_args, &mut script, visit)?;
                    }
                    (_, Err(error)) => self.sweep.failures.push(error.into()),
                    (None, Ok(_)) => {}
                }
                start += 1;
            }
            progress(Progress {
                phase: Phase::Render,
                done: start,
                total,
            });
        }
        self.finish()
    }

    fn job(
        &mut self,
        place: usize,
        job_name: JobName,
        slurm_args: Arc<Map>,
        script: &mut Vec<u8>,
        visit: &mut dyn FnMut(PlannedJob<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let parameters = self.sweep.set(place);
        let rendered = self
            .sweep
            .script(place, &parameters, &job_name, &slurm_args, script);
        if let Err(error) = rendered {
            self.sweep.failures.push(error);
            return Ok(());
        }
        let script_path = self.sweep.folders.script(job_name.as_str());
        let known = self.collection.jobs.get_full(&job_name);
        if let Some((at, _, job)) = known {
            self.seen[at] = true;
            if self.is_foreign(job, &parameters, &script_path) {
                let other = self.collection.sources[job.source].spec.clone();
                self.sweep.failures.push(Error::Conflict {
                    name: job_name,
                    other,
                });
                return Ok(());
            }
        }
        let known = known.map(|(_, _, job)| job);
        let write = self.must_write(&script_path, known, script)?;
        let same = |job: &Job| {
            !write
                && job.parameters == parameters.stored()
                && *job.slurm_args == slurm_args.stored()
                && *job.script_path == *script_path
                && Some(job.source) == self.source
        };
        let action = match known {
            None => Action::New,
            Some(job) if same(job) => Action::Unchanged,
            Some(_) => Action::Changed,
        };
        match action {
            Action::New => self.counts.new += 1,
            Action::Changed => self.counts.changed += 1,
            Action::Unchanged => self.counts.unchanged += 1,
        }
        visit(PlannedJob {
            index: place,
            job_name,
            script_path,
            parameters,
            slurm_args,
            action,
            write,
            script: Cow::Borrowed(script),
        })
    }

    /// Whether a job of the collection comes from another spec, which still claims it.
    ///
    /// A spec that was moved takes its jobs along.
    fn is_foreign(&self, job: &Job, parameters: &ParamSet, script_path: &Path) -> bool {
        let same = *job.script_path == *script_path && job.parameters == parameters.stored();
        Some(job.source) != self.source && !same && {
            let spec = &self.collection.sources[job.source].spec;
            self.generator.config.root.join(spec).exists()
        }
    }

    /// Whether the script on disk is another or missing. What a user may have edited is noted.
    fn must_write(
        &mut self,
        path: &Path,
        known: Option<&Job>,
        script: &[u8],
    ) -> Result<bool, Error> {
        let there = path
            .file_name()
            .is_some_and(|name| self.on_disk.contains(name));
        if !there {
            return Ok(true);
        }
        let old = fs_err::read(path)?;
        if old == script {
            return Ok(false);
        }
        match known {
            Some(job) if ScriptDigest::of(&old) == job.digest => {}
            Some(_) => self.edited.push(path),
            None => self.overwritten.push(path),
        }
        Ok(true)
    }

    fn finish(mut self) -> Result<Summary, Error> {
        self.sweep.finish_names(&self.generator.spec.parameters);
        if self.edited.count > 0 && !self.generator.options.force {
            let Paths {
                shown: paths,
                count,
            } = std::mem::take(&mut self.edited);
            self.sweep.failures.push(Error::Edited { paths, count });
        }
        let warnings = self.warnings();
        let interpreter = self.sweep.interpreter().map(String::from);
        self.sweep.failures.into_result()?;
        let is_ours = |job: &Job| Some(job.source) == self.source;
        let removed: Vec<JobName> = self
            .collection
            .jobs
            .iter()
            .zip(&self.seen)
            .filter(|((_, job), seen)| !**seen && is_ours(job))
            .map(|((name, _), _)| name.clone())
            .collect();
        if self.generator.options.prune {
            let unsettled = self.collection.unsettled_jobs();
            let is_active = |name: &&JobName| {
                let state = self.collection.jobs.get(*name).and_then(Job::state);
                state.is_some_and(JobState::is_active) || unsettled.contains(name.as_str())
            };
            let jobs = removed.iter().filter(is_active).count();
            if jobs > 0 {
                let name = self.collection.name.clone();
                return Err(Error::Pruned { name, jobs });
            }
        }
        let counts = Counts {
            removed: removed.len(),
            ..self.counts
        };
        Ok(Summary {
            counts,
            removed,
            warnings,
            interpreter,
        })
    }

    fn warnings(&mut self) -> Vec<Warning> {
        let JobGenerator { spec, config, .. } = self.generator;
        let written = [&config.warnings, &spec.warnings, &spec.parameters.warnings];
        let mut warnings: Vec<Warning> = written.into_iter().flatten().cloned().collect();
        warnings.extend(Trap::warnings(config.traps.iter().chain(spec.all_traps())));
        warnings.extend(self.sweep.take_warnings());
        warnings.extend(self.sweep.name_warning());
        for (paths, why) in [
            (&self.overwritten, "that the collection does not know"),
            (&self.edited, "edited since generation"),
        ] {
            if paths.count > 0 {
                let scripts = text::count(paths.count, "script");
                let shown: Vec<_> = paths.shown.iter().map(|path| quoted(path)).collect();
                let more = if paths.count > shown.len() {
                    ", …"
                } else {
                    ""
                };
                let shown = shown.join(", ");
                warnings.push(Warning::new(format!(
                    "{scripts} {why} overwritten: {shown}{more}"
                )));
            }
        }
        warnings
    }
}

/// The names in a folder; none if it does not exist.
fn file_names(folder: &Path) -> io::Result<HashSet<OsString>> {
    match fs_err::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(error) => Err(error),
    }
}
