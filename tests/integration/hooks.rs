//! Hooks in both languages, alone and mixed, through the command.

use super::test::{TEMPLATE, Test, contains};

/// A spec over `lr` and `bs` whose hooks are `hooks` lines under `parameters:`, and `logic`.
fn sweep(hooks: &str, logic: &str) -> Test {
    let logic = if logic.is_empty() {
        String::new()
    } else {
        format!("  logic: {logic}\n")
    };
    let spec = format!(
        "template: t.j2\noutput_dir: out\njob_name_pattern: lr{{{{ lr }}}}_bs{{{{ bs }}}}\n\
         parameters:\n  values:\n    lr: [0.1, 0.01]\n    bs: [32, 64]\n{hooks}slurm_args:\n  \
         defaults: {{time: '1:00:00', mem: 4G}}\n{logic}"
    );
    Test::new()
        .file("exp/spec.yaml", &spec)
        .file("exp/t.j2", "{{ lr }} {{ bs }} {{ slurm }}\n")
}

fn names(test: &Test) -> Vec<String> {
    let scripts = test.tree().into_iter();
    scripts
        .filter_map(|path| Some(path.strip_prefix("exp/out/")?.to_owned()))
        .collect()
}

const FILTER_PY: &str = "def include_params(params):\n    return params['lr'] > 0.05\n";
const FILTER_RHAI: &str = "fn include_params(params) { params.lr > 0.05 }\n";
const LOGIC_PY: &str = "def get_slurm_args(params, defaults):\n    \
    defaults['mem'] = f\"{params['bs']}G\"\n    defaults['gpus'] = 1\n    return defaults\n";
const LOGIC_RHAI: &str = "fn get_slurm_args(params, defaults) { defaults.mem = `${params.bs}G`; defaults.gpus = 1; defaults }\n";

#[test]
fn filter_and_logic_mix_freely_and_agree() {
    for filter in ["f.py", "f.rhai"] {
        for logic in ["l.py", "l.rhai"] {
            let test = sweep(&format!("  filter: {filter}\n"), logic)
                .file("exp/f.py", FILTER_PY)
                .file("exp/f.rhai", FILTER_RHAI)
                .file("exp/l.py", LOGIC_PY)
                .file("exp/l.rhai", LOGIC_RHAI);
            test.ok("generate exp/spec.yaml");
            assert_eq!(
                names(&test),
                ["lr0.1_bs32.job", "lr0.1_bs64.job"],
                "{filter} {logic}"
            );
            assert_eq!(
                test.read("exp/out/lr0.1_bs64.job"),
                "0.1 64 {'time': '1:00:00', 'mem': '64G', 'gpus': 1}\n",
                "{filter} {logic}"
            );
        }
    }
}

#[test]
fn parse_hooks_derive_and_multiply_sets_in_both_languages() {
    for (file, text) in [
        (
            "p.py",
            "def parse_params(params):\n    if params['bs'] == 64:\n        return []\n    \
                  params['steps'] = params['bs'] * 10\n    return [params, dict(params, lr=9)]\n",
        ),
        (
            "p.rhai",
            "fn parse_params(params) {\n    if params.bs == 64 { return []; }\n    \
                    params.steps = params.bs * 10;\n    let other = params;\n    other.lr = 9;\n    \
                    [params, other]\n}\n",
        ),
    ] {
        for filter in ["f.py", "f.rhai"] {
            let hooks = format!("  parse: {file}\n  filter: {filter}\n");
            let test = sweep(&hooks, "")
                .file(&format!("exp/{file}"), text)
                .file(
                    "exp/f.py",
                    "def include_params(params):\n    return params['lr'] != 0.01\n",
                )
                .file(
                    "exp/f.rhai",
                    "fn include_params(params) { params.lr != 0.01 }\n",
                )
                .file("exp/t.j2", "{{ params }}\n");
            test.ok("generate exp/spec.yaml --rename-duplicates");
            assert_eq!(
                names(&test),
                ["lr0.1_bs32.job", "lr9_bs32-2.job", "lr9_bs32.job"],
                "{file} {filter}"
            );
            assert_eq!(
                test.read("exp/out/lr9_bs32.job"),
                "{'lr': 9, 'bs': 32, 'steps': 320}\n",
                "{file} {filter}"
            );
        }
    }
}

#[test]
fn hooks_are_written_in_three_ways() {
    for hook in [
        "h/f.rhai:keep",
        "{file: h/f.rhai, function: keep}",
        "h/g.rhai",
        "{file: h/g.rhai}",
    ] {
        let test = sweep(&format!("  filter: {hook}\n"), "")
            .file("exp/h/f.rhai", "fn keep(params) { params.bs == 32 }\n")
            .file(
                "exp/h/g.rhai",
                "fn include_params(params) { params.bs == 32 }\n",
            );
        test.ok("generate exp/spec.yaml");
        assert_eq!(names(&test).len(), 2, "{hook}");
    }
}

#[test]
fn an_absent_parameter_has_a_short_idiom_in_rhai() {
    let test = sweep("  filter: f.rhai\n", "").file(
        "exp/f.rhai",
        "fn include_params(params) { (params.workers ?? 32) == params.bs }\n",
    );
    test.ok("generate exp/spec.yaml");
    assert_eq!(names(&test), ["lr0.01_bs32.job", "lr0.1_bs32.job"]);
}

#[test]
fn python_truth_decides_in_python() {
    let test = sweep("  filter: f.py\n", "").file(
        "exp/f.py",
        "answers = iter([[], 'no', 0.0, [0]])\n\ndef include_params(params):\n    \
         return next(answers)\n",
    );
    test.ok("generate exp/spec.yaml");
    assert_eq!(names(&test), ["lr0.01_bs64.job", "lr0.1_bs64.job"]);
}

#[test]
fn python_keeps_module_state_and_gives_each_call_fresh_defaults() {
    let test = sweep("", "l.py").file(
        "exp/l.py",
        "calls = 0\n\ndef get_slurm_args(params, defaults):\n    global calls\n    calls += 1\n    \
         assert 'n' not in defaults\n    defaults['n'] = calls\n    return defaults\n",
    );
    test.ok("generate exp/spec.yaml");
    assert!(test.read("exp/out/lr0.1_bs32.job").contains("'n': 1}"));
    assert!(test.read("exp/out/lr0.01_bs64.job").contains("'n': 4}"));
}

#[test]
fn what_a_python_filter_changes_is_seen_by_name_template_and_collection() {
    let test = sweep("  filter: f.py\n", "l.rhai")
        .file(
            "exp/f.py",
            "def include_params(params):\n    params['bs'] *= 2\n    return True\n",
        )
        .file("exp/l.rhai", LOGIC_RHAI);
    test.ok("generate exp/spec.yaml");
    assert_eq!(
        test.read("exp/out/lr0.1_bs128.job"),
        "0.1 128 {'time': '1:00:00', 'mem': '128G', 'gpus': 1}\n"
    );
    contains(&test.ok("collection show"), &["lr=0.1, bs=128"]);
}

#[test]
fn what_hooks_print_goes_to_standard_error() {
    for (file, text) in [
        (
            "f.py",
            "import sys, os\nprint('loaded')\ndef include_params(params):\n    print('call')\n    \
                  os.system('echo child')\n    return True\n",
        ),
        (
            "f.rhai",
            "fn include_params(params) { print(\"loaded\"); print(\"call\"); debug(\"child\"); true }\n",
        ),
    ] {
        let test = sweep(&format!("  filter: {file}\n"), "").file(&format!("exp/{file}"), text);
        let run = test.run("--json generate exp/spec.yaml");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap();
        contains(&run.stderr, &["loaded\n", "call\n", "child"]);
        assert_eq!(run.stderr.matches("call\n").count(), 4);
    }
}

#[test]
fn hooks_import_their_siblings_and_know_their_file() {
    let test = sweep("  filter: f.py\n", "l.rhai")
        .file(
            "exp/f.py",
            "import os, sibling\n\ndef include_params(params):\n    \
               assert os.path.basename(__file__) == 'f.py'\n    return sibling.keep(params)\n",
        )
        .file(
            "exp/sibling.py",
            "def keep(params):\n    return params['bs'] == 32\n",
        )
        .file(
            "exp/l.rhai",
            "import \"lib/sizes\" as sizes;\n\nfn get_slurm_args(params, defaults) \
               { defaults.mem = sizes::memory(params.bs); defaults }\n",
        )
        .file("exp/lib/sizes.rhai", "fn memory(bs) { `${bs / 8}G` }\n");
    test.ok("generate exp/spec.yaml");
    assert_eq!(names(&test).len(), 2);
    assert!(test.read("exp/out/lr0.1_bs32.job").contains("'mem': '4G'"));
}

/// Runs a filter that must fail, and demands `parts` in the error.
#[track_caller]
fn bad_filter(file: &str, text: &str, parts: &[&str]) {
    let test = sweep(&format!("  filter: {file}\n"), "").file(&format!("exp/{file}"), text);
    contains(&test.fails("generate exp/spec.yaml"), parts);
}

#[test]
fn mistakes_in_rhai_hooks() {
    bad_filter(
        "f.rhai",
        "fn other(params) { true }\n",
        &["filter hook `exp/f.rhai`: ", "`include_params`", "`other`"],
    );
    bad_filter(
        "f.rhai",
        "fn include_params(a, b) { true }\n",
        &["2", "1", "exp/f.rhai:1:"],
    );
    bad_filter(
        "f.rhai",
        "fn include_params(params) {\n    params.lr >\n}\n",
        &["exp/f.rhai:"],
    );
    bad_filter(
        "f.rhai",
        "fn include_params(params) {\n    throw \"no way\"\n}\n",
        &[
            "no way",
            "exp/f.rhai:2:5",
            "parameter set 1 of 4: lr=0.1, bs=32",
            "4 errors",
        ],
    );
    bad_filter(
        "f.rhai",
        "fn include_params(params) { 1 }\n",
        &["an integer", "true or false"],
    );
    bad_filter(
        "f.rhai",
        "fn include_params(params) { loop {} }\n",
        &["operations", "5,000,000"],
    );
    bad_filter(
        "f.rhai",
        "import \"/etc/passwd\" as p;\nfn include_params(params) { true }\n",
        &["exp/f.rhai:1:"],
    );
}

#[test]
fn mistakes_in_python_hooks() {
    bad_filter(
        "f.py",
        "def other(params):\n    return True\n",
        &["`include_params`", "`other`"],
    );
    bad_filter(
        "f.py",
        "def include_params(a, b):\n    return True\n",
        &["2", "1", "exp/f.py"],
    );
    bad_filter(
        "f.py",
        "def include_params(params)\n    return True\n",
        &["SyntaxError", "f.py:1:"],
    );
    bad_filter(
        "f.py",
        "def include_params(params):\n    return params['nope']\n",
        &[
            "KeyError: 'nope'",
            "exp/f.py:2:",
            "parameter set 1 of 4: lr=0.1, bs=32",
            "4 errors",
        ],
    );
    bad_filter(
        "f.py",
        "import sys\n\ndef include_params(params):\n    sys.exit(0)\n",
        &["SystemExit"],
    );
    bad_filter(
        "f.py",
        "import os\n\ndef include_params(params):\n    os._exit(7)\n",
        &["7"],
    );
    bad_filter("f.py", "include_params = 3\n", &["`include_params`", "int"]);
    bad_filter(
        "f.py",
        "async def include_params(params):\n    return True\n",
        &["async"],
    );
}

#[test]
fn logic_must_return_a_map_of_usable_values() {
    for (file, text, parts) in [
        (
            "l.rhai",
            "fn get_slurm_args(params, defaults) { 5 }\n",
            ["an integer", "map"],
        ),
        (
            "l.rhai",
            "fn get_slurm_args(params, defaults) { #{mem: || 1} }\n",
            ["mem", "function"],
        ),
        (
            "l.py",
            "def get_slurm_args(params, defaults):\n    return None\n",
            ["None", "dict"],
        ),
        (
            "l.py",
            "def get_slurm_args(params, defaults):\n    return {'mem': print}\n",
            ["mem", "function"],
        ),
        (
            "l.py",
            "def get_slurm_args(params, defaults):\n    return {1: 2}\n",
            ["1", "int"],
        ),
    ] {
        let test = sweep("", file).file(&format!("exp/{file}"), text);
        contains(&test.fails("generate exp/spec.yaml"), &parts);
    }
}

#[test]
fn without_python_the_error_says_what_was_tried_and_how_to_set_one() {
    let test = sweep("  filter: f.py\n", "")
        .file("exp/f.py", FILTER_PY)
        .without_python();
    let error = test.fails("generate exp/spec.yaml");
    contains(
        &error,
        &[
            "python3",
            "python",
            "`--python`",
            "`SLURMKIT_PYTHON`",
            "`python:`",
            ".rhai",
        ],
    );
    let error = test.fails("generate exp/spec.yaml --python ./nope");
    contains(&error, &["./nope", "--python"]);
    let test = test.file(".slurmkit/config.yaml", "python: tools/python\n");
    contains(
        &test.fails("generate exp/spec.yaml"),
        &["tools/python", "`python:` in the config"],
    );
}

#[test]
fn the_interpreter_in_use_is_said_when_asked() {
    let test = sweep("  filter: f.py\n", "").file("exp/f.py", FILTER_PY);
    let run = test.run("generate exp/spec.yaml -v");
    contains(&run.stderr, &["Python hooks ran in "]);
}

#[test]
fn a_rhai_sweep_starts_no_process() {
    let test = sweep("  filter: f.rhai\n", "l.rhai")
        .file("exp/f.rhai", FILTER_RHAI)
        .file("exp/l.rhai", LOGIC_RHAI)
        .file("exp/t.j2", TEMPLATE)
        .without_python();
    test.ok("generate exp/spec.yaml");
}

/// A logic hook that changes a list that sets share shows in the jobs after it, and in no job
/// before it, however far the worker is ahead.
#[test]
fn what_a_logic_hook_changes_inside_a_shared_value_shows_from_its_job_on() {
    let test = Test::new()
        .file(
            "spec.yaml",
            "template: t.j2\noutput_dir: out\njob_name_pattern: \"n{{ n }}_{{ seen[0] | length }}\"\n\
             parameters:\n  values: {seen: [[[]]], n: [1, 2, 3, 4]}\nslurm_args: {logic: l.py}\n",
        )
        .file("t.j2", "{{ seen }}")
        .file(
            "l.py",
            "def get_slurm_args(params, defaults):\n    params['seen'][0].append(params['n'])\n    return defaults\n",
        );
    test.ok("generate spec.yaml");
    for (name, text) in [
        ("n1_0", "[[1]]"),
        ("n2_1", "[[1, 2]]"),
        ("n3_2", "[[1, 2, 3]]"),
        ("n4_3", "[[1, 2, 3, 4]]"),
    ] {
        assert_eq!(test.read(&format!("out/{name}.job")), text);
    }
}

/// What a later call changes in what an earlier one returned, or was called with, is seen.
#[test]
fn what_python_hooks_change_in_earlier_sets_is_seen() {
    let sweep = |hook: &str| {
        Test::new()
            .file(
                "spec.yaml",
                &format!(
                    "template: t.j2\noutput_dir: out\njob_name_pattern: \"n{{{{ n }}}}_{{{{ tag | default('x') }}}}\"\n\
                     jinja: {{undefined: lenient}}\nparameters:\n  values: {{n: [1, 2, 3]}}\n  {hook}: h.py\n"
                ),
            )
            .file("t.j2", "{{ s }} {{ tag }}")
            .file(
                "h.py",
                "S = {'a': []}\nLAST = {}\n\n\
                 def parse_params(params):\n    S['a'].append(params['n'])\n    params['s'] = S\n    return [params]\n\n\
                 def include_params(params):\n    global LAST\n    LAST['tag'] = params['n']\n    LAST = params\n    return True\n",
            )
    };
    let test = sweep("parse");
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/n1_x.job"), "{'a': [1, 2, 3]} ");
    let test = sweep("filter");
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/n1_2.job"), " 2");
    assert_eq!(test.read("out/n2_3.job"), " 3");
    assert_eq!(test.read("out/n3_x.job"), " ");
}

/// What is changed late is checked like what is changed in time.
#[test]
fn a_late_change_that_cannot_be_handed_over_is_an_error() {
    for (hook, source) in [
        (
            "filter",
            "LAST = {}\ndef include_params(params):\n    global LAST\n    LAST['tag'] = print\n    \
             LAST = params\n    return True\n",
        ),
        (
            "parse",
            "S = {'a': []}\ndef parse_params(params):\n    \
             S['a'].append(print if params['n'] == 3 else 1)\n    params['s'] = S\n    \
             if params['n'] == 3:\n        del params['s']\n    return [params]\n",
        ),
    ] {
        let spec = format!(
            "template: t.j2\noutput_dir: out\nparameters:\n  values: {{n: [1, 2, 3]}}\n  {hook}: h.py\n"
        );
        let test = Test::new()
            .file("spec.yaml", &spec)
            .file("t.j2", "{{ params }}")
            .file("h.py", source);
        let error = test.fails("generate spec.yaml");
        contains(
            &error,
            &["left a builtin_function_or_method", "in `params`", "h.py:"],
        );
    }
}

/// Many sets that a filter changed are told in parts, each within the limit of a call.
#[test]
fn the_limit_of_a_call_is_none_for_what_all_calls_changed() {
    let numbers = (0..60)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let test = Test::new()
        .file(
            "spec.yaml",
            &format!("template: t.j2\njob_name_pattern: \"a{{{{ a }}}}_{{{{ b }}}}_{{{{ c }}}}\"\nparameters:\n  values: {{a: [{numbers}], b: [{numbers}], c: [{numbers}]}}\n  filter: h.py\n"),
        )
        .file("t.j2", "{{ sum }}")
        .file(".slurmkit/config.yaml", "hooks: {python: {call_seconds: 1}}\n")
        .file(
            "h.py",
            "KEEP = []\ndef include_params(params):\n    params['sum'] = [params['a'], params['b']]\n    \
             KEEP.append(params)\n    return True\n",
        );
    contains(&test.ok("generate spec.yaml --dry-run"), &["216,000 jobs"]);
}
