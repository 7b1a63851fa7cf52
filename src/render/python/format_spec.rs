//! `format(value, spec)`.
//!
//! Source: the Python library reference, "Format Specification Mini-Language".

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};
use num_bigint::BigInt;
use num_traits::Signed;

use super::float::{self, Notation};
use super::layout::{Align, grouped, pad};
use crate::render::number::{self, Number};
use crate::render::values::type_name;
use crate::render::{limits, print};
use crate::text;

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][kind]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spec {
    fill: Option<char>,
    align: Option<Align>,
    sign: Option<char>,
    no_minus_zero: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

pub(super) fn format(value: &Value, spec: &str) -> Result<String, Error> {
    if spec.is_empty() {
        let mut text = String::new();
        print::str(&mut text, value)?;
        return Ok(text);
    }
    let number = number::of(value);
    if number.is_none() && value.as_str().is_none() {
        let found = type_name(value);
        let detail = format!("{found} has no format `{spec}`; write `|string` first");
        return Err(invalid(detail));
    }
    let parsed = Spec::parse(spec)?;
    match number {
        Some(Number::Int(int)) => match parsed.kind {
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                parsed.float(Number::Int(int).float()?)
            }
            _ => parsed.integer(&int),
        },
        Some(Number::Float(float)) => parsed.float(float),
        None => parsed.text(value.as_str().unwrap_or_default()),
    }
}

impl Spec {
    fn parse(spec: &str) -> Result<Self, Error> {
        let bad = || invalid(format!("`{spec}` is no format"));
        let chars: Vec<char> = spec.chars().collect();
        let mut parsed = Self::default();
        let mut at = 0;
        let align = |c: Option<&char>| match c? {
            '^' => Some(Align::Center),
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '=' => Some(Align::Sign),
            _ => None,
        };
        if let Some(found) = align(chars.get(1)) {
            (parsed.fill, parsed.align, at) = (Some(chars[0]), Some(found), 2);
        } else if let Some(found) = align(chars.first()) {
            (parsed.align, at) = (Some(found), 1);
        }
        let mut take = |wanted: &str| {
            let found = chars.get(at).copied().filter(|c| wanted.contains(*c));
            at += usize::from(found.is_some());
            found
        };
        parsed.sign = take("+- ");
        parsed.no_minus_zero = take("z").is_some();
        parsed.alternate = take("#").is_some();
        parsed.zero = take("0").is_some();
        let amount = |take: &mut dyn FnMut(&str) -> Option<char>| {
            let mut amount: Option<usize> = None;
            while let Some(digit) = take("0123456789") {
                let digit = digit.to_digit(10).unwrap_or(0) as usize;
                amount = Some(amount.unwrap_or(0).saturating_mul(10).saturating_add(digit));
            }
            amount
        };
        parsed.width = amount(&mut take).unwrap_or(0);
        parsed.grouping = take(",_");
        if take(".").is_some() {
            parsed.precision = Some(amount(&mut take).ok_or_else(bad)?);
        }
        parsed.kind = take("bcdeEfFgGnosxX%");
        if at != chars.len() {
            return Err(bad());
        }
        limits::check_text(parsed.width)?;
        limits::check_text(parsed.precision.unwrap_or(0))?;
        Ok(parsed)
    }

    fn text(&self, text: &str) -> Result<String, Error> {
        let refuse = |what: &str| Err(invalid(format!("a string has no {what} in its format")));
        if self.kind.is_some_and(|kind| kind != 's') {
            return refuse(&format!("`{}`", self.kind.unwrap_or('s')));
        }
        if self.sign.is_some() {
            return refuse("sign");
        }
        if self.alternate {
            return refuse("`#`");
        }
        if self.grouping.is_some() {
            return refuse("`,`");
        }
        if self.no_minus_zero {
            return refuse("`z`");
        }
        if self.align == Some(Align::Sign) {
            return refuse("`=`");
        }
        let text: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        pad(
            "",
            &text,
            fill,
            self.align.unwrap_or(Align::Left),
            self.width,
        )
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            (false, _) => "",
        }
    }

    fn integer(&self, int: &BigInt) -> Result<String, Error> {
        if self.precision.is_some() {
            return Err(invalid("an integer has no precision in its format"));
        }
        if self.no_minus_zero {
            return Err(invalid("an integer has no `z` in its format"));
        }
        let size = int.magnitude();
        let (prefix, digits) = match self.kind {
            None | Some('d' | 'n') => ("", size.to_string()),
            Some('b') => ("0b", format!("{size:b}")),
            Some('o') => ("0o", format!("{size:o}")),
            Some('x') => ("0x", format!("{size:x}")),
            Some('X') => ("0X", format!("{size:X}")),
            Some('c') => return self.character(int),
            Some(kind) => return Err(invalid(format!("an integer has no `{kind}` in its format"))),
        };
        let per_group = match self.kind {
            Some('b' | 'o' | 'x' | 'X') => 4,
            _ => 3,
        };
        if self.grouping == Some(',') && per_group == 4
            || self.grouping.is_some() && self.kind == Some('n')
        {
            let kind = self.kind.unwrap_or('d');
            return Err(invalid(format!("`,` and `{kind}` do not go together")));
        }
        let prefix = if self.alternate { prefix } else { "" };
        let sign = format!("{}{prefix}", self.sign(int.is_negative()));
        self.number(&sign, &digits, "", per_group)
    }

    fn character(&self, int: &BigInt) -> Result<String, Error> {
        let code = u32::try_from(int).ok().and_then(char::from_u32);
        let code = code.ok_or_else(|| invalid("`c` needs the number of a character"))?;
        if self.sign.is_some() || self.alternate || self.grouping.is_some() {
            return Err(invalid("`c` goes with a width only"));
        }
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let align = self
            .align
            .unwrap_or(if self.zero { Align::Sign } else { Align::Right });
        pad("", &code.to_string(), fill, align, self.width)
    }

    fn float(&self, value: f64) -> Result<String, Error> {
        let kind = self.kind;
        if let Some(kind) = kind.filter(|kind| !"eEfFgGn%".contains(*kind)) {
            return Err(invalid(format!("a float has no `{kind}` in its format")));
        }
        if self.grouping.is_some() && kind == Some('n') {
            return Err(invalid("`,` and `n` do not go together"));
        }
        let (value, percent) = match kind {
            Some('%') => (value * 100.0, "%"),
            _ => (value, ""),
        };
        let digits = self.digits(value);
        let digits = match kind.is_some_and(|kind| kind.is_ascii_uppercase()) {
            true => digits.to_uppercase(),
            false => digits,
        };
        let is_zero =
            value.is_finite() && !digits.bytes().any(|digit| matches!(digit, b'1'..=b'9'));
        let negative = value.is_sign_negative() && !value.is_nan();
        let negative = negative && !(self.no_minus_zero && is_zero);
        let whole = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let (whole, rest) = digits.split_at(whole);
        self.number(self.sign(negative), whole, &format!("{rest}{percent}"), 3)
    }

    fn digits(&self, value: f64) -> String {
        let (notation, precision) = match self.kind {
            Some('e' | 'E') => (Notation::Exponent, self.precision.unwrap_or(6)),
            Some('f' | 'F' | '%') => (Notation::Fixed, self.precision.unwrap_or(6)),
            Some(_) => (Notation::General, self.precision.unwrap_or(6)),
            None => match self.precision {
                None => return shortest(value, self.alternate),
                Some(precision) => return plain(value, precision.max(1), self.alternate),
            },
        };
        float::digits(value, notation, precision, self.alternate)
    }

    /// Puts a number in its field; zeros before it are grouped with it.
    fn number(
        &self,
        sign: &str,
        whole: &str,
        rest: &str,
        per_group: usize,
    ) -> Result<String, Error> {
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        let align = self
            .align
            .unwrap_or(if self.zero { Align::Sign } else { Align::Right });
        let mut digits = whole.to_owned();
        if let Some(separator) = self.grouping.filter(|_| !whole.is_empty()) {
            if fill == '0' && align == Align::Sign {
                let taken = sign.chars().count() + rest.chars().count();
                let wanted = zeros_for(self.width.saturating_sub(taken), per_group);
                digits.insert_str(0, &"0".repeat(wanted.saturating_sub(digits.len())));
            }
            digits = grouped(&digits, separator, per_group);
        }
        pad(sign, &format!("{digits}{rest}"), fill, align, self.width)
    }
}

/// The fewest digits that, in groups with separators, fill so many characters.
fn zeros_for(width: usize, per_group: usize) -> usize {
    let separators = |digits: usize| digits.saturating_sub(1) / per_group;
    let mut digits = width - width / (per_group + 1);
    while digits > 0 && digits - 1 + separators(digits - 1) >= width {
        digits -= 1;
    }
    while digits + separators(digits) < width {
        digits += 1;
    }
    digits
}

/// A float as `repr` has it; `#` keeps a point before the exponent.
fn shortest(value: f64, alternate: bool) -> String {
    let text = text::float(value.abs());
    match text.find('e') {
        Some(at) if alternate && !text.contains('.') => format!("{}.{}", &text[..at], &text[at..]),
        _ => text,
    }
}

/// A float without a kind but with a precision: as `g`, but with a digit after the point, and an
/// exponent one place sooner.
fn plain(value: f64, precision: usize, alternate: bool) -> String {
    let exponent = float::digits(value, Notation::Exponent, precision - 1, alternate);
    let Some((mantissa, power)) = exponent.split_once('e') else {
        return exponent;
    };
    let power: i32 = power.parse().unwrap_or(0);
    if power < -4 || usize::try_from(power).is_ok_and(|power| power + 1 >= precision) {
        let mantissa = match mantissa.contains('.') && !alternate {
            true => mantissa.trim_end_matches('0').trim_end_matches('.'),
            false => mantissa,
        };
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", power.abs());
    }
    let general = float::digits(value, Notation::General, precision, alternate);
    match general.contains('.') {
        true => general,
        false => format!("{general}.0"),
    }
}
