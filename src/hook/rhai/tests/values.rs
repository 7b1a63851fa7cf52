//! Values on their way in and out.

use super::fixture::{Fixture, SET, axis, fails, set};
use crate::model::{Object, ParamSet, ParamSpace, Value};

/// What a logic hook with this body returns for one set.
fn returned(body: &str, params: ParamSet) -> Result<String, String> {
    let script = format!("fn get_slurm_args(params, defaults) {{\n{body}\n}}");
    Fixture::logic(&script).set(params).slurm_args().remove(0)
}

/// What a logic hook returns for the value of `x`, as `x` again.
fn through(value: Value) -> Result<String, String> {
    returned("#{x: params.x}", set([("x", value)]))
}

#[test]
fn floats_read_as_python_writes_them() {
    let params = set([
        ("x", Value::from(1e-5)),
        ("y", Value::from(1e16)),
        ("z", Value::from(-0.0)),
    ]);
    let body = r#"#{
        a: `${params.x} ${params.y}`, b: params.z.to_string(), c: "" + params.x,
        d: `${[params.x, #{y: params.y}]}`, e: `${true} ${1}`
    }"#;
    assert_eq!(
        returned(body, params).unwrap(),
        "{'a': '1e-05 1e+16', 'b': '-0.0', 'c': '1e-05', \
         'd': '[1e-05, #{\"y\": 1e+16}]', 'e': 'true 1'}"
    );
}

#[test]
fn values_cross_unchanged() {
    let nested = Value::map([
        (
            "z",
            Value::list([Value::Null, Value::from(true), Value::from(1.0)]),
        ),
        ("a", Value::from("é\n\u{1F600}")),
    ]);
    for (value, text) in [
        (Value::from(i64::MIN), "-9223372036854775808"),
        (Value::from(1.0), "1.0"),
        (Value::from(-0.0), "-0.0"),
        (Value::from(f64::NAN), "nan"),
        (Value::from(f64::NEG_INFINITY), "-inf"),
        (Value::Null, "None"),
        (nested, "{'a': 'é\\n😀', 'z': [None, True, 1.0]}"),
    ] {
        assert_eq!(through(value).unwrap(), format!("{{'x': {text}}}"));
    }
}

#[test]
fn python_objects_cross_as_their_plain_value_or_their_text() {
    let object = |plain| {
        let (text, repr) = ("2024-01-01".into(), "datetime.date(2024, 1, 1)".into());
        Value::Object(
            Object {
                type_name: "datetime.date".into(),
                text,
                repr,
                plain,
            }
            .into(),
        )
    };
    assert_eq!(through(object(None)).unwrap(), "{'x': '2024-01-01'}");
    assert_eq!(through(object(Some(Value::from(3)))).unwrap(), "{'x': 3}");
}

#[test]
fn characters_and_captured_variables_return_as_plain_values() {
    let body = "let x = params.x; let f = |y| x + y; #{a: \"abc\"[1], b: x, c: [f.call(1)]}";
    let answer = returned(body, set([("x", Value::from(1))]));
    assert_eq!(answer.unwrap(), "{'a': 'b', 'b': 1, 'c': [2]}");
}

#[test]
fn an_integer_beyond_64_bits_is_named() {
    let huge = Value::Int(18_446_744_073_709_551_616);
    assert_eq!(
        through(Value::map([(
            "seeds",
            Value::list([Value::from(1), huge.clone()])
        )]))
        .unwrap_err(),
        "`x.seeds[1]` is 18446744073709551616, beyond the 64 bits of Rhai's integers \
         (parameter set 1 of 1: x={'seeds': [1, 18446744073709551616]})\n\
         help: quote it in the spec to pass it as text"
    );
    let space = ParamSpace::grid(vec![axis("seed", [Value::from(1), huge.clone()])]).unwrap();
    let fixture = Fixture::filter_body("true").space(space);
    assert_eq!(fixture.decisions()[0], Ok(true));
    assert!(
        fixture.decisions()[1]
            .as_ref()
            .unwrap_err()
            .starts_with("`seed` is 1844")
    );
    let mut fixture = Fixture::logic("fn get_slurm_args(p, d) { d }");
    fixture.defaults.insert("mem".into(), huge);
    assert!(
        fixture
            .error()
            .starts_with("Load: `slurm_args.defaults.mem` is 1844")
    );
}

#[test]
fn what_cannot_be_returned_is_named_by_its_path() {
    let error = |body| {
        returned(body, ParamSet::default())
            .unwrap_err()
            .replace(" (parameter set 1 of 1: )", "")
    };
    let help = "--> logic.rhai:1:4 get_slurm_args\nhelp: a hook returns numbers, text, booleans, arrays and maps";
    assert_eq!(
        error("#{gres: [|x| x]}"),
        format!("returned a function as `gres[0]`\n{help}")
    );
    assert_eq!(
        error("#{a: #{b: 1..3}}"),
        format!("returned a range as `a.b`\n{help}")
    );
    let deep = "let x = 1; for i in 0..300 { x = #{k: x}; } x";
    assert!(
        error(deep).contains("…` nests deeper than 200 levels"),
        "{}",
        error(deep)
    );
}

#[test]
fn a_value_of_the_wrong_kind_says_what_is_needed() {
    fails(
        "1",
        "Returned: returned an integer (1); a filter must return true or false SET\n--> filter.rhai:1:4 include_params",
    );
    fails(
        "\"yes\"",
        "Returned: returned a string (\"yes\"); a filter must return true or false SET\n--> filter.rhai:1:4 include_params",
    );
    fails(
        "if params.batch_size == 1 { true }",
        "Returned: returned `()`; a filter must return true or false SET\n\
         --> filter.rhai:1:4 include_params\n\
         help: the function ends without a value, as after an assignment or an `if` without `else`",
    );
    let logic = Fixture::logic("fn get_slurm_args(p, d) { [d] }");
    assert_eq!(
        logic.error(),
        format!(
            "Returned: returned an array; a logic hook must return a map {SET}\n--> logic.rhai:1:4 get_slurm_args"
        )
    );
    let parse = Fixture::parse("fn parse_params(p) { [p, 3] }");
    assert_eq!(
        parse.error(),
        format!(
            "Returned: returned an integer (3) at `[1]`; a parse hook must return a map or an \
             array of maps {SET}\n--> parse.rhai:1:4 parse_params"
        )
    );
}
