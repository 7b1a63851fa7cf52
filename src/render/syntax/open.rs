//! The tags that are open while a template is read.

use std::ops::Range;

use super::SyntaxError;
use super::statement::End;
use crate::diagnostic::did_you_mean;

const STATEMENTS: [&str; 27] = [
    "autoescape",
    "block",
    "call",
    "elif",
    "else",
    "endautoescape",
    "endblock",
    "endcall",
    "endfilter",
    "endfor",
    "endif",
    "endmacro",
    "endset",
    "endwith",
    "extends",
    "filter",
    "for",
    "from",
    "if",
    "import",
    "include",
    "macro",
    "print",
    "raw",
    "endraw",
    "set",
    "with",
];

/// A tag that has begun.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Open {
    pub(super) kind: Opened,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    AutoEscape,
    Block {
        name: String,
        scoped: bool,
    },
    Call,
    Filter,
    For {
        number: usize,
        has_else: bool,
        recursive: bool,
    },
    If {
        branches: usize,
        has_else: bool,
    },
    Macro,
    Set,
    With,
}

impl Opened {
    /// The word that began it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::AutoEscape => "autoescape",
            Self::Block { .. } => "block",
            Self::Call => "call",
            Self::Filter => "filter",
            Self::For { .. } => "for",
            Self::If { .. } => "if",
            Self::Macro => "macro",
            Self::Set => "set",
            Self::With => "with",
        }
    }

    pub(super) fn end(&self) -> End {
        match self {
            Self::AutoEscape => End::AutoEscape,
            Self::Block { scoped, .. } => End::Block(*scoped),
            Self::Call => End::Call,
            Self::Filter => End::Filter,
            Self::For { number, .. } => End::For(*number),
            Self::If { .. } => End::If,
            Self::Macro => End::Macro,
            Self::Set => End::Set,
            Self::With => End::With,
        }
    }
}

/// The error for a tag that is still open at the end.
pub(super) fn left_open(open: &Open) -> SyntaxError {
    let word = open.kind.word();
    SyntaxError::new(format!("this `{word}` does not end"), open.span.clone())
        .help(format!("end it with `{{% end{word} %}}`"))
}

/// The error for a word that is no tag.
pub(super) fn unknown(word: &str, span: Range<usize>) -> SyntaxError {
    let error = SyntaxError::new(format!("there is no tag `{word}`"), span);
    match word {
        "do" => error.help("write `{% set _ = … %}`: `do` is an extension of Jinja2"),
        "break" | "continue" => error.help(
            "loops cannot be left: give the loop a condition, as in `{% for x in list if … %}`",
        ),
        "elseif" | "elsif" | "elsefi" => error.help("write `elif`"),
        _ => match did_you_mean(word, STATEMENTS) {
            Some(guess) => error.help(guess),
            None => error,
        },
    }
}

/// The error for a tag that ends, or goes on with, what is not open.
pub(super) fn unexpected_end(word: &str, span: Range<usize>, open: Option<&Open>) -> SyntaxError {
    let is_tag = STATEMENTS.contains(&word);
    if !is_tag {
        let error = unknown(word, span);
        return match open {
            Some(open) if error.help.is_none() => {
                let open = open.kind.word();
                error.help(format!(
                    "the innermost open tag is `{open}`: end it with `end{open}`"
                ))
            }
            _ => error,
        };
    }
    match open {
        None => SyntaxError::new(format!("`{word}` without a tag that it belongs to"), span),
        Some(open) => {
            let opened = open.kind.word();
            let message = format!("`{word}` within a `{opened}`");
            SyntaxError::new(message, span).help(format!("first end that with `end{opened}`"))
        }
    }
}
