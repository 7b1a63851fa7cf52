use minijinja::Error;
use minijinja::value::Value;

use super::{integer, invalid, string};
use crate::render::call::bind;
use crate::render::values::collect;

/// `find(sub, start=none, end=none)` and the like.
pub(super) fn call(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [sub, start, end] = bind(method, args, ["sub", "start", "end"], 1)?;
    let optional = |bound: Option<Value>| integer(method, bound.filter(|bound| !bound.is_none()));
    let length = text.chars().count();
    let start = place(optional(start)?.unwrap_or(0), length);
    let end = place(optional(end)?.unwrap_or(i64::MAX), length).min(length);
    // A start beyond the end is nowhere, even for an empty text.
    let within = (start <= end).then(|| between(text, start, end));
    if matches!(method, "startswith" | "endswith") {
        return ends(within, method, &sub.unwrap_or_default());
    }
    let sub = string(method, sub)?;
    let Some(within) = within else {
        return match method {
            "index" | "rindex" => Err(missing(method)),
            "count" => Ok(Value::from(0)),
            _ => Ok(Value::from(-1)),
        };
    };
    if method == "count" {
        return Ok(Value::from(within.matches(&*sub).count()));
    }
    let at = match method {
        "find" | "index" => within.find(&*sub),
        _ => within.rfind(&*sub),
    };
    match at {
        Some(at) => Ok(Value::from(start + within[..at].chars().count())),
        None if method.ends_with("index") => Err(missing(method)),
        None => Ok(Value::from(-1)),
    }
}

fn missing(method: &str) -> Error {
    invalid(format!("`{method}` of what is not in the string"))
}

/// Whether it starts, or ends, with one of some texts.
fn ends(within: Option<&str>, method: &str, wanted: &Value) -> Result<Value, Error> {
    let wanted = match wanted.is_tuple() {
        true => collect(wanted)?,
        false => vec![wanted.clone()],
    };
    for text in wanted {
        let text = string(method, Some(text))?;
        let found = within.is_some_and(|within| match method {
            "startswith" => within.starts_with(&*text),
            _ => within.ends_with(&*text),
        });
        if found {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}

/// A bound, from the end if negative. It may lie beyond the end.
fn place(bound: i64, length: usize) -> usize {
    match usize::try_from(bound) {
        Ok(bound) => bound,
        Err(_) if bound > 0 => usize::MAX,
        Err(_) => length.saturating_sub(usize::try_from(bound.unsigned_abs()).unwrap_or(length)),
    }
}

/// From one character to another.
fn between(text: &str, start: usize, end: usize) -> &str {
    let at = |index: usize| {
        let found = text.char_indices().nth(index);
        found.map_or(text.len(), |(at, _)| at)
    };
    &text[at(start)..at(end)]
}
