//! What users see of a call that failed.

use super::fixture::{Fixture, SET, fails};
use crate::hook::HookErrorKind;

#[test]
fn the_error_of_one_set_leaves_the_others_alone() {
    let body = "if params.model == \"vit\" { throw `no ${params.batch_size}` } true";
    let decisions = Fixture::filter_body(body).decisions();
    assert_eq!([&decisions[1], &decisions[3]], [&Ok(true), &Ok(true)]);
    assert_eq!(
        decisions[2].as_ref().unwrap_err(),
        "no 64 (parameter set 3 of 4: batch_size=64, model=vit)\n--> filter.rhai:2:28 throw"
    );
}

#[test]
fn errors_come_with_the_calls_that_led_to_them() {
    let fixture = Fixture::filter(
        "import \"lib/limits\" as l;
fn include_params(params) {
    check(params)
}
fn check(params) { l::scale(params) > 3 }
",
    )
    .file(
        "lib/limits.rhai",
        "fn scale(p) {\n    /* é */ inner(p)\n}\nfn inner(p) { p.batch_sise * 2 }\n",
    );
    assert_eq!(
        fixture.error(),
        format!(
            "Raised: `*` does not work on `()` and an integer {SET}\n\
             --> lib/limits.rhai:4:28 *\n\
             note: in `inner`, called at lib/limits.rhai:2:13\n\
             note: in `scale`, called at 5:23\n\
             note: in `check`, called at 3:5\n\
             help: what is absent reads as `()`: did you mean `batch_size`?"
        )
    );
    fails(
        "[1].map(|x| x.foo)",
        "Raised: an integer has no property `foo` SET\n--> filter.rhai:2:15 foo\n\
         note: in a closure, called at 2:5",
    );
}

#[test]
fn a_script_raises_text_or_text_with_help() {
    fails(
        "throw \"too large\"",
        "Raised: too large SET\n--> filter.rhai:2:1 throw",
    );
    fails(
        "throw #{message: \"too large\", help: \"take less\"}",
        "Raised: too large SET\n--> filter.rhai:2:1 throw\nhelp: take less",
    );
    fails(
        "throw #{a: 1.0}",
        "Raised: #{\"a\": 1.0} SET\n--> filter.rhai:2:1 throw",
    );
    fails(
        "throw",
        "Raised: raised an error without a message SET\n--> filter.rhai:2:1 throw",
    );
}

#[test]
fn functions_that_do_not_exist_get_a_guess() {
    fails(
        "params.model.to_uper() == 1",
        "Raised: there is no function `to_uper` SET\n--> filter.rhai:2:14 to_uper\n\
         help: did you mean `to_upper`?",
    );
    fails(
        "is_larg(params)\n}\nfn is_large(p) { true",
        "Raised: there is no function `is_larg` SET\n--> filter.rhai:2:1 is_larg\n\
         help: did you mean `is_large`?",
    );
    fails(
        "params.model.insert(1, 2, 3) == 1",
        "Raised: `insert` exists, but not for a string, an integer, an integer and an integer \
         SET\n--> filter.rhai:2:14 insert",
    );
    fails(
        "large(params)\n}\nfn large(p, q) { true",
        "Raised: `large` takes 2 parameters, and is called with 1 SET\n--> filter.rhai:2:1 large",
    );
    fails(
        "params.modle.len() == 1",
        "Raised: `len` exists, but not for `()` SET\n--> filter.rhai:2:14 len\n\
         help: what is absent reads as `()`: did you mean `model`?",
    );
    fails(
        "params.modle.name == 1",
        "Raised: `()` has no property `name` SET\n--> filter.rhai:2:14 name\n\
         help: what is absent reads as `()`: did you mean `model`?",
    );
    fails(
        "if params.model { true } else { false }",
        "Raised: a boolean is needed here, not a string SET\n--> filter.rhai:2:10 .",
    );
}

#[test]
fn words_of_python_are_answered_with_those_of_rhai() {
    for (body, help) in [
        ("params.model == None", "Rhai has `()`"),
        ("True", "Rhai has `true`"),
        ("str(1) == 1", "Rhai has `` `${x}` `` or `x.to_string()`"),
        ("params.model.upper() == 1", "Rhai has `text.to_upper()`"),
        (
            "sleep(1)",
            "Rhai has nothing: hooks have no files, clock, chance or way to stop the program",
        ),
    ] {
        let error = Fixture::filter_body(body).error();
        assert!(error.ends_with(&format!("help: {help}")), "{error}");
    }
}

/// Story: the error came without a place, and in the engine's words.
#[test]
fn a_variable_that_is_changed_in_use_is_told_in_our_words() {
    let error =
        Fixture::filter_body("let a = [3, 1, 2]; a.sort(|x, y| { a.sort(); x - y }); true").error();
    assert!(
        error.starts_with("Raised: a variable is changed while it is in use"),
        "{error}"
    );
}

#[test]
fn absent_defaults_are_guessed_too() {
    let script = "fn get_slurm_args(params, defaults) { defaults.tmie + 1; defaults }";
    let error = Fixture::logic(script).error();
    assert!(error.ends_with("did you mean `time`?"), "{error}");
}

#[test]
fn limits_name_themselves_and_the_place_and_end_the_batch() {
    let fixture = Fixture::filter(
        "fn include_params(params) {
    if params.model == \"vit\" { return true; }
    helper(1)
}
fn helper(x) {
    let s = x;
    loop { s += 1; }
}",
    )
    .limits(|limits| limits.operations = 10_000);
    assert_eq!(
        fixture.decisions(),
        [Err("more than 10,000 operations in one call \
             (parameter set 2 of 4: batch_size=32, model=resnet)\n\
             --> filter.rhai:7:17 1\n\
             note: in `helper`, called at 3:5\n\
             help: raise `hooks.rhai.operations` in the config"
            .to_owned())]
    );
    assert_eq!(fixture.first_error().unwrap().kind(), HookErrorKind::Limit);
    fails(
        "helper(1)\n}\nfn helper(x) {\n    helper(x)",
        "Limit: more than 64 nested function calls SET\n--> filter.rhai:5:12 x\n\
         note: in `helper`, called at 5:5, 63 times\n\
         note: in `helper`, called at 2:1\n\
         help: raise `hooks.rhai.call_levels` in the config",
    );
}

#[test]
fn a_limit_in_an_imported_file_is_found_there() {
    let fixture =
        Fixture::filter("import \"lib\" as lib;\nfn include_params(params) { lib::run() }")
            .file(
                "lib.rhai",
                "fn run() {\n    let s = \"ab\";\n    loop { s += s; }\n}",
            )
            .limits(|limits| limits.string_bytes = 1000);
    assert_eq!(
        fixture.error(),
        format!(
            "Limit: more than 1,000 bytes in the strings of one value {SET}\n\
             --> lib.rhai:3:17 s\n\
             note: in `run`, called at 2:34\n\
             help: raise `hooks.rhai.string_bytes` in the config"
        )
    );
}

#[test]
fn what_a_script_raises_is_cut() {
    let body = "let text = \"x\"; text.pad(100_000, 'x'); throw text";
    assert!(Fixture::filter_body(body).error().len() < 3000);
}
