//! Scripts that the engine cannot interrupt, and machines that give it little.

use std::process::Command;
use std::time::{Duration, Instant};

use super::test::{Run, Test, binary, contains};

fn sweep(hook: &str) -> Test {
    Test::new()
        .file(
            "spec.yaml",
            "template: t.j2\noutput_dir: out\nparameters:\n  values: {lr: [0.1, 0.01]}\n  filter: f.rhai\n",
        )
        .file("t.j2", "{{ lr }}\n")
        .file("f.rhai", hook)
}

/// One operation that writes twenty gigabytes: no look at the limits comes in between.
const ONE_LONG_OPERATION: &str = "\
fn include_params(params) {
    let s = \"x\";
    s.pad(1_000_000, 'x');
    let a = [];
    a.pad(20_000, 0);
    for i in 0..20_000 { a[i] = s; }
    `${a}` != \"\"
}
";

#[test]
fn an_operation_that_takes_too_much_ends_the_process_with_an_error() {
    let test = sweep(ONE_LONG_OPERATION);
    test.write(
        ".slurmkit/config.yaml",
        "hooks: {rhai: {call_seconds: 60}}\n",
    );
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "error: filter hook `f.rhai`: more than 128 MiB of memory in one go; it cannot be interrupted",
            "raise `hooks.rhai.memory_bytes`",
        ],
    );
}

#[test]
fn a_parameter_that_no_set_has_is_a_warning() {
    let test = sweep("fn include_params(params) {\n    params.lrr > 0.05\n}\n");
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(0));
    assert_eq!(
        run.stderr,
        "\
warning: the filter hook reads `params.lrr`, which none of 2 parameter sets has: it is `()`
 --> f.rhai:2:12
  |
2 |     params.lrr > 0.05
  |            ^^^
  |
  = help: did you mean `lr`?
warning: the filter hook keeps none of 2 parameter sets, so there are no jobs
 |
 = help: `slurmkit hook test SPEC` shows what it says of one
"
    );
}

/// A login node may limit the address space, and with it the stack of the hooks' thread.
#[test]
fn little_address_space_shrinks_the_stack_and_limits() {
    let deep =
        "fn include_params(params) { let p = 0; loop { let c = p; let f = || c; p = f; } }\n";
    for (hook, code) in [("fn include_params(params) { true }\n", 0), (deep, 1)] {
        let test = sweep(hook);
        let program = binary();
        let program = program.display();
        let run = Command::new("sh")
            .args([
                "-c",
                &format!("ulimit -v 400000; exec '{program}' generate spec.yaml"),
            ])
            .current_dir(test.path())
            .env("HOME", test.path())
            .output()
            .unwrap();
        let run = Run::of(run);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        if code == 1 {
            let help = "raise it with `ulimit -v unlimited`";
            contains(
                &run.stderr,
                &["error: filter hook `f.rhai`: more than ", help],
            );
        }
    }
}

#[test]
fn a_run_ends_when_all_its_calls_took_too_long_together() {
    let hook = "fn include_params(params) { for i in 0..400_000 { let x = i * 2; } true }\n";
    let test = sweep(hook);
    let many = "template: t.j2\noutput_dir: out\nparameters:\n  values: {lr: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], \
                s: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], t: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\n  filter: f.rhai\n";
    test.write("spec.yaml", many);
    test.write(
        ".slurmkit/config.yaml",
        "hooks: {rhai: {run_seconds: 0.3, call_seconds: 30}}\n",
    );
    let start = Instant::now();
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "more than 0.3 seconds in all calls of a run",
            "hooks.rhai.run_seconds",
        ],
    );
    assert!(start.elapsed() < Duration::from_secs(60));
}

/// What a parse hook returns stays in memory until the end.
#[test]
fn a_parse_hook_cannot_multiply_sets_without_end() {
    let hook = "fn parse_params(params) {\n    let sets = [];\n    sets.pad(30_000, #{a: 1, b: \"x\"});\n    sets\n}\n";
    let test = sweep(hook);
    let numbers = (0..200)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    test.write(
        "spec.yaml",
        &format!("template: t.j2\nparameters:\n  values: {{n: [{numbers}]}}\n  parse: f.rhai\n"),
    );
    test.write(
        ".slurmkit/config.yaml",
        "hooks: {rhai: {operations: 0, call_seconds: 0, map_entries: 1000000}}\n",
    );
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "returned, with what it returned before, more than 2,000,000 values",
            "hooks.rhai.array_items",
        ],
    );
}

/// Each job keeps its Slurm arguments until the scripts are written.
#[test]
fn a_logic_hook_cannot_fill_the_memory_with_arguments_that_all_differ() {
    let hook = "fn get_slurm_args(params, defaults) {\n    let s = \"x\"; s.pad(1_000_000, 'x');\n    \
                defaults.comment = s;\n    defaults.n = params.n;\n    defaults\n}\n";
    let test = sweep(hook);
    let numbers = (0..300)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    test.write(
        "spec.yaml",
        &format!("template: t.j2\nparameters:\n  values: {{lr: [{numbers}], n: [1]}}\nslurm_args: {{logic: f.rhai}}\n")
            .replace("n: [1]", &format!("n: [{numbers}]")),
    );
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "returned, with what it returned before, more than 134,217,728 bytes of text",
            "hooks.rhai.string_bytes",
        ],
    );
}

/// Some editors put a byte order mark before a file.
#[test]
fn a_mark_before_a_script_is_no_part_of_it() {
    sweep("\u{feff}fn include_params(params) { true }\n").ok("generate spec.yaml");
}
