//! Specs that are Rhai programs.

use super::test::{TEMPLATE, Test, contains};

const PROGRAM: &str = r#"
const SIZES = ["small", "large"];

fn include_params(params) {
    params.size == "small" || params.lr < 0.1
}

fn get_slurm_args(params, defaults) {
    if params.size == "large" {
        defaults.mem = mem(defaults.mem) * 4;
    }
    defaults
}

let rates = [];
for i in 1..4 {
    rates.push(10.0 ** -i);
}

#{
    template: "train.job.j2",
    output_dir: "out",
    job_name_pattern: "{{ size }}_lr{{ lr }}",
    parameters: #{
        values: #{ size: SIZES, lr: rates },
        filter: "include_params",
    },
    slurm_args: #{
        defaults: #{ time: "1:00:00", mem: "8G" },
        logic: get_slurm_args,
    },
}
"#;

fn program(text: &str) -> Test {
    Test::new()
        .file("exp/spec.rhai", text)
        .file("exp/train.job.j2", "{{ job_name }} {{ lr }} {{ slurm }}\n")
}

/// A program whose value is this.
fn value(text: &str) -> Test {
    Test::new()
        .file("spec.rhai", text)
        .file("train.job.j2", TEMPLATE)
}

#[test]
fn a_program_generates_with_its_own_functions_as_hooks() {
    let test = program(PROGRAM);
    let out = test.ok("generate exp/spec.rhai");
    contains(&out, &["5 jobs", "scripts: exp/out"]);
    assert_eq!(
        test.read("exp/out/large_lr0.01.job"),
        "large_lr0.01 0.01 {'time': '1:00:00', 'mem': '32G'}\n"
    );
    assert_eq!(
        test.read("exp/out/small_lr0.1.job"),
        "small_lr0.1 0.1 {'time': '1:00:00', 'mem': '8G'}\n"
    );
    contains(&test.ok("generate exp/spec.rhai"), &["5 unchanged"]);
}

#[test]
fn maps_keep_the_order_in_which_they_are_written() {
    let test = value(
        r#"let values = #{};
values.zeta = [1];
values.alpha = [2, 3];
for name in ["b", "a"] { values[name] = [0]; }
#{
    template: "train.job.j2",
    parameters: #{ values: values },
    slurm_args: #{ defaults: [["time", "1:00"], ["mem", "4G"], ["cpus-per-task", 4]] },
}"#,
    );
    assert_eq!(
        test.ok("spec show spec.rhai"),
        "\
template: train.job.j2
parameters:
  mode: grid
  values:
    zeta: [1]
    alpha: [2, 3]
    a: [0]
    b: [0]
slurm_args:
  defaults:
    time: \"1:00\"
    mem: \"4G\"
    cpus-per-task: 4
"
    );
}

#[test]
fn what_is_shown_of_a_program_is_a_spec_that_gives_the_same_jobs() {
    let test = program(PROGRAM);
    let shown = test.ok("spec show exp/spec.rhai");
    test.write("exp/frozen.yaml", &shown);
    test.ok("generate exp/spec.rhai --output-dir one --collection one");
    test.ok("generate exp/frozen.yaml --output-dir two --collection two");
    for name in ["small_lr0.001", "large_lr0.001"] {
        assert_eq!(
            test.read(&format!("one/{name}.job")),
            test.read(&format!("two/{name}.job"))
        );
    }
    assert_eq!(test.ok("spec show exp/frozen.yaml"), shown);
}

#[test]
fn spec_show_resolves_yaml_too() {
    let test = Test::new().file(
        "exp/spec.yaml",
        "template: ./../t.j2\nx-base: &base {mem: 4G, time: \"1:00:00\"}\nparameters:\n  mode: list\n  \
         values:\n    - {lr: 1.0e-5, on-off: true}\n  parse: hooks.py\nslurm_args:\n  defaults:\n    \
         <<: *base\n    gres: gpu:1\njinja: {trim_blocks: true}\n",
    );
    assert_eq!(
        test.ok("spec show exp/spec.yaml"),
        "\
template: ../t.j2
parameters:
  mode: list
  values:
    - {lr: 1.0e-05, on-off: true}
  parse:
    file: hooks.py
    function: parse_params
slurm_args:
  defaults:
    mem: \"4G\"
    time: \"1:00:00\"
    gres: \"gpu:1\"
jinja:
  trim_blocks: true
"
    );
    let json = test.ok("--json spec show exp/spec.yaml");
    contains(&json, &["\"template\": \"../t.j2\"", "\"on-off\": true"]);
}

#[test]
fn mistakes_in_a_program_point_into_it() {
    for (text, parts) in [
        (
            "#{ template: \"train.job.j2\", parametres: #{} }",
            &[
                "a spec has no key `parametres`",
                "spec.rhai:1:30",
                "did you mean `parameters`?",
            ][..],
        ),
        (
            "#{ template: 3, parameters: #{} }",
            &[
                "`template` must be a string, not an integer",
                "spec.rhai:1:14",
            ],
        ),
        (
            "let p = #{ mode: \"gird\" };\n#{ template: \"train.job.j2\", parameters: p }",
            &[
                "`mode` must be `grid` or `list`",
                "spec.rhai:1:18",
                "did you mean `grid`?",
            ],
        ),
        (
            "42",
            &["a spec must be a map, not an integer", "spec.rhai:1:1"],
        ),
        ("let x = 1;", &["a spec must be a map, not null"]),
        ("#{ template: 1 +, }", &["spec.rhai:1:17"]),
        (
            "let x = params;",
            &["the variable `params` is not known", "spec.rhai:1:9"],
        ),
        (
            "throw \"no data\";",
            &["`spec.rhai`: no data", "spec.rhai:1:1"],
        ),
        (
            "loop {}",
            &[
                "operations at the top level",
                "hooks.rhai.operations",
                "spec.rhai:1:",
            ],
        ),
        (
            "fn keep(p) { true }\n#{ template: \"t\", parameters: #{ filter: \"kepe\" } }",
            &[
                "the program has no function `kepe`",
                "spec.rhai:2:42",
                "did you mean `keep`?",
            ],
        ),
        (
            "#{ template: \"t\", parameters: #{ filter: |p| true } }",
            &["`parameters.filter` is a closure", "fn keep(params)"],
        ),
        (
            "fn f() { 1 }\n#{ template: \"t\", parameters: #{ values: #{ a: f } } }",
            &[
                "`parameters.values.a` is a function",
                "belongs under `filter`",
            ],
        ),
        (
            "let s = \"x\"; s.pad(9_000_000, 'x'); let a = [0, 0, 0, 0]; for i in 0..4 { a[i] = s; }\n\
             #{ template: \"t\", parameters: #{ values: #{ a: a } } }",
            &["bytes"],
        ),
        (
            "let a = 1; for i in 0..500 { a = [a]; } #{ template: \"t\", parameters: #{ values: #{ a: a } } }",
            &["`parameters.values.a` is nested more than 100 levels deep"],
        ),
        (
            "#{ template: \"t\", parameters: #{ values: #{ a: 1..3 } } }",
            &["`parameters.values.a` is a range", "spec.rhai:1:49"],
        ),
    ] {
        contains(&value(text).fails("generate spec.rhai"), parts);
    }
    contains(
        &Test::new().fails("generate absent.rhai"),
        &["`absent.rhai` does not exist"],
    );
}

#[test]
fn a_program_sees_the_variables_that_the_config_opens_and_no_others() {
    let text = |name: &str| {
        format!(
            "#{{ template: \"train.job.j2\", output_dir: env(\"{name}\", \"none\"), \
             parameters: #{{ values: #{{ lr: 1 }} }} }}"
        )
    };
    let test = value(&text("SLURMKIT_TEST_OUT"));
    contains(
        &test.fails("generate spec.rhai"),
        &[
            "the variable `SLURMKIT_TEST_OUT` is not open to scripts",
            "{rhai: {env: [",
        ],
    );
    test.write(
        ".slurmkit/config.yaml",
        "hooks: {rhai: {env: [SLURMKIT_TEST_OUT, SLURMKIT_TEST_UNSET]}}\n",
    );
    contains(&test.ok("generate spec.rhai"), &["scripts: none"]);
    let mut command = test.command();
    command
        .env("SLURMKIT_TEST_OUT", "some")
        .args(["generate", "spec.rhai"]);
    let run = super::test::Run::of(command.output().unwrap());
    contains(&run.stdout, &["scripts: some"]);
    test.write("spec.rhai", &text("HOME"));
    contains(&test.fails("generate spec.rhai"), &["`HOME` is not open"]);
}

#[test]
fn what_a_program_prints_is_seen_once_with_its_place() {
    let test = value(
        "print(\"here\");\nfn keep(p) { true }\n\
         #{ template: \"train.job.j2\", parameters: #{ values: #{ lr: [1, 2] }, filter: keep } }",
    );
    let run = test.run("generate spec.rhai");
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (Some(0), "[spec.rhai:1] here\n")
    );
}

#[test]
fn parameters_may_be_a_program_too() {
    let test = Test::new()
        .file("train.job.j2", TEMPLATE)
        .file("params.rhai", "#{ values: #{ lr: [1, 2].map(|x| x * 2) } }");
    let out = test.ok("generate --template train.job.j2 --params params.rhai --dry-run");
    contains(&out, &["2 jobs", "lr2", "lr4"]);
}
