use std::cmp::Ordering;

use minijinja::value::Value;
use minijinja::{Environment, Error, State};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, Num, Signed, ToPrimitive};

use super::attribute::Attribute;
use super::{add, invalid};
use crate::render::call::bind;
use crate::render::number::{self, Number};
use crate::render::operators;
use crate::render::values::{collect, type_name};

/// Digits of an integer that are read. `CPython` reads 4,300.
const MAX_DIGITS: usize = 20_000;

pub(super) fn register(env: &mut Environment<'_>) {
    add(env, "abs", abs);
    add(env, "float", float);
    add(env, "int", int);
    add(env, "round", round);
    add(env, "sum", sum);
}

fn needs_number(filter: &str, value: &Value) -> Error {
    if value.is_undefined()
        && let Err(error) = value.get_attr("")
    {
        return error;
    }
    invalid(format!(
        "`{filter}` needs a number, not {}",
        type_name(value)
    ))
}

fn abs(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("abs", args, ["x"], 1)?;
    let value = value.unwrap_or_default();
    match number::of(&value) {
        Some(Number::Int(int)) => Ok(Number::Int(int.abs()).into()),
        Some(Number::Float(float)) => Ok(float.abs().into()),
        None => Err(needs_number("abs", &value)),
    }
}

/// `value|int(default=0, base=10)`
fn int(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, default, base] = bind("int", args, ["value", "default", "base"], 1)?;
    let value = value.unwrap_or_default();
    let base = base.map_or(Some(10), |base| base.as_i64());
    let base = base.and_then(|base| u32::try_from(base).ok());
    let base = base.filter(|base| matches!(base, 0 | 2..=36));
    let base = base.ok_or_else(|| invalid("the `base` of `int` is 0 or from 2 to 36"))?;
    let number = match (value.as_str(), number::of(&value)) {
        (Some(text), _) => match check_digits(text).map(|()| parse_int(text, base))? {
            Some(int) => {
                number::check_bits(int.bits())?;
                return Ok(Number::Int(int).into());
            }
            None => parse_float(text),
        },
        (None, Some(Number::Int(int))) => return Ok(Number::Int(int).into()),
        (None, Some(Number::Float(float))) if float.is_infinite() => {
            return Err(invalid("infinity has no integer"));
        }
        (None, Some(Number::Float(float))) => Some(float),
        (None, None) if value.is_undefined() => return Err(needs_number("int", &value)),
        (None, None) => None,
    };
    match number.and_then(|float| BigInt::from_f64(float.trunc())) {
        Some(int) => Ok(Number::Int(int).into()),
        None => Ok(default.unwrap_or_else(|| Value::from(0))),
    }
}

/// `value|float(default=0.0)`
fn float(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, default] = bind("float", args, ["value", "default"], 1)?;
    let value = value.unwrap_or_default();
    let number = match value.as_str() {
        Some(text) => check_digits(text).map(|()| parse_float(text))?,
        None if value.is_undefined() => return Err(needs_number("float", &value)),
        None => number::of(&value)
            .map(|number| number.float())
            .transpose()?,
    };
    Ok(number.map_or_else(|| default.unwrap_or_else(|| Value::from(0.0)), Value::from))
}

/// Refuses digits other than those of ASCII, which Python reads.
fn check_digits(text: &str) -> Result<(), Error> {
    match text.chars().any(|c| !c.is_ascii() && c.is_numeric()) {
        true => Err(invalid(format!(
            "`{text}` has digits other than `0` to `9`"
        ))),
        false => Ok(()),
    }
}

/// Python's `int(text, base)`; none if that is no integer.
fn parse_int(text: &str, base: u32) -> Option<BigInt> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c));
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0b") => Some(2),
        Some("0o") => Some(8),
        Some("0x") => Some(16),
        _ => None,
    };
    let has_prefix = prefix.is_some_and(|prefix| base == prefix || base == 0);
    let (digits, radix) = match prefix {
        Some(prefix) if has_prefix => (
            digits[2..].strip_prefix('_').unwrap_or(&digits[2..]),
            prefix,
        ),
        _ if base == 0 => (digits, 10),
        _ => (digits, base),
    };
    // `0123` means nothing by itself in Python.
    if base == 0
        && !has_prefix
        && digits.starts_with('0')
        && digits.bytes().any(|digit| !matches!(digit, b'0' | b'_'))
    {
        return None;
    }
    let digits = without_underscores(digits)?;
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // What cannot be printed need not be read, which takes longer with each digit.
    let digits = &digits[..digits.len().min(MAX_DIGITS)];
    let int = BigInt::from_str_radix(digits, radix).ok()?;
    Some(if negative { -int } else { int })
}

/// Digits without the single underscores between them; none if there are others.
fn without_underscores(digits: &str) -> Option<String> {
    let misplaced = digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__");
    (!misplaced).then(|| digits.replace('_', ""))
}

/// Python's `float(text)`.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" | "nan" => return text.to_ascii_lowercase().parse().ok(),
        _ => {}
    }
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-' | '_');
    if !unsigned.chars().all(is_number) {
        return None;
    }
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        at > 0 && digit(at - 1) && digit(at + 1)
    };
    let underscores = text.match_indices('_').map(|(at, _)| at);
    if !underscores.into_iter().all(between_digits) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// `value|round(precision=0, method='common')`
fn round(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, precision, method] = bind("round", args, ["value", "precision", "method"], 1)?;
    let value = value.unwrap_or_default();
    let method = method.unwrap_or_else(|| Value::from("common"));
    let method = method.as_str().unwrap_or_default();
    if !matches!(method, "ceil" | "common" | "floor") {
        return Err(invalid(
            "the `method` of `round` is `common`, `ceil` or `floor`",
        ));
    }
    let precision = match precision {
        None => 0,
        Some(precision) => match number::of(&precision) {
            Some(Number::Int(places)) => {
                let limit = if places.is_negative() { -400 } else { 400 };
                places.to_i32().unwrap_or(limit).clamp(-400, 400)
            }
            _ => return Err(invalid("the `precision` of `round` is an integer")),
        },
    };
    let number = number::of(&value).ok_or_else(|| needs_number("round", &value))?;
    if method == "common" {
        return Ok(match number {
            Number::Int(int) => Number::Int(round_int(&int, precision)).into(),
            Number::Float(float) => round_float(float, precision)?.into(),
        });
    }
    let factor = number::arithmetic("**", &10.into(), &i64::from(precision).into())?;
    let whole = match number::arithmetic("*", &number, &factor)? {
        Number::Int(int) => Number::Int(int),
        Number::Float(float) if !float.is_finite() => {
            return Err(invalid(format!(
                "`round` to the {method} of what is not finite"
            )));
        }
        Number::Float(float) => {
            let whole = if method == "ceil" {
                float.ceil()
            } else {
                float.floor()
            };
            Number::Int(BigInt::from_f64(whole).expect("it is finite"))
        }
    };
    number::arithmetic("/", &whole, &factor).map(Value::from)
}

/// To a multiple of a power of ten, a tie to the even one.
fn round_int(int: &BigInt, precision: i32) -> BigInt {
    let power = BigInt::from(10).pow(precision.min(0).unsigned_abs());
    let (below, rest) = int.div_mod_floor(&power);
    let up = match (rest * 2u8).cmp(&power) {
        Ordering::Less => false,
        Ordering::Equal => below.is_odd(),
        Ordering::Greater => true,
    };
    (below + u8::from(up)) * power
}

/// To so many places, by the digits of the exact value, a tie to the even one.
fn round_float(float: f64, precision: i32) -> Result<f64, Error> {
    let Some(whole) = BigInt::from_f64(float.trunc()) else {
        return Ok(float);
    };
    if let Ok(places) = usize::try_from(precision) {
        return Ok(format!("{float:.places$}").parse().unwrap_or(float));
    }
    // What is behind the point decides only a tie.
    let whole = match float.fract() == 0.0 {
        true => round_int(&whole, precision),
        false => {
            round_int(
                &(whole * 10u8 + (if float < 0.0 { -1 } else { 1 })),
                precision - 1,
            ) / 10u8
        }
    };
    let rounded: f64 = whole.to_string().parse().unwrap_or(f64::INFINITY);
    match rounded.is_finite() {
        true => Ok(rounded.copysign(float)),
        false => Err(invalid("the rounded number is too large for a float")),
    }
}

/// `value|sum(attribute=none, start=0)`
fn sum(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [values, attribute, start] = bind("sum", args, ["iterable", "attribute", "start"], 1)?;
    let attribute = Attribute::new(attribute.as_ref());
    let mut total = start.unwrap_or_else(|| Value::from(0));
    if total.as_str().is_some() {
        return Err(invalid("`sum` does not join strings; use `join`"));
    }
    let values = collect(&values.unwrap_or_default())?;
    state.consume_fuel((values.len() / 4) as u64)?;
    for value in values {
        let value = attribute.of(&value)?;
        total = operators::arithmetic(state, "+", &total, &value)?;
    }
    Ok(total)
}
