//! `format % values`.
//!
//! Source: the Python library reference, "printf-style String Formatting".

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};
use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed};

use super::float::{self, Notation};
use super::layout::{Align, pad};
use crate::render::number::{self, Number};
use crate::render::values::{collect, type_name};
use crate::render::{limits, print};

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// What `format % argument` is. A tuple has an argument for each place.
pub(in crate::render) fn printf(format: &str, argument: &Value) -> Result<String, Error> {
    let mut arguments = Given::new(argument)?;
    let mut text = String::with_capacity(format.len() + 16);
    let mut chars = format.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let place = Place::read(format, at, &mut chars, &mut arguments)?;
        place.write(&mut text, &mut arguments)?;
        limits::check_text(text.len())?;
    }
    arguments.finish()?;
    Ok(text)
}

/// The values to format, by place or by name.
struct Given<'a> {
    whole: &'a Value,
    values: Vec<Value>,
    next: usize,
    is_mapping: bool,
    by_name: bool,
}

impl<'a> Given<'a> {
    fn new(whole: &'a Value) -> Result<Self, Error> {
        let is_tuple = whole.is_tuple();
        Ok(Self {
            whole,
            values: match is_tuple {
                true => collect(whole)?,
                false => vec![whole.clone()],
            },
            next: 0,
            is_mapping: !is_tuple && matches!(whole.kind(), ValueKind::Map | ValueKind::Seq),
            by_name: false,
        })
    }

    fn take(&mut self) -> Result<Value, Error> {
        let value = self.values.get(self.next).cloned();
        self.next += 1;
        value.ok_or_else(|| invalid("there are fewer values than places in the format"))
    }

    fn named(&mut self, name: &str) -> Result<Value, Error> {
        if self.whole.kind() != ValueKind::Map {
            let detail = format!("`%({name})` needs a dict, not {}", type_name(self.whole));
            return Err(invalid(detail));
        }
        self.by_name = true;
        let object = self.whole.as_object();
        let value = object.and_then(|object| object.get_value(&Value::from(name)));
        value.ok_or_else(|| invalid(format!("the dict has no `{name}` for `%({name})`")))
    }

    fn finish(self) -> Result<(), Error> {
        if self.by_name || self.is_mapping || self.next >= self.values.len() {
            return Ok(());
        }
        Err(invalid("there are more values than places in the format"))
    }
}

/// A place in the format: `%[(name)][flags][width][.precision]kind`
#[derive(Debug, Default)]
struct Place {
    value: Option<Value>,
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    kind: char,
    at: usize,
}

type Chars<'a> = Peekable<CharIndices<'a>>;

impl Place {
    fn read(
        format: &str,
        at: usize,
        chars: &mut Chars<'_>,
        arguments: &mut Given<'_>,
    ) -> Result<Self, Error> {
        let incomplete = || invalid("the format ends within a `%`; write `%%` for the sign itself");
        let mut place = Self::default();
        if chars.next_if(|(_, c)| *c == '(').is_some() {
            let name = name(format, chars).ok_or_else(incomplete)?;
            place.value = Some(arguments.named(name)?);
        }
        while let Some((_, flag)) = chars.next_if(|(_, c)| matches!(c, '-' | '+' | ' ' | '#' | '0'))
        {
            match flag {
                '-' => place.left = true,
                '+' => place.plus = true,
                ' ' => place.space = true,
                '#' => place.alternate = true,
                _ => place.zero = true,
            }
        }
        if let Some(width) = amount(chars, arguments)? {
            place.left |= width < 0;
            place.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        }
        if chars.next_if(|(_, c)| *c == '.').is_some() {
            let precision = amount(chars, arguments)?.unwrap_or(0).max(0);
            place.precision = Some(usize::try_from(precision).unwrap_or(usize::MAX));
        }
        limits::check_text(place.width)?;
        limits::check_text(place.precision.unwrap_or(0))?;
        chars.next_if(|(_, c)| matches!(c, 'h' | 'l' | 'L'));
        let (kind_at, kind) = chars.next().ok_or_else(incomplete)?;
        place.kind = kind;
        place.at = if kind == '%' { at } else { kind_at };
        Ok(place)
    }

    fn write(mut self, text: &mut String, arguments: &mut Given<'_>) -> Result<(), Error> {
        if self.kind == '%' && self.value.is_none() && self.is_bare() {
            text.push('%');
            return Ok(());
        }
        if self.kind == '%' {
            return Err(invalid("`%%` goes without a width and signs"));
        }
        let value = match self.value.take() {
            Some(value) => value,
            None => arguments.take()?,
        };
        let (sign, body) = match self.kind {
            'a' | 'r' | 's' => (String::new(), self.text(&value)?),
            'c' => (String::new(), Self::character(&value)?),
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.integer(&value)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => self.float(&value)?,
            kind => {
                let detail = format!("`%{kind}` is no format (at character {})", self.at);
                return Err(invalid(detail));
            }
        };
        let is_number = !matches!(self.kind, 'a' | 'c' | 'r' | 's');
        let (fill, align) = match (self.left, self.zero && is_number) {
            (true, _) => (' ', Align::Left),
            (false, true) => ('0', Align::Sign),
            (false, false) => (' ', Align::Right),
        };
        text.push_str(&pad(&sign, &body, fill, align, self.width)?);
        Ok(())
    }

    fn is_bare(&self) -> bool {
        self.width == 0 && self.precision.is_none() && !(self.left || self.zero || self.alternate)
    }

    fn text(&self, value: &Value) -> Result<String, Error> {
        let mut text = String::new();
        match self.kind {
            's' => print::str(&mut text, value)?,
            'r' => print::repr(&mut text, value)?,
            _ => {
                print::repr(&mut text, value)?;
                text = ascii(&text);
            }
        }
        Ok(match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text,
        })
    }

    fn character(value: &Value) -> Result<String, Error> {
        let code = match (number::of(value), value.as_str()) {
            (Some(Number::Int(int)), _) => u32::try_from(&int).ok().and_then(char::from_u32),
            (_, Some(text)) if text.chars().count() == 1 => text.chars().next(),
            _ => None,
        };
        match code {
            Some(code) => Ok(code.into()),
            None => Err(invalid("`%c` needs one character or the number of one")),
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match negative {
            true => "-",
            false if self.plus => "+",
            false if self.space => " ",
            false => "",
        }
    }

    fn integer(&self, value: &Value) -> Result<(String, String), Error> {
        let kind = self.kind;
        let int = match number::of(value) {
            Some(Number::Int(int)) => Some(int),
            Some(Number::Float(float)) if matches!(kind, 'd' | 'i' | 'u') => {
                BigInt::from_f64(float.trunc())
            }
            _ => None,
        };
        let Some(int) = int else {
            let needed = match kind {
                'd' | 'i' | 'u' => "a number",
                _ => "an integer",
            };
            let found = type_name(value);
            return Err(invalid(format!("`%{kind}` needs {needed}, not {found}")));
        };
        let size = int.magnitude();
        let (prefix, mut digits) = match kind {
            'o' => ("0o", format!("{size:o}")),
            'x' => ("0x", format!("{size:x}")),
            'X' => ("0X", format!("{size:X}")),
            _ => ("", size.to_string()),
        };
        let missing = self.precision.unwrap_or(0).saturating_sub(digits.len());
        digits.insert_str(0, &"0".repeat(missing));
        let prefix = if self.alternate { prefix } else { "" };
        Ok((format!("{}{prefix}", self.sign(int.is_negative())), digits))
    }

    fn float(&self, value: &Value) -> Result<(String, String), Error> {
        let kind = self.kind;
        let Some(number) = number::of(value) else {
            let found = type_name(value);
            return Err(invalid(format!("`%{kind}` needs a number, not {found}")));
        };
        let float = number.float()?;
        let notation = match kind.to_ascii_lowercase() {
            'e' => Notation::Exponent,
            'f' => Notation::Fixed,
            _ => Notation::General,
        };
        let precision = self.precision.unwrap_or(6);
        let digits = float::digits(float, notation, precision, self.alternate);
        let digits = match kind.is_ascii_uppercase() {
            true => digits.to_uppercase(),
            false => digits,
        };
        let negative = float.is_sign_negative() && !float.is_nan();
        Ok((self.sign(negative).into(), digits))
    }
}

/// The name between parentheses, which may nest.
fn name<'a>(format: &'a str, chars: &mut Chars<'_>) -> Option<&'a str> {
    let start = chars.peek()?.0;
    let mut open = 1;
    for (at, c) in chars.by_ref() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(&format[start..at]);
        }
    }
    None
}

/// A width or a precision: digits, or `*` for the next value.
fn amount(chars: &mut Chars<'_>, arguments: &mut Given<'_>) -> Result<Option<i64>, Error> {
    if chars.next_if(|(_, c)| *c == '*').is_some() {
        let value = arguments.take()?;
        let amount = value.as_i64().filter(|_| value.is_integer());
        return match amount {
            Some(amount) => Ok(Some(amount)),
            None => Err(invalid("`*` in a format needs an integer")),
        };
    }
    let mut amount = None;
    while let Some((_, digit)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
        let digit = i64::from(digit.to_digit(10).unwrap_or(0));
        let sum: i64 = amount.unwrap_or(0);
        amount = Some(sum.saturating_mul(10).saturating_add(digit));
    }
    Ok(amount)
}

/// Python's `ascii` of what `repr` gave.
pub(super) fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let written = match u32::from(c) {
            0..=0x7f => escaped.write_char(c),
            code @ 0x80..=0xff => write!(escaped, "\\x{code:02x}"),
            code @ 0x100..=0xffff => write!(escaped, "\\u{code:04x}"),
            code => write!(escaped, "\\U{code:08x}"),
        };
        written.expect("a string takes all");
    }
    escaped
}
