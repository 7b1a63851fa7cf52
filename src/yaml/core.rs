//! Scalars without quotes by the core schema of YAML 1.2, section 10.3.2.

use super::number::{self, radix};
use super::resolve::Type;
use crate::model::Value;

pub(super) fn resolve(text: &str) -> Type {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Type::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Type::Bool,
        // The schema has no such key; the composer says so instead of making a parameter of it.
        "<<" => Type::Merge,
        _ if is_int(text) => Type::Int,
        _ if is_float(text) => Type::Float,
        _ => Type::Str,
    }
}

pub(super) fn int(text: &str) -> Result<Value, String> {
    let number = unsigned(text);
    let magnitude = match (text.strip_prefix("0o"), text.strip_prefix("0x")) {
        (Some(digits), _) => radix(digits, 8),
        (_, Some(digits)) => radix(digits, 16),
        (None, None) => radix(number, 10),
    }?;
    number::signed(text.starts_with('-'), magnitude)
}

pub(super) fn float(text: &str) -> Result<Value, String> {
    // An underscore is a digit of YAML 1.1 only.
    match is_int(text) || is_float(text) {
        true => number::float(text),
        false => Err("is no number".into()),
    }
}

/// `[-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+`
fn is_int(text: &str) -> bool {
    let of = |digits: &str, radix| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    of(unsigned(text), 10)
        || text.strip_prefix("0o").is_some_and(|digits| of(digits, 8))
        || text.strip_prefix("0x").is_some_and(|digits| of(digits, 16))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, infinities, and what is no number.
fn is_float(text: &str) -> bool {
    let number = unsigned(text);
    if matches!(number, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (number, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    are_digits(whole)
        && are_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && are_digits(digits))
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_all(expected: Type, texts: &str) {
        for text in texts.split_whitespace() {
            assert_eq!(resolve(text), expected, "{text}");
        }
    }

    #[test]
    fn scalars_have_the_types_of_yaml_1_2() {
        assert_all(Type::Int, "0 -0 +1 010 08 -077 0o17 0x1F 0xff 00");
        assert_all(
            Type::Float,
            "1. .5 +.5 -.5e3 1e3 1E5 1e-3 1.0e3 1e+3 5.e1 .inf -.Inf +.INF .nan .NaN .NAN 0e0",
        );
        assert_all(Type::Bool, "true True TRUE false False FALSE");
        assert_all(Type::Null, "~ null Null NULL");
        assert_all(
            Type::Str,
            "yes No on OFF y n tRUE nULL 24:00:00 1:30 1_000 0b1 0o8 0x 0o -0x1 +0o7 . + - e1 .e1 \
             1e 1e+ -.nan .inF 2024-01-01 2024-01-01T10:00:00Z = 1.2.3 ++1",
        );
        assert_eq!(resolve(""), Type::Null);
    }

    #[test]
    fn numbers_are_those_of_yaml_1_2() {
        for (text, value) in [
            ("010", 10),
            ("-08", -8),
            ("0o17", 15),
            ("0x1F", 31),
            ("+1", 1),
        ] {
            assert_eq!(int(text), Ok(Value::Int(value)), "{text}");
        }
        for (text, value) in [
            ("1e-3", 0.001),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("010", 10.0),
            ("-.inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(float(text), Ok(Value::Float(value)), "{text}");
        }
        for text in ["0b1", "1_0", "24:00", "", "x"] {
            assert!(int(text).is_err() && float(text).is_err(), "{text}");
        }
    }
}
