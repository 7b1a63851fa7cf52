//! Every call of `tests/corpus/python/text.jsonl` against what Python made of it.
//!
//! `scripts/record-text-expectations` made the corpus and says what a line holds.

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use minijinja::State;
use minijinja::value::{Kwargs, Tuple, Value};
use serde_json::Value as Json;

use super::{format_spec, printf, strings};
use crate::config::{JinjaOptions, Undefined};
use crate::render::environment::environment;
use crate::render::number::Number;
use crate::render::print;
use crate::render::values::{Dict, List};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// An answer here, an error in Python.
    Accepted,
    /// Two answers.
    Different,
    /// An error here, an answer in Python.
    Refused,
}

/// How many calls are not as in Python, and why.
const DIFFERENCES: [(&str, Outcome, usize); 16] = [
    // A dict for a format with places that have names and places that have none.
    ("%", Outcome::Accepted, 1),
    // `*` for a bool, and a format without places for an undefined value.
    ("%", Outcome::Refused, 2),
    // Arguments may be named.
    ("str.center", Outcome::Accepted, 1),
    ("str.format_map", Outcome::Accepted, 1),
    ("str.join", Outcome::Accepted, 1),
    ("str.ljust", Outcome::Accepted, 1),
    ("str.lstrip", Outcome::Accepted, 1),
    ("str.replace", Outcome::Accepted, 1),
    ("str.rjust", Outcome::Accepted, 1),
    ("str.rstrip", Outcome::Accepted, 1),
    // Any value is true or false.
    ("str.splitlines", Outcome::Accepted, 3),
    ("str.strip", Outcome::Accepted, 1),
    // Escapes of HTML by other names than the common ones.
    ("striptags", Outcome::Refused, 138),
    // A width that is none, where nothing is moved in.
    ("tojson", Outcome::Refused, 2),
    // A leeway below zero is none.
    ("truncate", Outcome::Accepted, 24),
    // A width of nothing for a text of nothing.
    ("wordwrap", Outcome::Refused, 2),
];

#[test]
fn texts_are_made_as_python_makes_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/python/text.jsonl");
    let lines = fs_err::read_to_string(path).unwrap();
    let env = environment(JinjaOptions {
        undefined: Some(Undefined::Lenient),
        steps: Some(u64::MAX),
        ..JinjaOptions::default()
    });
    let mut state = env.empty_state();
    let mut found = BTreeMap::<(String, Outcome), Vec<String>>::new();
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let call = case["call"].as_array().unwrap();
        let name = call[0].as_str().unwrap();
        let args: Vec<Value> = call[1..].iter().map(value_of).collect();
        let answer = answer(&mut state, name, &args).map(|value| text(&value));
        let expected = case.get("ok").map(|expected| text(&value_of(expected)));
        let outcome = match (&answer, &expected) {
            (Ok(answer), Some(expected)) if answer == expected => continue,
            (Err(_), None) => continue,
            (Ok(_), Some(_)) => Outcome::Different,
            (Ok(_), None) => Outcome::Accepted,
            (Err(_), Some(_)) => Outcome::Refused,
        };
        let shown = format!("{line}\n    {answer:?}");
        found
            .entry((name.to_owned(), outcome))
            .or_default()
            .push(shown);
    }
    for ((name, outcome), shown) in found {
        let known = DIFFERENCES
            .iter()
            .find(|(known, how, _)| *known == name && *how == outcome);
        let known = known.map_or(0, |(.., count)| *count);
        assert_eq!(
            shown.len(),
            known,
            "{name}: {outcome:?}\n{}",
            shown.join("\n")
        );
    }
}

/// The text of a value with its type; what is safe for HTML is a string.
fn text(value: &Value) -> String {
    let value = match value.as_str() {
        Some(text) => Value::from(text),
        None => value.clone(),
    };
    let mut text = String::new();
    print::repr(&mut text, &value).unwrap();
    text
}

fn answer(state: &mut State, name: &str, args: &[Value]) -> Result<Value, minijinja::Error> {
    let mut text = String::new();
    match name {
        "%" => printf::printf(args[0].as_str().unwrap(), &args[1]).map(Value::from),
        "format" => format_spec::format(&args[0], args[1].as_str().unwrap()).map(Value::from),
        "repr" => print::repr(&mut text, &args[0]).map(|()| Value::from(text)),
        "str" => print::str(&mut text, &args[0]).map(|()| Value::from(text)),
        _ => match (name.strip_prefix("str."), name.strip_prefix("each.")) {
            (Some(method), _) => {
                strings::call(args[0].as_str().unwrap(), method, &args[1..]).unwrap()
            }
            (_, Some(method)) => {
                let text = args[0].as_str().unwrap();
                let answers = text.chars().map(|c| {
                    let answer = strings::call(&c.to_string(), method, &args[1..]).unwrap();
                    answer.map(|answer| if answer.is_true() { '1' } else { '0' })
                });
                answers.collect::<Result<String, _>>().map(Value::from)
            }
            (None, None) => state.apply_filter(name, args),
        },
    }
}

fn value_of(json: &Json) -> Value {
    let body = &json[1];
    let text = body.as_str().unwrap_or_default();
    let items = || body.as_array().unwrap().iter();
    match json[0].as_str().unwrap() {
        "b" => Value::from(body.as_bool().unwrap()),
        "f" => Value::from(text.parse::<f64>().unwrap()),
        "i" => Number::Int(text.parse().unwrap()).into(),
        "k" => {
            let named = items().map(|pair| (pair[0].as_str().unwrap(), value_of(&pair[1])));
            named.collect::<Kwargs>().into()
        }
        "l" => List::own(items().map(value_of).collect()),
        "m" => Dict::own(
            items()
                .map(|pair| (value_of(&pair[0]), value_of(&pair[1])))
                .collect::<IndexMap<_, _>>(),
        ),
        "n" => Value::from(()),
        "s" => Value::from(text),
        "t" => Value::from(Tuple::new(items().map(value_of).collect())),
        "u" => Value::UNDEFINED,
        kind => panic!("{kind}"),
    }
}
