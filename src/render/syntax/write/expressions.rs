//! Expressions for minijinja.

use std::fmt::Write as _;

use super::super::expression::{
    Arguments, Binary, Comparison, Constant, Expression, Kind, Named, Slice, Unary,
};
use super::Writer;

/// The attributes of a macro, but for its `name`.
const MACRO_ATTRIBUTES: [&str; 5] = [
    "arguments",
    "caller",
    "catch_kwargs",
    "catch_varargs",
    "explicit_caller",
];

/// How tightly what is written holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    /// Items, attributes and calls can follow.
    Postfix,
    /// Filters can follow.
    Filter,
    /// Anything else needs parentheses around it.
    Loose,
}

impl Writer<'_> {
    /// An expression where any fits.
    pub(super) fn value(&mut self, value: &Expression) {
        self.part(value, Hold::Loose);
    }

    /// An expression that must hold as tightly as what stands around it.
    pub(super) fn part(&mut self, value: &Expression, hold: Hold) {
        self.place(&value.span, |writer| {
            if holds(writer, value) <= hold {
                return writer.kind(value);
            }
            writer.push("(");
            writer.kind(value);
            writer.push(")");
        });
    }

    fn kind(&mut self, value: &Expression) {
        match &value.kind {
            Kind::And(parts) => self.infix(parts, " and "),
            Kind::Attribute(owner, name) if self.is_ahead(owner, name) => {
                self.ahead(owner, name);
            }
            Kind::Attribute(inner, name) if self.may_be_of_macro(inner, name) => {
                self.part(inner, Hold::Filter);
                self.place(&value.span, |writer| {
                    writer.push("|_attribute(");
                    writer.string(name);
                    writer.push(")");
                });
            }
            Kind::Attribute(value, name) => {
                self.part(value, Hold::Postfix);
                self.push(".");
                self.push(name);
            }
            Kind::Binary(operator, left, right) => {
                self.operator(value, left, binary(*operator), &[right]);
            }
            Kind::Call(function, arguments) => self.call(function, arguments),
            Kind::Compare(first, others) => self.comparison(value, first, others),
            Kind::Concat(parts) => {
                let (first, others) = parts.split_first().expect("two parts at least");
                let others: Vec<&Expression> = others.iter().collect();
                self.operator(value, first, "_concat", &others);
            }
            Kind::Constant(constant) => self.constant(constant),
            Kind::Dict(entries) => self.dict(entries),
            Kind::Filter(inner, named, arguments) => {
                if let Some(inner) = inner {
                    self.part(inner, Hold::Filter);
                    self.push("|");
                }
                self.place(&value.span, |writer| writer.named(named, arguments));
            }
            Kind::If {
                test,
                then,
                otherwise,
            } => {
                self.part(then, Hold::Filter);
                self.push(" if ");
                self.part(test, Hold::Filter);
                if let Some(otherwise) = otherwise {
                    self.push(" else ");
                    self.part(otherwise, Hold::Filter);
                }
            }
            // minijinja takes `1.0` for the index `1`.
            Kind::Item(inner, item) if may_be_float(item) => {
                self.operator(value, inner, "_item", &[item]);
            }
            Kind::Item(value, item) => {
                self.part(value, Hold::Postfix);
                self.push("[");
                self.value(item);
                self.push("]");
            }
            Kind::List(items) => {
                self.list(items);
                self.push("|_list");
            }
            Kind::Loop(number) => self.loop_object(*number),
            Kind::Name(name) => {
                let name = self.names.read(name);
                self.push(&name);
            }
            Kind::OuterName(name) => {
                let name = self.names.outer(name);
                self.push(&name);
            }
            Kind::Not(value) => {
                self.push("not ");
                self.part(value, Hold::Filter);
            }
            Kind::Or(parts) => self.infix(parts, " or "),
            Kind::Slice(inner, slice) => self.slice(value, inner, slice),
            Kind::Test(value, named, arguments) => {
                self.part(value, Hold::Filter);
                self.push(" is ");
                self.named(named, arguments);
            }
            Kind::Tuple(items) => {
                self.push("(");
                for item in items {
                    self.value(item);
                    self.push(", ");
                }
                self.push(")");
            }
            Kind::Unary(sign, inner) => {
                let filter = match sign {
                    Unary::Minus => "_neg",
                    Unary::Plus => "_pos",
                };
                self.operator(value, inner, filter, &[]);
            }
        }
    }

    /// Macros have attributes that those of the engine do not have, or have otherwise.
    fn may_be_of_macro(&self, value: &Expression, attribute: &str) -> bool {
        match &value.kind {
            Kind::Name(name) if attribute == "name" => self.names.is_local(name),
            _ => MACRO_ATTRIBUTES.contains(&attribute),
        }
    }

    fn infix(&mut self, parts: &[Expression], operator: &str) {
        for (index, part) in parts.iter().enumerate() {
            self.push(if index == 0 { "" } else { operator });
            self.part(part, Hold::Filter);
        }
    }

    /// An operator as the filter that does what Python's does.
    fn operator(
        &mut self,
        whole: &Expression,
        left: &Expression,
        filter: &str,
        right: &[&Expression],
    ) {
        self.part(left, Hold::Filter);
        self.push("|");
        self.place(&whole.span, |writer| {
            writer.push(filter);
            if right.is_empty() {
                return;
            }
            writer.push("(");
            for (index, operand) in right.iter().enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                writer.value(operand);
            }
            writer.push(")");
        });
    }

    fn comparison(
        &mut self,
        whole: &Expression,
        first: &Expression,
        others: &[(Comparison, Expression)],
    ) {
        if let [(comparison, right)] = others {
            return self.operator(whole, first, comparison_filter(*comparison), &[right]);
        }
        // What is right of one comparison is kept for the next, which is made only if it holds.
        self.part(first, Hold::Filter);
        for (index, (comparison, right)) in others.iter().enumerate() {
            self.push(if index == 0 { "|" } else { " and none|" });
            self.place(&whole.span, |writer| {
                writer.push(match index {
                    0 => "_compare_first(",
                    _ if index + 1 == others.len() => "_compare_last(",
                    _ => "_compare_next(",
                });
                writer.string(comparison_filter(*comparison));
                writer.push(", ");
                writer.value(right);
                writer.push(")");
            });
        }
    }

    fn call(&mut self, function: &Expression, arguments: &Arguments) {
        if self.recursion(function, arguments) {
            return;
        }
        // What is named by itself is called by its name, as `super()` must be, and so are methods.
        match &function.kind {
            Kind::Attribute(value, name) => {
                self.part(value, Hold::Postfix);
                self.push(".");
                self.push(name);
            }
            _ => self.part(function, Hold::Postfix),
        }
        let may_be_macro = match &function.kind {
            Kind::Loop(_) => false,
            Kind::Name(name) => !self.known.globals().contains(&&**name),
            Kind::Attribute(owner, _) => !matches!(&owner.kind, Kind::Loop(_)),
            _ => true,
        };
        self.arguments(arguments, may_be_macro);
    }

    /// An argument, which says that it is given where it may be undefined.
    fn argument(&mut self, value: &Expression, to_macro: bool) {
        let may_be_undefined = matches!(
            &value.kind,
            Kind::And(..)
                | Kind::Attribute(..)
                | Kind::Call(..)
                | Kind::Filter(..)
                | Kind::If { .. }
                | Kind::Item(..)
                | Kind::Name(_)
                | Kind::Or(..)
                | Kind::OuterName(_)
        );
        if !(to_macro && may_be_undefined) {
            return self.value(value);
        }
        self.part(value, Hold::Filter);
        self.push("|_given");
    }

    fn named(&mut self, named: &Named, arguments: &Arguments) {
        self.push(&named.name);
        if *arguments != Arguments::default() {
            self.arguments(arguments, false);
        }
    }

    pub(super) fn arguments(&mut self, arguments: &Arguments, to_macro: bool) {
        let Arguments {
            positional,
            keywords,
            rest,
            keyword_rest,
        } = arguments;
        self.push("(");
        let mut separator = "";
        for value in positional {
            self.push(separator);
            self.argument(value, to_macro);
            separator = ", ";
        }
        if let Some(rest) = rest {
            self.push(separator);
            self.push("*");
            self.part(rest, Hold::Filter);
            separator = ", ";
        }
        for (name, value) in keywords {
            self.push(separator);
            self.push(name);
            self.push("=");
            self.argument(value, to_macro);
            separator = ", ";
        }
        if let Some(rest) = keyword_rest {
            self.push(separator);
            self.push("**");
            self.part(rest, Hold::Filter);
        }
        self.push(")");
    }

    pub(super) fn list(&mut self, items: &[Expression]) {
        self.push("[");
        for (index, item) in items.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            self.value(item);
        }
        self.push("]");
    }

    fn dict(&mut self, entries: &[(Expression, Expression)]) {
        self.push("[");
        for (index, (key, value)) in entries.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            self.value(key);
            self.push(", ");
            self.value(value);
        }
        self.push("]|_dict");
    }

    fn slice(&mut self, whole: &Expression, value: &Expression, slice: &Slice) {
        self.part(value, Hold::Filter);
        self.push("|");
        self.place(&whole.span, |writer| {
            writer.push("_slice(");
            let Slice { start, stop, step } = slice;
            for (index, bound) in [start, stop, step].into_iter().enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                match bound {
                    Some(bound) => writer.value(bound),
                    None => writer.push("none"),
                }
            }
            writer.push(")");
        });
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Bool(true) => self.push("true"),
            Constant::Bool(false) => self.push("false"),
            // A literal that is too large is infinite, there as well.
            Constant::Float(float) if float.is_infinite() => self.push("1e999"),
            Constant::Float(float) => {
                write!(self.text, "{float:?}").ok();
            }
            Constant::Int(int) if int.bits() < 127 => {
                write!(self.text, "{int}").ok();
            }
            // minijinja has no literal for it.
            Constant::Int(int) => {
                write!(self.text, "\"{int}\"|int").ok();
            }
            Constant::None => self.push("none"),
            Constant::Text(text) => self.string(text),
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        self.push("\"");
        for c in text.chars() {
            if matches!(c, '"' | '\\') {
                self.push("\\");
            }
            self.text.push(c);
        }
        self.push("\"");
    }
}

/// Whether an index is reckoned, so that it may be no integer.
fn may_be_float(item: &Expression) -> bool {
    matches!(
        &item.kind,
        Kind::Binary(..) | Kind::Constant(Constant::Float(_)) | Kind::Filter(..)
    )
}

fn holds(writer: &Writer, value: &Expression) -> Hold {
    match &value.kind {
        Kind::Attribute(owner, name) if writer.is_ahead(owner, name) => Hold::Filter,
        Kind::Compare(_, others) if others.len() > 1 => Hold::Loose,
        Kind::Item(_, item) if may_be_float(item) => Hold::Filter,
        Kind::Attribute(_, name) if name == "name" || MACRO_ATTRIBUTES.contains(&&**name) => {
            Hold::Filter
        }
        Kind::Attribute(..)
        | Kind::Call(..)
        | Kind::Item(..)
        | Kind::Constant(Constant::Bool(_) | Constant::None | Constant::Text(_))
        | Kind::Loop(_)
        | Kind::Name(_)
        | Kind::OuterName(_)
        | Kind::Tuple(_) => Hold::Postfix,
        Kind::Binary(..)
        | Kind::Compare(..)
        | Kind::Concat(_)
        | Kind::Constant(Constant::Float(_) | Constant::Int(_))
        | Kind::Dict(_)
        | Kind::Filter(..)
        | Kind::List(_)
        | Kind::Slice(..)
        | Kind::Unary(..) => Hold::Filter,
        Kind::And(..) | Kind::If { .. } | Kind::Not(_) | Kind::Or(..) | Kind::Test(..) => {
            Hold::Loose
        }
    }
}

fn binary(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "_add",
        Binary::Divide => "_div",
        Binary::FloorDivide => "_floordiv",
        Binary::Modulo => "_mod",
        Binary::Multiply => "_mul",
        Binary::Power => "_pow",
        Binary::Subtract => "_sub",
    }
}

fn comparison_filter(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "_eq",
        Comparison::Greater => "_gt",
        Comparison::GreaterOrEqual => "_ge",
        Comparison::In => "_in",
        Comparison::Less => "_lt",
        Comparison::LessOrEqual => "_le",
        Comparison::NotEqual => "_ne",
        Comparison::NotIn => "_not_in",
    }
}
