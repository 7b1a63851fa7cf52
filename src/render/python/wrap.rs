//! What Jinja2's text filters make of a text.
//!
//! Source: Jinja2's `filters.py`, `MarkupSafe` and `CPython`'s `textwrap.py`.

use std::cmp::Ordering;
use std::fmt::Write as _;

use minijinja::{Error, ErrorKind};
use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::is_space;
use super::strings::{is_alphanumeric, lines};
use crate::render::limits;
use crate::render::number::{self, Number};

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// `text` with what HTML knows as escapes.
pub(in crate::render) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&#34;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Words begin after white space, hyphens and opening brackets.
pub(in crate::render) fn title(text: &str) -> String {
    let begins = |c: char| is_space(c) || "-({[<".contains(c);
    let mut titled = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let between = rest.find(|c| !begins(c)).unwrap_or(rest.len());
        titled.push_str(&rest[..between]);
        rest = &rest[between..];
        let end = rest.find(begins).unwrap_or(rest.len());
        let mut word = rest[..end].chars();
        if let Some(first) = word.next() {
            titled.extend(first.to_uppercase());
            titled.push_str(&word.as_str().to_lowercase());
        }
        rest = &rest[end..];
    }
    titled
}

/// `\w` of Python's regular expressions.
fn is_word(c: char) -> bool {
    is_alphanumeric(c) || c == '_'
}

pub(in crate::render) fn count_words(text: &str) -> usize {
    let words = text.split(|c| !is_word(c));
    words.filter(|word| !word.is_empty()).count()
}

pub(in crate::render) fn truncate(
    text: &str,
    length: usize,
    cuts_words: bool,
    end: &str,
    leeway: usize,
) -> Result<String, Error> {
    let end_length = end.chars().count();
    if length < end_length {
        return Err(invalid(format!(
            "the `length` of `truncate` is at least that of its `end`, {end_length}"
        )));
    }
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_owned());
    }
    let kept: String = text.chars().take(length - end_length).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !cuts_words => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}

pub(in crate::render) fn indent(
    text: &str,
    indentation: &str,
    first: bool,
    blank: bool,
) -> Result<String, Error> {
    // The last line gets an end, so that an empty one after it counts.
    let text = format!("{text}\n");
    let lines = lines(&text, false);
    limits::check_text(text.len() + lines.len().saturating_mul(indentation.len()))?;
    let mut indented = String::with_capacity(text.len());
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            indented.push('\n');
        }
        let moves_in = match index {
            0 => first,
            _ => blank || !line.is_empty(),
        };
        if moves_in {
            indented.push_str(indentation);
        }
        indented.push_str(line);
    }
    Ok(indented)
}

/// `1.5 MB`
pub(in crate::render) fn file_size(bytes: f64, binary: bool) -> Result<String, Error> {
    const DECIMAL: [&str; 8] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    const BINARY: [&str; 8] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];
    let (base, prefixes) = if binary {
        (1024.0, BINARY)
    } else {
        (1000.0, DECIMAL)
    };
    if bytes.to_bits() == 1f64.to_bits() {
        return Ok("1 Byte".into());
    }
    if bytes < base {
        let bytes = BigInt::from_f64(bytes.trunc());
        let bytes = bytes.ok_or_else(|| invalid("`filesizeformat` needs a finite number"))?;
        return Ok(format!("{bytes} Bytes"));
    }
    let mut unit = Number::Float(base);
    let base = Number::Int(BigInt::from_f64(base).unwrap_or_default());
    let mut shown = "";
    for prefix in prefixes {
        // The next unit, as an integer: floats round.
        unit = number::arithmetic("*", &integer(&unit), &base)?;
        shown = prefix;
        if number::order(&Number::Float(bytes), &unit) == Some(Ordering::Less) {
            break;
        }
    }
    let size = number::arithmetic("*", &base, &Number::Float(bytes))?;
    let size = number::arithmetic("/", &size, &unit)?.float()?;
    match size.is_nan() {
        true => Ok(format!("nan {shown}")),
        false => Ok(format!("{size:.1} {shown}")),
    }
}

fn integer(number: &Number) -> Number {
    match number {
        Number::Float(float) => Number::Int(BigInt::from_f64(*float).unwrap_or_default()),
        Number::Int(_) => number.clone(),
    }
}

/// In a path, or in a query, which has `+` for a space.
pub(in crate::render) fn quote_url(text: &str, in_query: bool) -> String {
    let mut quoted = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                quoted.push(byte.into());
            }
            b'/' if !in_query => quoted.push('/'),
            b' ' if in_query => quoted.push('+'),
            _ => {
                write!(quoted, "%{byte:02X}").ok();
            }
        }
    }
    quoted
}

/// Without tags, comments and runs of white space.
pub(in crate::render) fn strip_tags(text: &str) -> Result<String, Error> {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let end = match rest[start..].strip_prefix("<!--") {
            Some(comment) => comment.find("-->").map(|end| start + 4 + end + 3),
            None => rest[start..].find('>').map(|end| start + end + 1),
        };
        let Some(end) = end else {
            break;
        };
        kept.push_str(&rest[..start]);
        rest = &rest[end..];
    }
    kept.push_str(rest);
    let words: Vec<&str> = kept
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    unescape(&words.join(" "))
}

/// What the escapes of HTML stand for; of those with names the common ones.
fn unescape(text: &str) -> Result<String, Error> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest[1..]
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
            .next();
        let name = name.unwrap_or_default();
        let character = match name {
            "amp" => Some('&'),
            "apos" => Some('\''),
            "gt" => Some('>'),
            "lt" => Some('<'),
            "nbsp" => Some('\u{a0}'),
            "quot" => Some('"'),
            "raquo" => Some('»'),
            "laquo" => Some('«'),
            _ => name.strip_prefix('#').and_then(|code| {
                let code = match code.strip_prefix(['x', 'X']) {
                    Some(code) => u32::from_str_radix(code, 16),
                    None => code.parse(),
                };
                code.ok()
                    .filter(|code| *code >= 0xa0 || (0x20..0x7f).contains(code))
                    // Those that are no characters are left out, which we leave to Python.
                    .filter(|code| code & 0xfffe != 0xfffe && !(0xfdd0..=0xfdef).contains(code))
                    .and_then(char::from_u32)
            }),
        };
        let is_closed = rest[1 + name.len()..].starts_with(';');
        match character {
            Some(character) if is_closed => {
                plain.push(character);
                rest = &rest[name.len() + 2..];
            }
            _ if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '#') => {
                let end = if is_closed { ";" } else { "" };
                let detail = format!("`striptags` does not know `&{name}{end}`");
                return Err(invalid(detail));
            }
            _ => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    Ok(plain)
}

/// How `wordwrap` breaks lines.
#[derive(Clone, Copy, Debug)]
pub(in crate::render) struct Wrapping<'a> {
    pub(in crate::render) width: usize,
    pub(in crate::render) break_long_words: bool,
    pub(in crate::render) break_on_hyphens: bool,
    pub(in crate::render) line_end: &'a str,
}

impl Wrapping<'_> {
    /// Each line of `text` is wrapped by itself.
    pub(in crate::render) fn wrap(&self, text: &str) -> Result<String, Error> {
        if self.width == 0 {
            return Err(invalid("the `width` of `wordwrap` is at least 1"));
        }
        let lines = lines(text, false);
        let wrapped: Vec<String> = lines
            .iter()
            .map(|line| self.wrap_line(line).join(self.line_end))
            .collect();
        let text = wrapped.join(self.line_end);
        limits::check_text(text.len())?;
        Ok(text)
    }

    /// `textwrap.wrap`
    fn wrap_line(&self, text: &str) -> Vec<String> {
        let mut chunks = match self.break_on_hyphens {
            true => hyphenated_chunks(text),
            false => chunks(text),
        };
        chunks.reverse();
        let is_blank = |chunk: &[char]| chunk.iter().copied().all(is_space);
        let mut lines: Vec<String> = Vec::new();
        while let Some(last) = chunks.last() {
            if !lines.is_empty() && is_blank(last) {
                chunks.pop();
            }
            let mut line: Vec<Vec<char>> = Vec::new();
            let mut length = 0;
            while let Some(chunk) = chunks.pop_if(|chunk| length + chunk.len() <= self.width) {
                length += chunk.len();
                line.push(chunk);
            }
            if chunks.last().is_some_and(|chunk| chunk.len() > self.width) {
                self.take_long_word(&mut chunks, &mut line, length);
            }
            line.pop_if(|chunk| is_blank(chunk));
            if !line.is_empty() {
                lines.push(line.into_iter().flatten().collect());
            }
        }
        lines
    }

    /// Takes what fits of a word that fits in no line.
    fn take_long_word(
        &self,
        chunks: &mut Vec<Vec<char>>,
        line: &mut Vec<Vec<char>>,
        length: usize,
    ) {
        let Some(mut word) = chunks.pop() else {
            return;
        };
        if !self.break_long_words {
            match line.is_empty() {
                true => line.push(word),
                false => chunks.push(word),
            }
            return;
        }
        let room = self.width - length;
        let mut end = room.min(word.len());
        if self.break_on_hyphens && word.len() > room {
            let hyphen = word[..room].iter().rposition(|c| *c == '-');
            let hyphen = hyphen.filter(|at| *at > 0 && word[..*at].iter().any(|c| *c != '-'));
            end = hyphen.map_or(end, |at| at + 1);
        }
        let rest = word.split_off(end);
        line.push(word);
        chunks.push(rest);
    }
}

/// `textwrap`'s white space, which is that of ASCII.
fn is_gap(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// Words and the white space between them.
fn chunks(text: &str) -> Vec<Vec<char>> {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    for c in text.chars() {
        match chunks.last_mut() {
            Some(chunk) if is_gap(chunk[0]) == is_gap(c) => chunk.push(c),
            _ => chunks.push(vec![c]),
        }
    }
    chunks
}

/// As [`chunks`], and words also end after hyphens between letters and before and after dashes.
fn hyphenated_chunks(text: &str) -> Vec<Vec<char>> {
    let chars: Vec<char> = text.chars().collect();
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < chars.len() {
        let end = chunk_end(&chars, start);
        chunks.push(chars[start..end].to_vec());
        start = end;
    }
    chunks
}

fn chunk_end(chars: &[char], start: usize) -> usize {
    let at = |index: usize| chars.get(index).copied();
    let is = |index: usize, test: fn(char) -> bool| at(index).is_some_and(test);
    let is_letter = |c: char| is_word(c) && !c.is_numeric();
    let is_punctuation = |c: char| is_word(c) || "!\"'&.,?".contains(c);
    let run = |from: usize, test: fn(char) -> bool| {
        chars[from..].iter().take_while(|c| test(**c)).count()
    };
    if is(start, is_gap) {
        return start + run(start, is_gap);
    }
    // A dash of two or more hyphens between words.
    let before = start.checked_sub(1).and_then(at);
    let dashes = run(start, |c| c == '-');
    if dashes >= 2 && before.is_some_and(is_punctuation) && is(start + dashes, is_word) {
        return start + dashes;
    }
    let mut end = start + 1;
    loop {
        let letter = |index: Option<usize>| index.and_then(at).is_some_and(is_letter);
        // A hyphen after two letters, or a letter, a hyphen and a letter, and before letters.
        if at(end) == Some('-') {
            let back = |count: usize| end.checked_sub(count);
            let after_letters = letter(back(1)) && letter(back(2));
            let after_hyphen =
                letter(back(1)) && back(2).and_then(at) == Some('-') && letter(back(3));
            let next = if at(end + 2) == Some('-') {
                end + 3
            } else {
                end + 2
            };
            let before_letters = letter(Some(end + 1)) && letter(Some(next));
            if (after_letters || after_hyphen) && before_letters {
                return end + 1;
            }
        }
        if at(end).is_none_or(is_gap) {
            return end;
        }
        let dashes = run(end, |c| c == '-');
        if dashes >= 2 && is_punctuation(chars[end - 1]) && is(end + dashes, is_word) {
            return end;
        }
        end += 1;
    }
}
