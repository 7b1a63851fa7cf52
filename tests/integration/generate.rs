//! Specs to scripts: parameters, names, paths, dry runs, JSON.

use super::test::{SPEC, TEMPLATE, Test, contains, two_jobs};

/// Generates a spec with these `parameters` and lists the scripts.
#[track_caller]
fn jobs(parameters: &str) -> Vec<String> {
    let spec = format!("template: t.j2\noutput_dir: out\nparameters:\n{parameters}");
    let test = Test::new().file("spec.yaml", &spec).file("t.j2", "x\n");
    let run = test.run("--json generate spec.yaml");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let name = |job: &serde_json::Value| job["job_name"].as_str().unwrap().to_owned();
    report["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

#[test]
fn a_grid_combines_all_with_all_and_the_first_axis_varies_slowest() {
    assert_eq!(
        jobs("  values: {b: [1, 2], a: [x, y], c: 5}\n"),
        ["b1_ax_c5", "b1_ay_c5", "b2_ax_c5", "b2_ay_c5"]
    );
}

#[test]
fn no_values_are_one_job() {
    assert_eq!(jobs("  values: {}\n"), ["job"]);
    assert_eq!(jobs("  mode: grid\n"), ["job"]);
}

#[test]
fn an_empty_axis_is_no_job_and_a_warning() {
    let test = Test::new().file("t.j2", "x\n").file(
        "spec.yaml",
        "template: t.j2\nparameters:\n  values:\n    a: [1]\n    b: []\n",
    );
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(0));
    contains(&run.stdout, &["0 jobs"]);
    contains(
        &run.stderr,
        &[
            "warning: `b` has no values, so there are no jobs",
            "spec.yaml:5:8",
        ],
    );
}

#[test]
fn a_list_without_values_is_no_job_and_a_warning() {
    let spec = "template: t.j2\nparameters: {mode: list}\n";
    let test = Test::new().file("t.j2", "x\n").file("spec.yaml", spec);
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(0));
    contains(&run.stdout, &["0 jobs"]);
    contains(
        &run.stderr,
        &["warning: there are no `values`, so there are no jobs"],
    );
}

#[test]
fn a_list_may_be_ragged() {
    assert_eq!(
        jobs("  mode: list\n  values:\n  - {a: 1}\n  - {b: 2, a: 3}\n"),
        ["a1", "b2_a3"]
    );
}

#[test]
fn names_are_written_as_python_writes_them() {
    assert_eq!(
        jobs("  values: {lr: [1.0e-5, 0.1, 1e-3, 1.0], flag: true, none: null, s: [[1, a]]}\n"),
        [
            "lr1e-05_flagTrue_noneNone_s[1, 'a']",
            "lr0.1_flagTrue_noneNone_s[1, 'a']",
            "lr1e-3_flagTrue_noneNone_s[1, 'a']",
            "lr1.0_flagTrue_noneNone_s[1, 'a']",
        ]
    );
}

#[test]
fn nested_values_reach_the_template() {
    let test = Test::new()
        .file(
            "spec.yaml",
            "template: t.j2\njob_name_pattern: '{{ net.name }}'\nparameters:\n  values:\n    \
             net:\n    - {name: a, layers: [1, 2]}\n    - {name: b, layers: []}\n",
        )
        .file("t.j2", "{{ net.layers }} {{ params.net.name }} {{ net }}\n");
    test.ok("generate spec.yaml");
    assert_eq!(
        test.read("a.job"),
        "[1, 2] a {'name': 'a', 'layers': [1, 2]}\n"
    );
    assert_eq!(test.read("b.job"), "[] b {'name': 'b', 'layers': []}\n");
}

#[test]
fn list_mode_says_that_it_ignores_a_filter_and_does_not_load_it() {
    let test = Test::new().file("t.j2", "x\n").file(
        "spec.yaml",
        "template: t.j2\nparameters:\n  mode: list\n  values: [{a: 1}]\n  filter: missing.rhai\n",
    );
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(
        &run.stderr,
        &["warning: `filter` is ignored", "spec.yaml:5:11"],
    );
    assert!(test.exists("a1.job"));
}

#[test]
fn a_spec_may_be_json() {
    let test = Test::new().file("t.j2", "{{ a }}\n").file(
        "spec.json",
        r#"{"template": "t.j2", "parameters": {"values": {"a": ["x", "\u00fc"]}}}"#,
    );
    test.ok("generate spec.json");
    assert_eq!(test.read("aü.job"), "ü\n");
}

#[test]
fn keys_of_the_users_own_begin_with_x() {
    let spec = format!(
        "x-rates: &rates [0.5]\n{}",
        SPEC.replace("[0.1, 0.01]", "*rates")
    );
    let test = Test::new()
        .file("spec.yaml", &spec)
        .file("train.job.j2", TEMPLATE);
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/lr0.5.job"), "#!/bin/sh\necho lr0.5 0.5\n");
}

#[test]
fn paths_are_as_they_were_typed() {
    let test = Test::new()
        .file(
            "exp/a/spec.yaml",
            "template: ../../templates/t.j2\noutput_dir: ./jobs//x\nlogs_dir: ../logs/./y\n\
             parameters: {values: {a: 1}}\n",
        )
        .file("templates/t.j2", "{{ logs_dir }}\n");
    let stdout = test.ok("generate exp/a/spec.yaml");
    assert_eq!(
        stdout,
        "1 job in collection `default`: 1 new\nscripts: exp/a/jobs/x\nlogs:    exp/a/../logs/y\n"
    );
    assert_eq!(test.read("exp/a/jobs/x/a1.job"), "exp/a/../logs/y\n");
    assert!(test.exists("exp/logs/y"));
}

#[test]
fn without_a_logs_dir_templates_get_a_point() {
    let test = two_jobs().file("train.job.j2", "{{ logs_dir }}");
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/lr0.1.job"), ".");
}

#[test]
fn an_old_job_subdir_is_below_the_jobs_dir() {
    let spec = SPEC.replace("output_dir: out", "job_subdir: exp/one");
    let test = Test::new()
        .file("spec.yaml", &spec)
        .file("train.job.j2", "{{ logs_dir }}\n");
    test.ok("generate spec.yaml");
    let root = test.path().canonicalize().unwrap();
    assert_eq!(
        test.read(".jobs/exp/one/job_scripts/lr0.1.job"),
        format!("{}/.jobs/exp/one/logs\n", root.display())
    );
    assert!(test.exists(".jobs/exp/one/logs"));
}

#[test]
fn slurm_arguments_come_from_the_config_and_then_from_the_spec() {
    let test = Test::new()
        .file(
            ".slurmkit/config.yaml",
            "slurm_defaults: {partition: cpu, time: '1:00'}\n",
        )
        .file("t.j2", "{{ slurm }}\n")
        .file(
            "spec.yaml",
            "template: t.j2\nparameters: {}\nslurm_args: {defaults: {mem: 4G, partition: gpu}}\n",
        );
    test.ok("generate spec.yaml");
    assert_eq!(
        test.read("job.job"),
        "{'partition': 'gpu', 'time': '1:00', 'mem': '4G'}\n"
    );
}

#[test]
fn traps_of_yaml_are_warned_of() {
    let test = Test::new().file("t.j2", "{{ slurm.time }}\n").file(
        "spec.yaml",
        "template: t.j2\nparameters: {}\nslurm_args:\n  defaults:\n    time: 24:00:00\n",
    );
    let run = test.run("generate spec.yaml");
    assert_eq!(test.read("job.job"), "86400\n");
    contains(
        &run.stderr,
        &["warning: ", "86400", "spec.yaml:5:11", "\"24:00:00\""],
    );
}

#[test]
fn a_dry_run_shows_all_and_writes_nothing() {
    let spec = SPEC.replace("[0.1, 0.01]", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]");
    let test = two_jobs().file("spec.yaml", &format!("{spec}logs_dir: logs\n"));
    let before = test.tree();
    let stdout = test.ok("generate spec.yaml --dry-run --collection c");
    assert_eq!(
        stdout,
        "dry run, nothing is written\n12 jobs in collection `c`: 12 new\nscripts: out\n\
         logs:    logs\n\njobs:\n  lr1\n  lr2\n  lr3\n  lr4\n  lr5\n  lr6\n  lr7\n  lr8\n  lr9\n  \
         lr10\n  … and 2 more\n\nthe first script, out/lr1.job:\n\n#!/bin/sh\necho lr1 1\n"
    );
    assert_eq!(test.tree(), before);
}

#[test]
fn json_says_what_was_done() {
    let test = two_jobs();
    let report: serde_json::Value =
        serde_json::from_str(&test.ok("generate spec.yaml --json")).unwrap();
    assert_eq!(
        report,
        serde_json::json!({
            "collection": "default",
            "output_dir": "out",
            "logs_dir": null,
            "dry_run": false,
            "jobs": [
                {"job_name": "lr0.1", "script_path": "out/lr0.1.job", "parameters": {"lr": 0.1},
                 "slurm_args": {}, "action": "new"},
                {"job_name": "lr0.01", "script_path": "out/lr0.01.job",
                 "parameters": {"lr": 0.01}, "slurm_args": {}, "action": "new"},
            ],
            "counts": {"new": 2, "changed": 0, "unchanged": 0, "removed": 0},
            "removed": [],
        })
    );
    let dry: serde_json::Value =
        serde_json::from_str(&test.ok("generate spec.yaml --json --dry-run")).unwrap();
    assert_eq!(dry["counts"]["unchanged"], 2);
    assert_eq!(dry["jobs"][1]["action"], "unchanged");
}

#[test]
fn a_template_and_parameters_do_without_a_spec() {
    let test = Test::new()
        .file("t.j2", "{{ a }} {{ slurm }} {{ logs_dir }}\n")
        .file(
            "p/params.yaml",
            "mode: list\nvalues: [{a: 1}, {a: 2}]\nparse: hook.rhai\n",
        )
        .file(
            "p/hook.rhai",
            "fn parse_params(params) { params.a += 10; params }\n",
        )
        .file(
            "slurm.rhai",
            "fn args(params, defaults) { #{mem: `${params.a}G`} }\n",
        );
    let args = [
        "generate",
        "--template",
        "t.j2",
        "--params",
        "p/params.yaml",
        "--output-dir",
        "jobs",
        "--collection",
        "c",
        "--slurm-args-file",
        "slurm.rhai:args",
        "--job-name-pattern",
        "n{{ a }}",
    ];
    let run = test.run_args(&args);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(test.read("jobs/n11.job"), "11 {'mem': '11G'} .\n");
    contains(&test.ok("collection show c"), &["n11", "n12"]);
}

#[test]
fn duplicate_names_can_be_numbered_and_stay_so() {
    let test = Test::new().file("t.j2", "{{ a }}\n").file(
        "spec.yaml",
        "template: t.j2\njob_name_pattern: x\nparameters: {values: {a: [1, 2, 3]}}\n",
    );
    test.ok("generate spec.yaml --rename-duplicates");
    assert_eq!(
        (
            test.read("x.job"),
            test.read("x-2.job"),
            test.read("x-3.job")
        ),
        ("1\n".into(), "2\n".into(), "3\n".into())
    );
    contains(
        &test.ok("generate spec.yaml --rename-duplicates"),
        &["3 unchanged"],
    );
}

#[test]
fn names_that_a_shell_would_split_are_warned_of() {
    let test = Test::new().file("t.j2", "x\n").file(
        "spec.yaml",
        "template: t.j2\njob_name_pattern: 'run {{ a }}'\nparameters: {values: {a: [1, 2]}}\n",
    );
    let run = test.run("generate spec.yaml");
    contains(
        &run.stderr,
        &["warning: 2 job names must be quoted in a shell, such as `run 1`"],
    );
    assert!(test.exists("run 1.job"));
}

#[test]
fn scripts_get_the_mode_of_the_umask_and_keep_their_last_newline() {
    use std::os::unix::fs::PermissionsExt;
    let test = two_jobs();
    let status = std::process::Command::new("sh")
        .args(["-c", "umask 027; exec \"$0\" generate spec.yaml"])
        .arg(super::test::binary())
        .current_dir(test.path())
        .status()
        .unwrap();
    assert!(status.success());
    let metadata = std::fs::metadata(test.path().join("out/lr0.1.job")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    assert!(test.read("out/lr0.1.job").ends_with('\n'));
}
