//! The digits of floats, as C's `printf` and `CPython`'s `float.__format__` write them.

/// Places after which the exact digits of any float are zeros.
const MAX_PLACES: usize = 1_100;

/// `%e`, `%f` and `%g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Exponent,
    Fixed,
    General,
}

/// The digits of the size of `value`, to `precision` places or, in general notation, digits.
///
/// `alternate` keeps the point and the zeros at the end that would not be written otherwise.
pub(super) fn digits(value: f64, notation: Notation, precision: usize, alternate: bool) -> String {
    let value = value.abs();
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return "inf".into();
    }
    match notation {
        Notation::Exponent => exponent(value, precision, alternate),
        Notation::Fixed => fixed(value, precision, alternate),
        Notation::General => general(value, precision.max(1), alternate),
    }
}

fn fixed(value: f64, precision: usize, alternate: bool) -> String {
    let places = precision.min(MAX_PLACES);
    let mut text = format!("{value:.places$}");
    text.extend(std::iter::repeat_n('0', precision - places));
    if precision == 0 && alternate {
        text.push('.');
    }
    text
}

/// The digits with one before the point, and the exponent of ten.
fn scientific(value: f64, precision: usize) -> (String, i32) {
    let places = precision.min(MAX_PLACES);
    let text = format!("{value:.places$e}");
    let (mantissa, exponent) = text.split_once('e').expect("`{:e}` writes an exponent");
    let mut mantissa = mantissa.to_owned();
    mantissa.extend(std::iter::repeat_n('0', precision - places));
    let exponent = exponent.parse().expect("`{:e}` writes a number after `e`");
    (mantissa, exponent)
}

fn exponent(value: f64, precision: usize, alternate: bool) -> String {
    let (mut mantissa, exponent) = scientific(value, precision);
    if precision == 0 && alternate {
        mantissa.push('.');
    }
    with_exponent(&mantissa, exponent)
}

fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn general(value: f64, precision: usize, alternate: bool) -> String {
    let (mantissa, exponent) = scientific(value, precision - 1);
    let is_small = exponent < -4;
    let is_large = usize::try_from(exponent).is_ok_and(|exponent| exponent >= precision);
    if is_small || is_large {
        let mut mantissa = trimmed(mantissa, alternate);
        if alternate && !mantissa.contains('.') {
            mantissa.push('.');
        }
        return with_exponent(&mantissa, exponent);
    }
    let places = match usize::try_from(exponent) {
        Ok(exponent) => precision - 1 - exponent,
        Err(_) => precision - 1 + exponent.unsigned_abs() as usize,
    };
    trimmed(fixed(value, places, alternate), alternate)
}

/// Without the zeros at the end of a fraction.
fn trimmed(text: String, alternate: bool) -> String {
    if alternate || !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
