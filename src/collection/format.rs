//! The file of a collection: YAML with a job on each line.
//!
//! A line of a job is a flow map that is JSON as well. So git shows a changed job as one changed
//! line, `PyYAML` reads the file, and we read it at the speed of a JSON parser. What JSON cannot say
//! (`.nan`, integers beyond 64 bits) is written as YAML has it; such a line, and a file that was
//! edited into another layout, takes the way through the YAML reader.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Attempt, Collection, CollectionError, CollectionName, Job, JobSource, ScriptDigest};
use crate::diagnostic::{Diagnose, Label, Source};
use crate::model::{JobName, Map, ParamSet, Value};
use crate::yaml::{self, Schema, quoted, write_flow_map, write_quoted};

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

pub(super) fn write(collection: &Collection, out: &mut impl Write) -> io::Result<()> {
    let Collection {
        name,
        description,
        created,
        updated,
        sources,
        jobs,
        // The journal holds what is not settled.
        unsettled: _,
        read: _,
        journal: _,
    } = collection;
    writeln!(
        out,
        "# A collection of slurmkit. One job a line; `slurmkit collection show` reads better."
    )?;
    writeln!(out, "version: {VERSION}")?;
    writeln!(out, "name: {}", quoted(name.as_str()))?;
    writeln!(out, "description: {}", quoted(description))?;
    writeln!(out, "created: \"{created}\"")?;
    writeln!(out, "updated: \"{updated}\"")?;
    writeln!(
        out,
        "{}",
        if sources.is_empty() {
            "sources: []"
        } else {
            "sources:"
        }
    )?;
    for JobSource {
        spec,
        working_dir,
        output_dir,
        logs_dir,
    } in sources
    {
        let mut line = String::from("- {");
        for (key, path) in [
            ("spec", spec),
            ("working_dir", working_dir),
            ("output_dir", output_dir),
            ("logs_dir", logs_dir),
        ] {
            let comma = if key == "spec" { "" } else { ", " };
            write!(line, "{comma}\"{key}\": {}", quoted(path_text(path)?)).expect(TO_STRING);
        }
        writeln!(out, "{line}}}")?;
    }
    writeln!(
        out,
        "{}",
        if jobs.is_empty() { "jobs: []" } else { "jobs:" }
    )?;
    let mut line = String::new();
    for (name, job) in jobs {
        line.clear();
        write_job(&mut line, name, job)?;
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

const TO_STRING: &str = "writing to a string cannot fail";

fn write_job(line: &mut String, name: &JobName, job: &Job) -> io::Result<()> {
    let Job {
        parameters,
        slurm_args,
        script_path,
        digest,
        source,
        attempts,
    } = job;
    line.push_str("- {\"job_name\": ");
    write_quoted(line, name.as_str());
    line.push_str(", \"parameters\": ");
    write_flow_map(line, parameters.iter());
    line.push_str(", \"slurm_args\": ");
    write_flow_map(line, slurm_args.iter());
    line.push_str(", \"script_path\": ");
    write_quoted(line, path_text(script_path)?);
    write!(
        line,
        ", \"script_digest\": \"{:016x}\", \"source\": {source}",
        digest.0
    )
    .expect(TO_STRING);
    if !attempts.is_empty() {
        line.push_str(", \"attempts\": [");
        for (index, attempt) in attempts.iter().enumerate() {
            line.push_str(if index == 0 { "" } else { ", " });
            write_flow_map(line, attempt.to_map().iter());
        }
        line.push(']');
    }
    line.push('}');
    Ok(())
}

fn path_text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| {
        let message = format!("`{}` is not UTF-8 and cannot be recorded", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

/// Reads what [`write`] wrote, or what somebody made of it by hand.
pub(super) fn read(
    path: &Path,
    name: &CollectionName,
    text: String,
) -> Result<Collection, CollectionError> {
    let source = Source::new(path, text);
    let (header, jobs) = match read_lines(&source) {
        Some(read) => read,
        None => read_yaml(&source)?,
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

/// Reads the layout that [`write`] makes; `None` for any other.
fn read_lines(source: &Source) -> Option<(Header, IndexMap<JobName, Job>)> {
    let mut header = Map::new();
    let mut sources = Vec::new();
    let mut jobs = Jobs::default();
    let mut section = "";
    for line in source.text.lines() {
        if let Some(item) = line.strip_prefix("- ") {
            match section {
                "sources" => sources.push(serde_json::from_str::<Value>(item).ok()?),
                "jobs" => jobs.add(read_job(item)?).ok()?,
                _ => return None,
            }
        } else if let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with('#')) {
            section = key;
            match value.trim() {
                "" if matches!(key, "sources" | "jobs") => {}
                "[]" if key == "jobs" => {}
                value if section != "jobs" => {
                    header.insert(key.into(), serde_json::from_str(value).ok()?);
                }
                _ => return None,
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            return None;
        }
    }
    header.insert("sources".into(), Value::list(sources));
    let header = Header::deserialize(Value::from(header)).ok()?;
    (header.version == VERSION).then_some((header, jobs.by_name))
}

fn read_job(item: &str) -> Option<JobLine> {
    if let Ok(job) = serde_json::from_str(item) {
        return Some(job);
    }
    let node = yaml::parse(&Source::new("job", item), Schema::PyYaml).ok()??;
    JobLine::deserialize(node.to_value()).ok()
}

/// Reads any layout, and says what is wrong and where.
fn read_yaml(source: &Arc<Source>) -> Result<(Header, IndexMap<JobName, Job>), CollectionError> {
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
    let mut jobs = Jobs::default();
    for node in job_nodes {
        let line = JobLine::deserialize(node.to_value());
        let line = line.map_err(|error| wrong(&error.to_string(), node))?;
        jobs.add(line).map_err(|problem| wrong(&problem, node))?;
    }
    Ok((header, jobs.by_name))
}

/// The jobs read so far. What many of them have in common is kept once.
#[derive(Default)]
struct Jobs {
    by_name: IndexMap<JobName, Job>,
    parameters: Option<ParamSet>,
    slurm_args: HashSet<Arc<Map>>,
}

impl Jobs {
    fn add(&mut self, line: JobLine) -> Result<(), String> {
        let JobLine {
            job_name,
            mut parameters,
            slurm_args,
            script_path,
            script_digest,
            source,
            attempts,
        } = line;
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
        match self.by_name.insert(name, job) {
            None => Ok(()),
            Some(_) => Err(format!("job `{job_name}` is there twice")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Changes, now};
    use super::*;
    use crate::model::{JobId, JobState, Token};
    use crate::yaml::round_trip::{maps, texts};

    fn collection(parameters: ParamSet) -> Collection {
        let mut collection = Collection::new("a/b".parse().unwrap());
        collection.description = "line\nbreak: \"quoted\" # not a comment".into();
        collection.sources.push(JobSource {
            spec: "job_spec.yaml".into(),
            working_dir: ".".into(),
            output_dir: "out".into(),
            logs_dir: "logs".into(),
        });
        let job = Job {
            parameters,
            slurm_args: Arc::new([("time", Value::from("24:00:00"))].into_iter().collect()),
            script_path: Path::new("out/a.job").into(),
            digest: ScriptDigest::of(b"#!/bin/sh\n"),
            source: 0,
            attempts: vec![
                Attempt::new(JobId::new("11"), JobState::Other("NEW_WORD".into())),
                Attempt {
                    token: Some(Token::new()),
                    cluster: Some("lab".into()),
                    submitted: Some(now()),
                    started: Some(now()),
                    ended: Some(now()),
                    exit_code: Some("0:125".into()),
                    reason: Some("OutOfMemory".into()),
                    nodes: Some("node[1-2]".into()),
                    log: Some("logs/\u{2028}é.out".into()),
                    error_log: Some("logs/a.err".into()),
                    changes: Changes {
                        slurm: [("mem", Value::from("64G"))].into_iter().collect(),
                        params: [("lr", Value::from(0.5))].into_iter().collect(),
                        script: Some("out/a.2.job".into()),
                    },
                    ..Attempt::new(JobId::new("12_3"), JobState::OutOfMemory)
                },
            ],
        };
        collection.jobs.insert(JobName::parse("a").unwrap(), job);
        collection
    }

    fn text(collection: &Collection) -> String {
        let mut bytes = Vec::new();
        write(collection, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn hostile() -> ParamSet {
        [
            ("lr", Value::from(1e-5)),
            ("whole", Value::from(1.0)),
            ("big", Value::Int(i128::MAX)),
            ("nan", Value::from(f64::NAN)),
            (
                "inf",
                Value::list([Value::from(f64::NEG_INFINITY), Value::from(f64::INFINITY)]),
            ),
            ("text", Value::from("yes")),
            (
                "odd \u{85}\u{2028}\u{feff}\u{7f}\u{0}😀\"\\",
                Value::from("\u{1}: [#]\n"),
            ),
            (
                "nested",
                Value::map([("none", Value::Null), ("t", Value::from(true))]),
            ),
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn what_is_written_is_read_back_equal() {
        let written = collection(hostile());
        let read = read(Path::new("c.yaml"), &written.name, text(&written)).unwrap();
        assert_eq!(read.jobs, written.jobs);
        assert_eq!(
            (read.sources, read.description),
            (written.sources, written.description)
        );
    }

    #[test]
    fn a_line_is_one_job_and_plain_ones_are_json() {
        let plain = [("lr", Value::from(1e-5))].into_iter().collect();
        let text = text(&collection(plain));
        let line = text.lines().last().unwrap().strip_prefix("- ").unwrap();
        let job: Value = serde_json::from_str(line).unwrap();
        assert!(
            job.to_string()
                .starts_with("{'job_name': 'a', 'parameters': {'lr': 1e-05}")
        );
        assert!(line.contains("1.0e-05"), "{line}");
    }

    #[test]
    fn another_layout_of_the_same_is_read_too() {
        let written = collection(hostile());
        let text = text(&written).replace("- {\"job_name\":", "- {\n    \"job_name\":");
        let read = read(Path::new("c.yaml"), &written.name, text).unwrap();
        assert_eq!(read.jobs, written.jobs);
    }

    proptest! {
        /// By the quick way, as YAML, and as YAML 1.2.
        #[test]
        fn anything_that_is_written_is_read_back_equal(
            parameters in maps(), slurm_args in maps(), description in texts(), path in "[^/\0]{1,9}",
        ) {
            let mut written = collection(ParamSet::from(&parameters));
            let job = written.jobs.values_mut().next().unwrap();
            job.slurm_args = Arc::new(slurm_args);
            job.script_path = Path::new(&path).into();
            written.sources[0].spec = path.into();
            written.description = description;
            let text = text(&written);
            let another_layout = text.replacen("jobs:\n- {", "jobs:\n- {\n  ", 1);
            for text in [&text, &another_layout] {
                let read = read(Path::new("c.yaml"), &written.name, text.clone()).unwrap();
                prop_assert_eq!(&read.jobs, &written.jobs, "{}", text);
                prop_assert_eq!(&read.sources, &written.sources);
                prop_assert_eq!(&read.description, &written.description);
            }
            let source = Source::new("c.yaml", text);
            let by = |schema| yaml::parse(&source, schema).unwrap().unwrap().to_value();
            prop_assert_eq!(by(Schema::PyYaml), by(Schema::Core));
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_place() {
        let good = text(&collection(ParamSet::default()));
        let refused = |text: String| {
            read(Path::new("c.yaml"), &"c".parse().unwrap(), text)
                .unwrap_err()
                .to_string()
        };
        for (from, to, problem) in [
            ("version: 3", "version: 9", "has version 9"),
            ("version: 3", "", "there is no `version`"),
            ("\"job_name\": \"a\", ", "", "missing field `job_name`"),
            (
                "\"source\": 0",
                "\"source\": 7",
                "job `a` has a source that is not listed",
            ),
            ("jobs:", "jobs: [", ""),
            ("\"a\"", "\"../a\"", "has a name that cannot be used"),
        ] {
            let message = refused(good.replace(from, to));
            assert!(
                message.contains("c.yaml") && message.contains(problem),
                "{message}"
            );
        }
        let line = good.lines().last().unwrap();
        assert!(refused(format!("{good}{line}\n")).contains("job `a` is there twice"));
        assert!(refused(String::new()).contains("it is empty"));
    }
}
