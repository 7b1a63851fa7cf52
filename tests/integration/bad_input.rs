//! Bad input gets a clear error with its place, exit code 1, and nothing is written.

use std::os::unix::fs::PermissionsExt;

use super::test::{SPEC, TEMPLATE, Test, contains, two_jobs};

/// Runs a spec that must fail, and demands `parts` in the error.
#[track_caller]
fn refused(spec: &str, parts: &[&str]) {
    let test = Test::new()
        .file("spec.yaml", spec)
        .file("train.job.j2", TEMPLATE);
    contains(&test.fails("generate spec.yaml"), parts);
    contains(&test.fails("generate spec.yaml --dry-run"), parts);
}

#[test]
fn files_that_are_missing() {
    let test = two_jobs();
    contains(
        &test.fails("generate nope.yaml"),
        &["`nope.yaml` does not exist"],
    );
    test.write("a.yaml", &SPEC.replace("train", "nope"));
    contains(
        &test.fails("generate a.yaml"),
        &[
            "the template `nope.job.j2` does not exist",
            "a.yaml:1:11",
            "^^^^^^^^^^^",
        ],
    );
    for extension in ["rhai", "py"] {
        test.write(
            "b.yaml",
            &format!("{SPEC}  filter: hooks/nope.{extension}\n"),
        );
        let error = test.fails("generate b.yaml");
        contains(&error, &["filter hook `hooks/nope.", "b.yaml:6:11"]);
    }
    contains(&test.fails("generate ."), &["is not a file"]);
}

#[test]
fn files_beside_one_that_is_missing_are_guessed() {
    let test = Test::new()
        .file("d/sweep.yaml", &SPEC.replace("train.job", "job"))
        .file("d/job.sh.j2", TEMPLATE)
        .file("d/job.yaml", "no template\n")
        .file("params.json", "{}\n")
        .file("cluster.yml", "{}\n");
    contains(
        &test.fails("generate d/sweep.yaml"),
        &[
            "the template `d/job.j2` does not exist",
            "--> d/sweep.yaml:1:11\n",
            "1 | template: job.j2\n  |           ^^^^^^\n",
            "did you mean `job.sh.j2`?",
        ],
    );
    for command in [
        "generate",
        "spec show",
        "spec fix",
        "hook list",
        "hook test",
    ] {
        for name in ["d/sweep.yml", "d/sweep", "d/sweep.rhai", "d/sweep.json"] {
            let error = test.fails(&format!("{command} {name}"));
            let expected = format!(
                "error: `{name}` does not exist\n |\n = help: did you mean `d/sweep.yaml`?\n"
            );
            assert_eq!(error, expected, "{command}");
        }
    }
    assert_eq!(
        test.fails("spec show d/sweep.yaml/x.yaml"),
        "error: `d/sweep.yaml/x.yaml` does not exist\n"
    );
    contains(
        &test.fails("generate --template d/job.sh.j2 --params params.yaml"),
        &[
            "`params.yaml` does not exist",
            "did you mean `params.json`?",
        ],
    );
    contains(
        &test.fails("--config cluster.yaml config show"),
        &["config `cluster.yaml` does not exist", "`cluster.yml`?"],
    );
}

#[test]
fn specs_that_are_no_specs() {
    refused("", &["`spec.yaml` is empty"]);
    refused("# nothing\n", &["`spec.yaml` is empty"]);
    refused(
        "- a\n- b\n",
        &["a spec must be a map, not a list", "spec.yaml:1:1"],
    );
    refused("text\n", &["a spec must be a map, not a string"]);
    refused("template: [\n", &["spec.yaml:"]);
    refused("template: t\n  bad: indent\n", &["spec.yaml:2:"]);
    refused("template: t.j2\n", &["there is no `parameters`"]);
    refused("parameters: {}\n", &["there is no `template`"]);
    refused("{{ x }}: 1\n", &["spec.yaml:1:"]);
    let test = Test::new().file("spec.py", "{}");
    contains(
        &test.fails("generate spec.py"),
        &["is not a spec in YAML, JSON or Rhai", "`.yaml`"],
    );
    let test = Test::new();
    std::fs::write(test.path().join("spec.yaml"), b"template: \xff\n").unwrap();
    contains(&test.fails("generate spec.yaml"), &["is not UTF-8"]);
}

#[test]
fn unknown_keys_are_guessed() {
    let spec = SPEC.replace("output_dir", "ouput_dir");
    refused(
        &spec,
        &[
            "a spec has no key `ouput_dir`",
            "spec.yaml:2:1",
            "^^^^^^^^^",
            "`output_dir`?",
        ],
    );
    refused(
        &format!("{SPEC}sslurm_args: {{}}\n"),
        &["did you mean `slurm_args`?"],
    );
    refused(
        &format!("{SPEC}  filtre: x\n"),
        &["`parameters` has no key `filtre`", "`filter`?"],
    );
    refused(
        &format!("{SPEC}zzz: x\n"),
        &["a spec has no key `zzz`", "begin with `x-`"],
    );
    refused(
        &format!("{SPEC}jinja: {{undefned: strict}}\n"),
        &["did you mean `undefined`?"],
    );
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let spec = SPEC
        .replace("output_dir", "ouput_dir")
        .replace("values:", "mode: gird\n  values:");
    refused(
        &spec,
        &[
            "`ouput_dir`",
            "`mode` must be `grid` or `list`, not `gird`",
            "2 errors",
        ],
    );
}

#[test]
fn values_of_the_wrong_type() {
    refused(
        &SPEC.replace("values:\n    lr: [0.1, 0.01]", "values: [1]"),
        &[
            "`values` must be a map from names to lists, not a list",
            "write `mode: list`",
        ],
    );
    refused(
        &SPEC.replace("values:\n    lr: [0.1, 0.01]", "values: 5"),
        &["not an integer"],
    );
    refused(
        &SPEC.replace("values:\n    lr: [0.1, 0.01]", "mode: list\n  values: [1]"),
        &["each item of `values` must be a map of parameters, not an integer"],
    );
    refused(
        &SPEC.replace("output_dir: out", "output_dir: 2024"),
        &["`output_dir` must be a string, not an integer", "\"2024\""],
    );
    refused(
        &format!("{SPEC}slurm_args: {{defaults: [a]}}\n"),
        &["`defaults` must be a map of Slurm arguments, not a list"],
    );
    refused(
        &format!("{SPEC}jinja: {{undefined: stict}}\n"),
        &["did you mean `strict`?"],
    );
    refused(
        &format!("{SPEC}jinja: {{trim_blocks: 1}}\n"),
        &["`true` or `false`"],
    );
    refused(
        &format!("{SPEC}  filter: [a]\n"),
        &["must be a map, not a list"],
    );
    refused(
        &format!("{SPEC}  filter: 'a.rhai:'\n"),
        &["neither `file` nor `file:function`"],
    );
    refused(
        &format!("{SPEC}  filter: hook.lua\n"),
        &["`.rhai` or `.py`"],
    );
}

#[test]
fn duplicate_keys() {
    refused(
        &format!("{SPEC}template: other.j2\n"),
        &["`template`", "repeated", "spec.yaml:6:1"],
    );
    refused(
        &SPEC.replace("    lr:", "    lr: [3]\n    lr:"),
        &["`lr`", "spec.yaml:6:5"],
    );
}

#[test]
fn grids_that_are_too_large() {
    let axis = |name: usize| format!("    a{name}: [1, 2, 3, 4, 5, 6, 7, 8]\n");
    // 8^8 sets would take minutes, 8^30 cannot be counted.
    for count in [8, 30] {
        let axes: String = (0..count).map(axis).collect();
        refused(
            &SPEC.replace("    lr: [0.1, 0.01]\n", &axes),
            &["the grid has more than 10,000,000 combinations"],
        );
    }
}

#[test]
fn templates_that_do_not_render() {
    let with = |template: &str| {
        let test = two_jobs().file("train.job.j2", template);
        test.fails("generate spec.yaml")
    };
    contains(
        &with("a\n{% if lr %}\n"),
        &[
            "cannot render `train.job.j2`: this `if` does not end",
            "train.job.j2:2:1",
            "end it with `{% endif %}`",
        ],
    );
    contains(
        &with("a\n{{ lr | uper }}\n"),
        &[
            "there is no filter `uper`",
            "train.job.j2:2:9",
            "did you mean `upper`?",
        ],
    );
    contains(
        &with("a\n{{ learning_rate }}\n"),
        &[
            "`learning_rate` is undefined (job `lr0.1`)",
            "train.job.j2:2:4",
            "2 errors, 1 of them not shown; nothing was written",
        ],
    );
    contains(&with("{{ slrum.mem }}"), &["did you mean `slurm`?"]);
    contains(&with("{{ params.lrr }}"), &["did you mean `params.lr`?"]);
    contains(
        &with("{% include 'nope.j2' %}"),
        &[
            "there is no template `nope.j2` in the template's folder",
            "train.job.j2:1:",
        ],
    );
    contains(
        &with("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"),
        &["it takes more than 1,000,000 steps"],
    );
}

#[test]
fn mistakes_in_templates_say_what_to_write_instead() {
    for (template, place, parts) in [
        (
            "{% if lr %}{% endfi %}",
            "1:15",
            &["no tag `endfi`", "`endif`"][..],
        ),
        (
            "{% for x in [1] %}{% endif %}",
            "1:22",
            &["`endif` within a `for`", "`endfor`"],
        ),
        ("{% endfor %}", "1:4", &["`endfor` without a tag"]),
        (
            "n=${#files[@]}",
            "1:4",
            &["this comment does not end", "{% raw %}"],
        ),
        ("{{ lr", "1:1", &["this tag does not end", "`}}`"]),
        ("{{ f(lr }}", "1:9", &["unexpected `}`, expected `)`"]),
        ("{{ 'lr }}", "1:4", &["this string does not end"]),
        ("{{ lr & 1 }}", "1:7", &["`&` means nothing", "`and`"]),
        ("{% do x %}", "1:4", &["no tag `do`", "{% set _ = … %}"]),
        (
            "{% for x in [1] %}{% break %}{% endfor %}",
            "1:22",
            &["loops cannot be left"],
        ),
        ("{% raw %}{{ lr }}", "1:1", &["this raw block does not end"]),
        (
            "{{ 'abc' - 1 }}",
            "1:4",
            &["`-` does not work between a string and an integer"],
        ),
        (
            "{{ '%d' % 'x' }}",
            "1:4",
            &["`%d` needs a number, not a string"],
        ),
        (
            "{{ lr is defnied }}",
            "1:10",
            &["no test `defnied`", "`defined`"],
        ),
        (
            "{{ 'a'.uper() }}",
            "1:4",
            &["a string has no method `uper`", "`upper`"],
        ),
        (
            "{{ [1]|join(seperator='') }}",
            "1:4",
            &["no argument `seperator`"],
        ),
        (
            "{{ [1]|map('string') }}",
            "1:4",
            &["an iterator has no text", "`|list`"],
        ),
        ("{{ lr == 1 if }}", "1:15", &["expected an expression"]),
        (
            "{% set loop = 1 %}",
            "1:8",
            &["`loop` cannot be assigned to"],
        ),
        ("{{ 1 / 0 }}", "1:4", &["division by zero"]),
    ] {
        let test = two_jobs().file("train.job.j2", template);
        let error = test.fails("generate spec.yaml");
        contains(&error, &["cannot render `train.job.j2`"]);
        contains(&error, &[&format!("train.job.j2:{place}")]);
        contains(&error, parts);
    }
}

#[test]
fn an_error_in_an_include_says_how_it_is_reached() {
    let test = two_jobs()
        .file("train.job.j2", "#!/bin/sh\n{% include 'parts/a.j2' %}\n")
        .file(
            "parts/a.j2",
            "\n{% import 'parts/b.j2' as b %}{{ b.run(lr) }}\n",
        )
        .file(
            "parts/b.j2",
            "{% macro run(x) %}{{ x }}{{ lr }}{% endmacro %}",
        );
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "cannot render `parts/b.j2`: `lr` is undefined",
            "parts/b.j2:1:",
            "reached from train.job.j2:2",
            "a template that is imported does not see `lr`",
            "`with context`",
        ],
    );
    test.write(
        "parts/a.j2",
        "{% import 'parts/b.j2' as b with context %}{{ b.run(lr) }}",
    );
    test.ok("generate spec.yaml");
}

#[test]
fn templates_stay_inside_their_folder() {
    let test = Test::new()
        .file("t/spec.yaml", SPEC)
        .file("secret", "secret")
        .file("t/inside", "{{ lr }}");
    std::os::unix::fs::symlink("../secret", test.path().join("t/link")).unwrap();
    let absolute = test.path().join("secret");
    for name in [
        "../secret",
        "link",
        absolute.to_str().unwrap(),
        "./../secret",
        "x/../../secret",
    ] {
        test.write("t/train.job.j2", &format!("{{% include '{name}' %}}\n"));
        let error = test.fails("generate t/spec.yaml");
        contains(&error, &["t/train.job.j2:1:"]);
        assert!(
            error.contains("outside") || error.contains("leaves"),
            "{error}"
        );
    }
    test.write("t/train.job.j2", "{% include './inside' %}\n");
    test.ok("generate t/spec.yaml");
}

#[test]
fn an_error_inside_an_include_names_both_places() {
    let test = two_jobs()
        .file("train.job.j2", "a\n{% include 'part.j2' %}\n")
        .file("part.j2", "b\nc {{ oops }}\n");
    let error = test.fails("generate spec.yaml");
    contains(
        &error,
        &[
            "cannot render `part.j2`",
            "part.j2:2:6",
            "reached from train.job.j2:2",
        ],
    );
}

#[test]
fn names_that_cannot_be_names() {
    let with = |pattern: &str, parts: &[&str]| {
        let spec = SPEC.replace(
            "output_dir",
            &format!("job_name_pattern: {pattern}\noutput_dir"),
        );
        refused(&spec, parts);
    };
    with(
        "'a/{{ lr }}'",
        &[
            "`a/0.1` cannot be a job name: it contains `/`",
            "spec.yaml:2:19",
        ],
    );
    with("'{{ \"\" }}'", &["`` cannot be a job name: it is empty"]);
    with("'.{{ lr }}'", &["it begins with `.`"]);
    with("'-{{ lr }}'", &["it begins with `-`"]);
    with(
        "\"a\\n{{ lr }}\"",
        &["it contains a control character (U+000A)"],
    );
    with(
        &format!("'{}{{{{ lr }}}}'", "x".repeat(200)),
        &["it is 203 bytes long"],
    );
    with(
        "'{{ rl }}'",
        &["`rl` is undefined", "spec.yaml:2:23", "did you mean `lr`?"],
    );
    with("'{{ lr'", &["cannot render `job_name_pattern`"]);
}

#[test]
fn names_that_repeat() {
    let spec = SPEC
        .replace("output_dir", "job_name_pattern: x{{ seed }}\noutput_dir")
        .replace(
            "lr: [0.1, 0.01]",
            "seed: [1, 2]\n    lr: [0.1, 0.01]\n    bs: [8, 9]",
        );
    refused(
        &spec,
        &[
            "4 jobs would be called `x1`: they differ in `bs`",
            "4 jobs would be called `x2`",
            "--rename-duplicates",
            "2 errors",
        ],
    );
    refused(
        &SPEC.replace(
            "values:\n    lr: [0.1, 0.01]",
            "mode: list\n  values: [{lr: 1}, {lr: 1}]",
        ),
        &["2 jobs would be called `lr1`: they differ in nothing"],
    );
}

#[test]
fn a_value_that_repeats_is_told_once() {
    let with = |values: &str| {
        let spec = SPEC.replace("[0.1, 0.01]", values);
        two_jobs().file("spec.yaml", &spec)
    };
    let test = with("[0.1, 0.01]\n    seed: [1, 2, 1]");
    assert_eq!(
        test.fails("generate spec.yaml"),
        "\
error: the parameter `seed` holds 1 twice
 --> spec.yaml:6:11
  |
6 |     seed: [1, 2, 1]
  |           ^^^^^^^^^
  |
  = help: write it once, or pass `--rename-duplicates` to append `-2`, `-3`, … to the names
"
    );
    contains(
        &test.ok("generate spec.yaml --dry-run --rename-duplicates"),
        &["6 jobs", "lr0.1_seed1-2"],
    );
    contains(
        &with("[0.1, 1]\n    m: [vit, 1, vit, vit, '1']").fails("generate spec.yaml"),
        &[
            "the parameter `m` holds 'vit' 3 times",
            "2 jobs would be called `lr0.1_m1`: they differ in `m`",
            "3 errors",
        ],
    );
}

#[test]
fn of_many_failures_ten_are_shown_and_the_rest_counted() {
    let spec = SPEC
        .replace("output_dir", "job_name_pattern: a/{{ lr }}\noutput_dir")
        .replace("0.01]", "0.01, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]");
    let test = Test::new()
        .file("spec.yaml", &spec)
        .file("train.job.j2", TEMPLATE);
    let error = test.fails("generate spec.yaml");
    assert_eq!(error.matches("cannot be a job name").count(), 10);
    contains(
        &error,
        &["error: 12 errors, 2 of them not shown; nothing was written"],
    );
}

#[test]
fn output_folders_that_cannot_be_written() {
    let test = two_jobs().file("out", "a file\n");
    contains(&test.fails("generate spec.yaml"), &["out"]);
    assert_eq!(test.read("out"), "a file\n");
    let test = two_jobs().file("file", "x");
    contains(
        &test.fails("generate spec.yaml --output-dir file/sub"),
        &["file"],
    );
}

#[test]
fn an_output_folder_without_the_right_to_write() {
    let test = two_jobs();
    let folder = test.path().join("out");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write anywhere; then another user has to try.
    let mut command = test.command();
    if std::fs::write(folder.join("probe"), "").is_ok() {
        std::fs::remove_file(folder.join("probe")).unwrap();
        std::fs::set_permissions(test.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let binary = test.path().join("slurmkit");
        super::test::copy_binary(&binary);
        command = std::process::Command::new("setpriv");
        command.current_dir(test.path());
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(binary);
    }
    let output = command.args(["generate", "spec.yaml"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    contains(&stderr, &["out", "Permission denied"]);
    assert!(std::fs::read_dir(&folder).unwrap().next().is_none());
    assert!(!test.exists(".slurmkit"));
}
