//! The limits of a call, as messages name them.

use std::time::Duration;

use rhai::EvalAltResult;

use super::budget::Exceeded;
use crate::config::RhaiLimits;
use crate::text;

/// The instruction for more of a limit, by its key in the config.
pub(crate) fn raise(limit: &str) -> String {
    format!("raise `hooks.rhai.{limit}` in the config")
}

/// What limits are mostly of.
pub(crate) const ONE_CALL: &str = "in one call";
/// What the limits of a file are of that is loaded.
pub(crate) const TOP_LEVEL: &str = "at the top level";

/// The message and the key of a limit, if that is what stopped a script; `during` what.
pub(super) fn reached(
    error: &EvalAltResult,
    limits: &RhaiLimits,
    during: &str,
) -> Option<(String, &'static str)> {
    let more = |limit: usize, what: &str| format!("more than {} {what}", text::thousands(limit));
    Some(match error {
        EvalAltResult::ErrorTooManyOperations(_) => {
            let limit = usize::try_from(limits.operations).unwrap_or(usize::MAX);
            (more(limit, &format!("operations {during}")), "operations")
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
        EvalAltResult::ErrorTerminated(token, _) => {
            exceeded(Exceeded::of_token(token)?, limits, during)
        }
        _ => return None,
    })
}

/// The message and the key of a limit of ours.
pub(super) fn exceeded(
    exceeded: Exceeded,
    limits: &RhaiLimits,
    during: &str,
) -> (String, &'static str) {
    match exceeded {
        Exceeded::CallTime => {
            let time = seconds(limits.call_time);
            (format!("more than {time} {during}"), "call_seconds")
        }
        Exceeded::Memory => {
            let bytes = bytes(limits.memory_bytes);
            (
                format!("more than {bytes} of memory {during}"),
                "memory_bytes",
            )
        }
        Exceeded::RunTime => {
            let time = seconds(limits.run_time);
            (
                format!("more than {time} in all calls of a run"),
                "run_seconds",
            )
        }
    }
}

fn seconds(time: Duration) -> String {
    if time == Duration::from_secs(1) {
        return "1 second".into();
    }
    format!("{} seconds", time.as_secs_f64())
}

/// An amount of memory, as messages have it.
pub(super) fn bytes(bytes: usize) -> String {
    match (bytes >> 20, bytes % (1 << 20)) {
        (mib, 0) => format!("{mib} MiB"),
        _ => format!("{} bytes", text::thousands(bytes)),
    }
}
