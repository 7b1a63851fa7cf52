//! Functions that scripts have beside Rhai's own, and Rhai's own where they are not safe.
//!
//! The book's page on Rhai lists them; its examples are run as tests.

mod arrays;
mod lookup;
mod numbers;
mod print;
mod quantities;
mod strings;

use std::collections::BTreeMap;
use std::rc::Rc;

use rhai::{Dynamic, Engine, EvalAltResult, NativeCallContext, Position};

use super::output::Printer;

pub(super) use print::shown;
pub(super) use quantities::{kind as kind_of_amount, text as amount};

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Registers all of them; they win over the packages.
pub(super) fn register(
    engine: &mut Engine,
    printer: &Rc<Printer>,
    environment: &Rc<BTreeMap<String, Option<String>>>,
) {
    arrays::register(engine);
    lookup::register(engine);
    numbers::register(engine);
    print::register(engine, printer);
    quantities::register(engine);
    strings::register(engine);
    register_environment(engine, environment);
    engine.register_fn("error", |message: &str| -> Outcome<()> {
        Err(raised(message, None).into())
    });
    engine.register_fn("error", |message: &str, help: &str| -> Outcome<()> {
        Err(raised(message, Some(help)).into())
    });
}

/// `env(name)` and `env(name, default)`, for the variables that the config allows.
fn register_environment(engine: &mut Engine, environment: &Rc<BTreeMap<String, Option<String>>>) {
    let allowed = environment.clone();
    let value = move |name: &str| match allowed.get(name) {
        Some(value) => Ok(value.clone()),
        None => Err(raised(
            &format!("the variable `{name}` is not open to scripts"),
            Some(&format!(
                "add it in the config: `hooks: {{rhai: {{env: [{name}]}}}}`"
            )),
        )),
    };
    let strict = value.clone();
    engine.register_fn("env", move |name: &str| -> Outcome<String> {
        let absent = || {
            let help = format!("`env(\"{name}\", \"…\")` gives it a value");
            raised(&format!("the variable `{name}` is not set"), Some(&help))
        };
        Ok(strict(name)?.ok_or_else(absent)?)
    });
    engine.register_fn(
        "env",
        move |name: &str, default: Dynamic| -> Outcome<Dynamic> {
            Ok(value(name)?.map_or(default, Dynamic::from))
        },
    );
}

/// An error as a script could throw it.
pub(super) fn raised(message: &str, help: Option<&str>) -> EvalAltResult {
    let mut thrown = rhai::Map::from([("message".into(), Dynamic::from(message.to_owned()))]);
    if let Some(help) = help {
        thrown.insert("help".into(), help.to_owned().into());
    }
    EvalAltResult::ErrorRuntime(Dynamic::from_map(thrown), Position::NONE)
}

fn check_string(ctx: &NativeCallContext, bytes: usize) -> Outcome<()> {
    let max = ctx.engine().max_string_size();
    if max > 0 && bytes > max {
        return Err(too_large("Length of string").into());
    }
    Ok(())
}

/// What Rhai raises when a value is larger than its limit allows.
fn too_large(what: &str) -> EvalAltResult {
    EvalAltResult::ErrorDataTooLarge(what.into(), Position::NONE)
}
