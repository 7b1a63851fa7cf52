//! Macros for minijinja.

use std::fmt::Write as _;

use super::super::expression::Expression;
use super::super::statement::Parameter;
use super::Writer;

impl<'a> Writer<'a> {
    pub(super) fn macro_(&mut self, name: &'a str, parameters: &'a [Parameter]) {
        let written = self.names.assign(name);
        self.block(|writer| {
            write!(writer.text, "macro {written}").ok();
            writer.parameters(parameters);
        });
        self.assigning.push(vec![name]);
        self.body(parameters);
    }

    pub(super) fn call_block(&mut self, parameters: &'a [Parameter], call: &'a Expression) {
        self.block(|writer| {
            writer.push("call");
            if !parameters.is_empty() {
                writer.parameters(parameters);
            }
            writer.push(" ");
            writer.value(call);
        });
        self.body(parameters);
    }

    fn parameters(&mut self, parameters: &'a [Parameter]) {
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
    fn body(&mut self, parameters: &'a [Parameter]) {
        self.names.begin();
        self.captured();
        for Parameter { name, .. } in parameters {
            let written = self.names.assign(name);
            self.set(&written, &format!("{name}|_received"));
        }
        self.begin_names();
        for parameter in parameters.iter().filter(|known| known.names_others) {
            let name = self.names.read(&parameter.name);
            self.block(|writer| {
                write!(writer.text, "if {name}|_is_unset").ok();
            });
            self.block(|writer| {
                write!(writer.text, "set {name} = ").ok();
                if let Some(default) = &parameter.default {
                    writer.value(default);
                }
            });
            self.word("endif");
        }
    }

    /// The engine gives a macro only those variables from outside that it finds named in it. It
    /// does not look into all tags, nor into the templates that the macro includes.
    fn captured(&mut self) {
        let names = self.names.captured();
        if names.is_empty() {
            return;
        }
        self.word("if false");
        for name in names {
            self.output_text(&name);
        }
        self.word("endif");
    }
}
