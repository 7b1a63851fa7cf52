//! minijinja set up as Jinja2 is.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use super::syntax::{self, Known, Whitespace};
use super::values::SHARED;
use super::{call, filters, globals, methods, module, operators, print, tests};
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
    module::register(&mut env);
    operators::register(&mut env);
    tests::register(&mut env);
    env.add_filter("_given", call::given);
    env.add_filter("_received", call::received);
    env
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
