use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Action, Counts, Folders, JobGenerator, Phase, PlannedJob, Progress, Summary};
use crate::Error;
use crate::collection::{Collection, Job, JobSource, ScriptDigest};
use crate::fs::{self, Staging};
use crate::model::JobName;

/// What a run wrote.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Where the scripts are.
    pub folders: Folders,
    /// The jobs of the sweep, in order.
    pub jobs: Vec<(JobName, Action)>,
    /// What they come to.
    pub summary: Summary,
}

/// A sweep whose scripts are written but not yet in their place.
pub struct StagedSweep {
    generator: JobGenerator,
    folders: Folders,
    staging: Option<Staging>,
    jobs: Vec<StagedJob>,
    summary: Summary,
}

struct StagedJob {
    name: JobName,
    /// What the collection shall hold; taken when it is recorded.
    job: Option<Job>,
    action: Action,
    /// The number in the staging, if the script is to be written.
    file: Option<usize>,
}

impl JobGenerator {
    /// Plans, and writes all scripts to where they can be put into place at once.
    ///
    /// Dropped at this point, nothing is left on disk.
    pub fn stage(
        &self,
        collection: &Collection,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<StagedSweep, Error> {
        let folders = self.folders();
        let mut staging = None;
        let mut jobs = Vec::new();
        let summary = self.plan_each(collection, progress, &mut |job| {
            jobs.push(stage_job(job, &folders, &mut staging)?);
            Ok(())
        })?;
        Ok(StagedSweep {
            generator: self.clone(),
            folders,
            staging,
            jobs,
            summary,
        })
    }

    /// The spec as collections record it: relative to the project if it is inside.
    pub(super) fn source_path(&self) -> PathBuf {
        self.recorded(self.spec.path.as_ref().unwrap_or(&self.spec.template))
    }

    fn recorded(&self, path: &Path) -> PathBuf {
        let real = |path: &Path| {
            path.canonicalize()
                .or_else(|_| std::path::absolute(path))
                .unwrap_or_else(|_| path.into())
        };
        let path = real(path);
        match path.strip_prefix(real(&self.config.root)) {
            Ok(inside) => fs::join(Path::new(""), inside),
            Err(_) => path,
        }
    }
}

fn stage_job(
    planned: PlannedJob<'_>,
    folders: &Folders,
    staging: &mut Option<Staging>,
) -> Result<StagedJob, Error> {
    let PlannedJob {
        job_name,
        script_path,
        parameters,
        slurm_args,
        action,
        write,
        script,
        ..
    } = planned;
    let file = match write {
        true => {
            let staging = match staging {
                Some(staging) => staging,
                None => staging.insert(Staging::new(&folders.output_dir)?),
            };
            Some(staging.add(&script)?)
        }
        false => None,
    };
    let job = Job {
        parameters: parameters.stored(),
        slurm_args: if slurm_args.is_stored() {
            slurm_args
        } else {
            Arc::new(slurm_args.stored())
        },
        script_path: script_path.into(),
        digest: ScriptDigest::of(&script),
        source: 0,
        attempts: Vec::new(),
    };
    Ok(StagedJob {
        name: job_name,
        job: Some(job),
        action,
        file,
    })
}

impl StagedSweep {
    /// What is to be done.
    pub fn counts(&self) -> Counts {
        self.summary.counts
    }

    /// Enters the jobs in the collection; returns whether that changed it.
    ///
    /// Jobs that are there keep their place and their attempts; those that the spec no longer has
    /// stay, unless pruning was asked for.
    pub fn record(&mut self, collection: &mut Collection) -> bool {
        let Self {
            generator,
            folders,
            jobs,
            summary,
            ..
        } = self;
        let Counts { new, changed, .. } = summary.counts;
        let mut touched = new + changed > 0;
        let source = JobSource {
            spec: generator.source_path(),
            working_dir: generator.recorded(Path::new(".")),
            output_dir: folders.output_dir.clone(),
            logs_dir: folders.logs_text().into(),
        };
        let at = collection
            .sources
            .iter()
            .position(|known| known.spec == source.spec);
        let at = match at {
            Some(at) => {
                touched |= collection.sources[at] != source;
                collection.sources[at] = source;
                at
            }
            None => {
                collection.sources.push(source);
                collection.sources.len() - 1
            }
        };
        if let Some(description) = &generator.spec.description {
            touched |= collection.description != *description;
            collection.description.clone_from(description);
        }
        for staged in jobs {
            let Some(job) = staged.job.take() else {
                continue;
            };
            let attempts = collection.jobs.get_mut(&staged.name).map(|old| {
                // Moving them is cheaper than a second look-up for the place.
                std::mem::take(&mut old.attempts)
            });
            let job = Job {
                source: at,
                attempts: attempts.unwrap_or_default(),
                ..job
            };
            collection.jobs.insert(staged.name.clone(), job);
        }
        if generator.options.prune && !summary.removed.is_empty() {
            let removed: std::collections::HashSet<_> = summary.removed.iter().collect();
            collection.jobs.retain(|name, _| !removed.contains(name));
            touched = true;
        }
        touched || !collection.is_saved()
    }

    /// Puts the scripts into place and creates the logs folder.
    pub fn place(self, progress: &mut dyn FnMut(Progress)) -> Result<Generated, Error> {
        let Self {
            folders,
            staging,
            jobs,
            summary,
            ..
        } = self;
        if let Some(logs_dir) = &folders.logs_dir {
            // Slurm fails a job without a word when its log has no folder.
            fs_err::create_dir_all(logs_dir)?;
        }
        let total = jobs.len();
        let mut placed = Vec::with_capacity(total);
        for (
            done,
            StagedJob {
                name, action, file, ..
            },
        ) in jobs.into_iter().enumerate()
        {
            if let (Some(file), Some(staging)) = (file, &staging) {
                staging
                    .place(file, &folders.script(name.as_str()))
                    .map_err(Error::Io)?;
            }
            placed.push((name, action));
            if done % 1024 == 0 {
                progress(Progress {
                    phase: Phase::Write,
                    done,
                    total,
                });
            }
        }
        if let Some(staging) = staging {
            staging.finish();
        }
        Ok(Generated {
            folders,
            jobs: placed,
            summary,
        })
    }
}
