//! `mem("32G")` and `time("1-12:00:00")`: amounts that count and still print as sbatch reads them.

use std::cmp::Ordering;
use std::fmt::Display;

use rhai::{Dynamic, Engine, ImmutableString};

use super::{Outcome, raised};
use crate::model::{Memory, QuantityError, TimeLimit};

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Memory>("mem");
    engine.register_type_with_name::<TimeLimit>("time");
    register_arithmetic::<Memory>(engine, "mem");
    register_arithmetic::<TimeLimit>(engine, "time");
    engine.register_fn("bytes", |bytes: i64| whole(bytes).map(Memory::from_bytes));
    engine.register_get("bytes", |memory: &mut Memory| int(memory.bytes()));

    engine.register_fn("seconds", |seconds: i64| {
        whole(seconds).map(TimeLimit::from_seconds)
    });
    engine.register_get("seconds", |time: &mut TimeLimit| int(time.seconds()));
}

/// What both kinds of amounts can do.
trait Quantity:
    Copy + Display + Ord + Send + Sync + std::str::FromStr<Err = QuantityError> + 'static
{
    fn plus(self, other: Self) -> Option<Self>;
    fn minus(self, other: Self) -> Option<Self>;
    fn times(self, factor: f64) -> Result<Self, QuantityError>;
    fn parts(self, divisor: f64) -> Result<Self, QuantityError>;
    fn ratio(self, other: Self) -> Option<f64>;
    /// What a number without a unit is.
    fn of_number(number: f64) -> Result<Self, QuantityError>;
}

macro_rules! quantity {
    ($type:ident, $of_number:ident) => {
        impl Quantity for $type {
            fn plus(self, other: Self) -> Option<Self> {
                $type::plus(self, other)
            }
            fn minus(self, other: Self) -> Option<Self> {
                $type::minus(self, other)
            }
            fn times(self, factor: f64) -> Result<Self, QuantityError> {
                $type::times(self, factor)
            }
            fn parts(self, divisor: f64) -> Result<Self, QuantityError> {
                $type::parts(self, divisor)
            }
            fn ratio(self, other: Self) -> Option<f64> {
                $type::ratio(self, other)
            }
            fn of_number(number: f64) -> Result<Self, QuantityError> {
                $type::$of_number(number)
            }
        }
    };
}

quantity!(Memory, from_megabytes);
quantity!(TimeLimit, from_minutes);

fn register_arithmetic<Q: Quantity>(engine: &mut Engine, make: &str) {
    engine.register_fn(make, parsed::<Q>);
    engine.register_fn(make, |number: i64| of_number::<Q>(float(number)));
    engine.register_fn(make, of_number::<Q>);
    engine.register_fn(make, |amount: Q| amount);
    for name in ["to_string", "to_debug", "debug"] {
        engine.register_fn(name, |amount: Q| amount.to_string());
    }
    engine.register_fn("+", |one: Q, other: Q| sum(one, other));
    engine.register_fn("-", |one: Q, other: Q| difference(one, other));
    engine.register_fn("*", |amount: Q, factor: i64| product(amount, float(factor)));
    engine.register_fn("*", |factor: i64, amount: Q| product(amount, float(factor)));
    engine.register_fn("*", product::<Q>);
    engine.register_fn("*", |factor: f64, amount: Q| product(amount, factor));
    engine.register_fn("/", |amount: Q, divisor: i64| {
        quotient(amount, float(divisor))
    });
    engine.register_fn("/", quotient::<Q>);
    engine.register_fn("/", |one: Q, other: Q| -> Outcome<f64> {
        let ratio = one.ratio(other);
        Ok(ratio.ok_or_else(|| raised("a division by zero", None))?)
    });
    engine.register_fn("+", |one: Q, other: &str| sum(one, parsed(other)?));
    engine.register_fn("-", |one: Q, other: &str| difference(one, parsed(other)?));
    for (name, wanted) in [("min", Ordering::Less), ("max", Ordering::Greater)] {
        engine.register_fn(name, move |one: Q, other: Q| {
            if other.cmp(&one) == wanted {
                other
            } else {
                one
            }
        });
    }
    // After a text `+` joins, as it does for all that is not text: `"--mem=" + amount`.
    engine.register_fn("+", |text: &str, amount: Q| format!("{text}{amount}"));
    register_comparison::<Q>(engine, "==", Ordering::is_eq);
    register_comparison::<Q>(engine, "!=", Ordering::is_ne);
    register_comparison::<Q>(engine, "<", Ordering::is_lt);
    register_comparison::<Q>(engine, "<=", Ordering::is_le);
    register_comparison::<Q>(engine, ">", Ordering::is_gt);
    register_comparison::<Q>(engine, ">=", Ordering::is_ge);
}

/// With each other, and with a text or a number that says an amount. What says none is not equal to
/// any, and cannot be ordered.
fn register_comparison<Q: Quantity>(
    engine: &mut Engine,
    operator: &'static str,
    holds: fn(Ordering) -> bool,
) {
    let compared = move |order: Outcome<Ordering>| match (order, operator) {
        (Ok(order), _) => Ok(holds(order)),
        (Err(_), "==") => Ok(false),
        (Err(_), "!=") => Ok(true),
        (Err(error), _) => Err(error),
    };
    engine.register_fn(operator, move |one: Q, other: Q| holds(one.cmp(&other)));
    engine.register_fn(operator, move |one: Q, other: &str| {
        compared(parsed(other).map(|other| one.cmp(&other)))
    });
    engine.register_fn(operator, move |one: ImmutableString, other: Q| {
        compared(parsed::<Q>(&one).map(|one| one.cmp(&other)))
    });
    engine.register_fn(operator, move |one: Q, other: f64| {
        compared(of_number(other).map(|other| one.cmp(&other)))
    });
    engine.register_fn(operator, move |one: f64, other: Q| {
        compared(of_number::<Q>(one).map(|one| one.cmp(&other)))
    });
    engine.register_fn(operator, move |one: Q, other: i64| {
        compared(of_number(float(other)).map(|other| one.cmp(&other)))
    });
    engine.register_fn(operator, move |one: i64, other: Q| {
        compared(of_number::<Q>(float(one)).map(|one| one.cmp(&other)))
    });
}

fn parsed<Q: Quantity>(text: &str) -> Outcome<Q> {
    text.parse().map_err(error)
}

fn of_number<Q: Quantity>(number: f64) -> Outcome<Q> {
    Q::of_number(number).map_err(error)
}

fn sum<Q: Quantity>(one: Q, other: Q) -> Outcome<Q> {
    one.plus(other)
        .ok_or_else(|| raised(&format!("{one} + {other} is too large"), None).into())
}

fn difference<Q: Quantity>(one: Q, other: Q) -> Outcome<Q> {
    one.minus(other)
        .ok_or_else(|| raised(&format!("{one} - {other} is below zero"), None).into())
}

fn product<Q: Quantity>(amount: Q, factor: f64) -> Outcome<Q> {
    amount.times(factor).map_err(error)
}

fn quotient<Q: Quantity>(amount: Q, divisor: f64) -> Outcome<Q> {
    amount.parts(divisor).map_err(error)
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_box_returns,
    reason = "it is what `map_err` calls with, and what Rhai takes"
)]
fn error(error: QuantityError) -> Box<rhai::EvalAltResult> {
    raised(&error.to_string(), None).into()
}

fn whole(number: i64) -> Outcome<u64> {
    u64::try_from(number).map_err(|_| error(QuantityError::Number(number.to_string())))
}

/// No amount is larger than an integer of 64 bits.
fn int(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a factor beyond 2^53 is no factor"
)]
fn float(int: i64) -> f64 {
    int as f64
}

/// The text of an amount, if the value is one.
pub(in crate::sandbox) fn text(value: &Dynamic) -> Option<String> {
    if let Some(memory) = value.read_lock::<Memory>() {
        return Some(memory.to_string());
    }
    value.read_lock::<TimeLimit>().map(|time| time.to_string())
}

/// How two amounts of one kind compare.
pub(super) fn compare(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
    fn of<Q: Quantity>(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
        Some(one.read_lock::<Q>()?.cmp(&*other.read_lock::<Q>()?))
    }
    of::<Memory>(one, other).or_else(|| of::<TimeLimit>(one, other))
}

/// Two amounts of one kind added up; `None` for anything else.
pub(super) fn add(one: &Dynamic, other: &Dynamic) -> Option<Outcome<Dynamic>> {
    fn of<Q: Quantity>(one: &Dynamic, other: &Dynamic) -> Option<Outcome<Dynamic>> {
        let (one, other) = (*one.read_lock::<Q>()?, *other.read_lock::<Q>()?);
        Some(sum(one, other).map(Dynamic::from))
    }
    of::<Memory>(one, other).or_else(|| of::<TimeLimit>(one, other))
}

/// The word for an amount, with its article.
pub(in crate::sandbox) fn kind(value: &Dynamic) -> Option<&'static str> {
    if value.is::<Memory>() {
        return Some("an amount of memory");
    }
    value.is::<TimeLimit>().then_some("an amount of time")
}
