//! What generating records, and the `collection` command.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use slurmkit::CollectionManager;
use slurmkit::collection::{Attempt, Changes, CollectionName, SendingJob};
use slurmkit::model::{JobId, JobState, Token};

use super::submitted::Project;
use super::test::{SPEC, TEMPLATE, contains, two_jobs};

#[test]
fn generating_again_changes_nothing() {
    let test = two_jobs();
    test.ok("generate spec.yaml --collection a/b");
    let (record, tree) = (test.read(".slurmkit/collections/a/b.yaml"), test.tree());
    let stdout = test.ok("generate spec.yaml --collection a/b");
    contains(&stdout, &["2 jobs in collection `a/b`: 2 unchanged"]);
    assert_eq!(test.read(".slurmkit/collections/a/b.yaml"), record);
    assert_eq!(test.tree(), tree);
}

#[test]
fn a_changed_template_changes_jobs_in_place() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    test.write("train.job.j2", &TEMPLATE.replace("echo", "true"));
    contains(
        &test.ok("generate spec.yaml"),
        &["2 jobs in collection `default`: 2 changed"],
    );
    assert_eq!(test.read("out/lr0.1.job"), "#!/bin/sh\ntrue lr0.1 0.1\n");
    contains(&test.ok("generate spec.yaml"), &["2 unchanged"]);
}

#[test]
fn jobs_keep_their_attempts_and_their_place() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    let record = test.read(".slurmkit/collections/default.yaml");
    let submitted = record.replacen(
        "\"source\": 0}",
        "\"source\": 0, \"attempts\": [{\"job_id\": \"17\", \"state\": \"OUT_OF_MEMORY\"}]}",
        1,
    );
    test.write(".slurmkit/collections/default.yaml", &submitted);
    test.write("train.job.j2", &TEMPLATE.replace("echo", "true"));
    test.write(
        "spec.yaml",
        &SPEC.replace("[0.1, 0.01]", "[0.5, 0.01, 0.1]"),
    );
    contains(&test.ok("generate spec.yaml"), &["1 new, 2 changed"]);
    let shown = test.ok("collection show");
    let rows: Vec<Vec<&str>> = shown
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0][..2], ["lr0.1", "OUT_OF_MEMORY"]);
    assert_eq!(rows[1][..2], ["lr0.01", "UNSUBMITTED"]);
    assert_eq!(rows[2][..2], ["lr0.5", "UNSUBMITTED"]);
}

#[test]
fn jobs_the_spec_no_longer_has_are_reported_and_kept() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    test.write("spec.yaml", &SPEC.replace("[0.1, 0.01]", "[0.1]"));
    let run = test.run("generate spec.yaml");
    contains(
        &run.stderr,
        &[
            "1 job no longer in the spec, such as `lr0.01`: kept",
            "--prune",
        ],
    );
    contains(&test.ok("collection show"), &["lr0.01"]);
    let run = test.run("generate spec.yaml --prune");
    assert_eq!(run.code, Some(0));
    assert!(!test.ok("collection show").contains("lr0.01"));
    assert!(test.exists("out/lr0.01.job"), "scripts are not pruned");
}

#[test]
fn two_specs_share_a_collection_without_reporting_each_other() {
    let test = two_jobs().file("other.yaml", &SPEC.replace("[0.1, 0.01]", "[7, 8]"));
    test.ok("generate spec.yaml");
    contains(&test.ok("generate other.yaml"), &["2 new"]);
    contains(&test.ok("generate spec.yaml"), &["2 unchanged"]);
    assert_eq!(test.ok("collection show").lines().count(), 5);
}

#[test]
fn a_spec_that_was_moved_takes_its_jobs_along() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    std::fs::rename(
        test.path().join("spec.yaml"),
        test.path().join("moved.yaml"),
    )
    .unwrap();
    contains(&test.ok("generate moved.yaml"), &["2 changed"]);
    contains(&test.ok("generate moved.yaml"), &["2 unchanged"]);
}

#[test]
fn a_job_of_another_spec_with_the_same_name_is_a_conflict() {
    let spec = |values: &str| {
        format!("template: train.job.j2\njob_name_pattern: x\nparameters: {{values: {values}}}\n")
    };
    let test = two_jobs()
        .file("one.yaml", &spec("{lr: [1]}"))
        .file("two.yaml", &spec("{lr: [2]}"));
    test.ok("generate one.yaml");
    let error = test.fails("generate two.yaml");
    contains(
        &error,
        &[
            "job `x` is in the collection already, from `one.yaml`",
            "--collection",
        ],
    );
}

#[test]
fn an_edited_script_is_not_overwritten_unasked() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    test.write("out/lr0.1.job", "#!/bin/sh\n# by hand\n");
    test.write("train.job.j2", &TEMPLATE.replace("echo", "true"));
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "1 script edited since generation",
            "`out/lr0.1.job`",
            "--force",
        ],
    );
    assert_eq!(test.read("out/lr0.1.job"), "#!/bin/sh\n# by hand\n");
    let run = test.run("generate spec.yaml --force");
    contains(
        &run.stderr,
        &["warning: 1 script edited since generation overwritten"],
    );
    assert_eq!(test.read("out/lr0.1.job"), "#!/bin/sh\ntrue lr0.1 0.1\n");
}

#[test]
fn a_script_that_is_gone_is_written_again() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    std::fs::remove_file(test.path().join("out/lr0.1.job")).unwrap();
    contains(&test.ok("generate spec.yaml"), &["1 changed, 1 unchanged"]);
    assert!(test.exists("out/lr0.1.job"));
}

#[test]
fn a_file_the_collection_does_not_know_is_overwritten_by_name() {
    let test = two_jobs().file("out/lr0.1.job", "mine\n");
    let run = test.run("generate spec.yaml");
    let warning =
        "warning: 1 script that the collection does not know overwritten: `out/lr0.1.job`";
    contains(&run.stderr, &[warning]);
}

#[test]
fn the_project_is_found_from_folders_below() {
    let test = two_jobs();
    test.ok("init");
    test.write("sub/spec.yaml", &SPEC.replace("train", "../train"));
    let mut command = test.command();
    command
        .current_dir(test.path().join("sub"))
        .args(["generate", "spec.yaml"]);
    assert!(command.output().unwrap().status.success());
    assert!(test.exists("sub/out/lr0.1.job"));
    contains(&test.ok("collection show"), &["sub/out/lr0.1.job"]);
}

#[test]
fn collections_are_listed_with_their_size_and_by_pattern() {
    let test = two_jobs();
    let run = test.run("collection list");
    assert_eq!(
        (run.code, &*run.stdout),
        (Some(0), "COLLECTION  JOBS  UPDATED  DESCRIPTION\n")
    );
    contains(
        &run.stderr,
        &["there are no collections in `.slurmkit/collections`"],
    );
    for (args, help) in [
        (
            "status resnet",
            "go to the folder of your project, or run `slurmkit generate` first",
        ),
        (
            "submit spec.yaml",
            "it is `default` unless `generate --collection` named another",
        ),
    ] {
        let run = test.run(args);
        assert_eq!(run.code, Some(1), "{args}");
        contains(&run.stderr, &["there is no collection", help]);
    }
    test.ok("generate spec.yaml --collection vision/a");
    test.ok("generate spec.yaml --collection text");
    let listed: serde_json::Value =
        serde_json::from_str(&test.ok("--json collection list vision/*")).unwrap();
    assert_eq!(listed[0]["name"], "vision/a");
    assert_eq!(listed[0]["jobs"], 2);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    contains(&test.ok("collection list"), &["text", "vision/a"]);
}

#[test]
fn a_damaged_collection_is_named_and_left_as_it_is() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    let path = ".slurmkit/collections/default.yaml";
    let damaged = format!("{}- {{\"job_name\": [\n", test.read(path));
    test.write(path, &damaged);
    for args in [
        "generate spec.yaml",
        "generate spec.yaml --dry-run",
        "collection show",
    ] {
        let error = test.fails(args);
        contains(&error, &[path, "is not a readable collection"]);
    }
    assert_eq!(test.read(path), damaged);
    let run = test.run("collection list");
    contains(&run.stderr, &[path]);
}

#[test]
fn collections_of_the_python_tool_are_told_apart() {
    let test = two_jobs().file(
        ".slurmkit/collections/default.yaml",
        "version: 2\njobs: []\n",
    );
    contains(
        &test.fails("generate spec.yaml"),
        &["has version 2", "Python tool"],
    );
}

#[test]
fn an_unknown_collection_is_guessed() {
    let test = two_jobs();
    test.ok("generate spec.yaml --collection resnet");
    contains(
        &test.fails("collection show resnt"),
        &["no collection `resnt`", "`resnet`"],
    );
    contains(
        &test.fails("collection delete resnt -y"),
        &["no collection `resnt`"],
    );
}

#[test]
fn deleting_asks_and_leaves_the_scripts() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    contains(
        &test.fails("collection delete default"),
        &["was not deleted", "`-y`"],
    );
    assert_eq!(
        test.ok("collection delete default -y"),
        "deleted collection `default`\n"
    );
    assert!(test.exists("out/lr0.1.job"));
    assert!(!test.exists(".slurmkit/collections/default.yaml"));
}

#[test]
fn deleting_scripts_spares_those_that_were_edited() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    test.write("out/lr0.1.job", "mine\n");
    let run = test.run("collection delete default -y --scripts");
    assert_eq!(
        run.stdout,
        "deleted out/lr0.01.job\ndeleted collection `default`\n"
    );
    contains(&run.stderr, &["kept out/lr0.1.job: it was edited"]);
    assert!(test.exists("out/lr0.1.job") && !test.exists("out/lr0.01.job"));
}

#[test]
fn names_of_collections_stay_in_their_folder() {
    let test = two_jobs();
    for name in ["../x", "/abs", "a//b", ".hidden"] {
        let run = test.run_args(&["generate", "spec.yaml", "--collection", name]);
        assert_eq!(run.code, Some(2), "{name}");
        contains(&run.stderr, &["cannot be the name of a collection"]);
    }
}

#[test]
fn a_collection_in_use_is_waited_for_and_a_dead_owner_is_not() {
    let test = two_jobs();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let lock = |host: &str, pid: u32| format!("{{\"host\":\"{}\",\"pid\":{pid}}}", host.trim());
    // Process ids end at 2^22, so this owner is dead.
    test.write(
        ".slurmkit/collections/default.lock",
        &lock(&host, 99_999_999),
    );
    test.ok("generate spec.yaml");
    assert!(!test.exists(".slurmkit/collections/default.lock"));
    test.write("spec.yaml", &SPEC.replace("0.01", "0.02"));
    test.write(".slurmkit/collections/default.lock", &lock("elsewhere", 1));
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &["in use by process 1 on elsewhere", "default.lock"],
    );
}

#[test]
fn jobs_that_wait_are_not_pruned() {
    let project = Project::new(2, "").change(|collection| {
        let job = collection.jobs.values_mut().nth(1).unwrap();
        let attempt = Attempt::new(JobId::from(7), JobState::Pending);
        job.attempts.push(attempt);
    });
    let spec = project.test.read("spec.yaml");
    project
        .test
        .write("spec.yaml", &spec.replace("[1, 2]", "[1]"));
    contains(
        &project.test.fails("generate spec.yaml --prune"),
        &[
            "`--prune` would forget 1 job of collection `default` that may wait or run",
            "`slurmkit cancel default` ends them; without `--prune` they are kept",
        ],
    );
    assert_eq!(project.test.run("generate spec.yaml").code, Some(0));
}

#[test]
fn a_lock_that_cannot_be_taken_over_is_an_error_and_no_loop() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    let folder = test.path().join(".slurmkit/collections");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let lock = format!("{{\"host\": \"{}\", \"pid\": 4194304}}", host.trim());
    test.write(".slurmkit/collections/default.lock", &lock);
    std::fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    // Root may write anywhere; then another user has to try.
    let is_root = std::fs::write(folder.join("probe"), "").is_ok();
    let mut command = std::process::Command::new("timeout");
    command.arg("60");
    if is_root {
        std::fs::remove_file(folder.join("probe")).unwrap();
        std::fs::set_permissions(test.path(), Permissions::from_mode(0o777)).unwrap();
        command.args([
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ]);
    }
    let binary = test.path().join("slurmkit");
    super::test::copy_binary(&binary);
    command.arg(binary).current_dir(test.path());
    let output = command.args(["generate", "spec.yaml"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    contains(&stderr, &["default.lock", "Permission denied"]);
}

/// A process that is killed while it writes leaves a file that nobody wants.
#[test]
fn what_killed_processes_left_is_removed_a_day_later() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    let folder = ".slurmkit/collections";
    for name in [".slurmkit-old.tmp", ".slurmkit-new.tmp", "mine-old.tmp"] {
        test.write(&format!("{folder}/{name}"), "half");
        if name.contains("old") {
            let path = test.path().join(folder).join(name);
            let file = fs::File::options().write(true).open(path).unwrap();
            let long_ago = SystemTime::now() - Duration::from_secs(2 * 86400);
            file.set_modified(long_ago).unwrap();
        }
    }
    test.write("train.job.j2", "#!/bin/sh\necho other\n");
    test.ok("generate spec.yaml --force");
    let left = |name: &str| test.exists(&format!("{folder}/{name}"));
    assert!(!left(".slurmkit-old.tmp"));
    assert!(left(".slurmkit-new.tmp") && left("mine-old.tmp"));
}

/// What is in the journal goes into the file when it is saved; a reader sees it in one of them.
#[test]
fn no_attempt_is_missed_by_who_reads_while_somebody_saves() {
    const ROUNDS: u64 = 200;
    let test = two_jobs();
    test.ok("generate spec.yaml");
    let manager = CollectionManager::new(test.path().join(".slurmkit/collections"));
    let name: CollectionName = "default".parse().unwrap();
    let saved = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for id in 1..=ROUNDS {
                let lock = manager.lock(&name).unwrap();
                let mut collection = manager.get(&name).unwrap();
                let job = SendingJob {
                    name: collection.jobs.get_index(0).unwrap().0.to_string(),
                    log: None,
                    error_log: None,
                    changes: Changes::default(),
                };
                let mut journal = manager.journal(&lock, &mut collection).unwrap();
                let token = Token::new();
                journal
                    .sending(token, false, Vec::new(), vec![job])
                    .unwrap();
                journal.sent(token, id, None).unwrap();
                saved.store(id, Ordering::SeqCst);
                let staged = manager.stage(&lock, &mut collection).unwrap();
                manager.commit(staged, &mut collection).unwrap();
            }
        });
        loop {
            let least = saved.load(Ordering::SeqCst);
            let seen = manager.get(&name).unwrap().jobs[0].attempts.len() as u64;
            assert!(seen >= least, "{seen} of {least} attempts");
            if least == ROUNDS {
                break;
            }
        }
    });
}
