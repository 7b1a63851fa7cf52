//! Integers and floats as `PyYAML` builds them.

use crate::model::Value;

/// Python refuses to read longer integers, and so do the tools a value may reach.
const MAX_DIGITS: usize = 4300;

/// The integer `text` means, or what is wrong with it.
pub(super) fn int(text: &str) -> Result<Value, String> {
    let (negative, number) = sign(&text.replace('_', ""));
    let magnitude = if let Some(digits) = number.strip_prefix("0b") {
        radix(digits, 2)
    } else if let Some(digits) = number.strip_prefix("0x") {
        radix(digits, 16)
    } else if number.len() > 1 && number.starts_with('0') {
        radix(&number, 8)
    } else if number.contains(':') {
        sexagesimal(&number)
    } else {
        radix(&number, 10)
    }?;
    signed(negative, magnitude)
}

/// The integer of a sign and a magnitude: below zero there is one more than above.
pub(super) fn signed(negative: bool, magnitude: u128) -> Result<Value, String> {
    let int = match negative {
        true => 0_i128.checked_sub_unsigned(magnitude),
        false => i128::try_from(magnitude).ok(),
    };
    int.map(Value::Int).ok_or_else(|| TOO_LARGE.into())
}

/// The float `text` means, or what is wrong with it.
pub(super) fn float(text: &str) -> Result<Value, String> {
    let (negative, number) = sign(&text.replace('_', "").to_lowercase());
    let magnitude = match number.as_str() {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        number if number.contains(':') => sexagesimal_float(number)?,
        number => number.trim().parse().map_err(|_| "is no number")?,
    };
    Ok(Value::Float(if negative { -magnitude } else { magnitude }))
}

fn sign(text: &str) -> (bool, String) {
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    (text.starts_with('-'), number.into())
}

pub(super) fn radix(digits: &str, radix: u32) -> Result<u128, String> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err("is no integer".into());
    }
    if digits.len() > MAX_DIGITS {
        return Err(format!("has more than {MAX_DIGITS} digits"));
    }
    u128::from_str_radix(digits, radix).map_err(|_| TOO_LARGE.into())
}

const TOO_LARGE: &str = "is larger than 128 bits";

fn sexagesimal(number: &str) -> Result<u128, String> {
    number.split(':').try_fold(0_u128, |total, part| {
        let part = radix(part, 10)?;
        total
            .checked_mul(60)
            .and_then(|total| total.checked_add(part))
            .ok_or(TOO_LARGE.into())
    })
}

/// Adds from the right, as Python does: the order decides how the sum is rounded.
fn sexagesimal_float(number: &str) -> Result<f64, String> {
    let mut total = 0.0;
    let mut base = Some(1_i128);
    for part in number.rsplit(':') {
        let part: f64 = part.trim().parse().map_err(|_| "is no number")?;
        let unit = base.ok_or(TOO_LARGE)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "Python rounds the integer likewise"
        )]
        let scaled = part * unit as f64;
        total += scaled;
        base = unit.checked_mul(60);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_six_notations() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("+1_000", 1000),
            ("010", 8),
            ("-0_7_7", -63),
            ("0b1_01", 5),
            ("-0x1F", -31),
            ("24:00:00", 86_400),
            ("-1:30", -90),
            ("170141183460469231731687303715884105727", i128::MAX),
            ("-170141183460469231731687303715884105728", i128::MIN),
        ] {
            assert_eq!(int(text), Ok(Value::Int(value)), "{text}");
        }
    }

    #[test]
    fn integers_that_do_not_fit_are_refused() {
        let larger = "170141183460469231731687303715884105728";
        assert_eq!(int(larger).unwrap_err(), "is larger than 128 bits");
        assert_eq!(
            int(&format!("1{}", ":00".repeat(30))).unwrap_err(),
            "is larger than 128 bits"
        );
        assert_eq!(
            int(&"1".repeat(5000)).unwrap_err(),
            "has more than 4300 digits"
        );
        for text in ["0x_", "0b_", "", "+", "--1", "1e3", "0x+1"] {
            assert_eq!(int(text).unwrap_err(), "is no integer", "{text}");
        }
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        for (text, value) in [
            ("1_0.5", 10.5),
            ("-.5", -0.5),
            ("1.", 1.0),
            ("-0.0", -0.0),
            ("1.0e+400", f64::INFINITY),
            ("-.INF", f64::NEG_INFINITY),
            ("1:30.5", 90.5),
            ("190:20:30.15", 685_230.15),
            ("1e-3", 0.001),
        ] {
            assert_eq!(float(text), Ok(Value::Float(value)), "{text}");
        }
        assert!(float(&format!("1{}.", ":0".repeat(30))).is_err());
        assert!(float("x").is_err());
    }
}
