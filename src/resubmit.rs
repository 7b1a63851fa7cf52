//! Jobs that are submitted again, as before or with other resources and parameters.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;
use crate::collection::{Attempt, Changes, Collection, Job, JobSource};
use crate::config::Config;
use crate::diagnostic::Warning;
use crate::fs;
use crate::generate::{JobGenerator, KnownJob};
use crate::model::{JobName, Map, ParamSet, Value, option_name};
use crate::scheduler::Directives;
use crate::spec::{ENDINGS, Parameters, Spec, SpecError};
use crate::submit::Request;

/// A job that is to be submitted again.
#[derive(Clone, Debug)]
pub struct Again {
    /// Its name.
    pub name: JobName,
    /// Slurm arguments that are other than in its last attempt.
    pub slurm: Map,
    /// Parameters that are.
    pub params: Map,
}

/// Jobs with the scripts that they need.
#[derive(Debug, Default)]
pub struct Resubmission {
    /// What to submit.
    pub requests: Vec<Request>,
    /// What is worth saying.
    pub warnings: Vec<Warning>,
}

impl Resubmission {
    /// Works out scripts and options. What an earlier attempt changed stays changed. `root` is the
    /// project's, absolute. Nothing is written.
    ///
    /// # Errors
    /// When the spec of a job with other parameters cannot be used, or when nothing knows a Slurm
    /// argument: neither the template nor `sbatch`.
    pub fn plan(
        collection: &Collection,
        config: &Config,
        root: &Path,
        jobs: Vec<Again>,
    ) -> Result<Self, Error> {
        let mut resubmission = Self::default();
        let mut changed: Vec<Vec<(&Job, Again)>> = vec![Vec::new(); collection.sources.len()];
        for again in jobs {
            let Some(job) = collection.jobs.get(&again.name) else {
                continue;
            };
            let again = again.over(job.attempts.last());
            match changed.get_mut(job.source) {
                Some(of_source) if !(again.slurm.is_empty() && again.params.is_empty()) => {
                    of_source.push((job, again));
                }
                _ => resubmission.requests.push(Request::new(again.name)),
            }
        }
        for (source, jobs) in changed.into_iter().enumerate() {
            if !jobs.is_empty() {
                let renderer = Renderer::open(collection, source, config, root);
                resubmission.add(&renderer, jobs)?;
            }
        }
        Ok(resubmission)
    }

    fn add(&mut self, renderer: &Renderer, jobs: Vec<(&Job, Again)>) -> Result<(), Error> {
        let known = jobs.iter().map(|(job, again)| KnownJob {
            name: again.name.clone(),
            parameters: merged(&job.parameters.to_map(), &again.params),
            slurm_args: Arc::new(over(&job.slurm_args, &again.slurm)),
        });
        let known: Vec<KnownJob> = known.collect();
        let scripts = match &renderer.generator {
            Ok(generator) => generator
                .render_again(&known)?
                .into_iter()
                .map(Some)
                .collect(),
            Err(_) if jobs.iter().all(|(_, again)| again.params.is_empty()) => {
                let path = renderer.path.display();
                self.warnings.push(Warning::new(format!(
                    "`{path}` cannot be read: only what `sbatch` itself takes is changed"
                )));
                vec![None; jobs.len()]
            }
            Err(problem) => {
                return Err(Error::Argument {
                    argument: "--extra-params",
                    problem: format!("`{}` cannot be used: {problem}", renderer.path.display()),
                    help: Some("other parameters need the spec to render the script again".into()),
                });
            }
        };
        for ((job, again), script) in jobs.into_iter().zip(scripts) {
            self.add_job(renderer, job, again, script)?;
        }
        Ok(())
    }

    fn add_job(
        &mut self,
        renderer: &Renderer,
        job: &Job,
        again: Again,
        script: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let generated = fs_err::read(renderer.working_dir.join(&job.script_path));
        let text = script.as_deref().or(generated.as_deref().ok());
        let directives = Directives::parse(&String::from_utf8_lossy(text.unwrap_or_default()));
        let script = script.filter(|script| generated.as_ref().ok() != Some(script));
        let options = options(&again.slurm, &directives, script.is_some())?;
        let last = job.attempts.last();
        let last = last.and_then(|attempt| attempt.changes.script.clone());
        let path = |script: &Vec<u8>| {
            let same = |path: &PathBuf| {
                fs_err::read(renderer.working_dir.join(path)).is_ok_and(|text| text == *script)
            };
            last.filter(same).unwrap_or_else(|| {
                attempt_path(
                    &renderer.working_dir,
                    &job.script_path,
                    job.attempts.len() + 1,
                )
            })
        };
        self.requests.push(Request {
            name: again.name,
            changes: Changes {
                slurm: again.slurm,
                params: again.params,
                script: script.as_ref().map(path),
            },
            script,
            options,
        });
        Ok(())
    }
}

impl Again {
    /// The job as before.
    pub fn new(name: JobName) -> Self {
        Self {
            name,
            slurm: Map::new(),
            params: Map::new(),
        }
    }

    /// With what the last attempt changed.
    fn over(self, last: Option<&Attempt>) -> Self {
        let Some(Attempt { changes, .. }) = last else {
            return self;
        };
        Self {
            name: self.name,
            slurm: over(&changes.slurm, &self.slurm),
            params: over(&changes.params, &self.params),
        }
    }
}

/// The generator of a source of jobs.
struct Renderer {
    generator: Result<JobGenerator, Error>,
    /// The spec.
    path: PathBuf,
    working_dir: PathBuf,
}

impl Renderer {
    fn open(collection: &Collection, source: usize, config: &Config, root: &Path) -> Self {
        let source = &collection.sources[source];
        let path = fs::join(root, &source.spec);
        let spec = match spec_of(source, config, root) {
            Some(spec) => spec.map_err(Error::from),
            None => Ok(Spec::new(&path, Parameters::list(Vec::new()))),
        };
        let generator = spec.map(|spec| {
            // The text that templates got, whatever folder this is.
            let logs_dir = Some(source.logs_dir.clone());
            JobGenerator::new(Spec { logs_dir, ..spec }).with_config(config.clone())
        });
        Self {
            generator,
            path,
            working_dir: fs::join(root, &source.working_dir),
        }
    }
}

/// The spec that jobs were generated from; `None` for a sweep without one, which records its
/// template.
pub(crate) fn spec_of(
    source: &JobSource,
    config: &Config,
    root: &Path,
) -> Option<Result<Spec, Vec<SpecError>>> {
    let ending = source.spec.extension()?;
    let is_spec = ENDINGS.iter().any(|known| ending == *known);
    is_spec.then(|| Spec::load(&fs::join(root, &source.spec), config))
}

/// The entries of `other` over those of `map`.
pub(crate) fn over(map: &Map, other: &Map) -> Map {
    let mut merged = map.clone();
    for (key, value) in other {
        merged.insert(key.clone(), value.clone());
    }
    merged
}

fn merged(set: &Map, changes: &Map) -> ParamSet {
    ParamSet::from(&over(set, changes))
}

/// `out/a.job` is `out/a.2.job` in its second attempt, or the next that is no file yet: that may be
/// the script of job `a.2`.
fn attempt_path(working_dir: &Path, script: &Path, attempt: usize) -> PathBuf {
    let file = script.file_name().unwrap_or_default().to_string_lossy();
    let stem = file.strip_suffix(".job").unwrap_or(&file);
    let mut number = attempt;
    loop {
        let path = script.with_file_name(format!("{stem}.{number}.job"));
        if !working_dir.join(&path).exists() {
            return path;
        }
        number += 1;
    }
}

/// What `sbatch` must be told because the script does not say it.
fn options(
    slurm: &Map,
    directives: &Directives,
    script_changed: bool,
) -> Result<Vec<(String, String)>, Error> {
    let mut options = Vec::new();
    for (name, value) in slurm {
        let option = option_name(name);
        let text = match value {
            Value::Null | Value::Bool(false) => continue,
            Value::Bool(true) => String::new(),
            value => value.to_string(),
        };
        if directives.get(&option) == Some(&text) {
            continue;
        }
        if Directives::is_option(&option) {
            options.push((option, text));
        } else if !script_changed {
            return Err(Error::UnknownArgument {
                name: name.to_string(),
                similar: crate::diagnostic::nearest(&option, Directives::OPTIONS).map(String::from),
            });
        }
    }
    Ok(options)
}

/// How many of these jobs failed in their last two attempts in the same way: what is wrong with
/// them is no accident.
pub fn count_repeated(collection: &Collection, names: &[JobName]) -> usize {
    let jobs = names.iter().filter_map(|name| collection.jobs.get(name));
    let repeated = jobs.filter(|job| match job.attempts.as_slice() {
        [.., before, last] => {
            last.state.is_failure()
                && before.state == last.state
                && before.exit_code == last.exit_code
                && before.changes.slurm == last.changes.slurm
                && before.changes.params == last.changes.params
        }
        _ => false,
    });
    repeated.count()
}
