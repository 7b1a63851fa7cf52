//! What we write is read back equal, by both schemas. `scripts/check-yaml-roundtrip` asks `PyYAML`.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value as Json;

use super::{Schema, document, parse, quoted, write_flow_map};
use crate::diagnostic::Source;
use crate::model::{Map, Value};

/// What YAML or one of its readers takes for something else than text.
const LOOK_ALIKES: &[&str] = &[
    "",
    " ",
    "  x  ",
    "x ",
    "\tx",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "False",
    "null",
    "~",
    "Null",
    "y",
    "n",
    "24:00:00",
    "1:30",
    "04:00:00",
    "1:30.5",
    "010",
    "08",
    "0o10",
    "0x1F",
    "0b11",
    "+1",
    "-0",
    "1_000",
    "1e3",
    "1e-3",
    "1.0e-3",
    ".5",
    ".5e3",
    "5.",
    "+.5",
    ".inf",
    "-.INF",
    ".nan",
    "2024-01-01",
    "2024-01-01T10:00:00Z",
    "2024-01-01 10:00:00",
    "2024-13-45",
    "=",
    "<<",
    "-",
    "?",
    ":",
    "- x",
    "? x",
    ": x",
    "a: b",
    "a:",
    ":a",
    "a #b",
    "#a",
    "a#b",
    "[",
    "]",
    "{",
    "}",
    "[1]",
    "{a: 1}",
    "{{ x }}",
    "{% x %}",
    "a, b",
    ",",
    "&a",
    "*a",
    "!a",
    "!!int 1",
    "|",
    ">",
    "|-\n x",
    "'",
    "\"",
    "''",
    "\"\"",
    "it's",
    "\"x\"",
    "'x'",
    "%",
    "%YAML 1.1",
    "@",
    "`",
    "\\",
    "\\n",
    "\\u0041",
    "---",
    "...",
    "--- x",
    "\n",
    "\r\n",
    "\r",
    "a\n",
    "a\n\n",
    "\na",
    " \n ",
    "a\n  b\n",
    "a\n#b",
    "\u{85}",
    "a\u{2028}b",
    "\u{2029}",
    "\u{feff}",
    "\u{feff}x",
    "\0",
    "\u{7}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{9f}",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{d7ff}",
    "\u{e000}",
    "😀",
    "é",
    "e\u{301}",
    "👩\u{200d}🔬",
    "\u{10ffff}",
    "שלום",
    "日本語",
];

/// Texts of every kind, most of them odd.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let look_alikes = prop::sample::select(LOOK_ALIKES);
    let pieces = "[-?:,\\[\\]{}#&*!|>'\"%@`\\\\ \t\n\r0-9a-c.~=<é😀\u{85}\u{2028}\u{2029}\u{feff}\0\u{7f}]{0,12}";
    let long = (pieces, 1_usize..400).prop_map(|(piece, times)| piece.repeat(times));
    let words = prop::collection::vec("[a-z]{1,12}", 20..250).prop_map(|words| words.join(" "));
    prop_oneof![
        6 => look_alikes.prop_map(String::from),
        6 => pieces,
        4 => any::<String>(),
        1 => long,
        1 => words,
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => texts().prop_map(|text| Value::from(text.as_str())),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(|int| Value::Int(int.into())),
        1 => any::<i128>().prop_map(Value::Int),
        1 => prop::sample::select(vec![i128::MIN, i128::MAX, 1 << 63, 1 << 64]).prop_map(Value::Int),
        2 => any::<f64>().prop_map(Value::from),
        1 => prop::sample::select(vec![
            0.0, -0.0, 1.0, 1e16, 1e22, 1e-5, 1e-8, 5e-324, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            prop::collection::vec((texts(), inner), 0..4)
                .prop_map(|entries| Value::from(map(entries))),
        ]
    })
}

fn map(entries: Vec<(String, Value)>) -> Map {
    let entries = entries.into_iter();
    entries
        .map(|(key, value)| (Arc::<str>::from(key), value))
        .collect::<Map>()
}

/// Maps with anything in them.
pub(crate) fn maps() -> impl Strategy<Value = Map> {
    prop::collection::vec((texts(), values()), 0..4).prop_map(map)
}

fn read(text: &str, schema: Schema) -> Result<Value, String> {
    match parse(&Source::new("f", text), schema) {
        Ok(root) => Ok(root.map_or_else(|| Map::new().into(), |root| root.to_value())),
        Err(error) => Err(error.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn flow_maps_are_read_back_equal(map in maps()) {
        let mut line = String::new();
        write_flow_map(&mut line, map.iter());
        prop_assert!(!line.contains(['\n', '\r']), "{}", line);
        let value = Value::from(map);
        for schema in [Schema::PyYaml, Schema::Core] {
            prop_assert_eq!(read(&line, schema), Ok(value.clone()), "{}", line);
        }
        // What is JSON means the same as JSON.
        if let Ok(json) = serde_json::from_str::<Value>(&line) {
            prop_assert_eq!(json, value, "{}", line);
        }
    }

    #[test]
    fn documents_are_read_back_equal(map in maps()) {
        let text = document(&map);
        let value = Value::from(map);
        for schema in [Schema::PyYaml, Schema::Core] {
            prop_assert_eq!(read(&text, schema), Ok(value.clone()), "{}", text);
        }
    }

    #[test]
    fn texts_in_quotes_are_read_back_equal(text in texts()) {
        let line = quoted(&text);
        prop_assert_eq!(read(&line, Schema::PyYaml), Ok(Value::from(text.as_str())), "{}", line);
    }
}

/// The value that `["s", text]`, `["i", digits]` and so on stand for.
fn untyped(typed: &Json) -> Value {
    let body = &typed[1];
    let text = || body.as_str().unwrap();
    match typed[0].as_str().unwrap() {
        "n" => Value::Null,
        "b" => Value::from(body.as_bool().unwrap()),
        "i" => Value::Int(text().parse().unwrap()),
        "f" => Value::from(text().parse::<f64>().unwrap()),
        "s" => Value::from(text()),
        "l" => Value::list(body.as_array().unwrap().iter().map(untyped)),
        "m" => {
            let pairs = body.as_array().unwrap().iter();
            let pair = |pair: &Json| {
                (
                    Arc::<str>::from(pair[0][1].as_str().unwrap()),
                    untyped(&pair[1]),
                )
            };
            Value::from(pairs.map(pair).collect::<Map>())
        }
        other => panic!("{other}"),
    }
}

/// What collections hold of a value is still what `PyYAML` was seen to read as that value.
#[test]
fn what_is_written_is_what_pyyaml_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/yaml/written.jsonl");
    let lines = fs_err::read_to_string(path).unwrap();
    for line in lines.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let Value::Map(map) = untyped(&case["py"]) else {
            panic!("{line}")
        };
        let mut written = String::new();
        write_flow_map(&mut written, map.iter());
        assert_eq!(written, case["text"].as_str().unwrap());
        assert_eq!(read(&written, Schema::PyYaml), Ok(Value::Map(map)));
    }
    assert!(lines.lines().count() >= 400);
}

#[test]
fn keys_too_long_for_a_line_are_read_back_too() {
    for length in [1020, 1021, 1022, 1023, 1024, 1025, 5000] {
        let key = "k".repeat(length);
        let map: Map = [
            (key.as_str(), Value::from(1)),
            (
                "m",
                Value::map([(key.as_str(), Value::map([("x", Value::from(f64::NAN))]))]),
            ),
        ]
        .into_iter()
        .collect();
        let mut line = String::new();
        write_flow_map(&mut line, map.iter());
        let value = Value::from(map.clone());
        assert_eq!(read(&line, Schema::PyYaml).as_ref(), Ok(&value));
        assert_eq!(read(&document(&map), Schema::PyYaml).as_ref(), Ok(&value));
    }
}
