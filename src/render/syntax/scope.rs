//! The tags that are open while a template is read.

use std::ops::Range;

use super::SyntaxError;
use super::statement::End;

/// A tag that has begun.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Open {
    pub(super) kind: Opened,
    /// The local names that it brings.
    pub(super) locals: Vec<String>,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    AutoEscape,
    Block { name: String, hides: bool },
    Call,
    Filter,
    For { has_else: bool },
    If { branches: usize, has_else: bool },
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
            Self::Block { hides, .. } => End::Block(*hides),
            Self::Call => End::Call,
            Self::Filter => End::Filter,
            Self::For { .. } => End::For,
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
