//! What `migrate` leaves alone: damaged files, what is there already, what others may not read.

use std::fs;

use jiff::tz::TimeZone;
use slurmkit::config::Config;
use slurmkit::migrate::Migration;

use super::migrate::{backup, migrate, recorded, states};
use super::test::contains;

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
fn a_collection_of_the_python_tool_is_named_with_its_cure() {
    let test = recorded("version2");
    contains(
        &test.fails("collection show vision/resnet"),
        &["has version 2", "`slurmkit migrate`"],
    );
}
