//! What calls, filters and tests are given.

use super::super::SyntaxError;
use super::super::expression::{Arguments, Expression, Kind, Named};
use super::super::token::TokenKind;
use super::super::tokens::Tokens;
use super::Parsed;
use crate::diagnostic::did_you_mean;

impl Tokens<'_> {
    pub(super) fn arguments(&mut self) -> Result<Arguments, SyntaxError> {
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
    pub(super) fn filtered(&mut self, mut value: Expression, start: usize) -> Parsed {
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

    pub(super) fn filter(&mut self, value: Option<Expression>) -> Parsed {
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

    pub(super) fn test(&mut self, value: Expression, start: usize) -> Parsed {
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
