//! Statements for minijinja.

use std::fmt::Write as _;

use super::super::expression::Expression;
use super::super::statement::{End, Parameter, Tag, Target};
use super::expressions::Hold;
use super::{NOTHING, ROOT, Writer};

impl Writer<'_> {
    pub(super) fn tag(&mut self, tag: &Tag) {
        match tag {
            Tag::AutoEscape(value) => self.tag_with("autoescape ", value),
            Tag::Block {
                name,
                required,
                hidden,
            } => {
                self.hide(hidden);
                self.block(|writer| {
                    let required = if *required { " required" } else { "" };
                    write!(writer.text, "block {name}{required}").ok();
                });
            }
            Tag::Call(parameters, call) => {
                self.block(|writer| {
                    writer.push("call");
                    if !parameters.is_empty() {
                        writer.parameters(parameters);
                    }
                    writer.push(" ");
                    writer.value(call);
                });
                self.defaults(parameters);
            }
            Tag::Elif(test) => self.tag_with("elif ", test),
            Tag::Else => self.word("else"),
            Tag::ElseFor(number) => self.else_of_loop(*number),
            Tag::End(End::For(number)) => self.end_loop(*number),
            Tag::End(end) => {
                self.word(end.word());
                if *end == End::Block(true) {
                    self.word("endwith");
                }
            }
            Tag::Extends(template) => self.tag_with("extends ", template),
            Tag::Filter(filters) => self.tag_with("filter ", filters),
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
            } => self.block(|writer| {
                writer.push("import ");
                writer.imported(template, *with_context);
                write!(writer.text, " as {name}").ok();
            }),
            Tag::Include {
                template,
                ignore_missing,
                with_context,
            } => {
                // What an included template sets stays in it.
                self.word("with");
                self.block(|writer| {
                    writer.push("include ");
                    writer.imported(template, *with_context);
                    if *ignore_missing {
                        writer.push(" ignore missing");
                    }
                });
                self.word("endwith");
            }
            Tag::Macro(name, parameters) => {
                self.block(|writer| {
                    write!(writer.text, "macro {name}").ok();
                    writer.parameters(parameters);
                });
                self.defaults(parameters);
            }
            Tag::Set(target, value) => {
                self.block(|writer| {
                    writer.push("set ");
                    writer.target(target);
                    writer.push(" = ");
                    writer.unpacked(value, target);
                });
                self.loop_name(target, value);
            }
            Tag::SetBlock(target, filters) => self.block(|writer| {
                writer.push("set ");
                writer.target(target);
                if let Some(filters) = filters {
                    writer.push(" | ");
                    writer.value(filters);
                }
            }),
            Tag::With(values) => self.with(values),
        }
    }

    fn from(
        &mut self,
        template: &Expression,
        names: &[(String, Option<String>)],
        with_context: bool,
    ) {
        self.block(|writer| {
            writer.push("from ");
            writer.imported(template, with_context);
            writer.push(" import ");
            for (index, (name, alias)) in names.iter().enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                writer.push(name);
                if let Some(alias) = alias {
                    write!(writer.text, " as {alias}").ok();
                }
            }
        });
    }

    fn tag_with(&mut self, word: &str, value: &Expression) {
        self.block(|writer| {
            writer.push(word);
            writer.value(value);
        });
    }

    /// Local names that a block does not see.
    fn hide(&mut self, hidden: &[String]) {
        if hidden.is_empty() {
            return;
        }
        self.block(|writer| {
            writer.push("with ");
            let root = if writer.module { NOTHING } else { ROOT };
            let names = hidden.iter().filter(|name| *name != "loop");
            for (index, name) in names.enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                write!(writer.text, "{name} = {root}.{name}").ok();
            }
        });
    }

    /// Values are those from before the block, not those that it just set.
    fn with(&mut self, values: &[(Target, Expression)]) {
        self.block(|writer| {
            writer.push("with ");
            if let [(target, value)] = values {
                writer.with_value(target, value);
                return;
            }
            for (index, (_, value)) in values.iter().enumerate() {
                write!(writer.text, "_with{index} = ").ok();
                writer.value(value);
                writer.push(", ");
            }
            for (index, (target, _)) in values.iter().enumerate() {
                writer.push(if index == 0 { "" } else { ", " });
                writer.with_target(target);
                write!(writer.text, " = _with{index}").ok();
            }
        });
    }

    fn with_value(&mut self, target: &Target, value: &Expression) {
        self.with_target(target);
        self.push(" = ");
        self.unpacked(value, target);
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
                write!(self.text, "{name}.{attribute}").ok();
            }
            Target::Name(name) => self.push(name),
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

    fn parameters(&mut self, parameters: &[Parameter]) {
        self.push("(");
        for (index, parameter) in parameters.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            self.push(&parameter.name);
            match &parameter.default {
                Some(_) if parameter.names_others => self.push("=_unset"),
                Some(default) => {
                    self.push("=");
                    self.value(default);
                }
                None => {}
            }
        }
        self.push(")");
    }

    /// What a macro does first: its parameters get their values, those that name others last.
    fn defaults(&mut self, parameters: &[Parameter]) {
        for Parameter { name, .. } in parameters {
            self.block(|writer| {
                write!(writer.text, "set {name} = {name}|_received").ok();
            });
        }
        for parameter in parameters.iter().filter(|known| known.names_others) {
            let (name, default) = (&parameter.name, &parameter.default);
            self.block(|writer| {
                write!(writer.text, "if {name}|_is_unset").ok();
            });
            self.block(|writer| {
                write!(writer.text, "set {name} = ").ok();
                if let Some(default) = default {
                    writer.value(default);
                }
            });
            self.word("endif");
        }
    }

    /// The template of an `import` or `include`.
    fn imported(&mut self, template: &Expression, with_context: bool) {
        if with_context && !self.module {
            return self.value(template);
        }
        self.part(template, Hold::Filter);
        self.push("|_module");
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
