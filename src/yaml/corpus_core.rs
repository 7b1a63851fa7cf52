//! `yaml: core` against a second opinion: `serde_yaml`, which reads scalars by YAML 1.2.
//!
//! Where the two differ on a scalar, the text of the core schema (YAML 1.2.2, section 10.3.2)
//! decides, and the difference has a name here.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use serde_yaml::Value as Other;

use super::corpus::documents;
use super::{Schema, parse};
use crate::diagnostic::Source;
use crate::model::Value;
use crate::text;

/// Why the two may differ on a document; the first that applies.
fn known_difference(text: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // Scalars and tags by themselves, wherever they stand.
    let scalars = || text.split(|c: char| c.is_whitespace() || "[]{},".contains(c));
    let unsigned = |scalar: &str| scalar.trim_start_matches(['-', '+']).to_owned();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if has(&["<<"]) {
        Some("merge keys: refused here, an ordinary key there")
    } else if has(&["!"]) {
        Some("tags: resolved here, kept there")
    } else if scalars().any(|it| unsigned(it).starts_with("0b")) {
        Some("binary integers: YAML 1.2 has none")
    } else if scalars().any(|it| {
        let digits = unsigned(it);
        digits != it && (digits.starts_with("0x") || digits.starts_with("0o"))
    }) {
        Some("signed hexadecimal and octal: YAML 1.2 has none")
    } else if scalars().any(|it| {
        unsigned(it).len() > 1 && unsigned(it).starts_with('0') && is_digits(&unsigned(it))
    }) {
        Some("leading zeros: integers in YAML 1.2, text there")
    } else if scalars().any(|it| is_digits(&unsigned(it)) && it.len() > 18) {
        Some("integers of more than 64 bits")
    } else if scalars().any(|it| {
        matches!(
            it,
            "+.nan" | "-.nan" | "+.NaN" | "-.NaN" | "+.NAN" | "-.NAN"
        )
    }) {
        Some("a sign before .nan")
    } else if scalars().any(|it| it.parse::<f64>().is_ok_and(f64::is_infinite)) {
        Some("floats beyond the largest: infinite here as to Python, text there")
    } else {
        None
    }
}

fn ours(text: &str) -> Option<String> {
    let root = parse(&Source::new("f", text), Schema::Core).ok()?;
    let mut out = String::new();
    write_ours(&mut out, &root.map_or(Value::Null, |root| root.to_value()));
    Some(out)
}

fn theirs(text: &str) -> Option<String> {
    let value: Other = serde_yaml::from_str(text).ok()?;
    let mut out = String::new();
    write_theirs(&mut out, &value);
    Some(out)
}

fn write_ours(out: &mut String, value: &Value) {
    match value {
        Value::List(items) => {
            out.push('[');
            for item in items.iter() {
                write_ours(out, item);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (key, value) in map.iter() {
                write!(out, "{key:?}:").unwrap();
                write_ours(out, value);
                out.push(',');
            }
            out.push('}');
        }
        Value::String(text) => write!(out, "{text:?}").unwrap(),
        other => write!(out, "{other}").unwrap(),
    }
}

fn write_theirs(out: &mut String, value: &Other) {
    match value {
        Other::Null => out.push_str("None"),
        Other::Bool(bool) => out.push_str(if *bool { "True" } else { "False" }),
        Other::Number(number) => match number.as_i64() {
            Some(int) => write!(out, "{int}").unwrap(),
            None => out.push_str(&text::float(number.as_f64().unwrap())),
        },
        Other::String(text) => write!(out, "{text:?}").unwrap(),
        Other::Sequence(items) => {
            out.push('[');
            for item in items {
                write_theirs(out, item);
                out.push(',');
            }
            out.push(']');
        }
        Other::Mapping(map) => {
            out.push('{');
            for (key, value) in map {
                match key {
                    Other::String(key) => write!(out, "{key:?}:").unwrap(),
                    key => write!(out, "?{key:?}:").unwrap(),
                }
                write_theirs(out, value);
                out.push(',');
            }
            out.push('}');
        }
        Other::Tagged(tagged) => write!(out, "{tagged:?}").unwrap(),
    }
}

#[test]
fn documents_mean_in_yaml_1_2_what_they_mean_to_serde_yaml() {
    let (mut same, mut known, mut wrong) = (0, BTreeMap::<_, usize>::new(), Vec::new());
    for (name, text) in documents() {
        let Ok(text) = String::from_utf8(text) else {
            continue;
        };
        match (ours(&text), theirs(&text)) {
            (Some(ours), Some(theirs)) if ours != theirs => match known_difference(&text) {
                Some(reason) => *known.entry(reason).or_default() += 1,
                None => wrong.push(format!("{name}: {text:?}\n  {ours}\n  {theirs}")),
            },
            (Some(_), Some(_)) => same += 1,
            // What only one of them refuses is refused loudly.
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same >= 250, "only {same} are the same; {known:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn scalars_mean_in_yaml_1_2_what_they_mean_to_serde_yaml(scalar in prop_oneof![
        "[-+]?[0-9]{0,4}(\\.[0-9]{0,3})?([eE][-+]?[0-9]{0,2})?",
        "[-+]?0[xob]?[0-9a-fA-F_]{0,4}",
        "[-+]?\\.(inf|Inf|INF|iNf|nan|NaN|NAN|naN)",
        "(true|True|TRUE|tRue|yes|No|ON|off|null|Null|NULL|nUll|~|y|n)",
        "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[0-9a-zA-Z._+-]{1,6}",
    ]) {
        let text = format!("v: {scalar}\n");
        if let (Some(ours), Some(theirs)) = (ours(&text), theirs(&text)) {
            prop_assert!(ours == theirs || known_difference(&text).is_some(), "{}: {} {}", scalar, ours, theirs);
        }
    }
}
