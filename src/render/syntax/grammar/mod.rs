//! Jinja2's grammar of expressions: what operators join here, what they join and what it is given in
//! the files beside this one.

mod arguments;
mod operands;

use super::SyntaxError;
use super::expression::{Binary, Comparison, Expression, Kind, Unary};
use super::token::TokenKind;
use super::tokens::Tokens;
use crate::text::thousands;

/// Expressions within each other. minijinja allows 150 levels, of which one here takes two.
const MAX_DEPTH: usize = 60;

/// Operators and filters one after the other.
const MAX_LINKS: usize = 1000;

type Parsed = Result<Expression, SyntaxError>;

impl Tokens<'_> {
    /// An expression, or several with commas, which make a tuple.
    pub(super) fn tuple(&mut self) -> Parsed {
        self.tuple_of(true, |_| false)
    }

    /// As [`tuple`](Self::tuple), but `if` ends it.
    pub(super) fn tuple_without_condition(&mut self) -> Parsed {
        self.tuple_of(false, |_| false)
    }

    /// What a loop goes over.
    pub(super) fn loop_items(&mut self) -> Parsed {
        self.tuple_of(false, |tokens| tokens.is_name("recursive"))
    }

    fn tuple_of(&mut self, condition: bool, ends: impl Fn(&Self) -> bool) -> Parsed {
        let start = self.start();
        let mut items = Vec::new();
        let mut is_tuple = false;
        while !(self.is_empty() || self.is(")") || ends(self)) {
            items.push(self.expression_with(condition)?);
            if !self.take(",") {
                break;
            }
            is_tuple = true;
        }
        match items.len() {
            0 => Err(self.unexpected("an expression")),
            1 if !is_tuple => Ok(items.remove(0)),
            _ => Ok(Expression::new(Kind::Tuple(items), self.since(start))),
        }
    }

    /// Expressions with commas, to the end of the tag.
    pub(super) fn list(&mut self) -> Result<Vec<Expression>, SyntaxError> {
        let mut items = Vec::new();
        while !self.is_empty() {
            if !items.is_empty() {
                self.expect(",")?;
            }
            items.push(self.expression()?);
        }
        Ok(items)
    }

    /// The filters of a `filter` or `set` block, around what that captures.
    pub(super) fn filters(&mut self) -> Parsed {
        let mut filters = None;
        loop {
            filters = Some(self.filter(filters)?);
            if !self.take("|") {
                break;
            }
        }
        filters.ok_or_else(|| self.unexpected("the name of a filter"))
    }

    pub(super) fn expression(&mut self) -> Parsed {
        self.expression_with(true)
    }

    fn expression_with(&mut self, condition: bool) -> Parsed {
        self.nested(|tokens| match condition {
            true => tokens.condition(),
            false => tokens.or(),
        })
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == MAX_DEPTH {
            let message = format!("expressions more than {MAX_DEPTH} levels within each other");
            return Err(
                SyntaxError::new(message, self.place()).help("set parts of it as variables first")
            );
        }
        self.depth += 1;
        let links = self.links;
        let parsed = parse(self);
        self.links = links;
        self.depth -= 1;
        parsed
    }

    /// Counts one more operator, filter, attribute or the like: they nest when they are run.
    fn link(&mut self) -> Result<(), SyntaxError> {
        self.links += 1;
        if self.links <= MAX_LINKS {
            return Ok(());
        }
        let max = thousands(MAX_LINKS);
        let message = format!("more than {max} operators and filters in one expression");
        Err(SyntaxError::new(message, self.place()).help("set parts of it as variables first"))
    }

    fn condition(&mut self) -> Parsed {
        let start = self.start();
        let mut value = self.or()?;
        while self.take_name("if") {
            self.link()?;
            let test = Box::new(self.or()?);
            let otherwise = match self.take_name("else") {
                true => Some(Box::new(self.nested(Self::condition)?)),
                false => None,
            };
            let kind = Kind::If {
                test,
                then: Box::new(value),
                otherwise,
            };
            value = Expression::new(kind, self.since(start));
        }
        Ok(value)
    }

    fn or(&mut self) -> Parsed {
        self.joined("or", Self::and, Kind::Or)
    }

    fn and(&mut self) -> Parsed {
        self.joined("and", Self::not, Kind::And)
    }

    fn joined(
        &mut self,
        word: &str,
        next: impl Fn(&mut Self) -> Parsed,
        kind: impl Fn(Vec<Expression>) -> Kind,
    ) -> Parsed {
        let start = self.start();
        let mut parts = vec![next(self)?];
        while self.take_name(word) {
            self.link()?;
            parts.push(next(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Expression::new(kind(parts), self.since(start))),
        }
    }

    fn not(&mut self) -> Parsed {
        let start = self.start();
        if self.take_name("not") {
            let value = Box::new(self.nested(Self::not)?);
            return Ok(Expression::new(Kind::Not(value), self.since(start)));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let start = self.start();
        let first = self.sum()?;
        let mut others = Vec::new();
        while let Some(comparison) = self.take_comparison() {
            self.link()?;
            others.push((comparison, self.sum()?));
        }
        if others.is_empty() {
            return Ok(first);
        }
        let kind = Kind::Compare(Box::new(first), others);
        Ok(Expression::new(kind, self.since(start)))
    }

    fn take_comparison(&mut self) -> Option<Comparison> {
        let (comparison, length) = match self.current()? {
            TokenKind::Operator("==") => (Comparison::Equal, 1),
            TokenKind::Operator("!=") => (Comparison::NotEqual, 1),
            TokenKind::Operator("<") => (Comparison::Less, 1),
            TokenKind::Operator("<=") => (Comparison::LessOrEqual, 1),
            TokenKind::Operator(">") => (Comparison::Greater, 1),
            TokenKind::Operator(">=") => (Comparison::GreaterOrEqual, 1),
            TokenKind::Name(name) if name == "in" => (Comparison::In, 1),
            TokenKind::Name(name) if name == "not" && self.following()?.name()? == "in" => {
                (Comparison::NotIn, 2)
            }
            _ => return None,
        };
        self.skip(length);
        Some(comparison)
    }

    fn sum(&mut self) -> Parsed {
        self.chain(
            &[("+", Binary::Add), ("-", Binary::Subtract)],
            Self::concatenation,
        )
    }

    fn concatenation(&mut self) -> Parsed {
        let start = self.start();
        let mut parts = vec![self.product()?];
        while self.take("~") {
            parts.push(self.product()?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(Expression::new(Kind::Concat(parts), self.since(start))),
        }
    }

    fn product(&mut self) -> Parsed {
        let operators = [
            ("*", Binary::Multiply),
            ("/", Binary::Divide),
            ("//", Binary::FloorDivide),
            ("%", Binary::Modulo),
        ];
        self.chain(&operators, Self::power)
    }

    /// From the left, unlike in Python.
    fn power(&mut self) -> Parsed {
        self.chain(&[("**", Binary::Power)], Self::unary)
    }

    fn chain(
        &mut self,
        operators: &[(&str, Binary)],
        next: impl Fn(&mut Self) -> Parsed,
    ) -> Parsed {
        let start = self.start();
        let mut left = next(self)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.is(sign)) {
            self.skip(1);
            self.link()?;
            let right = Box::new(next(self)?);
            let kind = Kind::Binary(*operator, Box::new(left), right);
            left = Expression::new(kind, self.since(start));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let start = self.start();
        let value = self.signed()?;
        let value = self.postfix(value, start)?;
        self.filtered(value, start)
    }

    /// A sign applies to what follows and its items and calls, not to filters.
    fn signed(&mut self) -> Parsed {
        let start = self.start();
        let sign = match self.current() {
            Some(token) if token.is("-") => Unary::Minus,
            Some(token) if token.is("+") => Unary::Plus,
            _ => return self.primary(),
        };
        self.skip(1);
        let inner = self.start();
        let value = self.nested(|tokens| {
            let value = tokens.signed()?;
            tokens.postfix(value, inner)
        })?;
        let kind = Kind::Unary(sign, Box::new(value));
        Ok(Expression::new(kind, self.since(start)))
    }
}
