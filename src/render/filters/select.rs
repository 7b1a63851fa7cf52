//! Filters that apply filters and tests to each item.

use minijinja::value::Value;
use minijinja::{Environment, Error, State, UndefinedBehavior};

use super::attribute::Attribute;
use super::{add, check_printable, invalid};
use crate::render::call::split;
use crate::render::values::{Generator, collect};

pub(super) fn register(env: &mut Environment<'_>) {
    add(env, "map", map);
    add(env, "select", |state, args| {
        select(state, "select", args, true)
    });
    add(env, "reject", |state, args| {
        select(state, "reject", args, false)
    });
    add(env, "selectattr", |state, args| {
        select_by(state, "selectattr", args, true)
    });
    add(env, "rejectattr", |state, args| {
        select_by(state, "rejectattr", args, false)
    });
}

/// `value|map('filter', …)` or `value|map(attribute='name', default=…)`
fn map(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split(args)?;
    let (values, arguments) = positional
        .split_first()
        .ok_or_else(|| invalid("`map` needs a list"))?;
    if !is_true(state, values)? {
        return Ok(Generator::of(values, Vec::new()));
    }
    let mut mapped = Vec::new();
    if let Some((filter, _)) = arguments.split_first() {
        let filter = filter.as_str();
        let filter = filter.ok_or_else(|| invalid("`map` needs the name of a filter"))?;
        for value in collect(values)? {
            let mut given = args[1..].to_vec();
            given[0] = value;
            check_printable(state, &given[..1])?;
            let item = given[0].clone();
            mapped.push((item, state.apply_filter(filter, &given)?));
        }
        return Ok(Generator::of_each(values, mapped.into_iter()));
    }
    let (mut attribute, mut default) = (None, None);
    for (name, value) in named {
        match name.as_str() {
            Some("attribute") => attribute = Some(value),
            Some("default") => default = Some(value),
            _ => return Err(invalid(format!("`map` has no argument `{name}`"))),
        }
    }
    let Some(attribute) = attribute else {
        return Err(invalid(
            "`map` needs the name of a filter, or an `attribute`",
        ));
    };
    let attribute = Attribute::new(Some(&attribute)).or(default);
    for value in collect(values)? {
        let result = attribute.of(&value)?;
        mapped.push((value, result));
    }
    Ok(Generator::of_each(values, mapped.into_iter()))
}

/// Whether a value is true. What is not has no items for these filters, whatever it is.
fn is_true(state: &mut State, value: &Value) -> Result<bool, Error> {
    if state.undefined_behavior() == UndefinedBehavior::Strict {
        check_printable(state, std::slice::from_ref(value))?;
    }
    Ok(value.is_true())
}

fn select(state: &mut State, name: &str, args: &[Value], keep: bool) -> Result<Value, Error> {
    let values = args.first().cloned().unwrap_or_default();
    pick(
        state,
        name,
        &values,
        &Attribute::new(None),
        &args[1..],
        keep,
    )
}

fn select_by(state: &mut State, name: &str, args: &[Value], keep: bool) -> Result<Value, Error> {
    let [values, attribute, test @ ..] = args else {
        return Err(invalid(format!("`{name}` needs the name of an attribute")));
    };
    pick(
        state,
        name,
        values,
        &Attribute::new(Some(attribute)),
        test,
        keep,
    )
}

/// The values for which a test is as it should be. Without one it is their truth.
fn pick(
    state: &mut State,
    filter: &str,
    values: &Value,
    attribute: &Attribute,
    test: &[Value],
    keep: bool,
) -> Result<Value, Error> {
    if !is_true(state, values)? {
        return Ok(Generator::of(values, Vec::new()));
    }
    let mut kept = Vec::new();
    for value in collect(values)? {
        let tested = attribute.of(&value)?;
        let passes = match test.split_first() {
            Some((test, arguments)) => {
                let test = test.as_str();
                let test =
                    test.ok_or_else(|| invalid(format!("`{filter}` needs the name of a test")))?;
                let mut given = vec![tested];
                given.extend_from_slice(arguments);
                state.perform_test(test, &given)?
            }
            None => is_true(state, &tested)?,
        };
        if passes == keep {
            kept.push((value.clone(), value));
        }
    }
    Ok(Generator::of_each(values, kept.into_iter()))
}
