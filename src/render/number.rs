//! Python's numbers: integers of any size, of which a bool is one, and floats.
//!
//! Source: `CPython`'s `longobject.c` and `floatobject.c`.

use std::cmp::Ordering;
use std::sync::Arc;

use minijinja::value::{DynObject, Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, ErrorKind};
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

use crate::text::thousands;

/// Bits of the largest integer: what `CPython` prints, 4,300 digits, has fewer.
const MAX_BITS: u64 = 16_384;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    Int(BigInt),
    Float(f64),
}

/// An integer that minijinja has no room for.
#[derive(Debug)]
struct Big(BigInt);

impl Object for Big {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        other
            .downcast_ref::<Self>()
            .map(|other| self.0.cmp(&other.0))
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<BigInt> for Number {
    fn from(int: BigInt) -> Self {
        Self::Int(int)
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self::Int(int.into())
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        let int = match number {
            Number::Int(int) => int,
            Number::Float(float) => return Self::from(float),
        };
        match (i64::try_from(&int), i128::try_from(&int)) {
            (Ok(int), _) => Self::from(int),
            (_, Ok(int)) => Self::from(int),
            _ => Self::from_object(Big(int)),
        }
    }
}

impl Number {
    /// As a float, if it is not too large for one.
    pub(super) fn float(&self) -> Result<f64, Error> {
        match self {
            Self::Int(int) => {
                let float = int.to_f64().filter(|float| float.is_finite());
                float.ok_or_else(|| error("the integer is too large for a float"))
            }
            Self::Float(float) => Ok(*float),
        }
    }
}

/// The number that `value` is.
pub(super) fn of(value: &Value) -> Option<Number> {
    match value.kind() {
        ValueKind::Bool => Some(i64::from(value.is_true()).into()),
        ValueKind::Number if value.is_integer() => {
            let int = i128::try_from(value.clone()).map(BigInt::from);
            let int = int.or_else(|_| u128::try_from(value.clone()).map(BigInt::from));
            int.ok().map(Number::Int)
        }
        ValueKind::Number => f64::try_from(value.clone()).ok().map(Number::Float),
        ValueKind::Plain => {
            let big: &Big = value.downcast_object_ref()?;
            Some(Number::Int(big.0.clone()))
        }
        _ => None,
    }
}

/// Whether `value` is an integer, and no bool.
pub(super) fn is_integer(value: &Value) -> bool {
    value.is_integer() && value.kind() == ValueKind::Number
        || value.downcast_object_ref::<Big>().is_some()
}

fn error(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail.into())
}

/// Refuses an integer that nobody could print.
pub(super) fn check_bits(bits: u64) -> Result<(), Error> {
    if bits <= MAX_BITS {
        return Ok(());
    }
    let max = thousands(usize::try_from(MAX_BITS).unwrap_or(usize::MAX));
    Err(error(format!(
        "the integer would have more than {max} bits"
    )))
}

fn by_zero() -> Error {
    error("division by zero")
}

pub(super) fn negate(number: Number) -> Number {
    match number {
        Number::Int(int) => Number::Int(-int),
        Number::Float(float) => Number::Float(-float),
    }
}

pub(super) fn arithmetic(operator: &str, a: &Number, b: &Number) -> Result<Number, Error> {
    let result = match (a, b) {
        (Number::Int(a), Number::Int(b)) => integers(operator, a, b)?,
        (a, b) => Number::Float(floats(operator, a.float()?, b.float()?)?),
    };
    if let Number::Int(int) = &result {
        check_bits(int.bits())?;
    }
    Ok(result)
}

fn integers(operator: &str, a: &BigInt, b: &BigInt) -> Result<Number, Error> {
    Ok(Number::Int(match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => {
            check_bits(a.bits() + b.bits())?;
            a * b
        }
        "/" => return quotient(a, b).map(Number::Float),
        "//" | "%" if b.is_zero() => return Err(by_zero()),
        "//" => a.div_floor(b),
        "%" => a.mod_floor(b),
        _ => return integer_power(a, b),
    }))
}

/// `a / b`, rounded once and to even.
fn quotient(a: &BigInt, b: &BigInt) -> Result<f64, Error> {
    const EXACT_BITS: u64 = 53;
    if b.is_zero() {
        return Err(by_zero());
    }
    let (numerator, denominator) = (a.magnitude(), b.magnitude());
    let size = match numerator.bits().max(denominator.bits()) <= EXACT_BITS {
        true => numerator.to_f64().unwrap_or(0.0) / denominator.to_f64().unwrap_or(1.0),
        false => large_quotient(numerator, denominator)?,
    };
    Ok(if a.is_negative() == b.is_negative() {
        size
    } else {
        -size
    })
}

fn large_quotient(numerator: &BigUint, denominator: &BigUint) -> Result<f64, Error> {
    // More bits than a float has, and one that says whether there are others.
    const BITS: u64 = 66;
    let shift = (denominator.bits() + BITS).saturating_sub(numerator.bits());
    let (mut quotient, remainder) = (numerator << shift).div_rem(denominator);
    quotient.set_bit(0, quotient.bit(0) || !remainder.is_zero());
    let exponent = i32::try_from(shift).unwrap_or(i32::MAX);
    let size = quotient.to_f64().filter(|size| size.is_finite());
    let size = size.ok_or_else(|| error("the quotient is too large for a float"))?;
    // In two steps, as a power of two may be too small by itself.
    Ok(size * 2f64.powi(-(exponent / 2)) * 2f64.powi(-(exponent - exponent / 2)))
}

fn integer_power(base: &BigInt, exponent: &BigInt) -> Result<Number, Error> {
    if exponent.is_negative() {
        let (base, exponent) = (Number::Int(base.clone()), Number::Int(exponent.clone()));
        return floats("**", base.float()?, exponent.float()?).map(Number::Float);
    }
    if base.magnitude().bits() <= 1 {
        let is_odd = exponent.is_odd();
        let power = if exponent.is_zero() {
            1.into()
        } else {
            base.clone()
        };
        return Ok(Number::Int(if is_odd { power } else { power.abs() }));
    }
    let bits = exponent
        .to_u64()
        .and_then(|times| times.checked_mul(base.bits() - 1));
    check_bits(bits.unwrap_or(u64::MAX))?;
    let exponent = exponent.to_u32().unwrap_or(u32::MAX);
    Ok(Number::Int(base.pow(exponent)))
}

#[expect(clippy::float_cmp, reason = "as CPython has it")]
fn floats(operator: &str, a: f64, b: f64) -> Result<f64, Error> {
    Ok(match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" | "//" | "%" if b == 0.0 => return Err(by_zero()),
        "/" => a / b,
        "//" => divmod(a, b).0,
        "%" => divmod(a, b).1,
        _ => {
            if a == 0.0 && b < 0.0 {
                return Err(error("zero cannot be raised to a negative power"));
            }
            if a < 0.0 && a.is_finite() && b.is_finite() && b.trunc() != b {
                return Err(error(
                    "a negative number to a broken power is complex, which is not supported",
                ));
            }
            let power = a.powf(b);
            if power.is_infinite() && a.is_finite() && b.is_finite() {
                return Err(error("the result of `**` is too large for a float"));
            }
            power
        }
    })
}

/// `float.__divmod__`.
fn divmod(a: f64, b: f64) -> (f64, f64) {
    let mut modulo = a % b;
    let mut division = (a - modulo) / b;
    if modulo == 0.0 {
        modulo = 0f64.copysign(b);
    } else if (b < 0.0) != (modulo < 0.0) {
        modulo += b;
        division -= 1.0;
    }
    let floor = if division == 0.0 {
        0f64.copysign(a / b)
    } else {
        let floor = division.floor();
        if division - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        }
    };
    (floor, modulo)
}

/// How two numbers stand in order, exactly.
pub(super) fn order(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Int(a), Number::Float(b)) => order_mixed(a, *b),
        (Number::Float(a), Number::Int(b)) => order_mixed(b, *a).map(Ordering::reverse),
    }
}

fn order_mixed(int: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let whole = float.floor();
    let Some(floor) = BigInt::from_f64(whole) else {
        // It is infinite.
        return Some(if float > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    };
    Some(match int.cmp(&floor) {
        Ordering::Equal if float > whole => Ordering::Less,
        order => order,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(int: i128) -> Number {
        Number::Int(int.into())
    }

    #[expect(clippy::needless_pass_by_value, reason = "calls read better so")]
    #[track_caller]
    fn assert(a: Number, operator: &str, b: Number, text: &str) {
        let printed = match arithmetic(operator, &a, &b) {
            Ok(number) => {
                let mut printed = String::new();
                crate::render::print::write_str(&mut printed, &number.into()).unwrap();
                printed
            }
            Err(error) => error.detail().unwrap_or_default().to_owned(),
        };
        assert_eq!(printed, text);
    }

    #[test]
    fn integers_divide_as_in_python() {
        use Number::Float;
        assert(int(-7), "//", int(2), "-4");
        assert(int(-7), "%", int(2), "1");
        assert(int(7), "%", int(-2), "-1");
        assert(int(7), "/", int(2), "3.5");
        assert(int(1), "/", int(0), "division by zero");
        assert(int(i128::MAX), "/", int(3), "5.671372782015641e+37");
        assert(int(1), "/", int(i128::MAX), "5.877471754111438e-39");
        assert(
            int(9_007_199_254_740_993),
            "/",
            int(1),
            "9007199254740992.0",
        );
        assert(Float(-7.5), "//", int(2), "-4.0");
        assert(Float(-7.5), "%", int(2), "0.5");
        assert(Float(0.3), "%", Float(0.1), "0.09999999999999998");
        assert(int(0), "%", Float(-2.0), "-0.0");
        assert(int(i128::MIN), "%", int(-1), "0");
    }

    #[test]
    fn integers_have_any_size_that_can_be_printed() {
        assert(int(2), "**", int(10), "1024");
        assert(int(2), "**", int(-1), "0.5");
        assert(int(-2), "**", int(3), "-8");
        assert(int(0), "**", int(0), "1");
        assert(
            int(0),
            "**",
            int(-1),
            "zero cannot be raised to a negative power",
        );
        assert(int(-1), "**", int(i128::MAX), "-1");
        assert(int(-1), "**", int(4), "1");
        let large = "340282366920938463463374607431768211456";
        assert(int(2), "**", int(128), large);
        assert(
            int(i128::MAX),
            "+",
            int(1),
            "170141183460469231731687303715884105728",
        );
        let too_large = "the integer would have more than 16,384 bits";
        assert(int(2), "**", int(1_000_000_000), too_large);
    }

    #[test]
    fn integers_and_floats_compare_exactly() {
        use Number::Float;
        let large = int(9_007_199_254_740_993);
        let below = Float(9_007_199_254_740_992.0);
        assert_eq!(order(&large, &below), Some(Ordering::Greater));
        assert_eq!(order(&int(1), &Float(1.5)), Some(Ordering::Less));
        assert_eq!(order(&int(-1), &Float(-1.5)), Some(Ordering::Greater));
        assert_eq!(order(&int(1), &Float(f64::NAN)), None);
        let infinity = Float(f64::INFINITY);
        assert_eq!(order(&infinity, &int(i128::MAX)), Some(Ordering::Greater));
    }
}
