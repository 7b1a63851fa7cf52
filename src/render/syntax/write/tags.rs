//! Statements for minijinja.

use std::fmt::Write as _;

use super::super::expression::Expression;
use super::super::statement::{End, Tag, Target};
use super::Writer;
use super::expressions::Hold;

impl<'a> Writer<'a> {
    pub(super) fn tag(&mut self, tag: &'a Tag) {
        match tag {
            Tag::AutoEscape(value) => {
                self.tag_with("autoescape ", value);
                self.begin();
            }
            Tag::Block {
                name,
                required,
                scoped,
            } => {
                if *scoped {
                    self.with_locals();
                }
                self.block(|writer| {
                    let required = if *required { " required" } else { "" };
                    write!(writer.text, "block {name}{required}").ok();
                });
                self.begin();
            }
            Tag::Call(parameters, call) => self.call_block(parameters, call),
            Tag::Elif(test) => self.tag_with("elif ", test),
            Tag::Else => self.word("else"),
            Tag::ElseFor(number) => self.else_of_loop(*number),
            Tag::End(End::For(number)) => self.end_loop(*number),
            Tag::End(end) => self.end(end),
            Tag::Extends(template) => self.block(|writer| {
                writer.push("extends ");
                writer.handed_on(template);
            }),
            Tag::Filter(filters) => {
                self.tag_with("filter ", filters);
                self.begin();
            }
            Tag::For {
                number,
                target,
                items,
                condition,
            } => self.for_loop(*number, target, items, condition.as_ref()),
            Tag::From {
                template,
                names,
                with_context,
            } => self.from(template, names, *with_context),
            Tag::If(test) => self.tag_with("if ", test),
            Tag::Import {
                template,
                name,
                with_context,
            } => {
                let written = self.names.assign(name);
                self.import(template, &written, *with_context);
                self.assigned([&**name]);
            }
            Tag::Include {
                template,
                ignore_missing,
                with_context,
            } => self.include(template, *ignore_missing, *with_context),
            Tag::Macro(name, parameters) => self.macro_(name, parameters),
            Tag::Set(target, value) => {
                self.block(|writer| {
                    writer.push("set ");
                    writer.target(target);
                    writer.push(" = ");
                    writer.unpacked(value, target);
                });
                self.loop_name(target, value);
                let mut names = Vec::new();
                target.names(&mut |name| names.push(name));
                self.assigned(names);
            }
            Tag::SetBlock(target, filters) => {
                self.block(|writer| {
                    writer.push("set ");
                    writer.target(target);
                    if let Some(filters) = filters {
                        writer.push(" | ");
                        writer.value(filters);
                    }
                });
                let mut names = Vec::new();
                target.names(&mut |name| names.push(name));
                self.assigning.push(names);
                self.begin();
            }
            Tag::With(values) => self.with(values),
        }
    }

    fn end(&mut self, end: &End) {
        self.word(end.word());
        if *end == End::If {
            return;
        }
        self.names.end();
        match end {
            End::Block(true) => self.end_locals(),
            End::Macro | End::Set => {
                let names = self.assigning.pop().unwrap_or_default();
                self.assigned(names);
            }
            _ => {}
        }
    }

    /// The next scope begins.
    pub(super) fn begin(&mut self) {
        self.names.begin();
        self.begin_names();
    }

    /// Gives names of the scope that just began the values that they have at first.
    pub(super) fn begin_names(&mut self) {
        for (name, value) in self.names.begins() {
            self.set(&name, &value);
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.block(|writer| {
            write!(writer.text, "set {name} = {value}").ok();
        });
    }

    /// What there is to do after names were assigned.
    pub(super) fn assigned<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        for name in names {
            if let Some((twin, name)) = self.names.twin(name) {
                self.set(&twin, &name);
            }
        }
    }

    /// Other templates see the local names under their own names.
    pub(super) fn with_locals(&mut self) {
        let locals = self.names.locals();
        if locals.is_empty() {
            return;
        }
        self.block(|writer| {
            writer.push("with ");
            for (index, (theirs, ours)) in locals.iter().enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                write!(writer.text, "{theirs} = {ours}").ok();
            }
        });
    }

    fn end_locals(&mut self) {
        if !self.names.locals().is_empty() {
            self.word("endwith");
        }
    }

    fn tag_with(&mut self, word: &str, value: &Expression) {
        self.block(|writer| {
            writer.push(word);
            writer.value(value);
        });
    }

    /// Values are those from before the block, not those that it just set.
    fn with(&mut self, values: &'a [(Target, Expression)]) {
        self.names.begin();
        self.block(|writer| {
            writer.push("with ");
            for (index, (target, value)) in values.iter().enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                writer.with_target(target);
                writer.push(" = ");
                let scope = writer.names.end();
                writer.unpacked(value, target);
                writer.names.resume(scope);
            }
        });
        self.begin_names();
    }

    fn with_target(&mut self, target: &Target) {
        match target {
            Target::Tuple(_) => {
                self.push("(");
                self.target(target);
                self.push(")");
            }
            Target::Attribute(..) | Target::Name(_) => self.target(target),
        }
    }

    pub(super) fn target(&mut self, target: &Target) {
        match target {
            Target::Attribute(name, attribute) => {
                let name = self.names.read(name);
                write!(self.text, "{name}.{attribute}").ok();
            }
            Target::Name(name) => {
                let name = self.names.assign(name);
                self.push(&name);
            }
            Target::Tuple(targets) => {
                for (index, target) in targets.iter().enumerate() {
                    self.push(if index == 0 { "" } else { ", " });
                    self.with_target(target);
                }
                // One name with a comma is a tuple, too.
                if targets.len() == 1 {
                    self.push(", ");
                }
            }
        }
    }

    /// A value that may be for several names.
    pub(super) fn unpacked(&mut self, value: &Expression, target: &Target) {
        match target {
            Target::Tuple(_) => self.place(&value.span, |writer| {
                writer.part(value, Hold::Filter);
                writer.push("|_iter");
            }),
            Target::Attribute(..) | Target::Name(_) => self.value(value),
        }
    }
}
