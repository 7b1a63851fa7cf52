//! Jinja templates that someone forgot to quote.

use std::ops::Range;
use std::sync::Arc;

use super::YamlError;
use super::syntax::line_around;
use crate::diagnostic::{Label, Source};

/// The error for a template that starts exactly `at` that byte.
pub(super) fn starting(source: &Arc<Source>, at: usize) -> Option<YamlError> {
    let line = line_around(&source.text, at);
    let rest = &source.text[at..];
    let is_template = rest.starts_with("{{") || rest.starts_with("{%");
    is_template.then(|| error(source, line, at))
}

/// The error for a template without quotes in the line of `at` and not after it.
pub(super) fn in_line_before(source: &Arc<Source>, at: usize) -> Option<YamlError> {
    let line = line_around(&source.text, at);
    let text = &source.text[line.clone()];
    let braces = text.find("{{").into_iter().chain(text.find("{%")).min()?;
    let quotes = text[..braces].matches(['"', '\'']).count();
    let is_comment = text[..braces].contains('#');
    let is_plain = line.start + braces <= at && quotes.is_multiple_of(2) && !is_comment;
    is_plain.then(|| error(source, line.clone(), line.start + braces))
}

fn error(source: &Arc<Source>, line: Range<usize>, braces: usize) -> YamlError {
    let value = value_around(&source.text[line.clone()], braces - line.start);
    let span = line.start + value.start..line.start + value.end;
    YamlError::UnquotedTemplate {
        value: source.text[span.clone()].into(),
        label: Label::new(source, span),
    }
}

/// The value in `line` that the template at `braces` is in.
fn value_around(line: &str, braces: usize) -> Range<usize> {
    let before = &line[..braces];
    let start = [": ", "- ", ", ", "[", "{"]
        .iter()
        .filter_map(|separator| before.rfind(separator).map(|at| at + separator.len()))
        .max()
        .unwrap_or(0);
    let start = start + line[start..].len() - line[start..].trim_start().len();
    let in_brackets = before.contains(['[', '{']);
    let end = value_end(line, braces, in_brackets);
    start..line[..end].trim_end().len()
}

/// Where the value goes on to: other templates belong to it, whatever is in them.
fn value_end(line: &str, mut at: usize, in_brackets: bool) -> usize {
    while let Some(next) = line[at..].chars().next() {
        let rest = &line[at..];
        let closing = match rest.get(..2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            Some(" #") => return at,
            _ if in_brackets && matches!(next, ',' | ']' | '}') => return at,
            _ => {
                at += next.len_utf8();
                continue;
            }
        };
        match rest.find(closing) {
            Some(end) => at += end + closing.len(),
            None => return line.len(),
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnose;

    #[track_caller]
    fn assert_quoted(text: &str, quoted: &str) {
        let source = Source::new("spec.yaml", text);
        let braces = text.find("{{").or(text.find("{%")).unwrap();
        match starting(&source, braces) {
            Some(error @ YamlError::UnquotedTemplate { .. }) => {
                assert_eq!(error.help().unwrap(), format!("quote it: {quoted}"));
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_whole_value_is_quoted_in_the_quotes_it_needs() {
        assert_quoted("a: 1\nname: {{ lr }}\n", r#""{{ lr }}""#);
        assert_quoted("name: {{ lr }}_{{ bs }}  # both", r#""{{ lr }}_{{ bs }}""#);
        assert_quoted("- {{ a }} {{ b }}", r#""{{ a }} {{ b }}""#);
        assert_quoted("x: [run_{{ lr }}, 2]", r#""run_{{ lr }}""#);
        assert_quoted("x: {a: {{ f(1, 2) }}, b: 2}", r#""{{ f(1, 2) }}""#);
        assert_quoted("name: {{ x['a'] }}", r#""{{ x['a'] }}""#);
        assert_quoted(r#"name: {{ x["a"] }}"#, r#"'{{ x["a"] }}'"#);
        assert_quoted(r#"name: {{ x["a"]['b'] }}"#, r#"'{{ x["a"][''b''] }}'"#);
        assert_quoted(
            "name: {% if a %}b{% endif %}",
            r#""{% if a %}b{% endif %}""#,
        );
        assert_quoted("name: {{ lr", r#""{{ lr""#);
        assert_quoted("{{ lr }}é", r#""{{ lr }}é""#);
    }
}
