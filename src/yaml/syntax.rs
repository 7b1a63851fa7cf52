//! The parser's errors in words for people who write specs.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::YamlError;
use super::compose::MAX_DEPTH;
use super::error::{quote, shorten};
use super::template;
use crate::diagnostic::{Label, Source};

/// What `error` means, where, and what to do about it.
pub(super) fn explain(error: &ScanError, source: &Arc<Source>) -> YamlError {
    let at = error
        .marker()
        .byte_offset()
        .unwrap_or(source.text.len())
        .min(source.text.len());
    if let Some(error) = template::in_line_before(source, at) {
        return error;
    }
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(Label::new(source, source.word_at(at)));
    }
    let place = Place {
        text: &source.text,
        at,
    };
    let (message, help) = place.describe(error.kind());
    let help = (!help.is_empty()).then_some(help);
    let label = Label::new(source, place.span(source, error.kind()));
    YamlError::Syntax {
        message,
        help,
        label,
    }
}

/// The error for lists and maps within each other beyond the limit.
pub(super) fn too_deep(label: Label) -> YamlError {
    YamlError::TooLarge {
        problem: format!("has more than {MAX_DEPTH} levels"),
        label,
    }
}

/// The part of `span` in its first line, without white space at its end.
pub(super) fn first_line(source: &Source, span: Range<usize>) -> Range<usize> {
    let first = source.text[span.clone()]
        .split(['\n', '\r'])
        .next()
        .unwrap_or_default();
    span.start..span.start + first.trim_end().len()
}

/// The bytes of the line that `at` is in.
pub(super) fn line_around(text: &str, at: usize) -> Range<usize> {
    let breaks = ['\n', '\r'];
    let start = text[..at].rfind(breaks).map_or(0, |end| end + 1);
    let end = text[at..].find(breaks).map_or(text.len(), |end| at + end);
    start..end
}

/// Where the parser gave up.
struct Place<'a> {
    text: &'a str,
    at: usize,
}

impl Place<'_> {
    /// What is wrong, and a help that may be empty.
    #[expect(clippy::too_many_lines, reason = "one arm per kind of mistake")]
    fn describe(&self, kind: &ErrorKind) -> (String, String) {
        use ErrorKind as Kind;
        let found = self.found();
        let (message, help) = match kind {
            Kind::TabNotAllowed
            | Kind::TabInBlockIndentation
            | Kind::TabInIndentation
            | Kind::TabAtBlockScalarStart
            | Kind::TabInPlainScalar => return self.tab(),
            Kind::ExpectedBlockMappingKey | Kind::InvalidIndentation if self.is_after_tab() => {
                return self.tab();
            }
            Kind::MappingValueNotAllowed => return self.mapping_value(),
            Kind::UnexpectedCharacter { character } => (
                format!("a value cannot start with `{character}`"),
                self.quote_rest(),
            ),
            Kind::MissingAnchorOrAliasName => (
                format!("the name after {found} is missing"),
                self.quote_rest(),
            ),
            Kind::UnclosedQuotedScalar => (
                "this quote is never closed".into(),
                format!("add {found} where the text ends"),
            ),
            Kind::UnclosedFlowCollection { open } => {
                let close = if *open == '[' { ']' } else { '}' };
                (
                    format!("this `{open}` is never closed"),
                    format!("add the `{close}`"),
                )
            }
            Kind::MisplacedFlowCollectionEnd => (
                format!("{found} closes nothing"),
                "remove it, or quote the text".into(),
            ),
            Kind::MismatchedFlowCollectionEnd { open, close } => {
                (format!("`{open}` is closed by `{close}`"), String::new())
            }
            Kind::ExpectedFlowMappingSeparator => (
                format!("expected `,` or `}}`, but found {found}"),
                QUOTE_SPECIAL.into(),
            ),
            Kind::ExpectedFlowSequenceSeparator => (
                format!("expected `,` or `]`, but found {found}"),
                QUOTE_SPECIAL.into(),
            ),
            Kind::InvalidColonPlacement => (
                "a `:` cannot stand here inside brackets".into(),
                "close the bracket before it, or quote the text it belongs to".into(),
            ),
            Kind::BlockSequenceEntryNotAllowed => (
                "a list item cannot start here".into(),
                "start the list in the next line, or quote the text if the `-` belongs to it"
                    .into(),
            ),
            Kind::BlockEntryInFlowCollection => (
                "`- ` cannot start an item inside brackets".into(),
                "remove it, or quote the text if it belongs to it".into(),
            ),
            Kind::MappingKeyNotAllowed => (
                "a `?` starts a key, and no key can start here".into(),
                QUOTE_SPECIAL.into(),
            ),
            Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => (
                format!("{found} stands after the closing quote"),
                "put the whole value in quotes".into(),
            ),
            Kind::ExpectedBlockMappingKey if self.is_first_in_line() => (
                "this line is indented like none above it".into(),
                "indent it like the keys it belongs with, or deeper to continue a value".into(),
            ),
            Kind::ExpectedBlockSequenceEntry => (
                format!("expected `- `, but found {found}"),
                "indent it like the items it belongs with, or deeper to continue one".into(),
            ),
            Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => (
                format!("{found} is no key, because no `:` follows"),
                "write `key: value`, or indent it to continue the value above".into(),
            ),
            Kind::CommentNotSeparated => (
                "a comment needs a space before its `#`".into(),
                "add the space, or quote the text if the `#` belongs to it".into(),
            ),
            Kind::CommentInterceptedScalar => (
                "a value cannot go on after a comment".into(),
                "move the comment, or quote the value".into(),
            ),
            Kind::InvalidBlockScalarIndent => (
                "this line is indented less than the block of text it belongs to".into(),
                "indent all its lines alike".into(),
            ),
            Kind::InvalidQuotedScalarIndent | Kind::InvalidFlowScalarIndent => (
                "this line continues a value, but is not indented deeper than its key".into(),
                "indent it with spaces".into(),
            ),
            Kind::UnknownQuotedScalarEscape => (
                "this is no escape that double quotes know".into(),
                r"write a backslash as `\\`, or use single quotes".into(),
            ),
            Kind::ExpectedDocumentStart if found == "`:`" => (
                format!("unexpected {found}"),
                "put a space after the `:`".into(),
            ),
            Kind::ExpectedBlockMappingKey
            | Kind::ExpectedDocumentStart
            | Kind::ExpectedNodeContent => (format!("unexpected {found}"), QUOTE_SPECIAL.into()),
            Kind::UnexpectedEofFlowSequence
            | Kind::UnexpectedEofFlowMapping
            | Kind::UnexpectedEofImplicitFlowMapping
            | Kind::UnexpectedEofBlockSequence
            | Kind::UnexpectedEofBlockMapping
            | Kind::UnexpectedEof => (format!("unexpected {found}"), self.quote_rest()),
            // Directives, tags and escapes, where the parser's own words say it all.
            other => (other.to_string(), String::new()),
        };
        (message, help)
    }

    /// What to underline: the word there, the tab before it, or the key that ends there.
    fn span(&self, source: &Source, kind: &ErrorKind) -> Range<usize> {
        if self.is_after_tab() {
            return self.at - 1..self.at;
        }
        let line = line_around(self.text, self.at);
        let before = &self.text[line.start..self.at];
        let key = before.trim();
        if *kind != ErrorKind::MappingValueNotAllowed || key.is_empty() || before.contains(": ") {
            return source.word_at(self.at);
        }
        let start = line.start + before.len() - before.trim_start().len();
        start..start + key.len()
    }

    fn tab(&self) -> (String, String) {
        (
            "a tab cannot indent or separate here".into(),
            "use spaces instead of tabs".into(),
        )
    }

    /// A `: ` is either inside a value, or ends a key that stands where none can.
    fn mapping_value(&self) -> (String, String) {
        let line = line_around(self.text, self.at);
        let Some(key) = self.text[line.start..self.at].find(": ") else {
            return (
                "a key cannot stand here".into(),
                "indent it like the keys it belongs with; the value above is already complete"
                    .into(),
            );
        };
        let value = without_comment(&self.text[line.start + key + 2..line.end]);
        (
            "a value with `: ` in it must be in quotes".into(),
            format!("quote it: {}", quote(value)),
        )
    }

    /// The help to quote the text from here to the end of the line.
    fn quote_rest(&self) -> String {
        let rest = without_comment(&self.text[self.at..line_around(self.text, self.at).end]);
        // Inside brackets the text ends earlier, and only its author knows where.
        if rest.is_empty() || rest.contains([',', ']', '}']) {
            return QUOTE_SPECIAL.into();
        }
        format!("quote it: {}", quote(rest))
    }

    fn is_first_in_line(&self) -> bool {
        let line = line_around(self.text, self.at);
        self.text[line.start..self.at].trim().is_empty()
    }

    fn is_after_tab(&self) -> bool {
        self.text[..self.at].ends_with('\t')
    }

    fn found(&self) -> String {
        let rest = &self.text[self.at..];
        let word: String = rest
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        match rest.chars().next() {
            _ if !word.is_empty() => format!("`{}`", shorten(&word)),
            None => "the end of the text".into(),
            Some('\n' | '\r') => "the end of the line".into(),
            Some(c) => format!("`{c}`"),
        }
    }
}

const QUOTE_SPECIAL: &str = "quote the text if it belongs to a value";

/// `text` up to a comment, without white space around it.
pub(super) fn without_comment(text: &str) -> &str {
    text.split(" #").next().unwrap_or_default().trim()
}
