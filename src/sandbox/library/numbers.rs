//! Arithmetic that hooks need and Rhai lacks.

use rhai::{Dynamic, Engine};

use super::{Outcome, raised};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("ceil_div", ceil_div);
    engine.register_fn("floor_div", floor_div);
    engine.register_fn("clamp", clamp);
}

/// `one / other`, rounded up.
fn ceil_div(one: i64, other: i64) -> Outcome<i64> {
    let floor = floor_div(one, other)?;
    // The remainder of a floored division has the sign of the divisor, and wraps without harm.
    let exact = floor.wrapping_mul(other) == one;
    Ok(if exact { floor } else { floor + 1 })
}

/// `one / other`, rounded down, as Python's `//`.
fn floor_div(one: i64, other: i64) -> Outcome<i64> {
    let Some(quotient) = one.checked_div(other) else {
        let why = if other == 0 {
            "a division by zero"
        } else {
            "the quotient is too large"
        };
        return Err(raised(why, None).into());
    };
    let rounded_up = one % other != 0 && (one < 0) != (other < 0);
    Ok(if rounded_up { quotient - 1 } else { quotient })
}

/// `value`, or the nearer of `low` and `high` if it is not between them.
fn clamp(value: Dynamic, low: Dynamic, high: Dynamic) -> Outcome<Dynamic> {
    use super::arrays::order;
    if order(&low, &high)?.is_gt() {
        return Err(raised("the lower end of `clamp` is above the upper one", None).into());
    }
    Ok(if order(&value, &low)?.is_lt() {
        low
    } else if order(&value, &high)?.is_gt() {
        high
    } else {
        value
    })
}
