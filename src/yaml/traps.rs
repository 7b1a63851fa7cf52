//! Scalars that YAML 1.1 reads as something else than what was typed.

use std::collections::HashSet;

use super::resolve::{is_octal, is_sexagesimal};
use super::{Content, Node, Scalar, Style, timestamp};
use crate::diagnostic::Warning;
use crate::model::Value;

/// Warns of each scalar without quotes, in `node` or below, that a script will show as something
/// unexpected: times that are numbers, octal integers, words that are booleans, and timestamps
/// that change their text.
///
/// One warning for each place, in the order of the document, even where aliases repeat it.
pub fn traps(node: &Node) -> Vec<Warning> {
    let mut warnings = Vec::new();
    collect(node, &mut HashSet::new(), &mut warnings);
    warnings
}

fn collect(node: &Node, seen: &mut HashSet<usize>, warnings: &mut Vec<Warning>) {
    if !seen.insert(node.address()) {
        return;
    }
    match node.content() {
        Content::Scalar(scalar) => warnings.extend(warning(node, scalar)),
        Content::Sequence(items) => {
            for item in items {
                collect(item, seen, warnings);
            }
        }
        Content::Mapping(entries) => {
            for (_, value) in entries {
                collect(value, seen, warnings);
            }
        }
    }
}

fn warning(node: &Node, scalar: &Scalar) -> Option<Warning> {
    let Scalar {
        value,
        text,
        style: Style::Plain,
    } = scalar
    else {
        return None;
    };
    let printed = value.to_string();
    let meaning = match value {
        Value::Int(_) if is_sexagesimal(text) => format!("the integer {printed}"),
        Value::Int(_) if is_octal(text) => format!("the octal integer {printed}"),
        Value::Float(_) if is_sexagesimal(text) => format!("the number {printed}"),
        Value::Bool(_) if !matches!(text.to_lowercase().as_str(), "true" | "false") => {
            format!("the boolean {printed}")
        }
        Value::Object(_) if timestamp::has_time(text) && printed != **text => "a timestamp".into(),
        _ => return None,
    };
    let message = format!("`{text}` is {meaning} in YAML 1.1, so scripts get `{printed}`");
    let help = format!("write \"{text}\" in quotes to keep the text");
    Some(Warning::new(message).at(node.label()).help(help))
}
