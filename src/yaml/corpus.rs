//! Every document of `tests/corpus/yaml/read.jsonl` against what `PyYAML` made of it.
//!
//! A line has the document in base64 (`b64`) or in a file (`file`), and under `py` either `ok`, the
//! value with its types, or `err`. `scripts/record-yaml-expectations` recorded it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;

use super::{Schema, parse, python};
use crate::diagnostic::{Diagnose, Source};
use crate::model::Value;
use crate::text;

/// What `PyYAML` reads and we refuse, and why.
const REFUSED: [(&str, &str); 13] = [
    ("alias-recursive", "an alias inside its own value"),
    ("bom-mid", "a byte order mark that is not at the start"),
    ("bool-key", "a key that is not text"),
    ("documents/duplicate-keys.yaml", "a repeated key"),
    ("dup-key-0x", "a key that is not text"),
    ("dup-key-int-str", "a key that is not text"),
    ("dup-key-nested", "a repeated key"),
    ("float-key", "a key that is not text"),
    ("ls-break", "U+2028 as a line break"),
    ("nel-break", "U+0085 as a line break"),
    ("on-key", "a key that is not text"),
    ("question-only", "a key that is not text"),
    ("sexa-key", "a key that is not text"),
];

/// What `PyYAML` refuses and we read, and why.
const ACCEPTED: [(&str, &str); 2] = [
    (
        "documents/json-tabs.yaml",
        "tabs between the values of JSON",
    ),
    (
        "documents/plain-multi-line-in-flow.yaml",
        "a key of two lines inside brackets",
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Accepted,
    Different,
    Refused,
    Same,
}

/// A document, and what `PyYAML` made of it.
struct Case {
    name: String,
    document: Vec<u8>,
    py: Json,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/yaml");
    let lines = fs_err::read_to_string(folder.join("read.jsonl")).unwrap();
    let cases = lines.lines().map(|line| {
        let mut case: Json = serde_json::from_str(line).unwrap();
        let document = match case["file"].as_str() {
            Some(file) => fs_err::read(folder.join("documents").join(file)).unwrap(),
            None => python::base64(case["b64"].as_str().unwrap()).unwrap(),
        };
        Case {
            name: case["name"].as_str().unwrap().into(),
            document,
            py: case["py"].take(),
        }
    });
    cases.collect()
}

/// Names and documents.
pub(super) fn documents() -> impl Iterator<Item = (String, Vec<u8>)> {
    cases().into_iter().map(|case| (case.name, case.document))
}

#[test]
fn every_document_file_has_its_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/yaml/documents");
    let files = fs_err::read_dir(folder).unwrap().count();
    let lines = cases()
        .iter()
        .filter(|case| case.name.starts_with("documents/"))
        .count();
    assert_eq!(files, lines, "run scripts/record-yaml-expectations");
}

#[test]
fn documents_mean_what_they_mean_to_pyyaml() {
    let mut outcomes = BTreeMap::<Outcome, Vec<String>>::new();
    for case in cases() {
        outcomes.entry(outcome(&case)).or_default().push(case.name);
    }
    let mut names = |outcome| {
        let mut names = outcomes.remove(&outcome).unwrap_or_default();
        names.sort();
        names
    };
    assert_eq!(names(Outcome::Different), [] as [&str; 0]);
    assert_eq!(names(Outcome::Refused), REFUSED.map(|(name, _)| name));
    assert_eq!(names(Outcome::Accepted), ACCEPTED.map(|(name, _)| name));
    assert_eq!(names(Outcome::Same).len(), 498);
}

fn outcome(Case { document, py, .. }: &Case) -> Outcome {
    let text = String::from_utf8(document.clone()).map_err(drop);
    let value = text.and_then(|text| {
        let source = Source::new("corpus.yaml", text);
        let value = parse(&source, Schema::PyYaml)
            .map(|root| root.map_or(Value::Null, |root| root.to_value()));
        value.map_err(|error| {
            let label = error.label().expect("errors in a text have a place");
            assert!(
                source.text.get(label.span).is_some(),
                "{error}: {}",
                source.text
            );
        })
    });
    match (value, py.get("ok")) {
        (Ok(value), Some(expected)) if is_same(expected, &value) => Outcome::Same,
        (Ok(_), Some(_)) => Outcome::Different,
        (Ok(_), None) => Outcome::Accepted,
        (Err(()), Some(_)) => Outcome::Refused,
        (Err(()), None) => Outcome::Same,
    }
}

/// Whether `value` is what Python has: `["s", text]`, `["i", digits]`, `["f", repr]`, `["b", bool]`,
/// `["n"]`, `["l", items]`, `["m", pairs]`, `["d", str]`, `["y", bytes]`, `["set", items]`, or
/// `["o", "pair:[key, value]"]`.
fn is_same(expected: &Json, value: &Value) -> bool {
    let body = &expected[1];
    let text = body.as_str().unwrap_or_default();
    let all = |items: &[Value]| {
        let expected = body.as_array().unwrap();
        expected.len() == items.len() && expected.iter().zip(items).all(|(a, b)| is_same(a, b))
    };
    match (expected[0].as_str().unwrap(), value) {
        ("s", Value::String(string)) => text == &**string,
        ("i", Value::Int(int)) => text == int.to_string(),
        ("f", Value::Float(float)) => text == text::float(*float),
        ("b", Value::Bool(bool)) => body.as_bool() == Some(*bool),
        ("n", Value::Null) => true,
        ("l", Value::List(items)) => all(items),
        ("m", Value::Map(map)) => {
            let pairs = body.as_array().unwrap();
            pairs.len() == map.len()
                && pairs.iter().zip(&**map).all(|(pair, (key, value))| {
                    is_same(&pair[0], &Value::from(&**key)) && is_same(&pair[1], value)
                })
        }
        ("d", Value::Object(object)) => text == object.text,
        ("y", Value::Object(object)) => {
            let bytes: Vec<u8> = serde_json::from_value(body.clone()).unwrap();
            object.text == python::bytes_repr(&bytes)
        }
        ("set", Value::Object(object)) => match &object.plain {
            Some(Value::List(items)) => object.type_name == "set" && all(items),
            _ => false,
        },
        ("o", Value::Object(object)) => {
            let pair: Json = serde_json::from_str(text.strip_prefix("pair:").unwrap()).unwrap();
            object.type_name == "tuple"
                && object
                    .plain
                    .as_ref()
                    .is_some_and(|plain| is_same(&serde_json::json!(["l", pair]), plain))
        }
        _ => false,
    }
}
