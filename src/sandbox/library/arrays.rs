//! Arrays: Rhai's own functions where they allocate before they look or lose errors, and a few more.

use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext};

use super::{Outcome, quantities, raised, too_large};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("pad", pad_array);
    for name in ["sort", "sort_by"] {
        engine.register_fn(name, sort_by);
    }
    for name in ["order", "order_by"] {
        engine.register_fn(
            name,
            |ctx: NativeCallContext, array: &mut Array, by: FnPtr| {
                let mut ordered = array.clone();
                sort_by(ctx, &mut ordered, by).map(|()| ordered)
            },
        );
    }
    engine.register_fn("sort", |array: &mut Array| sort(array, false));
    engine.register_fn("sort_desc", |array: &mut Array| sort(array, true));
    for (name, descending) in [("order", false), ("order_desc", true)] {
        engine.register_fn(name, move |array: &mut Array| {
            let mut ordered = array.clone();
            sort(&mut ordered, descending).map(|()| ordered)
        });
    }
    engine.register_fn("min", |array: &mut Array| extreme(array, Ordering::Less));
    engine.register_fn("max", |array: &mut Array| extreme(array, Ordering::Greater));
    engine.register_fn("sum", sum);
}

/// Sorts by a function that gives a number below, at or above zero, or says whether the first of
/// two comes first. Rhai's own takes an error in it for an answer.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn sort_by(ctx: NativeCallContext, array: &mut Array, compare: FnPtr) -> Outcome<()> {
    let mut failed = None;
    let mut ask = |one: &Dynamic, other: &Dynamic| {
        if failed.is_some() {
            return Ordering::Equal;
        }
        let answer = compare
            .call_raw(&ctx, None, [one.clone(), other.clone()])
            .and_then(|answer| match (answer.as_int(), answer.as_bool()) {
                (Ok(sign), _) => Ok(sign.cmp(&0)),
                (_, Ok(true)) => Ok(Ordering::Less),
                (_, Ok(false)) => Ok(Ordering::Greater),
                _ => {
                    let help = "such as `|a, b| a - b` or `|a, b| a < b`";
                    Err(raised(
                        "a comparison must give a number, or true or false",
                        Some(help),
                    )
                    .into())
                }
            });
        answer.unwrap_or_else(|error| {
            failed = Some(error);
            Ordering::Equal
        })
    };
    // The standard library may panic when answers contradict each other.
    let sorted = catch_unwind(AssertUnwindSafe(|| array.sort_by(&mut ask)));
    match (failed, sorted) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(_)) => {
            Err(raised("the answers of the comparison contradict each other", None).into())
        }
    }
}

/// Sorts values that can be ordered, numbers of both kinds and amounts among them.
fn sort(array: &mut Array, descending: bool) -> Outcome<()> {
    let mut failed = None;
    array.sort_by(|one, other| match order(one, other) {
        Ok(order) if descending => order.reverse(),
        Ok(order) => order,
        Err(error) => {
            failed.get_or_insert(error);
            Ordering::Equal
        }
    });
    failed.map_or(Ok(()), Err)
}

/// The least or greatest item; of equal ones the first.
fn extreme(array: &mut Array, wanted: Ordering) -> Outcome<Dynamic> {
    let Some((first, rest)) = array.split_first() else {
        let help = "test `array.len() > 0` first";
        return Err(raised("an empty array has no least or greatest item", Some(help)).into());
    };
    let mut best = first;
    order(best, best)?;
    for item in rest {
        if order(item, best)? == wanted {
            best = item;
        }
    }
    Ok(best.clone())
}

/// The items added up; 0 for none.
fn sum(array: &mut Array) -> Outcome<Dynamic> {
    if let Some((first, rest)) = array.split_first()
        && quantities::kind(first).is_some()
    {
        return rest.iter().try_fold(first.clone(), |sum, item| {
            let added = quantities::add(&sum, item);
            added.unwrap_or_else(|| {
                Err(raised("`sum` adds up numbers only, or amounts of one kind", None).into())
            })
        });
    }
    let mut ints: i64 = 0;
    let mut floats: Option<f64> = None;
    for item in array {
        match (item.as_int(), item.as_float()) {
            (Ok(int), _) => {
                let overflow = || raised("the sum is too large for an integer", None);
                ints = ints.checked_add(int).ok_or_else(overflow)?;
            }
            (_, Ok(float)) => *floats.get_or_insert(0.0) += float,
            _ => return Err(raised("`sum` adds up numbers only", None).into()),
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "as Rhai adds an integer to a float"
    )]
    Ok(match floats {
        Some(floats) => Dynamic::from_float(ints as f64 + floats),
        None => Dynamic::from_int(ints),
    })
}

/// How two booleans or two characters compare.
fn compare_plain(one: &Dynamic, other: &Dynamic) -> Option<Ordering> {
    match (one.as_bool(), other.as_bool()) {
        (Ok(one), Ok(other)) => Some(one.cmp(&other)),
        _ => Some(one.as_char().ok()?.cmp(&other.as_char().ok()?)),
    }
}

/// How two values compare, numbers of both kinds with each other.
pub(super) fn order(one: &Dynamic, other: &Dynamic) -> Outcome<Ordering> {
    let int = |value: &Dynamic| value.as_int().ok();
    #[expect(
        clippy::cast_precision_loss,
        reason = "as Rhai compares an integer with a float"
    )]
    let number = |value: &Dynamic| value.as_float().ok().or(int(value).map(|int| int as f64));
    if let (Some(one), Some(other)) = (int(one), int(other)) {
        return Ok(one.cmp(&other));
    }
    let ordered = match (number(one), number(other)) {
        (Some(one), Some(other)) => one.partial_cmp(&other),
        _ => {
            let texts = (
                one.as_immutable_string_ref(),
                other.as_immutable_string_ref(),
            );
            match texts {
                (Ok(one), Ok(other)) => Some(one.as_str().cmp(other.as_str())),
                _ => quantities::compare(one, other).or_else(|| compare_plain(one, other)),
            }
        }
    };
    ordered.ok_or_else(|| {
        let [one, other] = [one, other].map(crate::sandbox::values::kind);
        raised(&format!("{one} and {other} cannot be ordered"), None).into()
    })
}

/// Rhai's own multiplies without a check and wraps.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn pad_array(ctx: NativeCallContext, array: &mut Array, len: i64, item: Dynamic) -> Outcome<()> {
    let Ok(len) = usize::try_from(len) else {
        return Ok(());
    };
    let missing = len.saturating_sub(array.len());
    if missing == 0 {
        return Ok(());
    }
    let max = ctx.engine().max_array_size();
    let items = missing
        .saturating_mul(size(&item))
        .saturating_add(array.len());
    if max > 0 && items > max {
        return Err(too_large("Size of array/BLOB").into());
    }
    array.resize(len, item);
    Ok(())
}

/// The number of values that a copy of a value makes, itself included.
fn size(value: &Dynamic) -> usize {
    // What closures captured is not copied, and may hold itself.
    if value.is_shared() {
        return 1;
    }
    let inner: usize = if let Some(array) = value.read_lock::<Array>() {
        array.iter().map(size).sum()
    } else if let Some(map) = value.read_lock::<Map>() {
        map.values().map(size).sum()
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        function.iter_curry().map(size).sum()
    } else {
        0
    };
    inner + 1
}
