//! What a template does with its loops, by which they are written.

use super::token::TokenKind;

/// Attributes of `loop` for which it looks at what comes after the current item.
pub(super) const AHEAD: [&str; 5] = ["last", "length", "nextitem", "revindex", "revindex0"];

/// One `for` of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Loop {
    pub(super) filtered: bool,
    pub(super) recursive: bool,
    pub(super) has_else: bool,
    pub(super) uses: Uses,
}

/// How `loop` is named in the body of a `for`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// At all.
    pub(super) named: bool,
    /// In a way that may ask for what is ahead.
    pub(super) ahead: bool,
}

impl Loop {
    /// Whether an object of ours must count its rounds.
    pub(super) fn is_counted(&self) -> bool {
        self.uses.named || self.recursive || self.filtered && self.has_else
    }

    /// Whether items are tested by a macro: those ahead are, out of the order of the template.
    pub(super) fn tests_ahead(&self) -> bool {
        self.filtered && self.uses.ahead
    }
}

impl Uses {
    pub(super) const ANY: Self = Self {
        named: true,
        ahead: true,
    };

    /// `loop`, and what follows it.
    pub(super) fn of(following: [Option<&TokenKind>; 2]) -> Self {
        let [dot, attribute] = following;
        let attribute = attribute.and_then(TokenKind::name);
        let is_attribute = dot.is_some_and(|dot| dot.is("."));
        let is_call = dot.is_some_and(|dot| dot.is("("));
        let is_near = is_attribute && attribute.is_some_and(|name| !AHEAD.contains(&name));
        Self {
            named: true,
            ahead: !is_near && !is_call,
        }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.named |= more.named;
        self.ahead |= more.ahead;
    }
}
