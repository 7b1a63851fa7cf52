//! Python hooks do what they did under the Python tool of the same name.
//!
//! `scripts/record-hook-expectations` made the corpus, and says what it leaves out.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::parallel;
use super::test::{Test, project};

/// As in the script, which rendered it with Jinja2.
const TEMPLATE: &str = "\
{{ params }}\n{% for key, value in params.items() %}{{ key }}: {{ value }}\n{% endfor %}\
{{ slurm }}\n{% for key, value in slurm.items() %}{{ key }}: {{ value }}\n{% endfor %}";

#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    number: usize,
    spec: String,
    files: BTreeMap<String, String>,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Jobs(Vec<Job>),
    /// The name of a Python exception.
    Raises(String),
}

#[derive(Debug, Deserialize, PartialEq)]
struct Job {
    parameters: Value,
    slurm_args: Value,
    /// It tells `1` from `1.0` and `True`, `0.0` from `-0.0`, and the order of keys, which
    /// equality of JSON does not.
    script: String,
}

#[test]
fn python_hooks_do_what_they_did_under_the_reference() {
    let corpus = fs::read_to_string(project().join("tests/corpus/hooks/reference.jsonl")).unwrap();
    let cases: Vec<Case> = corpus
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    parallel::all_ok(&parallel::map(&cases, |case| {
        check(case).map_err(|problem| format!("case {}: {problem}\n{}", case.number, told(case)))
    }));
}

fn check(case: &Case) -> Result<(), String> {
    let test = Test::new()
        .file("spec.yaml", &case.spec)
        .file("job.j2", TEMPLATE);
    for (name, text) in &case.files {
        test.write(name, text);
    }
    let run = test.run("--json generate spec.yaml --rename-duplicates");
    match &case.expected {
        Expected::Raises(name) => {
            if run.code != Some(1) || !run.stderr.contains(name) || test.exists("out") {
                return Err(format!("no {name}: {:?}\n{}", run.code, run.stderr));
            }
        }
        Expected::Jobs(want) => {
            if run.code != Some(0) {
                return Err(format!("failed: {}", run.stderr));
            }
            let want: Vec<Job> = want.iter().map(Job::as_reported).collect();
            let have = generated(&test, &run.stdout);
            if have.len() != want.len() {
                return Err(format!("{} jobs instead of {}", have.len(), want.len()));
            }
            if let Some((want, have)) = want.iter().zip(&have).find(|(want, have)| want != have) {
                return Err(format!("expected {want:#?}\nbut got {have:#?}"));
            }
        }
    }
    Ok(())
}

fn generated(test: &Test, stdout: &str) -> Vec<Job> {
    let report: Value = serde_json::from_str(stdout).unwrap();
    let jobs = report["jobs"].as_array().unwrap().iter();
    jobs.map(|job| Job {
        parameters: job["parameters"].clone(),
        slurm_args: job["slurm_args"].clone(),
        script: test.read(job["script_path"].as_str().unwrap()),
    })
    .collect()
}

impl Job {
    fn as_reported(&self) -> Self {
        Self {
            parameters: as_reported(&self.parameters),
            slurm_args: as_reported(&self.slurm_args),
            script: self.script.clone(),
        }
    }
}

/// How `--json` shows a recorded value: what JSON lacks was recorded under `$int` and `$float`.
fn as_reported(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(as_reported).collect(),
        Value::Object(entries) => match tagged(entries) {
            Some(("$int", digits)) => serde_json::from_str(digits).unwrap(),
            Some((_, text)) => json!(text),
            None => entries
                .iter()
                .map(|(key, value)| (key.clone(), as_reported(value)))
                .collect(),
        },
        other => other.clone(),
    }
}

fn tagged(entries: &Map<String, Value>) -> Option<(&str, &str)> {
    let (key, value) = entries.iter().next()?;
    let is_tag = entries.len() == 1 && ["$int", "$float"].contains(&key.as_str());
    is_tag.then_some((key.as_str(), value.as_str()?))
}

fn told(case: &Case) -> String {
    let files = case.files.iter();
    let files: String = files
        .map(|(name, text)| format!("--- {name}\n{text}"))
        .collect();
    format!("{}{files}", case.spec)
}
