//! Values without quotes that do not mean their text, and the two ways to read YAML.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::test::{Test, contains, two_jobs};

const TRAPS: &str = "\
template: train.job.j2
output_dir: out
parameters:
  values:
    lr: [1e-3, 1.0e-3]
    seed: [007]
slurm_args:
  defaults:
    time: 24:00:00
";

const TEMPLATE: &str = "time={{ slurm.time }} lr={{ lr }} seed={{ seed }}\n";

fn trapped() -> Test {
    Test::new()
        .file("spec.yaml", TRAPS)
        .file("train.job.j2", TEMPLATE)
}

fn json(test: &Test, args: &str) -> Value {
    let run = test.run(args);
    assert_eq!(run.code, Some(0), "{args}: {}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn a_trap_is_told_with_its_place_what_scripts_get_and_what_to_write() {
    let test = trapped();
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(0));
    assert_eq!(
        run.stderr,
        "\
warning: `parameters.values.seed[0]`: `007` is the octal integer 7 in YAML 1.1, so scripts get `7`
 --> spec.yaml:6:12
  |
6 |     seed: [007]
  |            ^^^
  |
  = help: write \"007\" to keep the text; `slurmkit spec fix` does it
warning: `slurm_args.defaults.time`: `24:00:00` is the integer 86400 in YAML 1.1, so scripts get `86400`, \
which Slurm reads as 86400 minutes (60 days)
 --> spec.yaml:9:11
  |
9 |     time: 24:00:00
  |           ^^^^^^^^
  |
  = help: write \"24:00:00\" to keep the text; `slurmkit spec fix` does it
"
    );
    assert_eq!(
        test.read("out/lr1e-3_seed7.job"),
        "time=86400 lr=1e-3 seed=7\n"
    );
}

#[test]
fn what_only_prints_otherwise_is_told_with_v() {
    let test = trapped();
    let note =
        "note: `parameters.values.lr[1]`: `1.0e-3` is the number 0.001, so scripts get `0.001`";
    for command in [
        "generate spec.yaml --dry-run",
        "spec show spec.yaml",
        "hook test spec.yaml",
    ] {
        let quiet = test.run(command).stderr;
        assert!(!quiet.contains("note: "), "{command}: {quiet}");
        contains(
            &test.run(&format!("-v {command}")).stderr,
            &[note, "spec.yaml:5:16"],
        );
        assert_eq!(test.run(&format!("-q {command}")).stderr, "", "{command}");
    }
}

#[test]
fn every_command_that_reads_a_spec_can_be_strict() {
    let test = trapped().file(
        ".slurmkit/config.yaml",
        "slurm_defaults:\n  time-min: 1:30\n",
    );
    for command in [
        "generate",
        "generate --dry-run",
        "spec show",
        "hook list",
        "hook test",
    ] {
        let error = test.fails(&format!("{command} spec.yaml --strict"));
        contains(
            &error,
            &[
                "error: `.slurmkit/config.yaml`: `slurm_defaults.time-min`: `1:30` is",
                "90 minutes (1 hour 30 minutes)",
                "error: `spec.yaml`: `parameters.values.seed[0]`: `007` is",
                "error: `spec.yaml`: `slurm_args.defaults.time`: `24:00:00` is",
                "error: 3 errors; nothing was written",
            ],
        );
        assert!(!error.contains("warning: "), "{error}");
    }
    test.write("params.yaml", "values:\n  lr: [on]\n");
    let error = test
        .fails("generate --template train.job.j2 --params params.yaml --strict --output-dir out");
    contains(
        &error,
        &[
            "`values.lr[0]`: `on` is the boolean True",
            "params.yaml:2:8",
        ],
    );
    two_jobs().ok("generate spec.yaml --strict");
}

#[test]
fn strict_lists_more_than_a_screen_of_traps() {
    let seeds = vec!["010"; 40].join(", ");
    let test = trapped().file("spec.yaml", &TRAPS.replace("007", &seeds));
    let error = test.fails("generate spec.yaml --strict");
    assert_eq!(error.matches("is the octal integer 8").count(), 40);
    contains(&error, &["error: 41 errors; nothing was written"]);
}

#[test]
fn values_on_the_command_line_have_traps_too() {
    let test = trapped().file(
        "spec.yaml",
        &TRAPS.replace("007", "7").replace("24:00:00", "1"),
    );
    let run = test.run("hook test spec.yaml --params seed=010,lr='1'");
    contains(
        &run.stderr,
        &[
            "`--params seed`: `010` is the octal integer 8 in YAML 1.1, so scripts get `8`",
            "quote it for YAML too: '\"010\"'",
        ],
    );
    assert!(
        test.run_args(&["hook", "test", "spec.yaml", "--params", "seed=\"010\""])
            .stderr
            .is_empty()
    );
}

#[test]
fn fix_puts_in_the_quotes_and_nothing_else() {
    let text = format!(
        "\u{feff}{}",
        TRAPS
            .replace("007", "007, 0.10 ,no")
            .replace('\n', "  # é\r\n")
    );
    let test = trapped().file("spec.yaml", &text);
    let places = "\
spec.yaml:6:12: parameters.values.seed[0]: 007 -> \"007\"
spec.yaml:6:23: parameters.values.seed[2]: no -> \"no\"
spec.yaml:9:11: slurm_args.defaults.time: 24:00:00 -> \"24:00:00\"
";
    let dry = test.run("spec fix spec.yaml --dry-run");
    assert_eq!((dry.code, dry.stdout.as_str()), (Some(0), places));
    assert_eq!(
        dry.stderr,
        "3 values to quote in `spec.yaml`; nothing was written\n"
    );
    assert_eq!(test.read("spec.yaml"), text);
    let done = test.run("spec fix spec.yaml");
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), places));
    assert_eq!(done.stderr, "3 values quoted in `spec.yaml`\n");
    let fixed = text
        .replace("007", "\"007\"")
        .replace(",no", ",\"no\"")
        .replace("24:00:00", "\"24:00:00\"");
    assert_eq!(test.read("spec.yaml"), fixed);
    let again = test.run("spec fix spec.yaml");
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    assert_eq!(
        again.stderr,
        "`spec.yaml` needs no quotes; nothing was written\n"
    );
    test.ok("generate spec.yaml --strict");
    assert_eq!(
        test.read("out/lr1e-3_seed007.job"),
        "time=24:00:00 lr=1e-3 seed=007\n"
    );
    test.run("spec fix spec.yaml --all");
    assert_eq!(
        test.read("spec.yaml"),
        fixed
            .replace(" 1.0e-3]", " \"1.0e-3\"]")
            .replace("0.10", "\"0.10\"")
    );
}

#[test]
fn fix_prints_a_patch_that_applies() {
    let test = trapped();
    let patch = test.run("spec fix spec.yaml --diff").stdout;
    assert_eq!(test.read("spec.yaml"), TRAPS);
    contains(
        &patch,
        &[
            "--- a/spec.yaml\n",
            "+    seed: [\"007\"]\n",
            "-    time: 24:00:00\n",
        ],
    );
    test.run("spec fix spec.yaml");
    let fixed = test.read("spec.yaml");
    test.write("spec.yaml", TRAPS);
    test.write("fix.patch", &patch);
    let applied = std::process::Command::new("git")
        .args(["apply", "fix.patch"])
        .current_dir(test.path())
        .status();
    assert!(applied.unwrap().success());
    assert_eq!(test.read("spec.yaml"), fixed);
}

#[test]
fn fix_reports_in_json() {
    let test = trapped().file("spec.yaml", &format!("{TRAPS}    gres:\n"));
    let place = |path: &str, line: u64, column: u64, text: &str, printed: &str| serde_json::json!({"path": path, "line": line, "column": column, "text": text, "printed": printed});
    let report = |written: bool| {
        serde_json::json!({
            "spec": "spec.yaml",
            "written": written,
            "quoted": [
                place("parameters.values.seed[0]", 6, 12, "007", "7"),
                place("slurm_args.defaults.time", 9, 11, "24:00:00", "86400"),
            ],
            "left": [place("slurm_args.defaults.gres", 10, 9, "", "None")],
        })
    };
    assert_eq!(
        json(&test, "--json spec fix spec.yaml --dry-run"),
        report(false)
    );
    assert_eq!(json(&test, "--json spec fix spec.yaml"), report(true));
    let again = json(&test, "--json spec fix spec.yaml");
    assert_eq!(
        (&again["written"], &again["quoted"]),
        (&Value::Bool(false), &serde_json::json!([]))
    );
}

#[test]
fn fix_leaves_alone_what_it_does_not_change() {
    let test = two_jobs();
    let path = test.path().join("spec.yaml");
    let before = fs::metadata(&path).unwrap();
    test.run("spec fix spec.yaml");
    let after = fs::metadata(&path).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    // What is changed keeps its mode, and a link to it stays one.
    test.write("real/spec.yaml", TRAPS);
    let real = test.path().join("real/spec.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/spec.yaml", test.path().join("link.yaml")).unwrap();
    test.run("spec fix link.yaml");
    assert!(test.path().join("link.yaml").is_symlink());
    assert!(test.read("real/spec.yaml").contains("\"007\""));
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(fs::read_dir(test.path().join("real")).unwrap().count(), 1);
}

#[test]
fn fix_takes_parameter_files_and_configs_and_no_programs() {
    let test = Test::new()
        .file("params.yaml", "values: {a: [yes]}\n")
        .file(".slurmkit/config.yaml", "slurm_defaults: {time: 1:00:00}\n")
        .file(
            "spec.json",
            "{\"parameters\": {\"values\": {\"a\": [true, 010]}}}\n",
        )
        .file("spec.rhai", "#{}\n")
        .file("broken.yaml", "a: [\n");
    for file in ["params.yaml", ".slurmkit/config.yaml", "spec.json"] {
        assert_eq!(test.run(&format!("spec fix {file}")).code, Some(0));
    }
    assert_eq!(test.read("params.yaml"), "values: {a: [\"yes\"]}\n");
    assert_eq!(
        test.read(".slurmkit/config.yaml"),
        "slurm_defaults: {time: \"1:00:00\"}\n"
    );
    assert!(test.read("spec.json").contains("[true, \"010\"]"));
    contains(
        &test.fails("spec fix spec.rhai"),
        &[
            "`spec.rhai` is a Rhai program, which has nothing to quote",
            "slurmkit spec show",
        ],
    );
    contains(
        &test.fails("spec fix broken.yaml"),
        &["this `[` is never closed"],
    );
    contains(
        &test.fails("spec fix absent.yaml"),
        &["`absent.yaml` does not exist"],
    );
}

#[test]
fn the_config_can_ask_for_yaml_1_2() {
    let test = trapped().file(".slurmkit/config.yaml", "yaml: core\n");
    test.write("spec.yaml", &TRAPS.replace(", 1.0e-3", ""));
    test.ok("generate spec.yaml --strict");
    assert_eq!(
        test.read("out/lr0.001_seed7.job"),
        "time=24:00:00 lr=0.001 seed=7\n"
    );
    contains(
        &test.ok("config show"),
        &["yaml: core ", ".slurmkit/config.yaml:1"],
    );
    assert!(
        test.run("spec fix spec.yaml")
            .stderr
            .contains("needs no quotes")
    );
    test.write(
        "spec.yaml",
        &TRAPS
            .replace("seed:", "on:")
            .replace("template:", "x-a: &a {}\ntemplate:"),
    );
    assert!(test.ok("spec show spec.yaml").contains("\"on\": [7]"));
    test.write("spec.yaml", &TRAPS.replace("time:", "<<: {}\n    time:"));
    contains(
        &test.fails("generate spec.yaml"),
        &[
            "`<<` is no merge key in YAML 1.2",
            "spec.yaml:9:5",
            "`yaml: pyyaml`",
        ],
    );
}

#[test]
fn a_config_is_read_as_it_says_itself_or_as_the_users_says() {
    let shown = |user: &str, project: &str| {
        let test = Test::new()
            .file("home/.config/slurmkit/config.yaml", user)
            .file(".slurmkit/config.yaml", project);
        let run = test.run("--json config show");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let entries: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
        let entry = entries
            .into_iter()
            .find(|entry| entry["key"] == "slurm_defaults.time");
        entry.unwrap()["value"].clone()
    };
    let time = "slurm_defaults: {time: 1:00:00}\n";
    assert_eq!(shown("", time), 3600);
    assert_eq!(shown("", &format!("{time}yaml: core\n")), "1:00:00");
    assert_eq!(shown("yaml: core\n", time), "1:00:00");
    assert_eq!(
        shown("yaml: core\n", &format!("{time}yaml: pyyaml\n")),
        3600
    );
    // Only YAML 1.2 has a text under this key.
    assert_eq!(
        shown("", &format!("on: 2024-13-45\n{time}yaml: core\n")),
        "1:00:00"
    );
    let test = Test::new().file(".slurmkit/config.yaml", "yaml: core\nx: {<<: {a: 1}}\n");
    contains(&test.fails("config show"), &["`<<` is no merge key"]);
}

#[test]
fn a_wrong_schema_is_guessed() {
    for (word, help) in [
        ("Core", "did you mean `core`?"),
        ("pyaml", "did you mean `pyyaml`?"),
        ("1.2", "`core` is YAML 1.2"),
        ("[core]", "`core` is YAML 1.2"),
    ] {
        let test = Test::new().file(".slurmkit/config.yaml", &format!("yaml: {word}\n"));
        let error = test.fails("config show");
        contains(
            &error,
            &[
                "`yaml` must be `pyyaml` or `core`, not",
                help,
                "config.yaml:1:7",
            ],
        );
    }
}

#[test]
fn what_spec_show_prints_is_the_same_spec_in_both_schemas() {
    let spec = TRAPS.replace(
        "007",
        "'007', '1e3', .5e3, '.5e3', yes, '0o7', 2024-01-01, 1_0, ~, 'null'",
    );
    for config in ["yaml: pyyaml\n", "yaml: core\n"] {
        let test = trapped()
            .file("spec.yaml", &spec)
            .file(".slurmkit/config.yaml", config);
        let shown = test.run("spec show spec.yaml").stdout;
        test.write("shown.yaml", &shown);
        let before = json(&test, "--json spec show spec.yaml");
        assert_eq!(json(&test, "--json spec show shown.yaml"), before);
        test.write(
            ".slurmkit/config.yaml",
            if config.contains("core") {
                ""
            } else {
                "yaml: core\n"
            },
        );
        assert_eq!(
            json(&test, "--json spec show shown.yaml"),
            before,
            "{shown}"
        );
    }
}
