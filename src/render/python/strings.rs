//! The methods of strings.
//!
//! Source: the Python library reference, "String Methods". Indices count characters.

mod case;
mod find;
mod split;

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};
use num_traits::{Signed, ToPrimitive};

pub(super) use self::case::is_alphanumeric;
pub(super) use self::split::lines;
use super::format::{Given, format};
use super::is_space;
use super::layout::{Align, pad};
use crate::render::call::{bind, split as split_arguments};
use crate::render::limits;
use crate::render::number::{self, Number};
use crate::render::values::{collect, type_name};

pub(in crate::render) const NAMES: [&str; 44] = [
    "capitalize",
    "casefold",
    "center",
    "count",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];

/// Calls a method; none if there is no such method.
pub(in crate::render) fn call(
    text: &str,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    if !NAMES.contains(&method) {
        return None;
    }
    Some(dispatch(text, method, args))
}

fn dispatch(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let nothing = |value: Value| bind(method, args, [], 0).map(|[]| value);
    let case = |case: fn(&str) -> String| nothing(Value::from(case(text)));
    let test = |test: fn(&str) -> bool| nothing(Value::from(test(text)));
    match method {
        "capitalize" => case(case::capitalize),
        "casefold" => case(case::fold),
        "lower" => case(str::to_lowercase),
        "swapcase" => case(case::swap),
        "title" => case(case::title),
        "upper" => case(str::to_uppercase),
        "isalnum" => test(|text| case::all(text, case::is_alphanumeric)),
        "isalpha" => test(|text| case::all(text, case::is_alphabetic)),
        "isascii" => test(str::is_ascii),
        "isdecimal" => test(|text| case::all(text, case::is_decimal)),
        "isdigit" => test(|text| case::all(text, case::is_digit)),
        "isidentifier" => test(case::is_identifier),
        "islower" => test(case::is_lower),
        "isnumeric" => test(|text| case::all(text, case::is_numeric)),
        "isprintable" => test(|text| text.chars().all(crate::text::is_printable)),
        "isspace" => test(|text| case::all(text, is_space)),
        "istitle" => test(case::is_title),
        "isupper" => test(case::is_upper),
        "center" | "ljust" | "rjust" => justify(text, method, args),
        "count" | "endswith" | "find" | "index" | "rfind" | "rindex" | "startswith" => {
            find::call(text, method, args)
        }
        "expandtabs" => expandtabs(text, args),
        "format" => {
            let (positional, named) = split_arguments(args)?;
            let named = |name: &str| {
                let entry = named.iter().find(|(known, _)| known.as_str() == Some(name));
                entry.map(|(_, value)| value.clone())
            };
            let given = Given {
                positional: &positional,
                named: &named,
            };
            format(text, &given).map(Value::from)
        }
        "format_map" => {
            let [mapping] = bind(method, args, ["mapping"], 1)?;
            let mapping = mapping.unwrap_or_default();
            let named = |name: &str| mapping.as_object()?.get_value(&Value::from(name));
            let given = Given {
                positional: &[],
                named: &named,
            };
            format(text, &given).map(Value::from)
        }
        "join" => join(text, args),
        "lstrip" | "rstrip" | "strip" => strip(text, method, args),
        "partition" | "rpartition" | "rsplit" | "split" | "splitlines" => {
            split::call(text, method, args)
        }
        "removeprefix" => {
            let [prefix] = texts(method, args, ["prefix"])?;
            Ok(Value::from(text.strip_prefix(&*prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            let [suffix] = texts(method, args, ["suffix"])?;
            Ok(Value::from(text.strip_suffix(&*suffix).unwrap_or(text)))
        }
        "replace" => {
            let [old, new, count] = bind(method, args, ["old", "new", "count"], 2)?;
            let count = integer(method, count)?;
            let (old, new) = (string(method, old)?, string(method, new)?);
            replace(text, &old, &new, count).map(Value::from)
        }
        _ => zfill(text, args),
    }
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// An argument that is a string.
fn string(method: &str, value: Option<Value>) -> Result<String, Error> {
    let value = value.unwrap_or_default();
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_undefined() => value.get_attr("").map(|_| String::new()),
        None => {
            let found = type_name(&value);
            Err(invalid(format!("`{method}` needs a string, not {found}")))
        }
    }
}

fn texts<const N: usize>(
    method: &str,
    args: &[Value],
    names: [&str; N],
) -> Result<[String; N], Error> {
    let mut texts = [const { String::new() }; N];
    for (text, value) in texts.iter_mut().zip(bind(method, args, names, N)?) {
        *text = string(method, value)?;
    }
    Ok(texts)
}

/// An argument that is an integer, if it is given.
fn integer(method: &str, value: Option<Value>) -> Result<Option<i64>, Error> {
    let Some(value) = value else {
        return Ok(None);
    };
    match number::of(&value) {
        Some(Number::Int(int)) => {
            // Beyond that there is no text.
            let limit = if int.is_negative() {
                i64::MIN
            } else {
                i64::MAX
            };
            Ok(Some(int.to_i64().unwrap_or(limit)))
        }
        _ => {
            let found = type_name(&value);
            Err(invalid(format!("`{method}` needs an integer, not {found}")))
        }
    }
}

fn width(method: &str, value: Option<Value>) -> Result<usize, Error> {
    let width = integer(method, value)?.unwrap_or(0).max(0);
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    limits::check_text(width)?;
    Ok(width)
}

/// `center(width, fillchar=' ')`
fn justify(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [size, fill] = bind(method, args, ["width", "fillchar"], 1)?;
    let size = width(method, size)?;
    let fill = match fill {
        None => ' ',
        Some(fill) => {
            let fill = string(method, Some(fill))?;
            let mut chars = fill.chars();
            match (chars.next(), chars.next()) {
                (Some(fill), None) => fill,
                _ => return Err(invalid(format!("`{method}` fills with one character"))),
            }
        }
    };
    let justified = match method {
        "center" => center(text, size, fill)?,
        "ljust" => pad("", text, fill, Align::Left, size)?,
        _ => pad("", text, fill, Align::Right, size)?,
    };
    Ok(Value::from(justified))
}

/// `str.center`, whose odd character is on the left where the width is odd.
pub(in crate::render) fn center(text: &str, width: usize, fill: char) -> Result<String, Error> {
    limits::check_text(width.saturating_mul(fill.len_utf8()))?;
    let missing = width.saturating_sub(text.chars().count());
    let before = missing / 2 + (missing & width & 1);
    let mut centered: String = std::iter::repeat_n(fill, before).collect();
    centered.push_str(text);
    centered.extend(std::iter::repeat_n(fill, missing - before));
    Ok(centered)
}

/// `expandtabs(tabsize=8)`
fn expandtabs(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [size] = bind("expandtabs", args, ["tabsize"], 0)?;
    let size = match size {
        None => 8,
        size => width("expandtabs", size)?,
    };
    let mut expanded = String::with_capacity(text.len());
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if size > 0 => {
                let spaces = size - column % size;
                limits::check_text(expanded.len() + spaces)?;
                expanded.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            '\t' => {}
            '\n' | '\r' => {
                expanded.push(c);
                column = 0;
            }
            _ => {
                expanded.push(c);
                column += 1;
            }
        }
    }
    Ok(Value::from(expanded))
}

/// `separator.join(strings)`
fn join(separator: &str, args: &[Value]) -> Result<Value, Error> {
    let [values] = bind("join", args, ["iterable"], 1)?;
    let mut joined = String::new();
    for (index, value) in collect(&values.unwrap_or_default())?.iter().enumerate() {
        let Some(text) = value.as_str() else {
            let found = type_name(value);
            let detail = format!(
                "`join` joins strings, and item {index} is {found}; use the filter `join` instead"
            );
            return Err(invalid(detail));
        };
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
        limits::check_text(joined.len())?;
    }
    Ok(Value::from(joined))
}

/// `strip(chars=none)`
fn strip(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [chars] = bind(method, args, ["chars"], 0)?;
    let chars = chars.filter(|chars| !chars.is_none());
    let chars = chars.map(|chars| string(method, Some(chars))).transpose()?;
    let (start, end) = (method != "rstrip", method != "lstrip");
    Ok(Value::from(stripped(text, chars.as_deref(), start, end)))
}

/// `text` without those characters, or white space, at its ends.
pub(in crate::render) fn stripped<'a>(
    text: &'a str,
    chars: Option<&str>,
    start: bool,
    end: bool,
) -> &'a str {
    let is_stripped = |c: char| chars.map_or_else(|| is_space(c), |chars| chars.contains(c));
    let text = if start {
        text.trim_start_matches(is_stripped)
    } else {
        text
    };
    if end {
        text.trim_end_matches(is_stripped)
    } else {
        text
    }
}

/// `replace(old, new, count=-1)`
pub(in crate::render) fn replace(
    text: &str,
    old: &str,
    new: &str,
    count: Option<i64>,
) -> Result<String, Error> {
    let count = match count {
        Some(count) if count >= 0 => usize::try_from(count).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let found = text.matches(old).count().min(count);
    let growth = new.len().saturating_sub(old.len());
    limits::check_text(text.len() + found.saturating_mul(growth))?;
    Ok(text.replacen(old, new, count))
}

/// `zfill(width)`
fn zfill(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [size] = bind("zfill", args, ["width"], 1)?;
    let size = width("zfill", size)?;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (sign, digits) = text.split_at(text.len() - digits.len());
    pad(sign, digits, '0', Align::Sign, size).map(Value::from)
}
