//! Every snippet of `tests/corpus/jinja/snippets.jsonl` against what Jinja2 made of it.

use std::path::Path;

use indexmap::IndexMap;
use minijinja::value::{Tuple, Value};
use serde::Deserialize;

use super::number::Number;
use super::values::{Dict, List, own};
use super::{Renderer, environment};
use crate::config::{JinjaOptions, Undefined};
use crate::sandbox::Stack;

/// How a snippet renders here against Jinja2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Both refuse, or both write the same.
    Same,
    /// An error here, a text in Jinja2.
    Refused,
    /// A text here, an error in Jinja2.
    Accepted,
    /// Two texts.
    Different,
}

/// JSON that keeps the order of its objects.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    Array(Vec<Json>),
    Object(IndexMap<String, Json>),
}

#[derive(Deserialize)]
struct Base {
    base_context: IndexMap<String, Json>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    template: String,
    #[serde(default)]
    context: IndexMap<String, Json>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    files: IndexMap<String, String>,
    #[serde(default)]
    env: Env,
    output: Option<String>,
    error: Option<Json>,
}

#[derive(Default, Deserialize)]
struct Env {
    trim: Option<bool>,
    lstrip: Option<bool>,
    keep: Option<bool>,
    undefined: Option<String>,
}

/// What is not as in Jinja2, and why. Everything else must be.
const DIFFERENCES: [Difference; 21] = [
    (
        Outcome::Accepted,
        "`get` of a dict takes its default by name, too",
        &["method-coll-004"],
    ),
    (Outcome::Different, "`self` has no text", &["repr-087"]),
    (
        Outcome::Different,
        "numbers have fewer attributes",
        &["method-str-167"],
    ),
    (
        Outcome::Refused,
        "a script that begins with a byte order mark is none for Slurm",
        &["ws-245", "ws-246", "ws-248"],
    ),
    (
        Outcome::Refused,
        "functions, macros, modules, namespaces and iterators have no text",
        &[
            "files-030",
            "files-031",
            "repr-083",
            "repr-089",
            "stmt-053",
            "tests-matrix-017",
            "tests-matrix-018",
        ],
    ),
    (
        Outcome::Refused,
        "what is random, and links of HTML",
        &[
            "filter-str-095",
            "filter-str-096",
            "filter-str-186",
            "filter-str-187",
            "filter-str-188",
            "filter-str-189",
            "filter-str-190",
            "globals-039",
            "globals-040",
        ],
    ),
    (
        Outcome::Refused,
        "methods that make bytes or are not meant for templates",
        &[
            "method-coll-025",
            "method-str-148",
            "method-str-150",
            "method-str-152",
            "method-str-166",
        ],
    ),
    (
        Outcome::Refused,
        "complex numbers, digits of other scripts, characters by name",
        &["arith-034", "filter-num-031", "string-135"],
    ),
    (
        Outcome::Refused,
        "a range of more than a million items",
        &["globals-018"],
    ),
    (
        Outcome::Refused,
        "`varargs` and `kwargs` of macros",
        &["own-146", "stmt-032", "stmt-033", "stmt-034"],
    ),
    (
        Outcome::Refused,
        "what filters go through on demand is not changed or used meanwhile",
        &["rounds-036", "rounds-037", "rounds-038", "rounds-040"],
    ),
    (
        Outcome::Refused,
        "a loop is called by its name in its body, has no text and is no list",
        &["rounds-090", "rounds-096", "rounds-165", "rounds-166"],
    ),
    (
        Outcome::Refused,
        "a loop is not called by a template that it includes",
        &["rounds-155"],
    ),
    (
        Outcome::Refused,
        "`loop` as the name of a variable",
        &["stmt-014"],
    ),
    (
        Outcome::Refused,
        "`self`, and blocks, within macros and calls",
        &["scope-022", "scope-024"],
    ),
    (
        Outcome::Refused,
        "a block of the template that the extended one extends",
        &["scope-049"],
    ),
    (
        Outcome::Refused,
        "what Jinja2 prints before the template that is extended",
        &[
            "scope-050",
            "scope-051",
            "scope-053",
            "scope-054",
            "scope-056",
            "scope-060",
            "scope-061",
            "scope-062",
            "scope-099",
            "scope-101",
            "scope-103",
            "scope-482",
            "scope-523",
            "scope-549",
            "scope-568",
        ],
    ),
    (
        Outcome::Refused,
        "includes without context that Jinja2 prints elsewhere",
        &["scope-059", "scope-067", "scope-068", "scope-069"],
    ),
    (
        Outcome::Refused,
        "texts that are `safe` escape what they take in",
        &[
            "scope-110",
            "scope-111",
            "scope-117",
            "scope-123",
            "scope-124",
            "scope-127",
            "scope-128",
            "scope-129",
            "scope-130",
        ],
    ),
    (
        Outcome::Refused,
        "a precision that is none, a format for nothing",
        &["scope-190", "scope-213"],
    ),
    (
        Outcome::Refused,
        "a block for several names, `self` and `loop` as the names of variables",
        &["scope-293", "scope-458", "scope-459", "scope-461"],
    ),
];

const DIFFERENT_EXPRESSIONS: [Difference; 1] = [(Outcome::Refused, "complex numbers", &["1/1818"])];

#[test]
fn snippets_render_as_in_jinja2() {
    check("tests/corpus/jinja/snippets.jsonl", &DIFFERENCES);
}

#[test]
fn random_expressions_render_as_in_jinja2() {
    check(
        "tests/corpus/jinja/expressions.jsonl",
        &DIFFERENT_EXPRESSIONS,
    );
}

/// What is not as in Jinja2: how, why, and the cases.
type Difference = (Outcome, &'static str, &'static [&'static str]);

/// Every case of a file must be as in Jinja2, but for what is known not to be.
fn check(file: &str, differences: &[Difference]) {
    let lines = fs_err::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let mut known: Vec<(Outcome, String)> = differences
        .iter()
        .flat_map(|(outcome, _, ids)| ids.iter().map(|id| (*outcome, (*id).to_owned())))
        .collect();
    let unknown = Stack::run(|_| {
        let mut lines = lines.lines();
        let base: Base = serde_json::from_str(lines.next().unwrap()).unwrap();
        let mut unknown = Vec::new();
        for line in lines {
            let case: Case = serde_json::from_str(line).unwrap();
            let (outcome, shown) = outcome(&base, &case);
            let expected = known.iter().position(|(_, id)| *id == case.id);
            let expected = expected.map_or(Outcome::Same, |at| known.swap_remove(at).0);
            if outcome != expected {
                let Case { id, template, .. } = case;
                unknown.push(format!(
                    "{id}: {outcome:?}, not {expected:?}: {template}\n{shown}"
                ));
            }
        }
        unknown
    });
    let unknown = unknown.unwrap();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    assert_eq!(known, [], "not in the corpus");
}

fn outcome(base: &Base, case: &Case) -> (Outcome, String) {
    let rendered = render(base, case);
    let expected = case.output.as_ref();
    let outcome = match (&rendered, expected) {
        (Ok(text), Some(expected)) if text == expected => Outcome::Same,
        (Ok(_), Some(_)) => Outcome::Different,
        (Ok(_), None) => Outcome::Accepted,
        (Err(_), Some(_)) => Outcome::Refused,
        (Err(_), None) => Outcome::Same,
    };
    let expected = match expected {
        Some(text) => format!("{text:?}"),
        None => format!("{:?}", case.error),
    };
    (
        outcome,
        format!("jinja2 {expected}\n    here   {rendered:?}"),
    )
}

fn render(base: &Base, case: &Case) -> Result<String, String> {
    let context = own(&context(base, case));
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("main.j2");
    fs_err::write(&template, &case.template).unwrap();
    for (name, text) in &case.files {
        let path = folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    let options = JinjaOptions {
        undefined: Some(match case.env.undefined.as_deref() {
            Some("strict") => Undefined::Strict,
            _ => Undefined::Lenient,
        }),
        trim_blocks: case.env.trim,
        lstrip_blocks: case.env.lstrip,
        steps: None,
    };
    if case.env.keep == Some(false) {
        let text = case.template.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        fs_err::write(&template, text).unwrap();
    }
    let renderer = Renderer::load(&template, None, options).map_err(|error| error.to_string())?;
    let mut script = Vec::new();
    environment::guarded(|| renderer.render(context, &mut script)).map_err(|error| {
        super::RenderError::of_template(&renderer.loader, &error, None).to_string()
    })?;
    Ok(String::from_utf8(script).unwrap())
}

fn context(base: &Base, case: &Case) -> Value {
    let mut entries = IndexMap::new();
    for (name, value) in base.base_context.iter().chain(&case.context) {
        if !case.without.contains(name) {
            entries.insert(Value::from(name.clone()), value_of(value));
        }
    }
    if let Some(outer_loop) = entries.get(&Value::from("loop")).cloned() {
        entries.insert(Value::from("loop·"), outer_loop);
    }
    Dict::own(entries)
}

fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(bool) => Value::from(*bool),
        Json::Int(int) => Value::from(*int),
        Json::Float(float) => Value::from(*float),
        Json::String(text) => Value::from(text.clone()),
        Json::Array(items) => List::own(items.iter().map(value_of).collect()),
        Json::Object(object) => match object.first() {
            Some((kind, value)) if object.len() == 1 && kind.starts_with('$') => {
                special(kind, value)
            }
            _ => {
                let entries = object.iter();
                let entries =
                    entries.map(|(key, value)| (Value::from(key.clone()), value_of(value)));
                Dict::own(entries.collect())
            }
        },
    }
}

/// What JSON cannot hold.
fn special(kind: &str, value: &Json) -> Value {
    match (kind, value) {
        ("$f", Json::String(text)) => Value::from(text.parse::<f64>().unwrap()),
        ("$i", Json::String(text)) => Number::Int(text.parse().unwrap()).into(),
        ("$t", Json::Array(items)) => Value::from(Tuple::new(items.iter().map(value_of).collect())),
        ("$d", Json::Array(pairs)) => {
            let pairs = pairs.iter().map(|pair| match pair {
                Json::Array(pair) => (value_of(&pair[0]), value_of(&pair[1])),
                other => panic!("{other:?}"),
            });
            Dict::own(pairs.collect())
        }
        _ => panic!("{kind}"),
    }
}
