use std::fmt::Write as _;

use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Environment, Error, State};
use num_traits::Signed;

use super::{add, invalid, is_set, text};

use crate::render::call::{bind, check_escaped, split};
use crate::render::number::{self, Number};
use crate::render::python::{json, pprint, printf, strings, wrap};
use crate::render::values::{Dict, collect, pairs, type_name};
use crate::render::{limits, print};

pub(super) fn register(env: &mut Environment<'_>) {
    add(env, "capitalize", |_, args| method("capitalize", args));
    add(env, "center", center);
    add(env, "e", escape);
    add(env, "escape", escape);
    add(env, "filesizeformat", filesizeformat);
    add(env, "forceescape", |_, args| {
        let [value] = bind("forceescape", args, ["value"], 1)?;
        let value = value.unwrap_or_default();
        Ok(Value::from_safe_string(wrap::escape(&text(&value)?)))
    });
    add(env, "format", format);
    add(env, "indent", indent);
    add(env, "lower", |_, args| method("lower", args));
    add(env, "pprint", |state, args| {
        let [value] = bind("pprint", args, ["value"], 1)?;
        let value = value.unwrap_or_default();
        limits::charge_walk(state, &value)?;
        pprint::pformat(&value).map(Value::from)
    });
    add(env, "replace", replace);
    add(env, "safe", |_, args| {
        let [value] = bind("safe", args, ["value"], 1)?;
        let value = text(&value.unwrap_or_default())?.into_owned();
        Ok(Value::from_safe_string(value))
    });
    add(env, "string", string);
    add(env, "striptags", |_, args| {
        let [value] = bind("striptags", args, ["value"], 1)?;
        wrap::strip_tags(&text(&value.unwrap_or_default())?).map(Value::from)
    });
    add(env, "title", |_, args| {
        let [value] = bind("title", args, ["s"], 1)?;
        Ok(Value::from(wrap::title(&text(&value.unwrap_or_default())?)))
    });
    add(env, "tojson", tojson);
    add(env, "trim", trim);
    add(env, "truncate", truncate);
    add(env, "upper", |_, args| method("upper", args));
    add(env, "urlencode", urlencode);
    add(env, "urlize", |_, _| {
        Err(invalid("there is no `urlize` here: it makes links of HTML"))
    });
    add(env, "wordcount", |_, args| {
        let [value] = bind("wordcount", args, ["s"], 1)?;
        let text = value.unwrap_or_default();
        Ok(Value::from(wrap::count_words(&self::text(&text)?)))
    });
    add(env, "wordwrap", wordwrap);
    add(env, "xmlattr", xmlattr);
}

/// A filter that is a method of strings.
fn method(name: &str, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind(name, args, ["s"], 1)?;
    let value = value.unwrap_or_default();
    let answer = strings::call(&text(&value)?, name, &[]);
    answer.unwrap_or_else(|| Ok(Value::UNDEFINED))
}

/// What Jinja2 takes for text without making it text.
fn only_text(filter: &str, value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_undefined() => Ok(String::new()),
        None => {
            let found = type_name(value);
            let detail = format!("`{filter}` needs a string, not {found}; write `|string` first");
            Err(invalid(detail))
        }
    }
}

fn count(filter: &str, name: &str, value: Option<&Value>, default: usize) -> Result<usize, Error> {
    let Some(value) = value else {
        return Ok(default);
    };
    match number::of(value) {
        Some(Number::Int(int)) if int.is_negative() => Ok(0),
        Some(Number::Int(int)) => Ok(usize::try_from(int).unwrap_or(usize::MAX)),
        _ => Err(invalid(format!("the `{name}` of `{filter}` is an integer"))),
    }
}

fn center(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, width] = bind("center", args, ["value", "width"], 1)?;
    let width = count("center", "width", width.as_ref(), 80)?;
    let value = value.unwrap_or_default();
    strings::center(&text(&value)?, width, ' ').map(Value::from)
}

fn escape(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("escape", args, ["s"], 1)?;
    let value = value.unwrap_or_default();
    if value.is_safe() {
        return Ok(value);
    }
    Ok(Value::from_safe_string(wrap::escape(&text(&value)?)))
}

fn filesizeformat(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, binary] = bind("filesizeformat", args, ["value", "binary"], 1)?;
    let value = value.unwrap_or_default();
    let bytes = match value.as_str() {
        Some(text) => super::numbers::parse_float(text),
        None => number::of(&value)
            .map(|number| number.float())
            .transpose()?,
    };
    let bytes = bytes.ok_or_else(|| {
        let found = type_name(&value);
        invalid(format!("`filesizeformat` needs a number, not {found}"))
    })?;
    wrap::file_size(bytes, is_set(binary.as_ref())).map(Value::from)
}

/// `value|format(…)`: as `%`, with the arguments or with the named ones.
fn format(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let (positional, named) = split(args)?;
    let (format, values) = positional
        .split_first()
        .ok_or_else(|| invalid("`format` needs a format"))?;
    check_escaped(format, values)?;
    for (_, value) in &named {
        check_escaped(format, std::slice::from_ref(value))?;
    }
    let arguments = match (values.is_empty(), named.is_empty()) {
        (false, false) => return Err(invalid("`format` takes values or named values, not both")),
        (true, false) => Dict::own(named.into_iter().collect()),
        _ => Value::from(Tuple::new(values.to_vec())),
    };
    printf::printf(&text(format)?, &arguments).map(Value::from)
}

/// `value|indent(width=4, first=false, blank=false)`
fn indent(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, width, first, blank] = bind("indent", args, ["s", "width", "first", "blank"], 1)?;
    let indentation = match width.as_ref().and_then(Value::as_str) {
        Some(text) => text.to_owned(),
        None => {
            let width = count("indent", "width", width.as_ref(), 4)?;
            limits::check_text(width)?;
            " ".repeat(width)
        }
    };
    let value = value.unwrap_or_default();
    if value.is_undefined() {
        // Unlike other filters it adds something to it.
        value.get_attr("")?;
    }
    let text = only_text("indent", &value)?;
    let (first, blank) = (is_set(first.as_ref()), is_set(blank.as_ref()));
    wrap::indent(&text, &indentation, first, blank).map(Value::from)
}

/// `value|replace(old, new, count=none)`
fn replace(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, old, new, count] = bind("replace", args, ["s", "old", "new", "count"], 3)?;
    let count = match count.filter(|count| !count.is_none()) {
        None => None,
        Some(count) => match count.as_i64().filter(|_| number::of(&count).is_some()) {
            Some(count) => Some(count),
            None => return Err(invalid("the `count` of `replace` is an integer")),
        },
    };
    let (value, old, new) = (
        value.unwrap_or_default(),
        old.unwrap_or_default(),
        new.unwrap_or_default(),
    );
    strings::replace(&text(&value)?, &text(&old)?, &text(&new)?, count).map(Value::from)
}

fn string(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("string", args, ["object"], 1)?;
    let value = value.unwrap_or_default();
    match value.kind() {
        ValueKind::String => Ok(value),
        _ => Ok(Value::from(text(&value)?.into_owned())),
    }
}

/// `value|tojson(indent=none)`
fn tojson(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, indent] = bind("tojson", args, ["value", "indent"], 1)?;
    let indent = indent.filter(|indent| !indent.is_none());
    let indent = match &indent {
        None => None,
        Some(indent) => match indent.as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                let width = count("tojson", "indent", Some(indent), 0)?;
                limits::check_text(width)?;
                Some(" ".repeat(width))
            }
        },
    };
    json::dumps(&value.unwrap_or_default(), indent.as_deref()).map(Value::from_safe_string)
}

fn trim(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, chars] = bind("trim", args, ["value", "chars"], 1)?;
    let value = value.unwrap_or_default();
    let chars = chars.filter(|chars| !chars.is_none());
    let chars = chars.map(|chars| only_text("trim", &chars)).transpose()?;
    let text = text(&value)?;
    Ok(Value::from(strings::stripped(
        &text,
        chars.as_deref(),
        true,
        true,
    )))
}

/// `value|truncate(length=255, killwords=false, end='...', leeway=5)`
fn truncate(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let names = ["s", "length", "killwords", "end", "leeway"];
    let [value, length, killwords, end, leeway] = bind("truncate", args, names, 1)?;
    let length = count("truncate", "length", length.as_ref(), 255)?;
    let leeway = leeway.filter(|leeway| !leeway.is_none());
    let leeway = count("truncate", "leeway", leeway.as_ref(), 5)?;
    let end = end.map_or_else(|| Ok("...".into()), |end| only_text("truncate", &end))?;
    let text = only_text("truncate", &value.unwrap_or_default())?;
    wrap::truncate(&text, length, is_set(killwords.as_ref()), &end, leeway).map(Value::from)
}

/// A text for a path, or a dict or pairs for a query.
fn urlencode(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("urlencode", args, ["value"], 1)?;
    let value = value.unwrap_or_default();
    let is_query = matches!(
        value.kind(),
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable
    );
    if !is_query {
        return Ok(Value::from(wrap::quote_url(&text(&value)?, false)));
    }
    let entries: Vec<(Value, Value)> = match value.kind() {
        ValueKind::Map => pairs(&value)?.into_iter().collect(),
        _ => {
            let pairs = collect(&value)?.into_iter().map(|pair| {
                let mut pair = collect(&pair)?.into_iter();
                match (pair.next(), pair.next(), pair.next()) {
                    (Some(key), Some(value), None) => Ok((key, value)),
                    _ => Err(invalid("`urlencode` needs pairs of a name and a value")),
                }
            });
            pairs.collect::<Result<_, Error>>()?
        }
    };
    let mut query = String::new();
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            query.push('&');
        }
        query.push_str(&wrap::quote_url(&text(key)?, true));
        query.push('=');
        query.push_str(&wrap::quote_url(&text(value)?, true));
        limits::check_text(query.len())?;
    }
    Ok(Value::from(query))
}

/// `value|wordwrap(width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true)`
fn wordwrap(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let names = [
        "s",
        "width",
        "break_long_words",
        "wrapstring",
        "break_on_hyphens",
    ];
    let [value, width, long_words, line_end, hyphens] = bind("wordwrap", args, names, 1)?;
    let line_end = line_end.filter(|line_end| !line_end.is_none());
    let line_end = line_end.map_or_else(|| Ok("\n".into()), |end| only_text("wordwrap", &end))?;
    let wrapping = wrap::Wrapping {
        width: count("wordwrap", "width", width.as_ref(), 79)?,
        break_long_words: long_words.is_none_or(|flag| flag.is_true()),
        break_on_hyphens: hyphens.is_none_or(|flag| flag.is_true()),
        line_end: &line_end,
    };
    let value = value.unwrap_or_default();
    if value.is_undefined() {
        value.get_attr("")?;
    }
    let text = only_text("wordwrap", &value)?;
    wrapping.wrap(&text).map(Value::from)
}

/// `value|xmlattr(autospace=true)`
fn xmlattr(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, autospace] = bind("xmlattr", args, ["d", "autospace"], 1)?;
    let value = value.unwrap_or_default();
    if value.kind() != ValueKind::Map {
        let found = type_name(&value);
        return Err(invalid(format!("`xmlattr` needs a dict, not {found}")));
    }
    let mut attributes = String::new();
    for (key, value) in pairs(&value)? {
        if value.is_none() || value.is_undefined() {
            continue;
        }
        let key = only_text("xmlattr", &key)?;
        if key.contains(|c: char| matches!(c, '\t'..='\r' | ' ' | '/' | '>' | '=')) {
            return Err(invalid(format!("`{key}` is no name of an attribute")));
        }
        let mut text = String::new();
        print::str(&mut text, &value)?;
        let separator = if attributes.is_empty() { "" } else { " " };
        let text = wrap::escape(&text);
        write!(attributes, "{separator}{}=\"{text}\"", wrap::escape(&key)).ok();
        limits::check_text(attributes.len())?;
    }
    if autospace.is_none_or(|flag| flag.is_true()) && !attributes.is_empty() {
        attributes.insert(0, ' ');
    }
    Ok(Value::from(attributes))
}
