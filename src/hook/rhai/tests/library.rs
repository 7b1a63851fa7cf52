//! The functions that scripts have beside Rhai's own.

use super::fixture::{Fixture, set};
use crate::model::Value;

/// The value of an expression, as a template would print it.
#[track_caller]
fn value(expression: &str) -> Result<String, String> {
    let script = format!("fn get_slurm_args(params, defaults) {{ #{{x: {expression}}} }}");
    let params = set([("lr", Value::from(0.1)), ("none", Value::Null)]);
    let answer = Fixture::logic(&script).set(params).slurm_args().remove(0);
    answer.map_err(|error| {
        let message = error.split(" (parameter set").next().unwrap_or_default();
        let help = error.split_once("\nhelp: ").map(|(_, help)| help);
        help.map_or(message.into(), |help| format!("{message} | {help}"))
    })
}

#[track_caller]
fn is(expression: &str, expected: &str) {
    assert_eq!(
        value(expression),
        Ok(format!("{{'x': {expected}}}")),
        "{expression}"
    );
}

#[track_caller]
fn fails(expression: &str, expected: &str) {
    assert_eq!(value(expression), Err(expected.into()), "{expression}");
}

#[test]
fn entries_that_may_be_absent() {
    is("get(params, \"lr\", 1)", "0.1");
    is("get(params, \"none\", 1)", "1");
    is("get(params, \"absent\", 1)", "1");
    is("params.get(\"absent\", 1)", "1");
    is("require(params, \"lr\")", "0.1");
    is("require(params, \"none\")", "None");
    fails(
        "require(params, \"lrr\")",
        "there is no `lrr` | did you mean `lr`?",
    );
    fails(
        "require(params, \"batch\")",
        "there is no `batch` | there is `lr` or `none`",
    );
    is("\"lr\" in params", "True");
    is("1.0 in [1, 2]", "True");
    is("\"a\" in [\"a\"]", "True");
}

#[test]
fn amounts_of_memory_count_and_print_as_sbatch_reads_them() {
    for (expression, expected) in [
        ("mem(\"32G\")", "'32G'"),
        ("mem(\"32G\") * 2", "'64G'"),
        ("2 * mem(\"32G\")", "'64G'"),
        ("mem(\"32G\") * 1.5", "'48G'"),
        ("mem(\"32G\") / 3", "'10923M'"),
        ("mem(\"1G\") / mem(\"256M\")", "4.0"),
        ("mem(\"525M\") / 75", "'7M'"),
        ("mem(\"1G\") + \"1G\"", "'2G'"),
        (
            "mem(2048) < 4096 && 4096.0 > mem(2048) && mem(2048) == 2048",
            "True",
        ),
        ("mem(\"1G\") in [\"x\", 1024]", "True"),
        ("[mem(\"2G\"), mem(\"1G\")].order()", "['1G', '2G']"),
        ("[mem(\"2G\"), mem(\"1G\")].sum()", "'3G'"),
        ("max(mem(\"2G\"), mem(\"1G\"))", "'2G'"),
        ("mem(\"32G\") + mem(\"512M\")", "'33280M'"),
        ("mem(\"32G\") - mem(\"31G\")", "'1G'"),
        ("mem(4000)", "'4000M'"),
        ("mem(mem(4000))", "'4000M'"),
        ("mem(\"32G\").bytes", "34359738368"),
        ("bytes(34359738368)", "'32G'"),
        ("mem(\"1G\") == mem(\"1024M\")", "True"),
        ("mem(\"1G\") < mem(\"2G\")", "True"),
        ("mem(\"1G\") > \"1000M\"", "True"),
        ("\"1G\" != mem(\"1024M\")", "False"),
        ("`${mem(\"1G\")}/node`", "'1G/node'"),
        ("\"--mem=\" + mem(\"1G\")", "'--mem=1G'"),
        ("[mem(\"2G\"), mem(\"1G\")].min()", "'1G'"),
        ("max([mem(\"2G\"), mem(\"1G\")])", "'2G'"),
        ("`${[mem(\"2G\")]}`", "'[2G]'"),
    ] {
        is(expression, expected);
    }
    fails(
        "mem(\"lots\")",
        "`lots` is not an amount of memory; write one like `512M`, `32G` or `1.5T`",
    );
    fails("mem(\"1G\") - mem(\"2G\")", "1G - 2G is below zero");
    fails(
        "mem(\"1G\") * -1",
        "-1073741824 is not an amount: it is negative, not finite or too large",
    );
    fails("mem(\"1G\") / mem(0)", "a division by zero");
    fails(
        "mem(\"1G\") > \"x\"",
        "`x` is not an amount of memory; write one like `512M`, `32G` or `1.5T`",
    );
    fails(
        "[mem(\"1G\"), \"2G\"].max()",
        "a string and an amount of memory cannot be ordered",
    );
    fails(
        "[mem(\"1G\"), 2].sum()",
        "`sum` adds up numbers only, or amounts of one kind",
    );
    fails(
        "mem(\"1G\") / 0",
        "inf is not an amount: it is negative, not finite or too large",
    );
    fails(
        "bytes(-1)",
        "-1 is not an amount: it is negative, not finite or too large",
    );
    fails(
        "mem(\"1G\") + time(\"1:00\")",
        "`+` does not work on an amount of memory and an amount of time",
    );
}

#[test]
fn amounts_of_time_count_and_print_as_sbatch_reads_them() {
    for (expression, expected) in [
        ("time(\"1-12:00:00\")", "'1-12:00:00'"),
        ("time(\"1-12:00:00\").seconds", "129600"),
        ("seconds(129600)", "'1-12:00:00'"),
        ("time(90)", "'01:30:00'"),
        ("time(\"90\")", "'01:30:00'"),
        ("time(\"12:00:00\") * 2.5", "'1-06:00:00'"),
        ("time(\"12:00:00\") / 5", "'02:24:00'"),
        ("time(\"75\") / 75", "'00:01:00'"),
        ("time(\"1-0\") / time(\"6:00:00\")", "4.0"),
        ("time(\"1:00:00\") + time(30)", "'01:30:00'"),
        ("time(\"24:00:00\") == \"1-00:00:00\"", "True"),
        ("[time(90), time(\"1:00:00\")].max()", "'01:30:00'"),
    ] {
        is(expression, expected);
    }
    fails(
        "time(\"UNLIMITED\")",
        "`UNLIMITED` is not an amount of time; write one like `90` (minutes), `12:00:00` or `1-12:00:00`",
    );
}

#[test]
fn numbers() {
    for (expression, expected) in [
        ("ceil_div(7, 2)", "4"),
        ("ceil_div(6, 2)", "3"),
        ("ceil_div(-7, 2)", "-3"),
        ("ceil_div(7, -2)", "-3"),
        ("floor_div(7, 2)", "3"),
        ("floor_div(-7, 2)", "-4"),
        ("floor_div(-6, 2)", "-3"),
        ("floor_div(7, -2)", "-4"),
        ("clamp(5, 1, 3)", "3"),
        ("clamp(0.5, 1, 3)", "1"),
        ("clamp(2, 1, 3)", "2"),
        ("[3, 1.5, 2].min()", "1.5"),
        ("max([3, 1.5, 3.0])", "3"),
        ("max([\"b\", \"a\"])", "'b'"),
        ("min(3, 2)", "2"),
        ("[3, 1.5, 2].order()", "[1.5, 2, 3]"),
        ("[1, 3, 2].order_desc()", "[3, 2, 1]"),
        ("[true, false].min()", "False"),
        ("[1, 2].sum()", "3"),
        ("[1, 0.5].sum()", "1.5"),
        ("sum([])", "0"),
        ("1 == 1.0 && 2 > 1.5 && 1.5 < 2", "True"),
        ("0.1 + 0.2 == 0.3", "True"),
    ] {
        is(expression, expected);
    }
    fails("ceil_div(1, 0)", "a division by zero");
    fails(
        "floor_div(-9223372036854775807 - 1, -1)",
        "the quotient is too large",
    );
    fails(
        "clamp(1, 3, 2)",
        "the lower end of `clamp` is above the upper one",
    );
    fails(
        "max([])",
        "an empty array has no least or greatest item | test `array.len() > 0` first",
    );
    fails(
        "max([1, \"a\"])",
        "a string and an integer cannot be ordered",
    );
    fails("[1, \"a\"].sum()", "`sum` adds up numbers only");
    fails(
        "[0x7fffffffffffffff, 1].sum()",
        "the sum is too large for an integer",
    );
}

#[test]
fn texts() {
    for (expression, expected) in [
        ("join([1, 2.5, \"a\", 1e-5], \"-\")", "'1-2.5-a-1e-05'"),
        ("[].join(\",\")", "''"),
        ("pad_left(\"7\", 3, \"0\")", "'007'"),
        ("pad_left(7, 3, \"0\")", "'007'"),
        ("pad_left(\"1234\", 3, \"0\")", "'1234'"),
        ("fixed(0.125, 2)", "'0.12'"),
        ("fixed(2, 1)", "'2.0'"),
        ("fixed(1.0 / 0.0, 1)", "'inf'"),
        ("basename(\"/data/set.tar.gz\")", "'set.tar.gz'"),
        ("basename(\"/data/\")", "'data'"),
        ("stem(\"/data/set.tar.gz\")", "'set.tar'"),
        ("stem(\".hidden\")", "'.hidden'"),
        (
            "#{a: 1, b: [true, (), \"x\"]}.to_json()",
            "'{\"a\":1,\"b\":[true,null,\"x\"]}'",
        ),
    ] {
        is(expression, expected);
    }
    fails("fixed(1.0, -1)", "`fixed` takes 0 to 100 digits");
}

#[test]
fn errors_of_a_comparison_are_not_lost() {
    is(
        "{ let a = [3, 1, 2]; a.sort(|a, b| a - b); a }",
        "[1, 2, 3]",
    );
    is("[3, 1, 2].order(|a, b| a < b)", "[1, 2, 3]");
    is("{ let a = [3, 1, 2]; a.sort(); a }", "[1, 2, 3]");
    fails(
        "{ let a = [3, 1]; a.sort(|a, b| throw \"no order\"); a }",
        "no order",
    );
    fails(
        "{ let a = [3, 1]; a.sort_by(|a, b| \"x\"); a }",
        "a comparison must give a number, or true or false | such as `|a, b| a - b` or `|a, b| a < b`",
    );
}

#[test]
fn a_script_raises_errors_with_help() {
    fails("error(\"too large\")", "too large");
    fails(
        "error(\"too large\", \"take less\")",
        "too large | take less",
    );
}

#[test]
fn the_environment_is_closed_but_for_what_the_config_opens() {
    fails(
        "env(\"HOME\")",
        "the variable `HOME` is not open to scripts | add it in the config: `hooks: {rhai: {env: [HOME]}}`",
    );
    fails(
        "env(\"HOME\", \"x\")",
        "the variable `HOME` is not open to scripts | add it in the config: `hooks: {rhai: {env: [HOME]}}`",
    );
}
