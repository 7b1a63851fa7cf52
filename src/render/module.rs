//! Templates that others import.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Tuple, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State};

use super::loader::MODULE;
use super::print;
use super::syntax::{HIDDEN, source_name};
use super::values::{List, collect};

pub(super) fn register(env: &mut Environment<'_>) {
    env.add_filter("_attribute", attribute);
    env.add_filter("_choice", choice);
    env.add_filter("_exists", |state: &State, name: &Value| exists(state, name));
    env.add_filter("_keep_import", Module::keep);
    env.add_filter("_kept_import", kept);
    env.add_filter("_module", seeing);
    env.add_filter("_text", text);
}

/// What a template assigns that was imported. Jinja2 does not hand on what it imports itself.
#[derive(Debug)]
struct Module {
    engine: Value,
    hidden: Value,
    /// The name of its file.
    name: Value,
}

impl Module {
    /// Remembers the module of `file` while a template is rendered.
    fn keep(state: &mut State, engine: Value, file: Option<&str>) -> Result<Value, Error> {
        let hidden = engine.get_attr(HIDDEN)?;
        let name = file.and_then(|file| file.rsplit(MODULE).next());
        let name = name.map_or(Value::UNDEFINED, Value::from);
        let module = Value::from_object(Self {
            engine,
            hidden,
            name,
        });
        state.set_temp(&key(file), module.clone());
        Ok(module)
    }

    fn hides(&self, name: &str) -> bool {
        let hidden = self.hidden.as_str().unwrap_or_default();
        name == HIDDEN || hidden.split_terminator(',').any(|hidden| hidden == name)
    }
}

impl Object for Module {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match self.hides(key) {
            true => None,
            false if key == "__name__" && !self.name.is_undefined() => Some(self.name.clone()),
            false => self
                .engine
                .get_attr(key)
                .ok()
                .filter(|value| !value.is_undefined()),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.engine)
    }
}

fn kept(state: &State, file: Option<&str>) -> Value {
    state.get_temp(&key(file)).unwrap_or_default()
}

fn key(file: Option<&str>) -> String {
    format!("import {}", file.unwrap_or_default())
}

/// The name of a template that sees only those `names` of what is around it. Of several to choose
/// from it is the first that there is.
fn seeing(state: &State, template: &Value, names: &str) -> Result<Value, Error> {
    match template.as_str() {
        Some(name) => Ok(Value::from(format!("{MODULE}{names}{MODULE}{name}"))),
        None if template.is_undefined() => template.get_attr(""),
        None => {
            let choices = collect(template)?;
            let choices = choices.iter().map(|name| seeing(state, name, names));
            let choices: Vec<Value> = choices.collect::<Result<_, _>>()?;
            let first = choices.iter().find(|name| exists(state, name)).cloned();
            Ok(first.unwrap_or_else(|| List::own(choices)))
        }
    }
}

/// Templates to choose from, which must not be none.
fn choice(templates: Value) -> Result<Value, Error> {
    match templates.as_str().is_none() && templates.len() == Some(0) {
        true => Err(Error::new(
            ErrorKind::InvalidOperation,
            "the list of templates is empty",
        )),
        false => Ok(templates),
    }
}

/// Whether there is such a template, though it may be broken.
fn exists(state: &State, template: &Value) -> bool {
    let name = template.as_str();
    name.is_some_and(|name| match state.get_template(name) {
        Ok(_) => true,
        Err(error) => error.kind() != ErrorKind::TemplateNotFound,
    })
}

/// An attribute of a macro, or of whatever has one of that name.
pub(super) fn attribute(value: &Value, name: &str) -> Result<Value, Error> {
    let attribute = value.get_attr(name)?;
    if !print::is_macro(value) {
        return Ok(attribute);
    }
    let arguments: Vec<Value> = value.get_attr("arguments")?.try_iter()?.collect();
    let caller = Value::from("caller");
    Ok(match name {
        "arguments" => Value::from(Tuple::new(arguments)),
        "caller" => Value::from(attribute.is_true() || arguments.contains(&caller)),
        "explicit_caller" => Value::from(arguments.contains(&caller)),
        "catch_kwargs" | "catch_varargs" => Value::from(false),
        "name" => Value::from(source_name(attribute.as_str().unwrap_or_default())),
        _ => attribute,
    })
}

/// What a module prints while it is imported.
fn text(state: &State, module: &Value) -> Value {
    let text = module.to_string();
    match state.auto_escape() {
        AutoEscape::None => Value::from(text),
        _ => Value::from_safe_string(text),
    }
}
