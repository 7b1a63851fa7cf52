//! The quick way, for the layout that [`write`](super::write) makes: a job on each line.

use std::thread::available_parallelism;

use indexmap::IndexMap;
use serde::Deserialize;

use super::{Header, JobLine, Jobs, VERSION};
use crate::collection::Job;
use crate::diagnostic::Source;
use crate::model::{JobName, Map, Value};
use crate::parallel;
use crate::yaml::{self, Schema};

/// Reads that layout; `None` for any other.
pub(super) fn read(text: &str) -> Option<(Header, IndexMap<JobName, Job>)> {
    let (header, lines) = match text.split_once("\njobs:\n") {
        Some(parts) => parts,
        None => (text.trim_end().strip_suffix("\njobs: []")?, ""),
    };
    let header = read_header(header)?;
    let parts = parts(lines);
    let read = parallel::map(&parts, parts.len(), |part| read_jobs(part));
    let mut jobs = IndexMap::with_capacity(lines.lines().count());
    for (name, job) in read
        .into_iter()
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .flatten()
    {
        // Where a name is there twice, the other way says so.
        if jobs.insert(name, job).is_some() {
            return None;
        }
    }
    Some((header, jobs))
}

fn read_header(text: &str) -> Option<Header> {
    let mut header = Map::new();
    let mut sources = Vec::new();
    for line in text.lines().filter(|line| is_content(line)) {
        if let Some(source) = line.strip_prefix("- ") {
            sources.push(serde_json::from_str::<Value>(source).ok()?);
        } else if line != "sources:" {
            let (key, value) = line.split_once(": ")?;
            header.insert(key.into(), serde_json::from_str(value).ok()?);
        }
    }
    header.insert("sources".into(), Value::list(sources));
    let header = Header::deserialize(Value::from(header)).ok()?;
    (header.version == VERSION).then_some(header)
}

fn is_content(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

/// Whole lines for each thread.
fn parts(lines: &str) -> Vec<&str> {
    const MOST_THREADS: usize = 8;
    /// In bytes: what takes longer to read than a thread to start.
    const LEAST: usize = 256 * 1024;
    let threads = available_parallelism()
        .map_or(1, usize::from)
        .min(MOST_THREADS);
    let bytes = (lines.len() / threads + 1).max(LEAST);
    let mut parts = Vec::new();
    let mut rest = lines;
    while let Some(end) = rest.as_bytes().get(bytes..) {
        let end = end.iter().position(|byte| *byte == b'\n');
        let (part, after) = rest.split_at(end.map_or(rest.len(), |end| bytes + end + 1));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

fn read_jobs(lines: &str) -> Option<Vec<(JobName, Job)>> {
    let mut jobs = Jobs::default();
    let lines = lines.lines().filter(|line| is_content(line));
    lines
        .map(|line| jobs.read(read_job(line.strip_prefix("- ")?)?).ok())
        .collect()
}

fn read_job(item: &str) -> Option<JobLine> {
    if let Ok(job) = serde_json::from_str(item) {
        return Some(job);
    }
    let node = yaml::parse(&Source::new("job", item), Schema::PyYaml).ok()??;
    JobLine::deserialize(node.to_value()).ok()
}
