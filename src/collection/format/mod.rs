//! The file of a collection: YAML with a job on each line.
//!
//! A line of a job is a flow map that is JSON as well. So git shows a changed job as one changed
//! line, `PyYAML` reads the file, and we read it at the speed of a JSON parser. What JSON cannot say
//! (`.nan`, integers beyond 64 bits) is written as YAML has it; such a line, and a file that was
//! edited into another layout, takes the way through the YAML reader.

mod layouts;
mod lines;
#[cfg(test)]
mod tests;
mod write;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

pub(super) use self::write::write;
use super::{Attempt, Collection, CollectionError, CollectionName, Job, JobSource, ScriptDigest};
use crate::diagnostic::{Label, Source};
use crate::model::{JobName, Map, ParamSet};

/// The version written. 1 and 2 are the Python tool's.
pub(super) const VERSION: i128 = 3;

/// All before the jobs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: i128,
    #[expect(
        dead_code,
        reason = "for the reader of the file; the file's name counts"
    )]
    name: String,
    #[serde(default)]
    description: String,
    created: Timestamp,
    updated: Timestamp,
    #[serde(default)]
    sources: Vec<JobSource>,
}

/// A job as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JobLine {
    job_name: String,
    parameters: ParamSet,
    slurm_args: Map,
    script_path: PathBuf,
    script_digest: String,
    source: usize,
    #[serde(default)]
    attempts: Vec<Attempt>,
}

/// Reads what [`write`] wrote, or what somebody made of it by hand.
pub(super) fn read(
    path: &Path,
    name: &CollectionName,
    text: String,
) -> Result<Collection, CollectionError> {
    let source = Source::new(path, text);
    let (header, jobs) = match lines::read(&source.text) {
        Some(read) => read,
        None => layouts::read(&source)?,
    };
    let lost = |(_, job): &(&JobName, &Job)| job.source >= header.sources.len();
    if let Some((name, _)) = jobs.iter().find(lost) {
        let problem = format!("job `{name}` has a source that is not listed");
        return Err(damaged(&source, problem, None));
    }
    Ok(Collection {
        name: name.clone(),
        description: header.description,
        created: header.created,
        updated: header.updated,
        sources: header.sources,
        jobs,
        unsettled: Vec::new(),
        read: None,
        journal: 0,
    })
}

fn damaged(source: &Source, problem: String, label: Option<Label>) -> CollectionError {
    CollectionError::Damaged {
        path: source.path.clone(),
        problem,
        label,
    }
}

/// Makes jobs of lines. What many jobs have in common is kept once.
#[derive(Default)]
struct Jobs {
    parameters: Option<ParamSet>,
    slurm_args: HashSet<Arc<Map>>,
}

impl Jobs {
    fn read(&mut self, line: JobLine) -> Result<(JobName, Job), String> {
        let JobLine {
            job_name,
            mut parameters,
            slurm_args,
            script_path,
            script_digest,
            source,
            mut attempts,
        } = line;
        // Most have one, and lists grow to four at first.
        attempts.shrink_to_fit();
        let name = JobName::parse(&job_name).map_err(|problem| {
            format!("job `{job_name}` has a name that cannot be used: {problem}")
        })?;
        let digest = u64::from_str_radix(&script_digest, 16)
            .map_err(|_| format!("job `{job_name}` has a `script_digest` that is none"))?;
        if let Some(earlier) = &self.parameters {
            parameters.share_names(earlier);
        }
        self.parameters = Some(parameters.clone());
        let slurm_args = self
            .slurm_args
            .get(&slurm_args)
            .cloned()
            .unwrap_or_else(|| {
                let slurm_args = Arc::new(slurm_args);
                self.slurm_args.insert(slurm_args.clone());
                slurm_args
            });
        let job = Job {
            parameters,
            slurm_args,
            script_path: script_path.into(),
            digest: ScriptDigest(digest),
            source,
            attempts,
        };
        Ok((name, job))
    }
}
