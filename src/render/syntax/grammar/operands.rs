//! What operators join: names, literals, and what is taken out of them.

use super::super::SyntaxError;
use super::super::expression::{Constant, Expression, Kind, Slice};
use super::super::loops::Uses;
use super::super::token::TokenKind;
use super::super::tokens::Tokens;
use super::Parsed;

/// Words that are operators, and so no names.
const KEYWORDS: [&str; 7] = ["and", "else", "if", "in", "is", "not", "or"];

impl Tokens<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
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
    pub(super) fn postfix(&mut self, mut value: Expression, start: usize) -> Parsed {
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
}

fn name_or_constant(name: &str) -> Kind {
    match name {
        "true" | "True" => Kind::Constant(Constant::Bool(true)),
        "false" | "False" => Kind::Constant(Constant::Bool(false)),
        "none" | "None" => Kind::Constant(Constant::None),
        _ => Kind::Name(name.to_owned()),
    }
}
