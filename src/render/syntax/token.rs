use std::fmt;
use std::ops::Range;

use num_bigint::BigInt;

/// The smallest part of a tag.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// Bytes of the template.
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Float(f64),
    Int(BigInt),
    Name(String),
    Operator(&'static str),
    Text(String),
}

/// Longer ones first, so that the longest is found.
pub(super) const OPERATORS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

impl TokenKind {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Float(_) | Self::Int(_) | Self::Operator(_) | Self::Text(_) => None,
        }
    }

    pub(super) fn is(&self, operator: &str) -> bool {
        matches!(self, Self::Operator(known) if *known == operator)
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(_) | Self::Int(_) => f.write_str("a number"),
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Operator(operator) => write!(f, "`{operator}`"),
            Self::Text(_) => f.write_str("a string"),
        }
    }
}
