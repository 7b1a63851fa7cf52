//! Short documents and what becomes of them.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnose, Source};
use crate::yaml::{Node, Schema, YamlError, parse as parse_by};

pub(super) fn parse(source: &Arc<Source>) -> Result<Option<Node>, YamlError> {
    parse_by(source, Schema::PyYaml)
}

pub(super) fn root(text: &str) -> Node {
    match parse(&Source::new("spec.yaml", text)) {
        Ok(root) => root.expect("the document is not empty"),
        Err(error) => panic!("{error} in {text:?}"),
    }
}

pub(super) fn error(text: &str) -> YamlError {
    match parse(&Source::new("spec.yaml", text)) {
        Ok(root) => panic!(
            "{:?} from {text:?}",
            root.map(|root| root.to_value().to_string())
        ),
        Err(error) => error,
    }
}

/// The value as Python prints it.
pub(super) fn value(text: &str) -> String {
    root(text).to_value().to_string()
}

/// A text of a line for each number.
pub(super) fn lines(numbers: Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
pub(super) fn assert_error(text: &str, message: &str, underlined: &str, help: Option<&str>) {
    let error = error(text);
    let label = error.label().expect("every error in a text has a place");
    assert_eq!(
        (
            error.to_string().as_str(),
            &text[label.span],
            error.help().as_deref()
        ),
        (message, underlined, help)
    );
}
