//! Help, usage errors, exit codes and streams.

use std::io::Read;
use std::process::Stdio;

use super::test::{Test, contains, two_jobs};

#[test]
fn every_command_has_help_with_examples() {
    let test = Test::new();
    for args in [
        "--help",
        "generate --help",
        "find --help",
        "init --help",
        "logs --help",
        "migrate --help",
        "config --help",
        "config show --help",
        "collection --help",
        "collection list --help",
        "collection show --help",
        "collection delete --help",
    ] {
        contains(&test.ok(args), &["Usage: slurmkit", "Examples:"]);
    }
    assert_eq!(
        test.ok("--version"),
        format!("slurmkit {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let test = two_jobs();
    for (args, part) in [
        ("", "Usage"),
        ("genrate spec.yaml", "generate"),
        ("generate", "SPEC"),
        ("generate spec.yaml --dry", "--dry-run"),
        ("generate spec.yaml --template t --params p", "--template"),
        ("generate --template t", "--params"),
        ("generate spec.yaml -q -v", "--quiet"),
    ] {
        let run = test.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args}");
        contains(&run.stderr, &[part]);
    }
}

#[test]
fn colours_are_off_in_pipes_and_on_when_asked_for() {
    let test = two_jobs();
    assert!(!test.run("generate nope.yaml").stderr.contains('\x1b'));
    assert!(
        test.run("generate nope.yaml --color always")
            .stderr
            .contains('\x1b')
    );
    assert!(
        !test
            .run("generate nope.yaml --color never")
            .stderr
            .contains('\x1b')
    );
}

#[test]
fn quiet_says_nothing_but_results_and_errors() {
    let test = Test::new().file("t.j2", "x\n").file(
        "spec.yaml",
        "template: t.j2\nvariables: {a: 1}\nparameters: {values: {a: [yes]}}\n",
    );
    let run = test.run("generate spec.yaml -q");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let run = test.run("generate spec.yaml");
    contains(
        &run.stderr,
        &[
            "warning: `variables` has no effect",
            "warning: `parameters.values.a[0]`: `yes`",
        ],
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let test = two_jobs();
    let values: Vec<_> = (0..5000).map(|n| n.to_string()).collect();
    test.write(
        "spec.yaml",
        &super::test::SPEC.replace("0.1, 0.01", &values.join(", ")),
    );
    test.ok("generate spec.yaml");
    let mut child = test
        .command()
        .args(["collection", "show"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), stderr.as_str()),
        (Some(0), "")
    );
}

#[test]
fn words_that_mean_nothing_are_refused_with_a_guess() {
    let test = two_jobs();
    test.ok("generate spec.yaml");
    for (args, parts) in [
        (
            "status --state RUNING",
            &["there is no such state", "did you mean `RUNNING`?"][..],
        ),
        ("resubmit --filter oomm", &["there is no such state"]),
        (
            "submit --dry-run --only ls=0.1",
            &[
                "no job of collection `default` has a parameter `ls`",
                "did you mean `lr`?",
            ],
        ),
        ("--json status --watch", &["there is one JSON document"]),
    ] {
        let run = test.run(args);
        assert_eq!(
            (run.code, &*run.stdout),
            (Some(2), ""),
            "{args}: {}",
            run.stderr
        );
        contains(&run.stderr, parts);
    }
}
