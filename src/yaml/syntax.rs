//! The parser's errors in words for people who write specs.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::YamlError;
use super::error::{quote_it, shorten};
use super::{limits, template};
use crate::diagnostic::{Label, Source};
use crate::text::thousands;

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
        return limits::too_deep(Label::new(source, source.word_at(at)));
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

/// Where a comment begins that `error` wants a space before, if it follows a quote or a bracket.
pub(super) fn attached_comment(error: &ScanError, text: &str) -> Option<usize> {
    let at = error.marker().byte_offset()?;
    let is_comment = *error.kind() == ErrorKind::CommentNotSeparated
        && text.get(at..)?.starts_with('#')
        && text[..at].ends_with(['"', '\'', '[', ']', '{', '}', ',']);
    is_comment.then_some(at)
}

/// Refuses a `...` in a text without a document, which it would end.
pub(super) fn check_no_end(source: &Arc<Source>) -> Result<(), YamlError> {
    let mut lines = source.text.split(['\n', '\r']).scan(0, |start, line| {
        let at = *start;
        *start += line.len() + 1;
        Some((at, line))
    });
    match lines.find(|(_, line)| line.starts_with("...")) {
        None => Ok(()),
        Some((at, _)) => Err(YamlError::Syntax {
            message: "this ends a document that never began".into(),
            help: Some("remove it".into()),
            label: Label::new(source, at..at + 3),
        }),
    }
}

/// The error for a comment without a space before it.
pub(super) fn comment_not_separated(label: Label) -> YamlError {
    YamlError::Syntax {
        message: "a comment needs a space before its `#`".into(),
        help: Some("add the space, or quote the text if the `#` belongs to it".into()),
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
        match kind {
            _ if self.is_tab(kind) => say(
                "a tab cannot indent or separate here",
                "use spaces instead of tabs",
            ),
            Kind::MappingValueNotAllowed | Kind::ExpectedFlowMappingSeparator
                if self.is_after_long_key() =>
            {
                say(
                    format!(
                        "a key of more than {} characters ends here",
                        thousands(MAX_KEY)
                    ),
                    "this limit is fixed; put `? ` before the key, and the `:` into the next line",
                )
            }
            Kind::MappingValueNotAllowed => self.mapping_value(),
            Kind::UnexpectedCharacter { character: '`' } => {
                say("a value cannot start with a backtick", self.quote_rest())
            }
            Kind::UnexpectedCharacter { character } => say(
                format!("a value cannot start with `{character}`"),
                self.quote_rest(),
            ),
            Kind::MissingAnchorOrAliasName => say(
                format!("the name after {found} is missing"),
                self.quote_rest(),
            ),
            Kind::UnclosedQuotedScalar => say(
                "this quote is never closed",
                format!("add {found} where the text ends"),
            ),
            Kind::UnclosedFlowCollection { open } => {
                let close = if *open == '[' { ']' } else { '}' };
                say(
                    format!("this `{open}` is never closed"),
                    format!("add the `{close}`"),
                )
            }
            Kind::MisplacedFlowCollectionEnd => say(
                format!("{found} closes nothing"),
                "remove it, or quote the text",
            ),
            Kind::MismatchedFlowCollectionEnd { open, close } => {
                say(format!("`{open}` is closed by `{close}`"), "")
            }
            Kind::ExpectedFlowMappingSeparator => say(
                format!("expected `,` or `}}`, but found {found}"),
                QUOTE_SPECIAL,
            ),
            Kind::ExpectedFlowSequenceSeparator => say(
                format!("expected `,` or `]`, but found {found}"),
                QUOTE_SPECIAL,
            ),
            Kind::InvalidColonPlacement => say(
                "a `:` cannot stand here inside brackets",
                "close the bracket before it, or quote the text it belongs to",
            ),
            Kind::BlockSequenceEntryNotAllowed => say(
                "a list item cannot start here",
                "start the list in the next line, or quote the text if the `-` belongs to it",
            ),
            Kind::BlockEntryInFlowCollection => say(
                "`- ` cannot start an item inside brackets",
                "remove it, or quote the text if it belongs to it",
            ),
            Kind::MappingKeyNotAllowed => say(
                "a `?` starts a key, and no key can start here",
                QUOTE_SPECIAL,
            ),
            Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
                say(
                    format!("{found} stands after the closing quote"),
                    "put the whole value in quotes",
                )
            }
            Kind::ExpectedBlockMappingKey if self.is_first_in_line() => say(
                "this line is indented like none above it",
                "indent it like the keys it belongs with, or deeper to continue a value",
            ),
            Kind::ExpectedBlockSequenceEntry => say(
                format!("expected `- `, but found {found}"),
                "indent it like the items it belongs with, or deeper to continue one",
            ),
            Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => say(
                format!(
                    "`{}` is no key, because no `:` follows",
                    shorten(self.rest())
                ),
                "write `key: value`, or indent it to continue the value above",
            ),
            Kind::CommentNotSeparated => say(
                "a comment needs a space before its `#`",
                "add the space, or quote the text if the `#` belongs to it",
            ),
            Kind::CommentInterceptedScalar => say(
                "a value cannot go on after a comment",
                "move the comment, or quote the value",
            ),
            Kind::InvalidBlockScalarHeader => say(
                "nothing but a comment can follow `|` or `>` in its line",
                "start the text in the next line, or quote it",
            ),
            Kind::InvalidBlockScalarIndent => say(
                "this line is indented less than the block of text it belongs to",
                "indent all its lines alike",
            ),
            Kind::InvalidQuotedScalarIndent | Kind::InvalidFlowScalarIndent => say(
                "this line continues a value, but is not indented deeper than its key",
                "indent it with spaces",
            ),
            Kind::UnknownQuotedScalarEscape
            | Kind::InvalidQuotedScalarHexEscape
            | Kind::InvalidLowSurrogateHexEscape
            | Kind::InvalidUnicodeEscape => say(
                "there is an escape here that double quotes do not know",
                r"write a backslash as `\\`, or use single quotes",
            ),
            Kind::InvalidLowSurrogate | Kind::MissingLowSurrogate | Kind::UnpairedLowSurrogate => {
                say("there is an escape here that is half a character", "")
            }
            Kind::InvalidTagTerminator
            | Kind::InvalidTagEscape
            | Kind::MissingTagUri
            | Kind::UndeclaredTagHandle
            | Kind::UnclosedVerbatimTag => {
                say("this is no tag", "quote the text if the `!` belongs to it")
            }
            Kind::ExpectedDocumentStart if self.lacks_space_after_colon() => {
                say("unexpected `:`", "put a space after the `:`")
            }
            Kind::ExpectedBlockMappingKey
            | Kind::ExpectedDocumentStart
            | Kind::ExpectedNodeContent
            | Kind::UnexpectedEof
            | Kind::UnexpectedEofBlockMapping
            | Kind::UnexpectedEofBlockSequence
            | Kind::UnexpectedEofFlowMapping
            | Kind::UnexpectedEofFlowSequence
            | Kind::UnexpectedEofImplicitFlowMapping => {
                say(format!("unexpected {found}"), QUOTE_SPECIAL)
            }
            // Directives and the like, where the parser's own words say it all.
            other => say(other.to_string(), ""),
        }
    }

    /// What to underline: the word there, the tab before it, or the key that ends there.
    fn span(&self, source: &Source, kind: &ErrorKind) -> Range<usize> {
        if self.is_tab(kind) && self.is_after_tab() {
            return self.at - 1..self.at;
        }
        let before = self.before();
        let key = before.trim();
        if *kind != ErrorKind::MappingValueNotAllowed || key.is_empty() || before.contains(": ") {
            return source.word_at(self.at);
        }
        let start = self.at - before.trim_start().len();
        start..start + key.len()
    }

    /// Whether a tab is to blame, even where the parser looks for a key behind it.
    fn is_tab(&self, kind: &ErrorKind) -> bool {
        match kind {
            ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabNotAllowed => true,
            ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
                self.is_after_tab()
            }
            _ => false,
        }
    }

    /// Whether a `:` stands here, after what is too long for a key in one line.
    fn is_after_long_key(&self) -> bool {
        let before = self.before();
        let start = before.rfind(['{', ',']).map_or(0, |at| at + 1);
        self.text[self.at..].starts_with(':') && before[start..].trim().chars().count() > MAX_KEY
    }

    /// A `: ` is either inside a value, or ends a key that stands where none can.
    fn mapping_value(&self) -> (String, String) {
        let line = line_around(self.text, self.at);
        let Some(key) = self.before().find(": ") else {
            return say(
                "a key cannot stand here",
                "indent it like the keys it belongs with; the value above is already complete",
            );
        };
        let value = without_comment(&self.text[line.start + key + 2..line.end]);
        say("a value with `: ` in it must be in quotes", quote_it(value))
    }

    /// The help to quote the text from here to the end of the line.
    fn quote_rest(&self) -> String {
        let rest = self.rest();
        // Inside brackets the text ends earlier, and only its author knows where.
        if rest.is_empty() || rest.contains([',', ']', '}']) {
            return QUOTE_SPECIAL.into();
        }
        quote_it(rest)
    }

    /// The line up to here.
    fn before(&self) -> &str {
        &self.text[line_around(self.text, self.at).start..self.at]
    }

    /// The line from here on.
    fn rest(&self) -> &str {
        without_comment(&self.text[self.at..line_around(self.text, self.at).end])
    }

    fn is_first_in_line(&self) -> bool {
        self.before().trim().is_empty()
    }

    fn is_after_tab(&self) -> bool {
        self.before().ends_with('\t')
    }

    fn lacks_space_after_colon(&self) -> bool {
        let rest = self.text[self.at..].strip_prefix(':');
        rest.is_some_and(|rest| !rest.starts_with(char::is_whitespace))
    }

    /// The word or character here.
    fn found(&self) -> String {
        let rest = &self.text[self.at..];
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        match rest.chars().next() {
            None => "end of the text".into(),
            Some('\n' | '\r') => "end of the line".into(),
            Some(c) if !is_word(c) => format!("`{c}`"),
            Some(_) => {
                let word = rest.split(|c| !is_word(c)).next().unwrap_or_default();
                format!("`{}`", shorten(word))
            }
        }
    }
}

/// The most characters of a key before its `:`, which is YAML's own limit.
const MAX_KEY: usize = 1024;

const QUOTE_SPECIAL: &str = "quote the text if it belongs to a value";

fn say(message: impl Into<String>, help: impl Into<String>) -> (String, String) {
    (message.into(), help.into())
}

/// `text` up to a comment, without white space around it.
fn without_comment(text: &str) -> &str {
    text.split(" #").next().unwrap_or_default().trim()
}
