//! The way for files that somebody edited into another layout than [`write`](super::write) makes.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;

use super::{Header, JobLine, Jobs, VERSION, damaged};
use crate::collection::{CollectionError, Job};
use crate::diagnostic::{Diagnose, Source};
use crate::model::{JobName, Map, Value};
use crate::yaml::{self, Schema};

/// Reads any layout, and says what is wrong and where.
pub(super) fn read(
    source: &Arc<Source>,
) -> Result<(Header, IndexMap<JobName, Job>), CollectionError> {
    let root = yaml::parse(source, Schema::PyYaml)
        .map_err(|error| damaged(source, error.to_string(), error.label()))?
        .ok_or_else(|| damaged(source, "it is empty".into(), None))?;
    let wrong =
        |problem: &str, node: &yaml::Node| damaged(source, problem.to_owned(), Some(node.label()));
    let entries = root
        .as_mapping()
        .ok_or_else(|| wrong("a map is expected here", &root))?;
    let mut header = Map::new();
    let mut job_nodes: &[yaml::Node] = &[];
    for (key, value) in entries {
        match key
            .as_str()
            .ok_or_else(|| wrong("a key is expected here", key))?
        {
            "jobs" if value.is_null() => {}
            "jobs" => {
                let expected = || wrong("a list is expected here", value);
                job_nodes = value.as_sequence().ok_or_else(expected)?;
            }
            key => {
                header.insert(key.into(), value.to_value());
            }
        }
    }
    match header.get("version") {
        Some(Value::Int(VERSION)) => {}
        Some(Value::Int(version)) => {
            let path = source.path.clone();
            return Err(CollectionError::Version {
                path,
                version: *version,
            });
        }
        // Version 1 of the Python tool does not say so, but its times have other names.
        None if header.get("created_at").is_some() => {
            let path = source.path.clone();
            return Err(CollectionError::Version { path, version: 1 });
        }
        _ => return Err(wrong("there is no `version`", &root)),
    }
    let header = Header::deserialize(Value::from(header))
        .map_err(|error| wrong(&error.to_string(), &root))?;
    let mut read = Jobs::default();
    let mut jobs = IndexMap::new();
    for node in job_nodes {
        let line = JobLine::deserialize(node.to_value());
        let line = line.map_err(|error| wrong(&error.to_string(), node))?;
        let (name, job) = read.read(line).map_err(|problem| wrong(&problem, node))?;
        let twice = format!("job `{name}` is there twice");
        if jobs.insert(name, job).is_some() {
            return Err(wrong(&twice, node));
        }
    }
    Ok((header, jobs))
}
