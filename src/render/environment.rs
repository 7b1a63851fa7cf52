//! minijinja set up as Jinja2 is.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};

use super::loader::MODULE;
use super::syntax::{self, Known, Whitespace};
use super::values::{List, SHARED, collect};
use super::{call, filters, globals, methods, operators, print, tests};
use crate::config::{JinjaOptions, Undefined};

/// What templates can name.
pub(super) struct Builtins;

impl Known for Builtins {
    fn filters(&self) -> &'static [&'static str] {
        &filters::NAMES
    }

    fn tests(&self) -> &'static [&'static str] {
        &tests::NAMES
    }

    fn globals(&self) -> &'static [&'static str] {
        &globals::NAMES
    }
}

pub(super) fn whitespace(options: JinjaOptions, keep_trailing_newline: bool) -> Whitespace {
    Whitespace {
        trim_blocks: options.trim_blocks.unwrap_or(false),
        lstrip_blocks: options.lstrip_blocks.unwrap_or(false),
        keep_trailing_newline,
    }
}

pub(super) fn environment(options: JinjaOptions) -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_syntax(syntax::delimiters());
    env.set_undefined_behavior(match options.undefined.unwrap_or_default() {
        Undefined::SemiStrict => UndefinedBehavior::SemiStrict,
        Undefined::Lenient => UndefinedBehavior::Lenient,
        Undefined::Strict => UndefinedBehavior::Strict,
    });
    // By file name minijinja would escape for HTML or JSON, which Jinja2 does not.
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_formatter(print::format);
    env.set_unknown_method_callback(methods::call);
    env.set_fuel(Some(options.steps.unwrap_or(JinjaOptions::STEPS)));
    // Errors then name what is undefined.
    env.set_debug(true);
    filters::register(&mut env);
    globals::register(&mut env);
    operators::register(&mut env);
    tests::register(&mut env);
    env.add_filter("_given", call::given);
    env.add_filter("_module", module);
    env.add_filter("_exists", |state: &State, template: &Value| {
        exists(state, template)
    });
    env.add_filter("_text", module_text);
    env.add_filter("_keep_import", keep_import);
    env.add_filter("_kept_import", kept_import);
    env.add_filter("_received", call::received);
    env
}

/// The name of a template that sees only those `names` of what is around it. Of several to choose
/// from it is the first that there is.
fn module(state: &State, template: &Value, names: &str) -> Result<Value, Error> {
    match template.as_str() {
        Some(name) => Ok(Value::from(format!("{MODULE}{names}{MODULE}{name}"))),
        None if template.is_undefined() => template.get_attr(""),
        None => {
            let choices = collect(template)?;
            let choices = choices.iter().map(|name| module(state, name, names));
            let choices: Vec<Value> = choices.collect::<Result<_, _>>()?;
            let first = choices.iter().find(|name| exists(state, name)).cloned();
            Ok(first.unwrap_or_else(|| List::own(choices)))
        }
    }
}

fn exists(state: &State, template: &Value) -> bool {
    let name = template.as_str();
    name.is_some_and(|name| match state.get_template(name) {
        Ok(_) => true,
        Err(error) => error.kind() != ErrorKind::TemplateNotFound,
    })
}

/// What a module prints while it is imported.
fn module_text(state: &State, module: &Value) -> Value {
    let text = module.to_string();
    match state.auto_escape() {
        AutoEscape::None => Value::from(text),
        _ => Value::from_safe_string(text),
    }
}

/// Remembers the module that was imported from `file` while this template is rendered.
fn keep_import(state: &mut State, module: Value, file: Option<&str>) {
    state.set_temp(&import_key(file), module);
}

fn kept_import(state: &State, file: Option<&str>) -> Value {
    state.get_temp(&import_key(file)).unwrap_or_default()
}

fn import_key(file: Option<&str>) -> String {
    format!("import {}", file.unwrap_or_default())
}

/// Whether a template failed because it changes a value of all jobs.
pub(super) fn changes_shared(error: &Error) -> bool {
    let mut error = error;
    loop {
        if error.detail() == Some(SHARED) {
            return true;
        }
        match error.source().and_then(|cause| cause.downcast_ref()) {
            Some(cause) => error = cause,
            None => return false,
        }
    }
}

/// Turns a panic of the engine into an error: a few templates make it divide by zero.
pub(super) fn guarded<T>(render: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(render)).unwrap_or_else(|_| {
        let message = "the template engine failed on this template";
        Err(Error::new(ErrorKind::InvalidOperation, message))
    })
}
