//! The tokens of one tag, taken one after the other.

use std::ops::Range;

use super::loops::Uses;
use super::token::{Token, TokenKind};
use super::{Known, SyntaxError};

/// The tokens of one tag that are not taken yet.
pub(super) struct Tokens<'a> {
    all: Vec<Token>,
    at: usize,
    whole: Range<usize>,
    pub(super) known: &'a dyn Known,
    pub(super) in_macro: bool,
    /// The number of the loop that `loop` is.
    pub(super) in_loop: Option<usize>,
    /// How they name it.
    pub(super) loop_uses: Uses,
    /// Expressions that are open.
    pub(super) depth: usize,
    /// Operators, filters and the like that the current one is within.
    pub(super) links: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(
        all: Vec<Token>,
        tag: Range<usize>,
        known: &'a dyn Known,
        (in_macro, in_loop): (bool, Option<usize>),
    ) -> Self {
        Self {
            all,
            at: 0,
            whole: tag,
            known,
            in_macro,
            in_loop,
            loop_uses: Uses::default(),
            depth: 0,
            links: 0,
        }
    }

    pub(super) fn current(&self) -> Option<&TokenKind> {
        self.all.get(self.at).map(|token| &token.kind)
    }

    pub(super) fn following(&self) -> Option<&TokenKind> {
        self.all.get(self.at + 1).map(|token| &token.kind)
    }

    /// The two tokens after the current one.
    pub(super) fn next_two(&self) -> [Option<&TokenKind>; 2] {
        [1, 2].map(|ahead| self.all.get(self.at + ahead).map(|token| &token.kind))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at == self.all.len()
    }

    pub(super) fn is(&self, operator: &str) -> bool {
        self.current().is_some_and(|token| token.is(operator))
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        self.current().and_then(TokenKind::name) == Some(name)
    }

    pub(super) fn take(&mut self, operator: &str) -> bool {
        let found = self.is(operator);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        self.at += usize::from(found);
        found
    }

    /// Where the next token is, or the end of the tag.
    pub(super) fn place(&self) -> Range<usize> {
        let end = self.whole.end;
        match self.all.get(self.at) {
            Some(token) => token.span.clone(),
            None => end.saturating_sub(2)..end,
        }
    }

    pub(super) fn start(&self) -> usize {
        self.place().start
    }

    /// From `start` to the end of what was taken.
    pub(super) fn since(&self, start: usize) -> Range<usize> {
        let end = self.all[..self.at]
            .last()
            .map_or(start, |last| last.span.end);
        start..end.max(start)
    }

    pub(super) fn unexpected(&self, expected: &str) -> SyntaxError {
        let found = match self.current() {
            Some(token) => format!("{token}"),
            None => "the end of the tag".into(),
        };
        SyntaxError::new(
            format!("unexpected {found}, expected {expected}"),
            self.place(),
        )
    }

    pub(super) fn expect(&mut self, operator: &str) -> Result<(), SyntaxError> {
        match self.take(operator) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{operator}`"))),
        }
    }

    pub(super) fn expect_name(&mut self, name: &str) -> Result<(), SyntaxError> {
        match self.take_name(name) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{name}`"))),
        }
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<(String, Range<usize>), SyntaxError> {
        self.take_any_name()
            .ok_or_else(|| self.unexpected(expected))
    }

    pub(super) fn take_any_name(&mut self) -> Option<(String, Range<usize>)> {
        let name = self.current()?.name()?.to_owned();
        let place = self.place();
        self.at += 1;
        Some((name, place))
    }

    /// `with context` or `without context`.
    pub(super) fn context(&mut self) -> Option<bool> {
        let with = match self.current()?.name()? {
            "with" => true,
            "without" => false,
            _ => return None,
        };
        if self.following()?.name()? != "context" {
            return None;
        }
        self.at += 2;
        Some(with)
    }

    /// Makes sure that nothing is left.
    pub(super) fn end(&self) -> Result<(), SyntaxError> {
        if self.is_empty() {
            return Ok(());
        }
        let error = self.unexpected("the end of the tag");
        Err(match self.current() {
            Some(token) if token.is("=") => error.help("write `==` to compare"),
            Some(TokenKind::Name(name)) if name == "is" => {
                error.help("join tests with `and`: `x is a and x is b`")
            }
            _ => error,
        })
    }

    /// How many were taken.
    pub(super) fn taken(&self) -> usize {
        self.at
    }

    /// Whether one of those from the number `start` on that were taken is that variable.
    pub(super) fn has_variable(&self, name: &str, start: usize) -> bool {
        let is = |index: usize, sign: &str| {
            let token = self.all.get(index);
            token.is_some_and(|token| token.kind.is(sign))
        };
        (start..self.at)
            .filter(|index| self.all[*index].kind.name() == Some(name))
            // Neither an attribute nor a filter, nor the name of an argument.
            .any(|index| !is(index - 1, ".") && !is(index - 1, "|") && !is(index + 1, "="))
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at += count;
    }
}
