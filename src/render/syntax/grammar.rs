//! Jinja2's grammar of expressions.

use super::SyntaxError;
use super::expression::{
    Arguments, Binary, Comparison, Constant, Expression, Kind, Named, Slice, Unary,
};
use super::loops::Uses;
use super::token::TokenKind;
use super::tokens::Tokens;
use crate::diagnostic::did_you_mean;
use crate::text::thousands;

/// Expressions within each other. minijinja allows 150 levels, of which one here takes two.
const MAX_DEPTH: usize = 60;

/// Operators and filters one after the other.
const MAX_LINKS: usize = 1000;

/// Words that are operators, and so no names.
const KEYWORDS: [&str; 7] = ["and", "else", "if", "in", "is", "not", "or"];

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

    fn primary(&mut self) -> Parsed {
        let start = self.start();
        let Some(token) = self.current() else {
            return Err(self.unexpected("an expression"));
        };
        let kind = match token {
            TokenKind::Float(float) => Kind::Constant(Constant::Float(*float)),
            TokenKind::Int(int) => Kind::Constant(Constant::Int(int.clone())),
            TokenKind::Name(name) if KEYWORDS.contains(&&**name) => {
                return Err(self.unexpected("an expression"));
            }
            // The loop of the template that includes this one.
            TokenKind::Name(name) if name == "loop" => match self.in_loop {
                Some(number) => Kind::Loop(number),
                None => Kind::OuterName(name.clone()),
            },
            TokenKind::Name(name) => name_or_constant(name),
            TokenKind::Operator("(") => return self.parentheses(),
            TokenKind::Operator("[") => return self.list_literal(),
            TokenKind::Operator("{") => return self.dict_literal(),
            TokenKind::Operator(_) => return Err(self.unexpected("an expression")),
            TokenKind::Text(text) => {
                let mut text = text.clone();
                self.skip(1);
                // Strings side by side are one.
                while let Some(TokenKind::Text(more)) = self.current() {
                    text.push_str(more);
                    self.skip(1);
                }
                let kind = Kind::Constant(Constant::Text(text));
                return Ok(Expression::new(kind, self.since(start)));
            }
        };
        let place = self.place();
        if self.in_macro
            && matches!(&kind, Kind::Name(name) if name == "varargs" || name == "kwargs")
        {
            let name = token.name().unwrap_or_default();
            let error = SyntaxError::new(format!("`{name}` is not known in macros here"), place);
            return Err(error.help("give the macro a parameter for it, and pass a list or a dict"));
        }
        if let Kind::Loop(_) = kind {
            let uses = Uses::of(self.next_two());
            self.loop_uses.add(uses);
        }
        self.skip(1);
        Ok(Expression::new(kind, place))
    }

    fn parentheses(&mut self) -> Parsed {
        let start = self.start();
        self.expect("(")?;
        if self.take(")") {
            return Ok(Expression::new(Kind::Tuple(Vec::new()), self.since(start)));
        }
        let value = self.tuple()?;
        self.expect(")")?;
        Ok(value)
    }

    fn list_literal(&mut self) -> Parsed {
        let start = self.start();
        self.expect("[")?;
        let mut items = Vec::new();
        while !self.take("]") {
            items.push(self.expression()?);
            if !self.take(",") {
                self.expect("]")?;
                break;
            }
        }
        Ok(Expression::new(Kind::List(items), self.since(start)))
    }

    fn dict_literal(&mut self) -> Parsed {
        let start = self.start();
        self.expect("{")?;
        let mut entries = Vec::new();
        while !self.take("}") {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expression::new(Kind::Dict(entries), self.since(start)))
    }

    /// Attributes, items and calls of `value`, which begins at `start`.
    fn postfix(&mut self, mut value: Expression, start: usize) -> Parsed {
        loop {
            let kind = if self.take(".") {
                self.attribute(value)?
            } else if self.take("[") {
                self.subscript(value)?
            } else if self.is("(") {
                Kind::Call(Box::new(value), self.arguments()?)
            } else {
                return Ok(value);
            };
            self.link()?;
            value = Expression::new(kind, self.since(start));
        }
    }

    fn attribute(&mut self, value: Expression) -> Result<Kind, SyntaxError> {
        let place = self.place();
        if let Some(TokenKind::Int(index)) = self.current() {
            let index = Kind::Constant(Constant::Int(index.clone()));
            self.skip(1);
            let index = Box::new(Expression::new(index, place));
            return Ok(Kind::Item(Box::new(value), index));
        }
        let (name, _) = self.name("a name or a number")?;
        Ok(Kind::Attribute(Box::new(value), name))
    }

    fn subscript(&mut self, value: Expression) -> Result<Kind, SyntaxError> {
        let start = self.start();
        let value = Box::new(value);
        let first = match self.is(":") || self.is("]") {
            true => None,
            false => Some(self.expression()?),
        };
        if self.take(":") {
            let slice = self.slice(first)?;
            self.expect("]")?;
            return Ok(Kind::Slice(value, Box::new(slice)));
        }
        let Some(first) = first else {
            return Err(self.unexpected("an index"));
        };
        if !self.is(",") {
            self.expect("]")?;
            return Ok(Kind::Item(value, Box::new(first)));
        }
        let mut items = vec![first];
        while self.take(",") {
            items.push(self.expression()?);
        }
        let item = Expression::new(Kind::Tuple(items), self.since(start));
        self.expect("]")?;
        Ok(Kind::Item(value, Box::new(item)))
    }

    /// `stop:step` after the first colon.
    fn slice(&mut self, start: Option<Expression>) -> Result<Slice, SyntaxError> {
        let mut slice = Slice {
            start,
            ..Slice::default()
        };
        if !self.is(":") && !self.is("]") {
            slice.stop = Some(self.expression()?);
        }
        if self.take(":") && !self.is("]") {
            slice.step = Some(self.expression()?);
        }
        Ok(slice)
    }

    fn arguments(&mut self) -> Result<Arguments, SyntaxError> {
        self.expect("(")?;
        let mut arguments = Arguments::default();
        while !self.take(")") {
            self.argument(&mut arguments)?;
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(arguments)
    }

    fn argument(&mut self, arguments: &mut Arguments) -> Result<(), SyntaxError> {
        let place = self.place();
        let Arguments {
            positional,
            keywords,
            rest,
            keyword_rest,
        } = arguments;
        let out_of_order =
            |what: &str| SyntaxError::new(format!("{what} cannot stand here"), place);
        if self.take("*") {
            if rest.is_some() || keyword_rest.is_some() {
                return Err(out_of_order("`*`"));
            }
            *rest = Some(Box::new(self.expression()?));
        } else if self.take("**") {
            if keyword_rest.is_some() {
                return Err(out_of_order("`**`"));
            }
            *keyword_rest = Some(Box::new(self.expression()?));
        } else if self.following().is_some_and(|next| next.is("="))
            && self.current().and_then(TokenKind::name).is_some()
        {
            if keyword_rest.is_some() {
                return Err(out_of_order("a named argument"));
            }
            let (name, place) = self.name("a name")?;
            if keywords.iter().any(|(known, _)| *known == name) {
                let message = format!("a second argument `{name}`");
                return Err(SyntaxError::new(message, place));
            }
            self.expect("=")?;
            keywords.push((name, self.expression()?));
        } else {
            if rest.is_some() || keyword_rest.is_some() || !keywords.is_empty() {
                let error = out_of_order("an argument without a name");
                return Err(error.help("put it before the named ones"));
            }
            positional.push(self.expression()?);
        }
        Ok(())
    }

    /// Filters and tests of `value`, and calls of what they give.
    fn filtered(&mut self, mut value: Expression, start: usize) -> Parsed {
        loop {
            value = if self.take("|") {
                self.filter(Some(value))?
            } else if self.take_name("is") {
                self.test(value, start)?
            } else if self.is("(") {
                let kind = Kind::Call(Box::new(value), self.arguments()?);
                Expression::new(kind, self.since(start))
            } else {
                return Ok(value);
            };
            self.link()?;
        }
    }

    fn filter(&mut self, value: Option<Expression>) -> Parsed {
        let start = value
            .as_ref()
            .map_or(self.start(), |value| value.span.start);
        let named = self.dotted("the name of a filter")?;
        check_known(&named, "filter", self.known.filters())?;
        let arguments = match self.is("(") {
            true => self.arguments()?,
            false => Arguments::default(),
        };
        let kind = Kind::Filter(value.map(Box::new), named, arguments);
        Ok(Expression::new(kind, self.since(start)))
    }

    fn test(&mut self, value: Expression, start: usize) -> Parsed {
        let negated = self.take_name("not");
        let named = self.dotted("the name of a test")?;
        check_known(&named, "test", self.known.tests())?;
        let arguments = match self.current() {
            Some(TokenKind::Operator("(")) => self.arguments()?,
            Some(TokenKind::Name(name)) if name == "is" => {
                let error = self.unexpected("the end of the test");
                return Err(error.help("join tests with `and`: `x is a and x is b`"));
            }
            Some(TokenKind::Name(name)) if !matches!(&**name, "else" | "or" | "and") => {
                self.test_argument()?
            }
            Some(
                TokenKind::Float(_)
                | TokenKind::Int(_)
                | TokenKind::Text(_)
                | TokenKind::Operator("[" | "{"),
            ) => self.test_argument()?,
            _ => Arguments::default(),
        };
        let kind = Kind::Test(Box::new(value), named, arguments);
        let test = Expression::new(kind, self.since(start));
        Ok(match negated {
            true => {
                let span = test.span.clone();
                Expression::new(Kind::Not(Box::new(test)), span)
            }
            false => test,
        })
    }

    fn test_argument(&mut self) -> Result<Arguments, SyntaxError> {
        let start = self.start();
        let argument = match self.current().and_then(TokenKind::name) {
            // Here it is a name to Jinja2, as in `x is defined if y`.
            Some(word) if matches!(word, "if" | "in" | "not" | "recursive") => {
                let kind = Kind::OuterName(word.to_owned());
                let place = self.place();
                self.skip(1);
                Expression::new(kind, place)
            }
            _ => self.primary()?,
        };
        let argument = self.postfix(argument, start)?;
        Ok(Arguments {
            positional: vec![argument],
            ..Arguments::default()
        })
    }

    fn dotted(&mut self, expected: &str) -> Result<Named, SyntaxError> {
        let (mut name, mut span) = self.name(expected)?;
        while self.take(".") {
            let (more, place) = self.name(expected)?;
            name = format!("{name}.{more}");
            span.end = place.end;
        }
        Ok(Named { name, span })
    }
}

fn name_or_constant(name: &str) -> Kind {
    match name {
        "true" | "True" => Kind::Constant(Constant::Bool(true)),
        "false" | "False" => Kind::Constant(Constant::Bool(false)),
        "none" | "None" => Kind::Constant(Constant::None),
        _ => Kind::Name(name.to_owned()),
    }
}

fn check_known(named: &Named, what: &str, known: &[&str]) -> Result<(), SyntaxError> {
    let Named { name, span } = named;
    if known.contains(&&**name) {
        return Ok(());
    }
    let error = SyntaxError::new(format!("there is no {what} `{name}`"), span.clone());
    Err(match did_you_mean(name, known.iter().copied()) {
        Some(guess) => error.help(guess),
        None => error.help(format!(
            "Jinja2 has none of that name; see its list of builtin {what}s"
        )),
    })
}
