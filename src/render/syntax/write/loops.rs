//! Loops for minijinja.
//!
//! Its own loops test all items before the first round, know neither what is left nor what a list
//! gets while they run, and forget `if` and `else` when they call themselves. So where a template
//! looks at `loop`, an object of ours counts: `_loop0` for the first `for` of a template.
//!
//! A recursive loop goes over pairs of an item and that object, since each call has one of its
//! own, and over a last pair without an item for `else`.

use std::fmt::Write as _;

use super::super::expression::{Arguments, Expression, Kind};
use super::super::loops::AHEAD;
use super::super::statement::Target;
use super::expressions::Hold;
use super::{LOOP, Writer};

impl Writer<'_> {
    pub(super) fn for_loop(
        &mut self,
        number: usize,
        target: &Target,
        items: &Expression,
        condition: Option<&Expression>,
    ) {
        self.names.begin();
        let scope = self.names.end();
        // A test sees the items, under the names that they have in the body as well, and of the
        // body nothing else.
        let test = condition.map(|condition| {
            self.names.begin();
            (condition, self.names.end())
        });
        let written = &self.loops[number];
        if let Some((condition, test)) = test.filter(|_| written.tests_ahead()) {
            self.names.resume(test);
            self.test_of_items(number, target, condition);
            self.names.end();
        }
        if written.recursive {
            self.recursive_loop(number, target, items, scope);
        } else if written.is_counted() {
            self.counted_loop(number, target, items, scope);
        } else {
            self.block(|writer| {
                writer.push("for ");
                writer.target_in(scope, target);
                writer.push(" in ");
                writer.iterated(items, target);
            });
        }
        self.open_loops.push(number);
        if let Some((condition, test)) = test {
            self.names.resume(test);
            self.condition(number, condition);
            self.names.end();
        }
        self.names.resume(scope);
        self.begin_names();
    }

    fn target_in(&mut self, scope: usize, target: &Target) {
        self.names.resume(scope);
        self.target(target);
        self.names.end();
    }

    /// A macro that tells whether a loop has a round for an item.
    fn test_of_items(&mut self, number: usize, target: &Target, condition: &Expression) {
        self.block(|writer| {
            write!(writer.text, "macro _test{number}(_item{number})").ok();
        });
        self.set_target(number, target);
        self.block(|writer| {
            writer.push("if ");
            writer.value(condition);
        });
        self.push("1");
        self.word("endif");
        self.word("endmacro");
    }

    fn set_target(&mut self, number: usize, target: &Target) {
        self.block(|writer| {
            writer.push("set ");
            writer.target(target);
            write!(writer.text, " = _item{number}").ok();
            if matches!(target, Target::Tuple(_)) {
                writer.push("|_iter");
            }
        });
    }

    fn recursive_loop(&mut self, number: usize, target: &Target, items: &Expression, scope: usize) {
        self.block(|writer| {
            write!(writer.text, "for _item{number}, {LOOP}{number} in ").ok();
            writer.counted(number, target, items, "_recursive_loop(");
            writer.push(" recursive");
        });
        self.block(|writer| {
            write!(writer.text, "if {LOOP}{number}|_has_item").ok();
        });
        self.names.resume(scope);
        self.set_target(number, target);
        self.names.end();
    }

    fn counted_loop(&mut self, number: usize, target: &Target, items: &Expression, scope: usize) {
        let filter = match target {
            Target::Tuple(_) => "_loop_of_parts(",
            Target::Attribute(..) | Target::Name(_) => "_loop(",
        };
        self.block(|writer| {
            write!(writer.text, "set {LOOP}{number} = ").ok();
            writer.counted(number, target, items, filter);
        });
        self.block(|writer| {
            writer.push("for ");
            writer.target_in(scope, target);
            write!(writer.text, " in {LOOP}{number}").ok();
        });
    }

    /// The object that counts.
    fn counted(&mut self, number: usize, target: &Target, items: &Expression, filter: &str) {
        self.place(&items.span, |writer| {
            writer.part(items, Hold::Filter);
            writer.push("|");
            writer.push(filter);
            let written = &writer.loops[number];
            write!(writer.text, "{}", written.filtered).ok();
            match written.tests_ahead() {
                true => write!(writer.text, ", _test{number}").ok(),
                false => write!(writer.text, ", none").ok(),
            };
            if written.filtered && matches!(target, Target::Tuple(_)) {
                writer.push(", ");
                writer.shape(target);
            }
            writer.push(")");
        });
    }

    /// How the items of a loop are taken apart: a list for each tuple.
    fn shape(&mut self, target: &Target) {
        let Target::Tuple(targets) = target else {
            return self.push("0");
        };
        self.push("[");
        for target in targets {
            self.shape(target);
            self.push(", ");
        }
        self.push("]");
    }

    /// Lets an item have its round or not, when it is its turn.
    fn condition(&mut self, number: usize, condition: &Expression) {
        let written = &self.loops[number];
        self.block(|writer| {
            writer.push("if ");
            if !written.is_counted() {
                return writer.value(condition);
            }
            writer.push("(");
            if written.tests_ahead() {
                write!(writer.text, "{LOOP}{number}|_is_tested or ").ok();
            }
            writer.part(condition, Hold::Filter);
            write!(writer.text, ") and {LOOP}{number}|_enter").ok();
        });
    }

    pub(super) fn else_of_loop(&mut self, number: usize) {
        self.end_rounds(number);
        self.names.end();
        self.begin();
    }

    fn end_rounds(&mut self, number: usize) {
        let written = &self.loops[number];
        if written.filtered {
            self.word("endif");
        }
        if written.recursive {
            return self.word("else");
        }
        self.open_loops.retain(|open| *open != number);
        if !written.filtered {
            return self.word("else");
        }
        self.word("endfor");
        self.block(|writer| {
            write!(writer.text, "if {LOOP}{number}|_is_empty").ok();
        });
    }

    pub(super) fn end_loop(&mut self, number: usize) {
        let written = &self.loops[number];
        self.open_loops.retain(|open| *open != number);
        if written.filtered {
            self.word("endif");
        }
        if written.recursive && !(written.filtered && written.has_else) {
            self.word("endif");
        }
        if written.recursive || !(written.filtered && written.has_else) {
            self.word("endfor");
        }
        self.names.end();
    }

    /// What a loop goes over, as Python iterates it.
    fn iterated(&mut self, items: &Expression, target: &Target) {
        let unpacks = matches!(target, Target::Tuple(_));
        let is_literal = matches!(&items.kind, Kind::List(_) | Kind::Tuple(_));
        match &items.kind {
            // Nobody can change a list that has no name.
            Kind::List(parts) if !unpacks => self.list(parts),
            _ if is_literal && !unpacks => self.value(items),
            _ => self.place(&items.span, |writer| {
                writer.part(items, Hold::Filter);
                writer.push(if unpacks { "|_parts" } else { "|_iter" });
            }),
        }
    }

    pub(super) fn loop_object(&mut self, number: usize) {
        write!(self.text, "{LOOP}{number}").ok();
    }

    /// Whether an attribute is one of `loop` for which items may have to be tested.
    pub(super) fn is_ahead(&self, owner: &Expression, name: &str) -> bool {
        let is_loop = match &owner.kind {
            Kind::Loop(_) => true,
            Kind::OuterName(name) => name == "loop",
            Kind::Name(name) => self.names.is_loop(name),
            _ => false,
        };
        is_loop && AHEAD.contains(&name)
    }

    pub(super) fn ahead(&mut self, owner: &Expression, name: &str) {
        self.part(owner, Hold::Filter);
        match &owner.kind {
            Kind::Loop(number) if !self.loops[*number].filtered => {
                write!(self.text, ".{name}").ok();
            }
            _ => {
                write!(self.text, "|_ahead(\"{name}\")").ok();
            }
        }
    }

    /// The call of a loop, by `loop` or by a name that is set to it.
    ///
    /// minijinja runs a loop again only where it knows its own object by name.
    pub(super) fn recursion(&mut self, function: &Expression, arguments: &Arguments) -> bool {
        let Some(items) = single_argument(arguments) else {
            return false;
        };
        match &function.kind {
            Kind::Loop(number) if self.open_loops.last() == Some(number) => self.push("loop"),
            // In a block within the loop.
            Kind::OuterName(name) if name == "loop" && self.is_in_recursion() => self.push("loop"),
            Kind::Name(name) if self.names.is_loop(name) => {
                let name = self.names.read(name);
                write!(self.text, "_call_{name}").ok();
            }
            _ => return false,
        }
        self.push("(");
        self.part(items, Hold::Filter);
        self.push("|_loop_within(");
        self.value(function);
        self.push("))");
        true
    }

    fn is_in_recursion(&self) -> bool {
        let innermost = self.open_loops.last();
        innermost.is_some_and(|number| self.loops[*number].recursive)
    }

    /// Where a name is set to `loop`: what is called by it.
    pub(super) fn loop_name(&mut self, target: &Target, value: &Expression) {
        if let (Target::Name(name), Kind::Loop(number)) = (target, &value.kind)
            && self.names.is_loop(name)
            && self.open_loops.last() == Some(number)
        {
            let name = self.names.read(name);
            self.set(&format!("_call_{name}"), "loop");
        }
    }
}

fn single_argument(arguments: &Arguments) -> Option<&Expression> {
    match arguments {
        Arguments {
            positional,
            keywords,
            rest: None,
            keyword_rest: None,
        } => match (&positional[..], &keywords[..]) {
            ([items], []) => Some(items),
            ([], [(name, items)]) if name == "iterable" => Some(items),
            _ => None,
        },
        _ => None,
    }
}
