use minijinja::Error;
use minijinja::value::{Tuple, Value};

use super::super::is_space;
use super::{integer, invalid, string, texts};
use crate::render::call::bind;
use crate::render::limits;
use crate::render::values::List;

pub(super) fn call(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    if matches!(method, "partition" | "rpartition") {
        let [separator] = texts(method, args, ["sep"])?;
        return partition(text, method, &separator);
    }
    if method == "splitlines" {
        let [keep] = bind(method, args, ["keepends"], 0)?;
        return list(lines(text, keep.is_some_and(|keep| keep.is_true())));
    }
    let [separator, most] = bind(method, args, ["sep", "maxsplit"], 0)?;
    let most = match integer(method, most)? {
        Some(most) if most >= 0 => usize::try_from(most).unwrap_or(usize::MAX),
        _ => usize::MAX,
    };
    let separator = separator.filter(|separator| !separator.is_none());
    let Some(separator) = separator else {
        return list(match method {
            "split" => words(text, most),
            _ => words_from_the_end(text, most),
        });
    };
    let separator = string(method, Some(separator))?;
    if separator.is_empty() {
        return Err(invalid(format!("the separator of `{method}` is empty")));
    }
    let parts = most.saturating_add(1);
    list(match method {
        "split" => text.splitn(parts, &*separator).collect(),
        _ => {
            let mut split: Vec<&str> = text.rsplitn(parts, &*separator).collect();
            split.reverse();
            split
        }
    })
}

fn list(parts: Vec<&str>) -> Result<Value, Error> {
    limits::check_items(parts.len())?;
    Ok(List::own(parts.into_iter().map(Value::from).collect()))
}

fn partition(text: &str, method: &str, separator: &str) -> Result<Value, Error> {
    if separator.is_empty() {
        return Err(invalid(format!("the separator of `{method}` is empty")));
    }
    let parts = match method {
        "partition" => text
            .split_once(separator)
            .map_or([text, "", ""], |(before, after)| [before, separator, after]),
        _ => text
            .rsplit_once(separator)
            .map_or(["", "", text], |(before, after)| [before, separator, after]),
    };
    Ok(Value::from(Tuple::new(parts.map(Value::from).to_vec())))
}

/// Words between white space; the last one is the rest.
fn words(text: &str, most: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        if words.len() == most {
            words.push(rest);
            break;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    words
}

fn words_from_the_end(text: &str, most: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_end_matches(is_space);
    while !rest.is_empty() {
        if words.len() == most {
            words.push(rest);
            break;
        }
        let start = rest.char_indices().rev().find(|(_, c)| is_space(*c));
        let start = start.map_or(0, |(at, c)| at + c.len_utf8());
        words.push(&rest[start..]);
        rest = rest[..start].trim_end_matches(is_space);
    }
    words.reverse();
    words
}

/// Lines, with all of Python's line ends.
pub(in crate::render) fn lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(at) = rest.find(is_end) else {
            lines.push(rest);
            break;
        };
        let end = match rest[at..].starts_with("\r\n") {
            true => at + 2,
            false => at + rest[at..].chars().next().map_or(1, char::len_utf8),
        };
        lines.push(&rest[..if keep_ends { end } else { at }]);
        rest = &rest[end..];
    }
    lines
}
