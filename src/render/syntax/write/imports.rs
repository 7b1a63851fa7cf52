//! Includes and imports for minijinja.

use std::fmt::Write as _;

use super::super::expression::{Expression, Kind};
use super::expressions::Hold;
use super::{HIDDEN, IMPORTED, Writer};

/// What is imported.
const FILE: &str = "_file·";

impl<'a> Writer<'a> {
    pub(super) fn include(
        &mut self,
        template: &'a Expression,
        ignore_missing: bool,
        with_context: bool,
    ) {
        if !with_context {
            return self.include_module(template, ignore_missing);
        }
        // What an included template sets stays in it.
        match self.names.locals().is_empty() {
            true => self.word("with"),
            false => self.with_locals(),
        }
        self.block(|writer| {
            writer.push("include ");
            writer.handed_on(template);
            if !ignore_missing && !matches!(template.kind, Kind::Constant(_)) {
                writer.place(&template.span, |writer| writer.push("|_choice"));
            }
            if ignore_missing {
                writer.push(" ignore missing");
            }
        });
        self.word("endwith");
    }

    /// An include without context prints the module that an import gives.
    fn include_module(&mut self, template: &'a Expression, ignore_missing: bool) {
        self.set_file(template);
        if ignore_missing {
            self.word(&format!("if {FILE}|_exists"));
        }
        self.import_file(IMPORTED);
        self.output_text(&format!("{IMPORTED}|_text"));
        if ignore_missing {
            self.word("endif");
        }
    }

    pub(super) fn from(
        &mut self,
        template: &'a Expression,
        names: &'a [(String, Option<String>)],
        with_context: bool,
    ) {
        self.import(template, IMPORTED, with_context);
        for (name, alias) in names {
            let alias = alias.as_ref().unwrap_or(name);
            let written = self.names.assign(alias);
            self.set(&written, &format!("{IMPORTED}.{name}"));
            self.assigned([&**alias]);
        }
    }

    pub(super) fn import(&mut self, template: &'a Expression, name: &str, with_context: bool) {
        if !with_context {
            self.set_file(template);
            return self.import_file(name);
        }
        let has_locals = !self.names.locals().is_empty();
        if has_locals {
            self.with_locals();
        }
        self.block(|writer| {
            writer.push("import ");
            writer.handed_on(template);
            write!(writer.text, " as {IMPORTED}").ok();
        });
        self.set(IMPORTED, &format!("{IMPORTED}|_keep_import"));
        if has_locals {
            self.word("endwith");
        }
        self.set(name, "none|_kept_import");
    }

    /// Says which names the template only imports.
    pub(super) fn hide(&mut self) {
        let names = self.names.imported();
        if !names.is_empty() {
            self.set(HIDDEN, &format!("\"{}\"", names.join(",")));
        }
    }

    fn set_file(&mut self, template: &'a Expression) {
        self.block(|writer| {
            write!(writer.text, "set {FILE} = ").ok();
            writer.module(template, &[]);
        });
    }

    /// A template that is imported without context is one module, however often it is imported.
    fn import_file(&mut self, name: &str) {
        self.set(name, &format!("{FILE}|_kept_import"));
        self.word(&format!("if {name} is undefined"));
        self.word(&format!("import {FILE} as {IMPORTED}"));
        self.set(name, &format!("{IMPORTED}|_keep_import({FILE})"));
        self.word("endif");
    }

    /// A template that sees the names of this one.
    pub(super) fn handed_on(&mut self, template: &'a Expression) {
        match self.names.is_module() {
            true => {
                let names = self.names.handed_on();
                self.module(template, &names);
            }
            false => self.part(template, Hold::Filter),
        }
    }

    /// A template that sees only those names.
    fn module(&mut self, template: &'a Expression, names: &[String]) {
        self.part(template, Hold::Filter);
        self.place(&template.span, |writer| {
            writer.push("|_module(");
            writer.string(&names.join(","));
            writer.push(")");
        });
    }
}
