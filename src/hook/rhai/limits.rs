//! The limits of a call, as messages name them.

use std::time::Duration;

use rhai::EvalAltResult;

use crate::config::RhaiLimits;
use crate::text;

/// The instruction for more of a limit.
pub(super) fn raise(limit: &str) -> String {
    format!("raise `hooks.rhai.{limit}` in the config")
}

/// The message and the name of a limit, if that is what stopped a script.
pub(super) fn reached(
    error: &EvalAltResult,
    limits: &RhaiLimits,
) -> Option<(String, &'static str)> {
    let more = |limit: usize, what: &str| format!("more than {} {what}", text::thousands(limit));
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(_) => {
            let limit = usize::try_from(limits.operations).unwrap_or(usize::MAX);
            (more(limit, "operations in one call"), "operations")
        }
        EvalAltResult::ErrorStackOverflow(_) => (
            more(limits.call_levels, "nested function calls"),
            "call_levels",
        ),
        EvalAltResult::ErrorTooManyVariables(_) => {
            (more(limits.variables, "variables at one time"), "variables")
        }
        EvalAltResult::ErrorTooManyModules(_) => (more(limits.modules, "imports"), "modules"),
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => (
            more(limits.string_bytes, "bytes in the strings of one value"),
            "string_bytes",
        ),
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("map") => (
            more(limits.map_entries, "map entries in one value"),
            "map_entries",
        ),
        EvalAltResult::ErrorDataTooLarge(..) => (
            more(limits.array_items, "array items in one value"),
            "array_items",
        ),
        EvalAltResult::ErrorTerminated(..) => (
            format!("more than {} in one call", seconds(limits.call_time)),
            "call_time",
        ),
        _ => return None,
    })
}

fn seconds(time: Duration) -> String {
    if time == Duration::from_secs(1) {
        return "1 second".into();
    }
    format!("{} seconds", time.as_secs_f64())
}
