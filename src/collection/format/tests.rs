use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::{ScriptDigest, read, write};
use crate::collection::{Attempt, Changes, Collection, Job, JobSource, now};
use crate::diagnostic::Source;
use crate::model::{JobId, JobName, JobState, ParamSet, Token, Value};
use crate::yaml::round_trip::{maps, texts};
use crate::yaml::{self, Schema};

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

#[test]
fn jobs_of_large_files_keep_their_order() {
    let mut written = collection(ParamSet::default());
    let job = written.jobs["a"].clone();
    // More than one thread reads at a time.
    written.jobs = (0..5000)
        .map(|seed| {
            let mut job = job.clone();
            job.parameters = [("seed", Value::from(seed))].into_iter().collect();
            (JobName::parse(&format!("s{seed}")).unwrap(), job)
        })
        .collect();
    let text = text(&written);
    let read = |text: &str| read(Path::new("c.yaml"), &written.name, text.into());
    let jobs = read(&text).unwrap().jobs;
    assert!(jobs.iter().eq(written.jobs.iter()));
    let line = text.lines().find(|line| line.contains("\"s7\"")).unwrap();
    let error = read(&format!("{text}{line}\n")).unwrap_err().to_string();
    assert!(error.contains("job `s7` is there twice"), "{error}");
}
