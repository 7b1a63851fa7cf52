//! Limits on time and memory, which the engine itself does not know.

use std::time::Duration;

use super::fixture::{Fixture, SET, fails};
use crate::hook::{HookErrorKind, Host};

#[test]
fn the_memory_of_a_call_is_limited() {
    let body = "let m = #{};\nlet i = 0;\nloop { m[`${i}`] = i; i += 1; }";
    let fixture = Fixture::filter_body(body).limits(|limits| {
        limits.memory_bytes = 1 << 20;
        limits.call_time = Duration::ZERO;
    });
    let error = fixture.error();
    let start = format!("Limit: more than 1 MiB of memory in one call {SET}\n--> filter.rhai:4:");
    assert!(error.starts_with(&start), "{error}");
    assert!(
        error.ends_with("help: raise `hooks.rhai.memory_bytes` in the config"),
        "{error}"
    );
}

#[test]
fn what_a_call_frees_counts_for_nothing() {
    let body = "let s = \"x\"; s.pad(100_000, 'x'); for i in 0..1000 { let t = s + \"y\"; } true";
    let fixture = Fixture::filter_body(body).limits(|limits| limits.memory_bytes = 1 << 20);
    assert_eq!(
        fixture.decisions(),
        [Ok(true), Ok(true), Ok(true), Ok(true)]
    );
}

#[test]
fn the_time_of_a_call_is_limited_and_named_by_its_key() {
    let fixture = Fixture::filter_body("loop { [3, 1, 2].sort(); }").limits(|limits| {
        limits.call_time = Duration::from_millis(50);
        limits.operations = 0;
    });
    let error = fixture.error();
    assert!(
        error.starts_with("Limit: more than 0.05 seconds in one call"),
        "{error}"
    );
    assert!(
        error.ends_with("help: raise `hooks.rhai.call_seconds` in the config"),
        "{error}"
    );
}

/// Two thousand calls within the limit of each are beyond that of all.
#[test]
fn the_time_of_all_calls_together_is_limited() {
    let body = "for i in 0..200_000 { let x = i * 2; } true";
    let fixture = Fixture::filter_body(body).limits(|limits| {
        limits.operations = 0;
        limits.run_time = Duration::from_millis(200);
    });
    let error = fixture
        .run(|host, space| {
            for _ in 0..2000 {
                if let Err(error) = host.filter(space, 0..1) {
                    return Some(error);
                }
            }
            None
        })
        .unwrap()
        .expect("a limit is reached");
    assert_eq!(error.kind(), HookErrorKind::Limit);
    assert!(
        error
            .to_string()
            .contains("more than 0.2 seconds in all calls of a run"),
        "{error}"
    );
}

#[test]
fn a_top_level_may_take_more_than_a_call_but_not_all() {
    let top = |loops: u32| {
        let script = format!(
            "const N = sum(0);\nfn sum(n) {{ for i in 0..{loops} {{ n += i; }} n }}\n\
                              fn include_params(params) {{ global::N >= 0 }}"
        );
        Fixture::filter(&script).limits(|limits| limits.operations = 10_000)
    };
    assert_eq!(top(10_000).decisions()[0], Ok(true));
    let error = top(1_000_000).error();
    assert!(
        error.starts_with("Limit: more than 100,000 operations at the top level"),
        "{error}"
    );
}

#[test]
fn values_are_written_within_the_limit_of_texts() {
    fails(
        "let s = \"x\"; s.pad(1_000_000, 'x'); let a = [s];\nlet t = a.to_string() + a; true",
        "Limit: more than 1,048,576 bytes in the strings of one value SET\n--> filter.rhai:3:25 a\n\
         help: raise `hooks.rhai.string_bytes` in the config",
    );
    // Printed text is cut, not refused.
    let fixture = Fixture::filter_body(
        "let s = \"x\"; s.pad(600_000, 'x'); let a = [0, 0]; a[0] = s; print(a); true",
    );
    assert_eq!(fixture.decisions()[0], Ok(true));
}

/// The engine counts references: what a closure puts into a variable that it uses is never freed.
#[test]
fn what_calls_never_give_back_is_limited_in_all() {
    let body = "let m = #{};\nlet s = \"x\"; s.pad(100_000, 'x');\nm.s = s; m.f = || m;\ntrue";
    let fixture = Fixture::filter_body(body).limits(|limits| limits.memory_bytes = 2 << 20);
    let calls = |times: usize| {
        fixture
            .run(|host, space| {
                (0..times).find_map(|_| {
                    host.filter(space, 0..1)
                        .err()
                        .map(|error| error.to_string())
                })
            })
            .unwrap()
    };
    assert_eq!(calls(10), None);
    let error = calls(50).expect("a limit is reached");
    assert!(
        error.contains("more than 2 MiB kept after calls, by values that hold themselves"),
        "{error}"
    );

    // Nothing is lost by other means.
    let body = "let a = [1, 2, 3].map(|x| `${x}${params.model}`); print(a.len()); a.len() == 3";
    let fixture = Fixture::filter_body(body).limits(|limits| {
        limits.memory_bytes = 100_000;
        limits.output_bytes = 0;
    });
    let decisions = fixture.run(|host, space| (0..2000).all(|_| host.filter(space, 0..4).is_ok()));
    assert!(decisions.unwrap());
}
