//! Any text as a template, which may include itself, with values of every kind.
//!
//! Whatever it is, it must end within its limits, in a script or in an error whose place lies in
//! the template; nothing of ours panics, and the same template gives the same script.

#![no_main]
#![allow(
    clippy::disallowed_methods,
    reason = "what the crate forbids itself, its users need not"
)]

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use slurmkit::config::{JinjaOptions, Undefined};
use slurmkit::diagnostic::Diagnose;
use slurmkit::model::{Axis, Map, ParamSpace, Value};
use slurmkit::render::{Interned, JobContext, RenderError, Renderer};
use slurmkit::sandbox::Stack;
use tempfile::TempDir;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|text: &[u8]| {
    // The engine's own panics are caught and become errors; ours end the run.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("", |place| place.file());
        if !place.contains("registry") {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
    let path = file(text);
    // The length decides, so that a mutation mostly tries another level.
    let undefined = match text.len() % 3 {
        0 => Undefined::Lenient,
        1 => Undefined::SemiStrict,
        _ => Undefined::Strict,
    };
    let options = JinjaOptions {
        undefined: Some(undefined),
        trim_blocks: Some(text.len().is_multiple_of(2)),
        lstrip_blocks: Some(text.len().is_multiple_of(5)),
        steps: Some(20_000),
    };
    let rendered = Stack::run(|_| {
        let renderer = Renderer::load(&path, None, options)?;
        let context = context();
        let (mut once, mut again) = (Vec::new(), Vec::new());
        renderer.script(&context, &mut once)?;
        renderer.script(&context, &mut again)?;
        assert!(once == again, "two scripts of one template");
        Ok::<(), RenderError>(())
    });
    if let Err(error) = rendered.expect("a thread can be started") {
        assert!(
            !error.to_string().contains("the template engine failed"),
            "{error}"
        );
        if let Some(label) = error.label() {
            assert!(
                label.source.text.get(label.span.clone()).is_some(),
                "{error}"
            );
        }
    }
});

/// The text as a template, in memory where that can be.
fn file(text: &[u8]) -> PathBuf {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| {
            let memory = Path::new("/dev/shm");
            match memory.is_dir() {
                true => TempDir::new_in(memory),
                false => TempDir::new(),
            }
            .expect("a folder can be made")
        });
        let path = folder.path().join("t");
        fs::write(&path, text).expect("a file can be written");
        path
    })
}

fn context() -> JobContext {
    let map =
        |entries: Vec<(&str, Value)>| Value::Map(Arc::new(entries.into_iter().collect::<Map>()));
    let list = |values: Vec<Value>| Value::list(values);
    let values = vec![
        ("i", Value::Int(7)),
        ("b", Value::Bool(true)),
        ("n", Value::Null),
        ("x", Value::from(1e-5)),
        ("s", Value::from("it's a \"tëst\" ☃")),
        (
            "l",
            list(vec![Value::Int(3), Value::from(0.5), Value::from("a")]),
        ),
        ("d", map(vec![("k", Value::Int(1)), ("v", list(vec![]))])),
    ];
    let axis = |(name, value): (&str, Value)| Axis {
        name: name.into(),
        values: vec![value],
    };
    let space = ParamSpace::grid(values.into_iter().map(axis).collect()).expect("it is small");
    let mut interned = Interned::new(&space, "logs");
    let arguments: Map = [("mem", Value::from("4G")), ("nodes", Value::Int(2))]
        .into_iter()
        .collect();
    let slurm = interned.slurm(&Arc::new(arguments));
    let set = space.get(0);
    interned.context(&space, 0, &set).with_job("job", slurm)
}
