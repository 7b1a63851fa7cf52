//! Taking over what the Python tool recorded. `tests/corpus/migrate` holds two of its projects.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use slurmkit::config::Config;
use slurmkit::migrate::Migration;

use super::test::{Run, Test, contains, project};

/// A copy of a recorded project, as if it had been made where the test runs.
fn recorded(version: &str) -> Test {
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
fn migrate(test: &Test, args: &str) -> Run {
    let mut command = test.command();
    command
        .args(["migrate", "-y"])
        .args(args.split_whitespace());
    Run::of(command.env("TZ", "XXX-2").output().unwrap())
}

/// The one backup there is.
fn backup(test: &Test) -> String {
    let folders = fs::read_dir(test.path().join(".slurmkit/backups")).unwrap();
    let mut names: Vec<_> = folders.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    format!(".slurmkit/backups/{}", names.remove(0).to_str().unwrap())
}

fn states(test: &Test, collection: &str) -> Vec<[String; 2]> {
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
            "[{\"job_id\":\"4204\",\"state\":\"FAILED\"},{\"job_id\":\"4205\",\"state\":\"COMPLETED\"}]",
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
            ["resnet50_lr0.1", "UNKNOWN"],
            ["resnet18_lr0.01", "UNKNOWN"],
            ["resnet50_lr0.01", "RUNNING"],
        ]
    );
    contains(
        &test.read(".slurmkit/collections/vision/resnet.yaml"),
        &[
            "[{\"job_id\":\"4102\",\"state\":\"TIMEOUT\"},{\"job_id\":\"4105\",\"state\":\"FAILED\"},",
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
fn nothing_is_done_unasked() {
    let test = recorded("version2");
    let before = test.tree();
    let run = test.run("migrate");
    assert_eq!(run.code, Some(1));
    contains(&run.stderr, &["nothing was migrated", "`-y`"]);
    assert_eq!(test.tree(), before);
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
fn where_a_collection_is_nothing_is_overwritten() {
    let ours = ".slurmkit/collections/resnet.yaml";
    let test = recorded("version1").file(ours, "version: 3\n");
    let run = migrate(&test, "");
    assert_eq!(run.code, Some(1));
    contains(
        &run.stderr,
        &[
            "`.job-collections/resnet.yaml` cannot become collection `resnet`: \
             `.slurmkit/collections/resnet.yaml` is there already",
            "rename one of the two",
        ],
    );
    contains(&run.stdout, &["1 file migrated"]);
    assert_eq!(test.read(ours), "version: 3\n");
}

#[test]
fn a_damaged_file_does_not_stop_the_others() {
    let test = recorded("version1");
    for (name, text) in [
        (
            "kind",
            "name: x\njobs:\n- job_name: a\n  job_id: 1\n  resubmissions: 7\n",
        ),
        ("escape", "jobs:\n- job_name: ../x\n"),
        ("twice", "jobs:\n- job_name: a\n- job_name: a\n"),
        ("option", "jobs:\n- {job_name: a, job_id: --user=me}\n"),
        ("syntax", "jobs:\n- job_name: [a\n"),
        ("other", "a: 1\n"),
        ("later", "version: 9\njobs: []\n"),
        ("empty", ""),
        ("a name", "jobs: []\n"),
    ] {
        test.write(&format!(".job-collections/{name}.yaml"), text);
    }
    let bomb = (1..9).map(|n| format!("x{n}: &x{n} [{}]\n", format!("*x{}, ", n - 1).repeat(10)));
    let bomb: String = std::iter::once("x0: &x0 [a]\n".into())
        .chain(bomb)
        .collect();
    test.write(".job-collections/bomb.yaml", &bomb);
    let run = migrate(&test, "");
    assert_eq!(run.code, Some(1));
    contains(
        &run.stderr,
        &[
            "`resubmissions` must be a list, not an integer\n --> .job-collections/kind.yaml:5:18",
            "`../x` cannot be a job name: it begins with `.`\n --> .job-collections/escape.yaml:2:13",
            "a job of this name is there already\n --> .job-collections/twice.yaml:3:13",
            "`--user=me` cannot be a job id",
            "--> .job-collections/syntax.yaml:",
            "there are no `jobs`",
            "has version 9",
            "it is empty",
            "`a name` cannot be the name of a collection",
            "more than 2,000,000 values",
            "10 of 12 files could not be migrated",
        ],
    );
    contains(&run.stdout, &["2 files migrated"]);
    assert_eq!(states(&test, "resnet").len(), 4);
    assert_eq!(test.ok("collection list").lines().count(), 2);
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
fn what_changed_since_it_was_read_is_left_alone() {
    for (version, file) in [
        ("version1", ".job-collections/resnet.yaml"),
        ("version2", ".slurmkit/collections/vision/resnet.yaml"),
    ] {
        let test = recorded(version);
        let config = Config::load(test.path(), None, None).unwrap();
        let root = test.path().to_owned();
        let migration = Migration {
            config: Config {
                root: root.clone(),
                ..config
            },
            from: root,
            zone: TimeZone::UTC,
        };
        let plan = migration.plan().unwrap();
        let changed = test.read(file).replace("COMPLETED", "FAILED");
        test.write(file, &changed);
        let applied = plan.apply(&TimeZone::UTC).unwrap();
        let (path, error) = &applied.failed[0];
        assert_eq!(*path, test.path().join(file));
        contains(&error.to_string(), &["was changed by another process"]);
        assert_eq!(test.read(file), changed);
        let ours = test.path().join(".slurmkit/collections/resnet.yaml");
        assert!(!ours.exists());
        contains(&migrate(&test, "").stdout, &["4 jobs"]);
    }
}

#[test]
fn who_could_not_read_the_old_file_cannot_read_its_copies() {
    use std::os::unix::fs::PermissionsExt;
    let test = recorded("version1");
    let old = test.path().join(".slurm-kit/config.yaml");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    migrate(&test, "");
    let copy = format!("{}/.slurm-kit/config.yaml", backup(&test));
    for file in [".slurmkit/config.yaml", &copy] {
        let mode = fs::metadata(test.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
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

#[test]
fn a_collection_of_the_python_tool_is_named_with_its_cure() {
    let test = recorded("version2");
    contains(
        &test.fails("collection show vision/resnet"),
        &["has version 2", "`slurmkit migrate`"],
    );
}
