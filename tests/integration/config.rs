//! `init`, `config show` and where settings come from.

use super::test::{Test, contains, two_jobs};

#[test]
fn init_writes_a_config_that_changes_nothing_yet() {
    let test = Test::new();
    assert_eq!(test.ok("init"), "wrote .slurmkit/config.yaml\n");
    contains(
        &test.ok("config show"),
        &["jinja.undefined: semi-strict", "# default"],
    );
    contains(
        &test.fails("init"),
        &["`.slurmkit/config.yaml` exists already", "--force"],
    );
    test.write(".slurmkit/config.yaml", "python: mine\n");
    test.ok("init --force");
    assert!(!test.read(".slurmkit/config.yaml").contains("mine"));
    contains(
        &test.ok("--json init --force"),
        &["\"written\": \".slurmkit/config.yaml\""],
    );
}

#[test]
fn every_line_of_the_commented_config_is_a_setting() {
    let test = Test::new();
    test.ok("init");
    let is_setting =
        |line: &str| line.contains(':') && !line.contains(". ") && !line.ends_with('.');
    let uncommented: String = test
        .read(".slurmkit/config.yaml")
        .lines()
        .filter_map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)))
        .map(|line| format!("{line}\n"))
        .collect();
    test.write(".slurmkit/config.yaml", &uncommented);
    let shown = test.ok("config show");
    contains(
        &shown,
        &[
            "slurm_defaults.partition: gpu",
            "hooks.rhai.call_seconds: 2",
            "python: ",
        ],
    );
    assert!(!shown.contains("without effect"), "{shown}");
}

#[test]
fn the_projects_config_wins_over_the_users_key_by_key() {
    let test = Test::new()
        .file(
            "home/.config/slurmkit/config.yaml",
            "slurm_defaults: {account: me, mem: 1G}\n",
        )
        .file(
            ".slurmkit/config.yaml",
            "slurm_defaults:\n  mem: 2G\njinja: {undefined: lenient}\n",
        );
    let shown = test.ok("config show");
    let line = |key: &str| {
        shown
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .to_owned()
    };
    contains(
        &line("slurm_defaults.account"),
        &["me", "home/.config/slurmkit/config.yaml:1"],
    );
    contains(
        &line("slurm_defaults.mem"),
        &["2G", ".slurmkit/config.yaml:2"],
    );
    contains(
        &line("jinja.undefined"),
        &["lenient", ".slurmkit/config.yaml:3"],
    );
    let json: serde_json::Value = serde_json::from_str(&test.ok("--json config show")).unwrap();
    let mem = json
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["key"] == "slurm_defaults.mem");
    assert_eq!(mem.unwrap()["value"], "2G");
}

#[test]
fn a_config_can_be_named() {
    let test = Test::new().file("other.yaml", "jobs_dir: elsewhere\n");
    contains(
        &test.ok("--config other.yaml config show"),
        &["jobs_dir: elsewhere", "other.yaml:1"],
    );
    let mut command = test.command();
    command
        .env("SLURMKIT_CONFIG", "other.yaml")
        .args(["config", "show"]);
    let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
    contains(&stdout, &["jobs_dir: elsewhere"]);
    contains(
        &test.fails("--config nope.yaml config show"),
        &["nope.yaml"],
    );
}

#[test]
fn keys_of_the_python_tool_are_listed_and_slips_are_guessed() {
    let test = Test::new().file(
        ".slurm-kit/config.yaml",
        "wandb: {entity: null}\ncleanup: {min_age_days: 3}\nslurm_default: {mem: 1G}\n",
    );
    let run = test.run("config show");
    contains(
        &run.stdout,
        &[
            "# without effect here:",
            "wandb.entity",
            "cleanup.min_age_days: 3",
        ],
    );
    contains(
        &run.stderr,
        &["the config has no key `slurm_default`", "`slurm_defaults`?"],
    );
}

#[test]
fn mistakes_in_a_config_are_shown_with_their_place() {
    let test = two_jobs().file(
        ".slurmkit/config.yaml",
        "jinja: {undefined: no}\nhooks: {rhai: {operation: 5}}\nslurm_defaults: [a]\n",
    );
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "config `.slurmkit/config.yaml`: `undefined` must be `semi-strict`, `lenient` or `strict`",
            ".slurmkit/config.yaml:1:20",
            "did you mean `operations`?",
            "`slurm_defaults` must be a map of Slurm arguments, not a list",
        ],
    );
}
