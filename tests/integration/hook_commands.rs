//! `slurmkit hook list` and `slurmkit hook test`.

use super::submitted::{Project, nothing};
use super::test::{SPEC, Test, contains, two_jobs};

fn sweep() -> Test {
    Test::new()
        .file(
            "spec.yaml",
            "template: t.j2\nparameters:\n  values: {lr: [0.1, 0.01], model: [vit]}\n  \
             parse: h.py\n  filter: h.rhai\nslurm_args:\n  defaults: {mem: 4G}\n  logic: h.py:args\n",
        )
        .file("t.j2", "x\n")
        .file(
            "h.rhai",
            "fn include_params(params) { print(`lr ${params.lr}`); params.lr < 0.5 }\n",
        )
        .file(
            "h.py",
            "def parse_params(params):\n    print('parsing')\n    return [dict(params, seed=1), dict(params, lr=0.7)]\n\n\
             def args(params, defaults):\n    print('thinking')\n    defaults['mem'] = '8G'\n    return defaults\n",
        )
}

#[test]
fn hooks_are_listed_in_the_order_they_are_called() {
    assert_eq!(
        sweep().ok("hook list spec.yaml"),
        "\
HOOK    LANGUAGE  FUNCTION        FILE
parse   Python    parse_params    h.py
filter  Rhai      include_params  h.rhai
logic   Python    args            h.py
"
    );
    let json = sweep().ok("--json hook list spec.yaml");
    contains(
        &json,
        &[
            "\"hook\": \"parse\"",
            "\"language\": \"Python\"",
            "\"file\": \"h.py\"",
        ],
    );
    let none = Test::new().file("spec.yaml", "template: t\nparameters: {}\n");
    assert_eq!(
        none.run("hook list spec.yaml").stderr,
        "the spec has no hooks\n"
    );
}

#[test]
fn hooks_are_tried_on_the_first_set_and_nothing_is_written() {
    let test = sweep();
    let before = test.tree();
    let text = test.ok("hook test spec.yaml");
    assert_eq!(test.tree(), before);
    let times = |line: &&str| !line.trim_start().starts_with("took ");
    let text: Vec<_> = text.lines().filter(times).collect();
    assert_eq!(
        text.join("\n"),
        "\
parameter set: lr=0.1, model=vit

parse: h.py:parse_params(lr=0.1, model=vit)
  returned 2 sets
    lr=0.1, model=vit, seed=1
    lr=0.7, model=vit
  printed
    parsing

filter: h.rhai:include_params(lr=0.1, model=vit, seed=1)
  returned true: the set is kept
  printed
    [h.rhai:1] lr 0.1

logic: h.py:args(lr=0.1, model=vit, seed=1)
  returned
    mem: \"8G\"
  printed
    thinking

filter: h.rhai:include_params(lr=0.7, model=vit)
  returned false: the set is dropped
  printed
    [h.rhai:1] lr 0.7"
    );
}

#[test]
fn values_of_the_command_line_replace_those_of_the_set() {
    let test = sweep();
    for params in ["lr=1.0e-5,model=x y", "{lr: 1.0e-5, model: x y}"] {
        let run = test.run_args(&["hook", "test", "spec.yaml", "--params", params]);
        contains(&run.stdout, &["parameter set: lr=1e-05, model=x y\n"]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
    let no_parse = test.read("spec.yaml").replace("  parse: h.py\n", "");
    test.write("spec.yaml", &no_parse);
    let lists = test.run_args(&[
        "hook",
        "test",
        "spec.yaml",
        "--params",
        "model=[a, \"b,c\"],lr=1",
    ]);
    contains(&lists.stdout, &["parameter set: lr=1, model=['a', 'b,c']"]);
    for (params, parts) in [
        ("=3", &["`=3` has no name"][..]),
        (
            "zz=3",
            &["the sweep has no parameter `zz`", "it has `lr` and `model`"],
        ),
        (
            "lrr=1",
            &["the sweep has no parameter `lrr`", "did you mean `lr`?"][..],
        ),
        ("lr", &["`lr` has no `=`", "--params name=value"]),
        ("lr=[1", &["--params"]),
        ("{a", &["--params"]),
    ] {
        let run = test.run_args(&["hook", "test", "spec.yaml", "--params", params]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{params}");
        contains(&run.stderr, parts);
    }
}

#[test]
fn a_hook_that_fails_is_told_after_what_went_well() {
    let test = sweep();
    test.write(
        "h.rhai",
        "fn include_params(params) {\n    params.seed.x > 3\n}\n",
    );
    let run = test.run("hook test spec.yaml");
    assert_eq!(run.code, Some(1));
    contains(
        &run.stdout,
        &["parse: h.py", "filter: h.rhai", "  failed\n"],
    );
    contains(&run.stderr, &["error: ", "h.rhai:2:17"]);
    let json = test.run("--json hook test spec.yaml");
    contains(
        &json.stdout,
        &["\"returned\": null", "\"error\": \"filter hook `h.rhai`"],
    );
}

/// Story: the help named an empty interpreter, as the worker told its own only once it was ready.
#[test]
fn a_module_that_is_missing_is_told_with_the_interpreter_that_lacks_it() {
    let spec = SPEC.replace("values:", "filter: h.py\n  values:");
    let test = two_jobs()
        .file("spec.yaml", &spec)
        .file("h.py", "import numpyy\n");
    let retry = "  on_failure: h.py\n";
    let project = Project::new(1, retry).ended(1, "FAILED", nothing);
    project.test.write("h.py", "import numpyy\n");
    for error in [
        test.fails("generate spec.yaml"),
        test.fails("hook test spec.yaml"),
        project.command("resubmit default -y").stderr,
        project
            .command("hook test spec.yaml --on-failure oom")
            .stderr,
    ] {
        contains(&error, &["No module named 'numpyy'", "h.py:1:1"]);
        contains(&error, &["help: the hook runs in /", " (3."]);
    }
}

#[test]
fn a_spec_without_hooks_to_try_says_which_it_has() {
    let test = two_jobs();
    assert_eq!(test.ok("hook test spec.yaml"), "the spec has no hooks\n");
    let hook = "fn on_failure(job, attempt) { #{} }\nfn include_params(params) { true }\n";
    test.write("h.rhai", hook);
    test.write(
        "spec.yaml",
        &format!("{SPEC}retry: {{on_failure: h.rhai}}\n"),
    );
    assert_eq!(
        test.ok("hook test spec.yaml"),
        "the only hook of the spec is `on_failure`: `--on-failure STATE` tries it\n"
    );
    test.write("spec.yaml", &format!("{SPEC}  filter: h.rhai\n"));
    assert_eq!(
        test.ok("hook test spec.yaml --on-failure oom"),
        "the spec has no `on_failure` hook\n"
    );
}

#[test]
fn failures_that_slurm_does_not_have_are_refused() {
    let spec = format!("{SPEC}retry: {{on_failure: h.rhai}}\n");
    let hook = "fn on_failure(job, attempt) { print(attempt.state); #{} }\n";
    let test = two_jobs().file("spec.yaml", &spec).file("h.rhai", hook);
    let tried = |how: &str| test.run(&format!("hook test spec.yaml --on-failure {how}"));
    for (how, state) in [
        ("oom", "OUT_OF_MEMORY"),
        ("OOM", "OUT_OF_MEMORY"),
        ("Timeout", "TIMEOUT"),
        ("node-fail", "NODE_FAIL"),
        ("state=oom,exit_code=137", "OUT_OF_MEMORY"),
        ("deadline", "DEADLINE"),
        ("exit_code=null", "FAILED"),
    ] {
        let run = tried(how);
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{how}");
        contains(&run.stdout, &[&format!("state={state},")]);
    }
    for (how, parts) in [
        (
            "oops",
            ["`oops` is no state of a job that failed", "it is `FAILED`"],
        ),
        (
            "timout",
            ["`timout` is no state of", "did you mean `TIMEOUT`?"],
        ),
        ("state=completed", ["`completed` is no state of", "it is "]),
        (
            "exit_code=x",
            [
                "--on-failure",
                "`exit_code` must be an integer, not a string",
            ],
        ),
        (
            "signal=[9]",
            ["--on-failure", "`signal` must be an integer, not a list"],
        ),
    ] {
        let run = tried(how);
        assert_eq!((run.code, &*run.stdout), (Some(2), ""), "{how}");
        contains(&run.stderr, &parts);
    }
}
