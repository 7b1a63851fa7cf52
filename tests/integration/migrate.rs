//! Taking over what the Python tool recorded. `tests/corpus/migrate` holds two of its projects.

use std::fs;
use std::path::Path;

use super::test::{Run, Test, contains, project};

/// A copy of a recorded project, as if it had been made where the test runs.
pub fn recorded(version: &str) -> Test {
    let test = Test::new();
    let home = test.path().to_str().unwrap().to_owned();
    let source = project().join("tests/corpus/migrate").join(version);
    copy(&source, test.path(), &|text| {
        text.replace("/home/ada/sweeps", &home)
    });
    test
}

fn copy(from: &Path, to: &Path, change: &dyn Fn(&str) -> String) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target, change);
        } else {
            fs::write(target, change(&fs::read_to_string(&path).unwrap())).unwrap();
        }
    }
}

/// Runs in a zone two hours east of UTC.
pub fn migrate(test: &Test, args: &str) -> Run {
    let mut command = test.command();
    command
        .args(["migrate", "-y"])
        .args(args.split_whitespace());
    Run::of(command.env("TZ", "XXX-2").output().unwrap())
}

/// The one backup there is.
pub fn backup(test: &Test) -> String {
    let folders = fs::read_dir(test.path().join(".slurmkit/backups")).unwrap();
    let mut names: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    format!(".slurmkit/backups/{}", names.remove(0).to_str().unwrap())
}

pub fn states(test: &Test, collection: &str) -> Vec<[String; 2]> {
    let shown = test.ok(&format!("collection show {collection}"));
    let rows = shown.lines().skip(1).map(|line| {
        let mut words = line.split_whitespace().map(String::from);
        [words.next().unwrap(), words.next().unwrap()]
    });
    rows.collect()
}

#[test]
fn version_1_becomes_a_collection_beside_the_old_file() {
    let test = recorded("version1");
    let (collection, config) = (
        test.read(".job-collections/resnet.yaml"),
        test.read(".slurm-kit/config.yaml"),
    );
    let run = migrate(&test, "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(
        &run.stdout,
        &[
            ".job-collections/resnet.yaml: collection `resnet`, 4 jobs, 5 attempts",
            "  to .slurmkit/collections/resnet.yaml",
            "not carried over: cluster, attempts.hostname (5)",
            "attempts.extra_params, attempts.submission_group",
            "  without effect here: sync_dir, notifications",
            "2 files migrated",
        ],
    );
    let backup = backup(&test);
    for (file, text) in [
        (".job-collections/resnet.yaml", &collection),
        (".slurm-kit/config.yaml", &config),
    ] {
        assert_eq!(test.read(file), *text, "the old file stays");
        assert_eq!(test.read(&format!("{backup}/{file}")), *text);
    }
    assert_eq!(
        states(&test, "resnet"),
        [
            ["resnet18_lr0.1", "COMPLETED"],
            ["resnet50_lr0.1", "CANCELLED"],
            ["resnet18_lr0.01", "OUT_OF_MEMORY"],
            ["resnet50_lr0.01", "COMPLETED"],
        ]
    );
    let record = test.read(".slurmkit/collections/resnet.yaml");
    contains(
        &record,
        &[
            "created: \"2025-06-02T07:25:01Z\"",
            "{\"spec\": \"exp/job_spec.yaml\", \"working_dir\": \".\", \
             \"output_dir\": \"exp/jobs/job_scripts\", \"logs_dir\": \"exp/jobs/logs\"}",
            "[{\"job_id\": \"4204\", \"state\": \"FAILED\", \"submitted\": \"2025-06-02T07:25:02Z\", \
             \"started\": \"2025-06-02T08:00:08Z\", \"ended\": \"2025-06-02T08:01:00Z\"}, \
             {\"job_id\": \"4205\", \"state\": \"COMPLETED\"",
        ],
    );
}

#[test]
fn the_old_config_keeps_its_comments_but_not_the_old_folder() {
    let test = recorded("version1");
    migrate(&test, "");
    let expected = test
        .read(".slurm-kit/config.yaml")
        .replace("collections_dir:", "# collections_dir:");
    assert_eq!(test.read(".slurmkit/config.yaml"), expected);
    contains(
        &test.ok("config show"),
        &["slurm_defaults.partition: compute"],
    );
}

#[test]
fn version_2_is_replaced_where_it_is() {
    let test = recorded("version2");
    let (old, config) = (
        test.read(".slurmkit/collections/vision/resnet.yaml"),
        test.read(".slurmkit/config.yaml"),
    );
    let run = migrate(&test, "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(
        &run.stdout,
        &[
            "collection `vision/resnet`, 4 jobs, 7 attempts",
            "1 file migrated",
        ],
    );
    let copy = format!("{}/.slurmkit/collections/vision/resnet.yaml", backup(&test));
    assert_eq!(test.read(&copy), old);
    assert_eq!(test.read(".slurmkit/config.yaml"), config);
    assert_eq!(
        states(&test, "vision/resnet"),
        [
            ["resnet18_lr0.1", "COMPLETED"],
            ["resnet50_lr0.1", "PENDING"],
            ["resnet18_lr0.01", "PENDING"],
            ["resnet50_lr0.01", "RUNNING"],
        ]
    );
    contains(
        &test.read(".slurmkit/collections/vision/resnet.yaml"),
        &[
            "[{\"job_id\": \"4102\", \"state\": \"TIMEOUT\", \"submitted\": \"2026-03-02T07:23:00Z\"",
        ],
    );
    let left: Vec<_> = test
        .tree()
        .into_iter()
        .filter(|file| file.contains(".tmp") || file.contains(".lock"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn generating_afterwards_finds_the_jobs_and_keeps_their_attempts() {
    for (version, name) in [("version1", "resnet"), ("version2", "vision/resnet")] {
        let test = recorded(version);
        migrate(&test, "");
        let before = states(&test, name);
        let generate = format!("generate exp/job_spec.yaml --collection {name}");
        let stdout = test.ok(&generate);
        // The Python tool asked for more than the config says; the scripts are the same.
        contains(&stdout, &["4 jobs in collection", ": 4 changed"]);
        assert_eq!(states(&test, name), before);
        contains(&test.ok(&generate), &["4 unchanged"]);
    }
}

#[test]
fn a_file_without_a_word_of_its_spec_is_taken_over_by_any() {
    let test = recorded("version1");
    let old = test.read(".job-collections/resnet.yaml");
    let (jobs, _) = old.split_once("\nmeta:").unwrap();
    test.write(".job-collections/resnet.yaml", jobs);
    assert_eq!(migrate(&test, "").code, Some(0));
    let before = states(&test, "resnet");
    let stdout = test.ok("generate exp/job_spec.yaml --collection resnet");
    contains(&stdout, &["4 changed"]);
    assert_eq!(states(&test, "resnet"), before);
}

#[test]
fn with_the_same_slurm_defaults_nothing_is_changed_at_all() {
    let test = recorded("version2");
    test.write(
        ".slurmkit/config.yaml",
        "slurm_defaults: {partition: compute, time: \"24:00:00\", mem: 16G, nodes: 1, ntasks: 1}\n",
    );
    let run = migrate(&test, "");
    assert!(!run.stderr.contains("slurm_defaults"), "{}", run.stderr);
    let stdout = test.ok("generate exp/job_spec.yaml --collection vision/resnet");
    contains(&stdout, &["4 unchanged"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    for version in ["version1", "version2"] {
        let test = recorded(version);
        let before = test.tree();
        let run = test.run("migrate --dry-run");
        assert_eq!(run.code, Some(0));
        contains(&run.stdout, &["4 jobs", "to migrate; nothing was written"]);
        contains(&run.stderr, &["note: the Python tool asks Slurm for this"]);
        assert_eq!(test.tree(), before);
    }
}

#[test]
fn a_second_run_finds_nothing_to_do() {
    for version in ["version1", "version2"] {
        let test = recorded(version);
        migrate(&test, "");
        let before = test.tree();
        let run = migrate(&test, "");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        contains(
            &run.stdout,
            &["skipped, version 3 already", "nothing to migrate"],
        );
        assert_eq!(test.tree(), before);
    }
}

#[test]
fn another_project_is_taken_over_and_left_as_it_is() {
    let test = recorded("version1");
    let before = test.tree();
    let other = Test::new();
    let from = test.path().to_str().unwrap();
    let run = migrate(&other, &format!("--from {from}"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(test.tree(), before);
    let script = format!("{from}/exp/jobs/job_scripts/resnet18_lr0.1.job");
    contains(&other.ok("collection show resnet"), &[&script]);
    contains(
        &other.ok("config show"),
        &["partition: compute", ".slurmkit/collections"],
    );
    // What it was made of is over there, too.
    contains(
        &other.ok(&format!(
            "generate {from}/exp/job_spec.yaml --collection resnet"
        )),
        &["4 jobs in collection `resnet`: 4 changed"],
    );
    let run = other.run(&format!("migrate -y --from {from}/nowhere"));
    assert_eq!(run.code, Some(2));
    contains(&run.stderr, &["is not a folder"]);
}

#[test]
fn the_folder_that_the_config_names_is_looked_at() {
    let test = recorded("version1").file("records/sub/one.yaml", "jobs:\n- job_name: a\n");
    let config = test.read(".slurm-kit/config.yaml");
    let config = config.replace(".job-collections/", "records");
    test.write(".slurm-kit/config.yaml", &config);
    let other = Test::new();
    let run = migrate(&other, &format!("--from {}", test.path().display()));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(&other.ok("collection list"), &["resnet", "sub/one"]);
    assert!(other.exists("records/sub/one.yaml"));
    let run = migrate(&test, "");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(test.read(".slurmkit/config.yaml"), config);
    let list = test.ok("collection list");
    contains(&list, &["resnet", "sub/one"]);
    contains(&test.read("records/sub/one.yaml"), &["version: 3"]);
}

#[test]
fn names_that_the_python_tool_sorted_are_told() {
    let test = recorded("version1");
    let file = ".job-collections/resnet.yaml";
    let note = "the jobs of `resnet` have names without a pattern";
    assert!(!test.run("migrate --dry-run").stderr.contains(note));
    let old = test.read(file);
    let pattern = "job_name_pattern: '{{ model }}_lr{{ lr }}'";
    let old = old.replace(pattern, "job_name_pattern: null");
    test.write(file, &old);
    assert!(
        !test.run("migrate --dry-run").stderr.contains(note),
        "they are sorted"
    );
    test.write(
        file,
        &old.replace(
            "    lr: 0.1\n    model: resnet18",
            "    model: resnet18\n    lr: 0.1",
        ),
    );
    contains(&test.run("migrate --dry-run").stderr, &[note]);
}

#[test]
fn json_says_the_same_to_programs() {
    let test = recorded("version1");
    let run = test.run("--json migrate --dry-run");
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let file = &report["files"][0];
    assert_eq!(file["action"], "migrate");
    assert_eq!(file["version"], 1);
    assert_eq!(file["collection"], "resnet");
    assert_eq!(file["attempts"], 5);
    assert_eq!(file["not_carried"][1]["key"], "attempts.hostname");
    assert_eq!(file["not_carried"][1]["count"], 5);
    assert_eq!(report["files"][1]["kind"], "config");
    assert!(report["backup"].is_null());
}

#[test]
fn a_script_that_is_gone_is_said_and_written_again() {
    let test = recorded("version1");
    fs::remove_file(test.path().join("exp/jobs/job_scripts/resnet18_lr0.1.job")).unwrap();
    contains(&migrate(&test, "").stdout, &["1 script not found"]);
    test.ok("generate exp/job_spec.yaml --collection resnet");
    assert!(test.exists("exp/jobs/job_scripts/resnet18_lr0.1.job"));
}
