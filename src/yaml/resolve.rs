//! What type a scalar without quotes has, by the patterns of `PyYAML`'s resolver.

use super::timestamp;

/// The type of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Float,
    Int,
    /// `<<`, which is a key and never a value.
    Merge,
    Null,
    Str,
    Timestamp,
    /// `=`, a type of YAML 1.1 that is a string as a key and nothing as a value.
    Value,
}

/// The type of `text`: that of the first pattern that matches, in `PyYAML`'s order.
pub(super) fn resolve(text: &str) -> Type {
    match text {
        "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false"
        | "False" | "FALSE" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => Type::Bool,
        "" | "~" | "null" | "Null" | "NULL" => Type::Null,
        "<<" => Type::Merge,
        "=" => Type::Value,
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => Type::Str,
        _ if is_float(text) => Type::Float,
        _ if is_int(text) => Type::Int,
        _ if timestamp::is_plain(text) => Type::Timestamp,
        _ => Type::Str,
    }
}

/// Whether `text` counts in sixties, as `24:00:00` does.
pub(super) fn is_sexagesimal(text: &str) -> bool {
    text.contains(':') && (is_int(text) || is_float(text))
}

/// Whether `text` counts in eights, as `010` does.
pub(super) fn is_octal(text: &str) -> bool {
    let digits = unsigned(text).strip_prefix('0');
    digits.is_some_and(|digits| !digits.is_empty() && all(digits, "01234567_"))
}

fn is_float(text: &str) -> bool {
    let number = unsigned(text);
    if matches!(number, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let Some((whole, fraction)) = number.split_once('.') else {
        return false;
    };
    match whole.split_once(':') {
        Some((hours, rest)) => is_decimal(hours) && are_sixties(rest) && all(fraction, DIGITS),
        // Python has `.5`, but no `+.5`.
        None if whole.is_empty() => {
            number == text && fraction.starts_with(is_digit) && is_fraction(fraction)
        }
        None => is_decimal(whole) && is_fraction(fraction),
    }
}

fn is_int(text: &str) -> bool {
    let number = unsigned(text);
    if let Some(digits) = number.strip_prefix("0b") {
        return !digits.is_empty() && all(digits, "01_");
    }
    if let Some(digits) = number.strip_prefix("0x") {
        return !digits.is_empty() && all(digits, "0123456789abcdefABCDEF_");
    }
    if number == "0" || is_octal(text) {
        return true;
    }
    let (whole, sixties) = match number.split_once(':') {
        Some((whole, rest)) => (whole, are_sixties(rest)),
        None => (number, true),
    };
    sixties && is_decimal(whole) && !whole.starts_with('0')
}

const DIGITS: &str = "0123456789_";

/// `[0-9][0-9_]*`
fn is_decimal(text: &str) -> bool {
    text.starts_with(is_digit) && all(text, DIGITS)
}

/// `[0-9_]*([eE][-+][0-9]+)?`: an exponent must have a sign.
fn is_fraction(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return all(text, DIGITS);
    };
    let signed = exponent.strip_prefix(['-', '+']);
    all(digits, DIGITS)
        && signed.is_some_and(|digits| !digits.is_empty() && digits.chars().all(is_digit))
}

/// `[0-5]?[0-9](:[0-5]?[0-9])*`
fn are_sixties(text: &str) -> bool {
    text.split(':').all(|part| match part.as_bytes() {
        [ones] => ones.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    })
}

fn all(text: &str, allowed: &str) -> bool {
    text.chars().all(|c| allowed.contains(c))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
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
    fn numbers_are_those_of_yaml_1_1() {
        assert_all(
            Type::Float,
            "1.0 1. -1.5 +1.5 .5 1.0e-3 1.5E+10 1_000.5 0.1_ 1:30.5 0:0. 190:20:30.15",
        );
        assert_all(Type::Float, ".inf -.Inf +.INF .nan .NaN .NAN");
        assert_all(
            Type::Int,
            "0 -0 +1 1_000 1__0 0_ 010 -0777 00 0b1_0 -0b1 0x1F 0x_ 24:00:00 1:30 1:5 12:5",
        );
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        assert_all(
            Type::Str,
            "1e-3 1E5 1e+3 1.0e3 +.5 -.5 .5e3 -.nan .5.5 _1 . .. + - -- 1-12:00:00",
        );
        assert_all(
            Type::Str,
            "08 09 0o10 0b2 0b 0x 0xg 04:00:00 00:30:00 1:60 1: :1 1:2: 1:123 1.5:30 1:1.5e-3 --010 +-1",
        );
    }

    #[test]
    fn words_have_three_spellings() {
        assert_all(
            Type::Bool,
            "yes Yes YES no No NO true True TRUE on On ON off Off OFF false",
        );
        assert_all(Type::Null, "~ null Null NULL");
        assert_all(Type::Str, "y n Y N yEs tRUE nULL none None");
        assert_eq!(resolve(""), Type::Null);
        assert_eq!(resolve("<<"), Type::Merge);
        assert_eq!(resolve("="), Type::Value);
    }
}
