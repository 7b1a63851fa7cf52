//! Any text as a Rhai file: as a parse, a filter and a logic hook, and as a spec.
//!
//! Whatever it is, it must end within its limits, in an answer or in an error; nothing panics.

#![no_main]
#![allow(
    clippy::disallowed_methods,
    reason = "what the crate forbids itself, its users need not"
)]

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use slurmkit::config::{Config, HookOutput, HookSettings};
use slurmkit::hook::{Failure, HookErrorKind, Hooks};
use slurmkit::model::{Axis, Map, ParamSpace, Value};
use slurmkit::sandbox::Stack;
use slurmkit::spec::{HookRef, Role, Spec};
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: slurmkit::sandbox::CountingAllocator = slurmkit::sandbox::CountingAllocator;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|text: &[u8]| {
    // The engine's own panics are caught and become errors; what gets through ends the run.
    std::panic::set_hook(Box::new(|_| {}));
    let path = file(text);
    let settings = settings();
    // One way at a time; the length decides, so that a mutation mostly tries another.
    match text.len() % 5 {
        0 => {
            let config = Config {
                hooks: settings,
                ..Config::default()
            };
            if let Ok(spec) = Spec::load(&path, &config) {
                spec.to_map();
            }
        }
        1 => call(Role::Parse, path, &settings),
        2 => call(Role::Filter, path, &settings),
        3 => call(Role::Logic, path, &settings),
        _ => call(Role::OnFailure, path, &settings),
    }
});

/// The text as a file, in memory where that can be.
fn file(text: &[u8]) -> PathBuf {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| {
            let memory = PathBuf::from("/dev/shm");
            let parent = if memory.is_dir() {
                memory
            } else {
                std::env::temp_dir()
            };
            TempDir::new_in(parent).expect("a folder can be made")
        });
        let path = folder.path().join("script.rhai");
        fs::write(&path, text).expect("a file can be written");
        path
    })
}

/// Limits that are reached soon.
fn settings() -> HookSettings {
    let mut settings = HookSettings {
        output: HookOutput::new(|_| {}),
        ..HookSettings::default()
    };
    settings.rhai.operations = 5_000;
    settings.rhai.call_time = Duration::from_millis(500);
    settings.rhai.memory_bytes = 64 << 20;
    settings
}

fn call(role: Role, path: PathBuf, settings: &HookSettings) {
    let hook = HookRef {
        role,
        path,
        function: role.default_function().into(),
        label: None,
    };
    let axis = |name: &str, values: Vec<Value>| Axis {
        name: name.into(),
        values,
    };
    let axes = vec![
        axis("lr", vec![Value::from(0.1), Value::from(1e-5)]),
        axis("model", vec![Value::from("vit")]),
    ];
    let defaults: Map = [("mem", Value::from("4G"))].into_iter().collect();
    let outcome = Stack::run(|stack| {
        let mut space = ParamSpace::grid(axes).expect("a small grid");
        let mut hooks = Hooks::load(&[hook], &Arc::new(defaults), settings, stack)?;
        let mut failures = Vec::new();
        match role {
            Role::Parse => hooks.parse(&mut space, &mut |error| failures.push(error))?,
            Role::Filter => drop(hooks.filter(&mut space, &mut |error| failures.push(error))?),
            Role::Logic => failures.extend(
                hooks
                    .logic(&mut space, &[0, 1])?
                    .into_iter()
                    .filter_map(Result::err),
            ),
            Role::OnFailure => {
                let attempt = [("state", Value::from("FAILED"))].into_iter().collect();
                let job = [("name", Value::from("a"))].into_iter().collect();
                drop(hooks.on_failure(Failure { job, attempt })?);
            }
        }
        match failures.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    });
    if let Err(error) = outcome.expect("a thread can be started") {
        assert!(
            !matches!(error.kind(), HookErrorKind::Interpreter),
            "{error}"
        );
        // What is shown of an error must not fail either.
        let _ = (
            error.to_string(),
            slurmkit::diagnostic::Diagnose::label(&error),
        );
    }
}
