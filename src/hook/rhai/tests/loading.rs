//! What is found wrong before a hook is called.

use super::fixture::{Fixture, axis, fails};
use crate::hook::HookErrorKind;
use crate::model::{ParamSpace, Value};
use crate::spec::Role;

#[test]
fn files_that_cannot_be_read_are_load_errors() {
    let missing = Fixture::new().hook(Role::Filter, "none.rhai");
    assert_eq!(missing.error(), "Load: the file does not exist");
    let large = Fixture::filter_body("true").limits(|limits| limits.script_bytes = 10);
    assert_eq!(
        large.error(),
        "Load: `filter.rhai` has 35 bytes, and 10 are allowed\n\
         help: raise `hooks.rhai.script_bytes` in the config"
    );
    let binary = Fixture::new().hook(Role::Filter, "filter.rhai");
    fs_err::write(binary.folder.path().join("filter.rhai"), b"fn\n\xff").unwrap();
    assert_eq!(
        binary.error(),
        "Load: `filter.rhai` is not UTF-8: byte 3 in line 2"
    );
    let folder = Fixture::new().file("a/b", "").hook(Role::Filter, "a");
    assert_eq!(folder.error(), "Load: `a` is not a file");
}

#[test]
fn a_missing_function_lists_those_there_are() {
    let script = "fn include_param(p) { true }\nfn other() { 1 }";
    assert_eq!(
        Fixture::filter(script).error(),
        "Load: the file has no function `include_params`\n\
         note: the file has `include_param`, `other`\n\
         help: did you mean `include_param`?"
    );
    assert_eq!(
        Fixture::filter("let include_params = |p| true;").error(),
        "Load: the file has no function `include_params`\n\
         help: define it: `fn include_params(params) { … }`"
    );
}

#[test]
fn a_wrong_number_of_parameters_is_shown_where_it_is() {
    assert_eq!(
        Fixture::filter(
            "\n// include_params()\nfn include_params(params, include_params) { true }"
        )
        .error(),
        "Load: `include_params` takes 2 parameters, and a filter hook is called with 1 argument: \
         params\n--> filter.rhai:3:4 include_params"
    );
    let overloaded = "fn include_params(a, b) { false } fn include_params(a) { true }";
    assert_eq!(Fixture::filter(overloaded).decisions()[0], Ok(true));
    let private = "private fn include_params(params) { true }";
    assert_eq!(Fixture::filter(private).decisions()[0], Ok(true));
}

#[test]
fn loading_runs_the_top_level_once_and_a_failure_there_is_one_of_loading() {
    let script = "print(\"top\"); throw \"no\"; fn include_params(p) { true }";
    let fixture = Fixture::filter(script);
    assert_eq!(fixture.error(), "Load: no\n--> filter.rhai:1:15 throw");
    assert_eq!(fixture.printed(), "[filter.rhai:1] top\n");
}

#[test]
fn functions_see_what_the_constants_of_their_file_came_to() {
    let script = "let t = []; for i in 0..3 { t.push(i * 2); }\nconst TABLE = t;\n\
                  const N = TABLE.len() + 1; print(\"once\");\n\
                  fn include_params(p) { global::TABLE[2] == 4 && global::N == 4 }";
    let fixture = Fixture::filter(script);
    assert_eq!(
        fixture.decisions(),
        [Ok(true), Ok(true), Ok(true), Ok(true)]
    );
    assert_eq!(fixture.printed(), "[filter.rhai:3] once\n");
}

#[test]
fn syntax_errors_point_at_the_hook() {
    fails(
        "let x = ; true",
        "Load: unexpected `;`\n--> filter.rhai:2:9 ;",
    );
    fails(
        "let é = \"ü\"; true",
        "Load: unexpected `é`\n--> filter.rhai:2:5 é",
    );
    fails(
        "\"ü\" == wrong",
        "Load: the variable `wrong` is not known\n--> filter.rhai:2:8 wrong\n\
         help: a parameter is read as `params.wrong`, a constant as `global::wrong`",
    );
    assert_eq!(
        Fixture::filter("fn include_params(params) {\n  true\n").error(),
        "Load: expecting `;` to terminate this statement\n--> filter.rhai:3:1 "
    );
}

#[test]
fn unknown_variables_get_the_cure_that_fits() {
    fails(
        "parms.batch_size == 1",
        "Load: the variable `parms` is not known\n--> filter.rhai:2:1 parms\n\
         help: did you mean `params`?",
    );
    let top_level = |definition: &str| {
        let script = format!("{definition}\nfn include_params(params) {{ LIMIT == 1 }}");
        Fixture::filter(&script)
            .error()
            .lines()
            .last()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        top_level("const LIMIT = 1;"),
        "help: a function reads a constant of its file as `global::LIMIT`"
    );
    assert_eq!(
        top_level("let LIMIT = 1;"),
        "help: functions do not see the variables of their file: make it `const LIMIT` and read \
         `global::LIMIT`"
    );
    fails(
        "global::LIMIT == 1\n}\nconst LIMITS = 1;\nfn other() {",
        "Raised: the variable `global::LIMIT` is not known SET\n--> filter.rhai:2:1 global\n\
         help: did you mean `global::LIMITS`?",
    );
}

#[test]
fn names_that_a_dot_cannot_precede_are_read_by_index() {
    fails(
        "params.export == 1",
        "Load: expecting name of a property\n--> filter.rhai:2:8 export\n\
         help: `export` is a word of Rhai's own: write `params[\"export\"]`",
    );
    fails(
        "params.default == 1",
        "Load: the word `default` is reserved in Rhai or not available to hooks\n\
         --> filter.rhai:2:8 default\n\
         help: `default` is a word of Rhai's own: write `params[\"default\"]`",
    );
    fails(
        "params.cpus-per-task == 1",
        "Load: the variable `per` is not known\n--> filter.rhai:2:13 per\n\
         help: a name with `-` is read as `params[\"cpus-per-task\"]`",
    );
    let space = ParamSpace::grid(vec![axis("export", [Value::from(1)])]).unwrap();
    let body = "params[\"export\"] == 1";
    assert_eq!(
        Fixture::filter_body(body).space(space).decisions(),
        [Ok(true)]
    );
}

#[test]
fn a_top_level_that_fails_fails_for_all_sets_at_once() {
    let script = "const X = helper();\nfn helper() { throw \"no\" }\nfn include_params(p) { true }";
    assert_eq!(
        Fixture::filter(script).decisions(),
        [Err(
            "no\n--> filter.rhai:2:15 throw\nnote: in `helper`, called at 1:11".to_owned()
        )]
    );
    assert_eq!(
        Fixture::filter(script).first_error().unwrap().kind(),
        HookErrorKind::Load
    );
}

/// Story: the help took the key for a parameter.
#[test]
fn a_map_without_its_hash_is_told_how_maps_are_written() {
    fails(
        "return {model: #{a: 1}}; true",
        "Load: the variable `model` is not known\n--> filter.rhai:2:9 model\n\
         help: a map is written `#{model: …}`",
    );
    fails(
        "wrong::f() == 1",
        "Load: no import is called `wrong`\n--> filter.rhai:2:1 wrong",
    );
}

/// Story: the help took the argument for a parameter.
#[test]
fn an_argument_that_the_function_does_not_take_is_named() {
    for (script, help) in [
        (
            "fn get_slurm_args(params) { defaults }",
            "help: `get_slurm_args` takes `(params, defaults)`: write \
             `fn get_slurm_args(params, defaults)`",
        ),
        (
            "fn get_slurm_args(params, defaults) { other() }\nfn other() { defaults }",
            "help: a parameter is read as `params.defaults`, a constant as `global::defaults`",
        ),
    ] {
        let error = Fixture::logic(script).error();
        assert!(error.ends_with(help), "{error}");
    }
}
