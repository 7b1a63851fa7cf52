//! What is assigned to.

use std::ops::Range;

use super::SyntaxError;
use super::statement::{Parameter, Target};
use super::tokens::Tokens;

/// Names that cannot be assigned, in Jinja2 or in minijinja.
const RESERVED: [&str; 8] = [
    "true", "True", "false", "False", "none", "None", "loop", "self",
];

pub(super) fn parameters(tokens: &mut Tokens) -> Result<Vec<Parameter>, SyntaxError> {
    tokens.expect("(")?;
    let mut parameters: Vec<Parameter> = Vec::new();
    while !tokens.is(")") {
        if !parameters.is_empty() {
            tokens.expect(",")?;
        }
        let (name, span) = tokens.name("the name of a parameter")?;
        if parameters.iter().any(|known| known.name == name) {
            return Err(SyntaxError::new(
                format!("a second parameter `{name}`"),
                span,
            ));
        }
        check_assigned(&name, &span)?;
        let start = tokens.taken();
        let default = match tokens.take("=") {
            true => Some(tokens.expression()?),
            false if parameters.iter().any(|known| known.default.is_some()) => {
                let message = format!("`{name}` needs a default too, as those before it");
                return Err(SyntaxError::new(message, span));
            }
            false => None,
        };
        if tokens.has_variable(&name, start) {
            let message = format!("the default of `{name}` names `{name}` itself");
            return Err(SyntaxError::new(message, span));
        }
        let names_others = parameters
            .iter()
            .any(|known| tokens.has_variable(&known.name, start));
        parameters.push(Parameter {
            name,
            default,
            names_others,
        });
    }
    tokens.expect(")")?;
    Ok(parameters)
}

/// What is assigned to: names, tuples of them, and attributes of namespaces.
pub(super) fn target(tokens: &mut Tokens, attributes: bool) -> Result<Target, SyntaxError> {
    let mut targets = Vec::new();
    let mut is_tuple = false;
    loop {
        if !targets.is_empty() && (tokens.is("=") || tokens.is_name("in") || tokens.is(")")) {
            break;
        }
        targets.push(if tokens.take("(") {
            let inner = target(tokens, attributes)?;
            tokens.expect(")")?;
            inner
        } else {
            single_target(tokens, attributes)?
        });
        if !tokens.take(",") {
            break;
        }
        is_tuple = true;
    }
    match targets.len() {
        1 if !is_tuple => Ok(targets.remove(0)),
        _ => Ok(Target::Tuple(targets)),
    }
}

pub(super) fn single_target(tokens: &mut Tokens, attributes: bool) -> Result<Target, SyntaxError> {
    let (name, span) = tokens.name("a name to assign to")?;
    if attributes && tokens.take(".") {
        let (attribute, _) = tokens.name("the name of an attribute")?;
        return Ok(Target::Attribute(name, attribute));
    }
    check_assigned(&name, &span)?;
    Ok(Target::Name(name))
}

pub(super) fn assign(tokens: &mut Tokens) -> Result<String, SyntaxError> {
    let (name, span) = tokens.name("a name")?;
    check_assigned(&name, &span)?;
    Ok(name)
}

pub(super) fn check_assigned(name: &str, span: &Range<usize>) -> Result<(), SyntaxError> {
    if RESERVED.contains(&name) {
        let message = format!("`{name}` cannot be assigned to");
        return Err(SyntaxError::new(message, span.clone()).help("take another name"));
    }
    Ok(())
}
