//! Entries of maps that may be absent.

use rhai::{Dynamic, Engine, ImmutableString, Map};

use super::{Outcome, raised};
use crate::diagnostic;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("get", get);
    engine.register_fn("require", require);
}

/// The value under `key`, or `default` where it is absent or `()`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "Rhai calls with owned values"
)]
fn get(map: &mut Map, key: ImmutableString, default: Dynamic) -> Dynamic {
    match map.get(key.as_str()) {
        Some(value) if !value.is_unit() => value.clone(),
        Some(_) | None => default,
    }
}

/// The value under `key`; an error where it is absent.
fn require(map: &mut Map, key: &str) -> Outcome<Dynamic> {
    if let Some(value) = map.get(key) {
        return Ok(value.clone());
    }
    let keys = || map.keys().map(rhai::Identifier::as_str);
    let help = diagnostic::did_you_mean(key, keys())
        .unwrap_or_else(|| format!("there is {}", diagnostic::any_of(keys().take(20))));
    Err(raised(&format!("there is no `{key}`"), Some(&help)).into())
}
