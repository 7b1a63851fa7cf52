//! The `retry` block as it is read.

use std::fs;

use super::submitted::{Project, nothing};
use super::test::{Test, contains};

/// Rules that are refused, on line 6 of a spec, and what is said of them.
const WRONG: &[(&str, [&str; 3])] = &[
    (
        "OUT_OF_MEMRY: again",
        [
            "no key `OUT_OF_MEMRY`",
            "6:3",
            "did you mean `OUT_OF_MEMORY`?",
        ],
    ),
    (
        "COMPLETED: again",
        [
            "no key `COMPLETED`",
            "6:3",
            "jobs that completed are not retried",
        ],
    ),
    (
        "max_attempt: 3",
        [
            "no key `max_attempt`",
            "6:3",
            "did you mean `max_attempts`?",
        ],
    ),
    (
        "max_attempts: 0",
        ["must be a whole number from 1", "6:17", ""],
    ),
    (
        "FAILED: exclude_nodes",
        [
            "not `exclude_nodes`",
            "6:11",
            "did you mean `exclude-node`?",
        ],
    ),
    ("FAILED: {}", ["changes nothing", "6:11", "write `again`"]),
    (
        "FAILED: [x2]",
        ["not a list", "6:11", "{mem: x2, max: 128G}"],
    ),
    (
        "oom: {mem: x0}",
        [
            "the factor `0` is not above 1",
            "6:14",
            "write `x2` or `+8G`",
        ],
    ),
    (
        "oom: {mem: [x2]}",
        ["`mem` must be a single value, not a list", "6:14", ""],
    ),
    (
        "oom: {mem: 64Q}",
        ["`64Q` is not an amount of memory", "6:14", ""],
    ),
    (
        "oom: {time: +8G}",
        ["`8G` is not an amount of time", "6:15", "`+1:00:00`"],
    ),
    (
        "oom: {partition: x2}",
        ["`partition` is no amount", "6:9", "amounts are `mem`"],
    ),
    (
        "oom: {mme: x2}",
        ["`mme` is no amount", "6:9", "did you mean `mem`?"],
    ),
    (
        "oom: {mem: x2, max: 128G}",
        ["`max` is 128G", "6:23", "raise `max`"],
    ),
    (
        "oom: {mem: x2, max: much}",
        ["the `max` of `mem` must be", "6:23", ""],
    ),
    (
        "oom: {mem: 64G, max: 1T}",
        [
            "`max` bounds nothing",
            "6:24",
            "where the argument shall grow",
        ],
    ),
    (
        "oom: {mem: x2, time: x2, max: 1T}",
        ["`mem` and `time` grow", "6:33", "`max: {mem: 1T}`"],
    ),
    (
        "oom: {mem: x2, max: {time: 9}}",
        ["`max` bounds `time`", "6:30", "`time: x2`"],
    ),
    (
        "oom: {mem: x2, time: x2, max: {tim: 9}}",
        ["`max` bounds `tim`", "6:39", "did you mean `time`?"],
    ),
    (
        "{oom: again, OUT_OF_MEMORY: again}",
        ["`OUT_OF_MEMORY` has two rules", "6:16", ""],
    ),
];

#[test]
fn rules_are_checked_where_the_spec_is_read() {
    let wrong = |rules: &str| {
        let test = Test::new().file(
            "spec.yaml",
            &format!(
                "template: t.j2\nparameters: {{}}\nslurm_args:\n  defaults: {{mem: 256G}}\n\
                 retry:\n  {rules}\n"
            ),
        );
        test.fails("spec show spec.yaml")
    };
    for (rules, says) in WRONG {
        contains(&wrong(rules), says);
    }
}

#[test]
fn rules_are_shown_as_a_spec_that_says_the_same() {
    let retry = "  oom: {mem: x2, max: 128G}\n  timeout: {time: +1:00:00, max: 72:00:00}\n  \
                 node-fail: exclude_node\n  FAILED: {partition: big, cpus_per_task: x1.50, \
                 mem: +8G, max: {mem: 1024G}}\n  on_failure: hooks.py\n";
    let test = Project::new(1, retry).test;
    let shown = test.ok("spec show spec.yaml");
    let block = shown.split("retry:\n").nth(1).unwrap();
    assert_eq!(
        block,
        "  OUT_OF_MEMORY:\n    mem: x2\n    max: \"128G\"\n  TIMEOUT:\n    time: \"+01:00:00\"\n    \
         max: \"3-00:00:00\"\n  NODE_FAIL: exclude-node\n  FAILED:\n    partition: big\n    \
         cpus_per_task: x1.5\n    mem: \"+8G\"\n    max:\n      mem: \"1T\"\n  max_attempts: 3\n  \
         stop_after_alike: 5\n  on_failure:\n    file: hooks.py\n    function: on_failure\n"
    );
    test.write("again.yaml", &shown);
    assert_eq!(test.ok("spec show again.yaml"), shown);
    let json = test.ok("--json spec show spec.yaml");
    test.write("again.json", &json);
    assert_eq!(test.ok("spec show again.json"), shown);
}

#[test]
fn programs_have_rules_and_hooks_of_their_own() {
    let program = "fn on_failure(job, attempt) { #{slurm: #{mem: mem(job.slurm.mem) * 2}} }\n\
                   #{template: \"t.job.j2\", output_dir: \"out\", parameters: #{values: #{seed: [1, 2]}}, \
                   slurm_args: #{defaults: #{mem: mem(\"4G\")}}, \
                   retry: #{TIMEOUT: #{mem: \"+1G\", max: mem(\"8G\")}, on_failure: on_failure}}";
    let project = Project::new(2, "");
    for made in [".slurmkit/collections", "out"] {
        fs::remove_dir_all(project.test.path().join(made)).unwrap();
    }
    project.test.write("spec.rhai", program);
    project.test.ok("generate spec.rhai");
    let project = project
        .ended(1, "FAILED", nothing)
        .ended(2, "TIMEOUT", nothing);
    assert_eq!(project.decision(1), "again with mem 4G -> 8G");
    assert_eq!(project.decision(2), "again with mem 4G -> 5G");
}
