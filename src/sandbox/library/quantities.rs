//! `mem("32G")` and `time("1-12:00:00")`: amounts that count and still print as sbatch reads them.

use std::cmp::Ordering;
use std::fmt::Display;

use rhai::{Dynamic, Engine, ImmutableString};

use super::{Outcome, raised};
use crate::model::{Memory, QuantityError, TimeLimit};

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Memory>("mem");
    engine.register_type_with_name::<TimeLimit>("time");
    register_arithmetic::<Memory>(engine);
    register_arithmetic::<TimeLimit>(engine);

    engine.register_fn("mem", |text: &str| text.parse::<Memory>().map_err(error));
    engine.register_fn("mem", |number: i64| megabytes(float(number)));
    engine.register_fn("mem", megabytes);
    engine.register_fn("mem", |memory: Memory| memory);
    engine.register_fn("bytes", |bytes: i64| whole(bytes).map(Memory::from_bytes));
    engine.register_get("bytes", |memory: &mut Memory| int(memory.bytes()));

    engine.register_fn("time", |text: &str| {
        text.parse::<TimeLimit>().map_err(error)
    });
    engine.register_fn("time", |number: i64| minutes(float(number)));
    engine.register_fn("time", minutes);
    engine.register_fn("time", |time: TimeLimit| time);
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
    fn ratio(self, other: Self) -> f64;
}

macro_rules! quantity {
    ($type:ident) => {
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
            fn ratio(self, other: Self) -> f64 {
                $type::ratio(self, other)
            }
        }
    };
}

quantity!(Memory);
quantity!(TimeLimit);

fn register_arithmetic<Q: Quantity>(engine: &mut Engine) {
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
    engine.register_fn("/", |one: Q, other: Q| one.ratio(other));
    // `memory + "4G"`, and a line of prose where `+` joins texts.
    engine.register_fn("+", |text: &str, amount: Q| format!("{text}{amount}"));
    register_comparison::<Q>(engine, "==", Ordering::is_eq);
    register_comparison::<Q>(engine, "!=", Ordering::is_ne);
    register_comparison::<Q>(engine, "<", Ordering::is_lt);
    register_comparison::<Q>(engine, "<=", Ordering::is_le);
    register_comparison::<Q>(engine, ">", Ordering::is_gt);
    register_comparison::<Q>(engine, ">=", Ordering::is_ge);
}

/// With each other, and with a text that says an amount.
fn register_comparison<Q: Quantity>(
    engine: &mut Engine,
    operator: &str,
    holds: fn(Ordering) -> bool,
) {
    engine.register_fn(operator, move |one: Q, other: Q| holds(one.cmp(&other)));
    engine.register_fn(operator, move |one: Q, other: &str| -> Outcome<bool> {
        Ok(holds(one.cmp(&other.parse().map_err(error)?)))
    });
    engine.register_fn(
        operator,
        move |one: ImmutableString, other: Q| -> Outcome<bool> {
            Ok(holds(one.parse::<Q>().map_err(error)?.cmp(&other)))
        },
    );
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
    amount.times(1.0 / divisor).map_err(error)
}

fn megabytes(number: f64) -> Outcome<Memory> {
    Memory::from_megabytes(number).map_err(error)
}

fn minutes(number: f64) -> Outcome<TimeLimit> {
    TimeLimit::from_minutes(number).map_err(error)
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

/// Amounts are read from 64-bit integers, or far smaller.
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
