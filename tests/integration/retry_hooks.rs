//! Hooks on failures, in both languages.

use jiff::Timestamp;
use slurmkit::collection::Attempt;
use slurmkit::model::{JobId, JobState};

use super::submitted::{Project, nothing};
use super::test::contains;

const RHAI: &str = include_str!("../corpus/hooks/failures/hooks.rhai");
const PYTHON: &str = include_str!("../corpus/hooks/failures/hooks.py");

/// A project with a hook in a language, and a rule for one state.
fn with_hook(language: &str, hook: &str, jobs: usize) -> Project {
    let retry = format!("  TIMEOUT: {{time: x2}}\n  on_failure: hook.{language}\n");
    let project = Project::new(jobs, &retry);
    project.test.write(&format!("hook.{language}"), hook);
    project
}

#[test]
fn hooks_in_both_languages_decide_where_no_rule_does() {
    for (language, hook) in [("rhai", RHAI), ("py", PYTHON)] {
        let project = with_hook(language, hook, 5)
            .ended(1, "FAILED", |it| {
                it.log = Some("logs/1.out".into());
                it.changes.params.insert("batch_size".into(), 64.into());
            })
            .ended(2, "FAILED", |it| {
                it.exit_code = Some("75:0".into());
                it.nodes = Some("node7".into());
            })
            .ended(3, "FAILED", |it| it.exit_code = Some("0:9".into()))
            .ended(4, "FAILED", nothing)
            .ended(5, "TIMEOUT", nothing);
        project.test.write(
            "logs/1.out",
            "step 1\nRuntimeError: CUDA out of memory.\n\u{fffd}\n",
        );
        let told = project.resubmit("-y");
        assert_eq!(
            told,
            "\
job `seed1`, FAILED: again with params.batch_size 64 -> 32
job `seed2`, FAILED: again with mem 32G -> 64G, exclude node7
job `seed3`, FAILED: again as it is
job `seed4`, FAILED: stays: the on_failure hook does not retry it
job `seed5`, TIMEOUT: again with time 24:00:00 -> 2-00:00:00
submitted 4 jobs of collection `default`: 100, 101, 102, 103
",
            "{language}"
        );
        contains(&project.test.read("out/seed1.2.job"), &["echo 1 32\n"]);
        contains(&project.test.read("out/seed2.2.job"), &["--mem=64G\n"]);
    }
}

#[test]
fn a_failure_that_the_hook_has_a_cure_for_is_no_reason_to_stop() {
    let failed = |hook: &str| {
        let project = with_hook("rhai", hook, 5);
        (1..=5).fold(project, |project, seed| {
            project.ended(seed, "FAILED", nothing)
        })
    };
    let cure = "fn on_failure(job, attempt) { #{params: #{batch_size: 8}} }";
    contains(&failed(cure).resubmit("-y"), &["submitted 5 jobs"]);
    let hope = "fn on_failure(job, attempt) { #{} }";
    contains(
        &failed(hope).refused("-y"),
        &["5 jobs failed alike (exit code 1, "],
    );
}

#[test]
fn hooks_are_told_everything_and_always_under_the_same_names() {
    let rhai = "fn on_failure(job, attempt) { print(`${job.keys()} ${attempt.keys()}`); \
                print(`${job.name} ${job.collection} ${attempt.number} ${attempt.job_id} \
                ${attempt.state} ${attempt.reason} ${attempt.elapsed}`); }";
    let python = "def on_failure(job, attempt):\n    print(sorted(job), sorted(attempt))\n    \
                  print(job['name'], job['collection'], attempt['number'], attempt['job_id'], \
                  attempt['state'], attempt['reason'], attempt['elapsed'])\n";
    for (language, hook) in [("rhai", rhai), ("py", python)] {
        let project = with_hook(language, hook, 1).ended(1, "NODE_FAIL", |it| {
            it.exit_code = None;
            it.reason = Some("NodeDown".into());
            it.started = Some("2026-01-01T00:00:00Z".parse().unwrap());
            it.ended = Some("2026-01-01T00:01:30Z".parse().unwrap());
        });
        let told = project.resubmit("--dry-run").replace('\'', "\"");
        contains(
            &told,
            &[
                r#"["collection", "name", "params", "script", "slurm"]"#,
                r#"["elapsed", "exit_code", "job_id", "log", "log_tail", "nodes", "number", "reason", "signal", "state"]"#,
                "seed1 default 1 11 NODE_FAIL NodeDown 90\n",
            ],
        );
    }
}

#[test]
fn the_end_of_a_long_log_is_enough() {
    let hook = "fn on_failure(job, attempt) { print(attempt.log_tail.len()); \
                if attempt.log_tail.contains(\"begin\") { throw \"all of it\" } #{} }";
    let project = with_hook("rhai", hook, 1).ended(1, "FAILED", |it| {
        it.log = Some("long.out".into());
    });
    let log = format!("begin\n{}end\n", "x".repeat(1 << 20));
    project.test.write("long.out", &log);
    contains(
        &project.resubmit("--dry-run"),
        &["65536\n", "again as it is"],
    );
}

#[test]
fn what_hooks_return_is_checked() {
    for (rhai, python, says) in [
        (
            "#{slurm: #{mem: [1, 2]}}",
            "{'slurm': {'mem': [1, 2]}}",
            "returned slurm.mem = [1, 2], which is a list (job `seed1`)",
        ),
        (
            "#{slurm: 3}",
            "{'slurm': 3}",
            "returned slurm = 3, which is an integer, not a map (job `seed1`)",
        ),
        (
            "#{slrum: #{}}",
            "{'slrum': {}}",
            "returned the key `slrum` (job `seed1`)",
        ),
        ("#{slrum: #{}}", "{'slrum': {}}", "did you mean `slurm`?"),
        ("true", "True", "(job `seed1`)"),
        ("[]", "[]", "(job `seed1`)"),
    ] {
        for (language, hook) in [
            ("rhai", format!("fn on_failure(job, attempt) {{ {rhai} }}")),
            (
                "py",
                format!("def on_failure(job, attempt):\n    return {python}\n"),
            ),
        ] {
            let project = with_hook(language, &hook, 1).ended(1, "FAILED", nothing);
            let error = project.refused("-y");
            contains(
                &error,
                &[
                    says,
                    &format!(
                        "error: on_failure hook `{}",
                        project_path(&project, language)
                    ),
                ],
            );
        }
    }
}

fn project_path(project: &Project, language: &str) -> String {
    let path = project.test.path().join(format!("hook.{language}"));
    path.display().to_string()
}

#[test]
fn hooks_that_misbehave_stop_before_anything_is_submitted() {
    let endless = "fn on_failure(job, attempt) { loop {} }";
    let endless_py = "def on_failure(job, attempt):\n    while True: pass\n";
    let huge = "fn on_failure(job, attempt) { let x = \"x\"; loop { x += x } }";
    let huge_py = "def on_failure(job, attempt):\n    return {'params': {'x': 'x' * (80 << 20)}}\n";
    let raises = "fn on_failure(job, attempt) { throw \"no idea\" }";
    let raises_py = "def on_failure(job, attempt):\n    raise ValueError('no idea')\n";
    let dies_py = "import os\ndef on_failure(job, attempt):\n    os._exit(7)\n";
    let one = "fn on_failure(job) { }";
    let one_py = "def on_failure(job):\n    pass\n";
    for (language, hook, says) in [
        ("rhai", endless, "(job `seed1`)"),
        ("py", endless_py, "took longer than 1 s (job `seed1`)"),
        ("rhai", huge, "(job `seed1`)"),
        ("py", huge_py, "(job `seed1`)"),
        ("rhai", raises, "no idea (job `seed1`)"),
        ("py", raises_py, "ValueError: no idea (job `seed1`)"),
        ("py", dies_py, "ended with exit code 7 (job `seed1`)"),
        (
            "rhai",
            one,
            "an on_failure hook is called with 2 arguments: job, attempt",
        ),
        ("py", one_py, "an on_failure hook is called with 2"),
        (
            "rhai",
            "fn other() {}",
            "the file has no function `on_failure`",
        ),
    ] {
        let project = with_hook(language, hook, 2)
            .ended(1, "FAILED", nothing)
            .ended(2, "FAILED", nothing);
        let limits = "hooks: {rhai: {call_seconds: 1}, python: {call_seconds: 1}}\n";
        project.test.write(".slurmkit/config.yaml", limits);
        contains(&project.refused("-y"), &[says]);
    }
}

#[test]
fn hooks_get_copies() {
    let rhai = "fn on_failure(job, attempt) { job.params.seed = 9; job.slurm.mem = \"1T\"; #{} }";
    let python = "def on_failure(job, attempt):\n    job['params']['seed'] = 9\n    \
                  job['slurm']['mem'] = object()\n    return {}\n";
    for (language, hook) in [("rhai", rhai), ("py", python)] {
        let project = with_hook(language, hook, 1).ended(1, "FAILED", nothing);
        assert_eq!(project.decision(1), "again as it is", "{language}");
    }
}

#[test]
fn a_slip_in_what_a_hook_reads_is_warned_of() {
    let hook = "fn on_failure(job, attempt) { if attempt.exitcode == 75 { #{} } else { () } }";
    let project = with_hook("rhai", hook, 1).ended(1, "FAILED", nothing);
    contains(
        &project.resubmit("--dry-run"),
        &[
            "warning: the on_failure hook reads `attempt.exitcode`, which no attempt has: it is `()`",
            "did you mean `exit_code`?",
        ],
    );
}

#[test]
fn hooks_on_failures_are_tried_without_a_failure() {
    for (language, hook) in [("rhai", RHAI), ("py", PYTHON)] {
        let test = with_hook(language, hook, 1).test;
        let spec = test.read("spec.yaml");
        let spec = spec.replace("seed: [1]", "seed: [1]\n    batch_size: [32]");
        test.write("spec.yaml", &spec);
        let tried = |how: &str| {
            let args = "hook test spec.yaml --params batch_size=64 --on-failure";
            let args: Vec<_> = args.split(' ').chain([how]).collect();
            test.run_args(&args)
        };
        let run = tried("exit_code=9,log_tail=CUDA out of memory");
        assert_eq!((run.code, &*run.stderr), (Some(0), ""));
        contains(
            &run.stdout,
            &[
                "on_failure: hook.",
                "returned: the job is submitted again\n    params.batch_size: 32\n",
            ],
        );
        contains(
            &tried("oom").stdout,
            &["state=OUT_OF_MEMORY", "returned nothing: the job stays"],
        );
        let run = tried("exitcode=9");
        assert_eq!(run.code, Some(2));
        contains(
            &run.stderr,
            &[
                "--on-failure",
                "an attempt has no `exitcode`",
                "did you mean `exit_code`?",
            ],
        );
    }
}

#[test]
fn slips_of_a_first_hook_on_failures_are_told_with_their_cure() {
    for (hook, parts) in [
        (
            "fn on_failure(job, attempt) { return {slurm: #{mem: \"64G\"}}; }",
            [
                "the variable `slurm` is not known",
                "help: a map is written `#{slurm: …}`",
            ],
        ),
        (
            "fn on_failure(job) { if attempt.exit_code == 75 { #{} } }",
            [
                "the variable `attempt` is not known",
                "help: `on_failure` takes `(job, attempt)`",
            ],
        ),
    ] {
        let test = with_hook("rhai", hook, 1).test;
        contains(&test.fails("hook test spec.yaml --on-failure oom"), &parts);
    }
}

#[test]
fn where_many_jobs_fail_in_a_hook_nothing_was_submitted() {
    let raises = "fn on_failure(job, attempt) { throw \"no idea\" }";
    let project = with_hook("rhai", raises, 2)
        .ended(1, "FAILED", nothing)
        .ended(2, "FAILED", nothing);
    let error = project.refused("-y");
    contains(
        &error,
        &["error: 2 errors, 1 of them not shown; nothing was submitted\n"],
    );
}

/// The accounting hears of an end a moment later than the controller.
#[test]
fn exit_codes_of_jobs_that_ended_just_now_are_waited_for() {
    let hook = "fn on_failure(job, attempt) { \
                if attempt.exit_code == 75 { #{slurm: #{mem: \"64G\"}} } }";
    let project = with_hook("rhai", hook, 1).change(|collection| {
        let job = collection.jobs.values_mut().next().unwrap();
        let attempt = Attempt::new(JobId::from(11), JobState::Running);
        job.attempts.push(attempt);
    });
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let row = |last: &[&str]| {
        let fields = ["11", "FAILED", &now, &now, &now, "None", "node1"];
        format!("{}\n", [&fields, last].concat().join("\u{1f}"))
    };
    project.test.write("queue", &row(&[""]));
    project.test.write("row", &row(&["75:0", "sbatch"]));
    let folder = project.test.path().display().to_string();
    let sacct = "#!/bin/sh\n[ ! -e FOLDER/asked ] || cat FOLDER/row\ntouch FOLDER/asked\n";
    project
        .test
        .write("bin/sacct", &sacct.replace("FOLDER", &folder));
    assert_eq!(project.decision(1), "again with mem 32G -> 64G");
}
