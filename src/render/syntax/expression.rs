use std::ops::Range;

use num_bigint::BigInt;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// A part of an expression.
pub(super) type Part = Box<Expression>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Two or more, joined by `and`.
    And(Vec<Expression>),
    Attribute(Part, String),
    Binary(Binary, Part, Part),
    Call(Part, Arguments),
    Compare(Part, Vec<(Comparison, Expression)>),
    Concat(Vec<Expression>),
    Constant(Constant),
    Dict(Vec<(Expression, Expression)>),
    /// None is what a `filter` or `set` block captures.
    Filter(Option<Part>, Named, Arguments),
    If {
        test: Part,
        then: Part,
        otherwise: Option<Part>,
    },
    Item(Part, Part),
    List(Vec<Expression>),
    /// The `loop` of the loop with that number.
    Loop(usize),
    Name(String),
    Not(Part),
    Or(Vec<Expression>),
    /// A name that comes from outside the template, whatever has it here.
    OuterName(String),
    Slice(Part, Box<Slice>),
    Test(Part, Named, Arguments),
    Tuple(Vec<Expression>),
    Unary(Unary, Part),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Bool(bool),
    Float(f64),
    Int(BigInt),
    None,
    Text(String),
}

/// The name of a filter or test.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Slice {
    pub(super) start: Option<Expression>,
    pub(super) stop: Option<Expression>,
    pub(super) step: Option<Expression>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Arguments {
    pub(super) positional: Vec<Expression>,
    pub(super) keywords: Vec<(String, Expression)>,
    /// `*list`
    pub(super) rest: Option<Part>,
    /// `**dict`
    pub(super) keyword_rest: Option<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Divide,
    FloorDivide,
    Modulo,
    Multiply,
    Power,
    Subtract,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    Minus,
    Plus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    In,
    Less,
    LessOrEqual,
    NotEqual,
    NotIn,
}

impl Expression {
    pub(super) fn new(kind: Kind, span: Range<usize>) -> Self {
        Self { kind, span }
    }

    /// Visits the variables that it reads, from the left.
    pub(super) fn names(&self, visit: &mut dyn FnMut(&str, &Range<usize>)) {
        match &self.kind {
            Kind::Name(name) | Kind::OuterName(name) => visit(name, &self.span),
            Kind::Constant(_) => {}
            Kind::Loop(_) => visit("loop", &self.span),
            Kind::Binary(_, left, right) | Kind::Item(left, right) => {
                left.names(visit);
                right.names(visit);
            }
            Kind::Attribute(value, _) | Kind::Not(value) | Kind::Unary(_, value) => {
                value.names(visit);
            }
            Kind::Call(value, arguments) | Kind::Test(value, _, arguments) => {
                value.names(visit);
                arguments.names(visit);
            }
            Kind::Compare(first, others) => {
                first.names(visit);
                for (_, other) in others {
                    other.names(visit);
                }
            }
            Kind::And(parts)
            | Kind::Concat(parts)
            | Kind::List(parts)
            | Kind::Or(parts)
            | Kind::Tuple(parts) => {
                for part in parts {
                    part.names(visit);
                }
            }
            Kind::Dict(entries) => {
                for (key, value) in entries {
                    key.names(visit);
                    value.names(visit);
                }
            }
            Kind::Filter(value, _, arguments) => {
                if let Some(value) = value {
                    value.names(visit);
                }
                arguments.names(visit);
            }
            Kind::If {
                test,
                then,
                otherwise,
            } => {
                test.names(visit);
                then.names(visit);
                if let Some(value) = otherwise {
                    value.names(visit);
                }
            }
            Kind::Slice(value, slice) => {
                value.names(visit);
                let Slice { start, stop, step } = &**slice;
                let bounds = [start, stop, step].into_iter().flatten();
                bounds.for_each(|bound| bound.names(visit));
            }
        }
    }
}

impl Arguments {
    fn names(&self, visit: &mut dyn FnMut(&str, &Range<usize>)) {
        let positional = self.positional.iter();
        let named = self.keywords.iter().map(|(_, value)| value);
        let rest = [&self.rest, &self.keyword_rest].into_iter().flatten();
        for value in positional.chain(named).chain(rest.map(|rest| &**rest)) {
            value.names(visit);
        }
    }
}
