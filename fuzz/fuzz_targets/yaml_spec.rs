//! Any bytes as a spec, in both schemas: read, warned of, quoted by `spec fix`, written and read back.
//!
//! Nothing panics or runs away, a fix is final and reads as what was typed, and what is written is read
//! back equal.

#![no_main]
#![allow(
    clippy::disallowed_methods,
    reason = "what the crate forbids itself, its users need not"
)]

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use slurmkit::config::Config;
use slurmkit::diagnostic::{Diagnose, Source};
use slurmkit::model::{Map, Value};
use slurmkit::spec::{Fix, Spec};
use slurmkit::yaml::{self, Content, Level, Node, Schema, Trap, YamlError};
use tempfile::TempDir;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(|bytes: &[u8]| {
    for schema in [Schema::PyYaml, Schema::Core] {
        load(bytes, schema);
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        let source = Source::new("spec.yaml", text);
        match yaml::parse(&source, schema) {
            Ok(root) => {
                if let Some(root) = root {
                    write_and_read(&root.to_value());
                }
                // Any document will do for the values of a spec.
                let indented = text.replace('\n', "\n    ");
                let values = format!("parameters:\n  values:\n    {indented}\n");
                for text in [text, &values] {
                    fix(&Source::new("spec.yaml", text), schema);
                }
            }
            Err(error) => explain(&error, &source),
        }
    }
});

/// The bytes as a file, in memory where that can be.
fn load(bytes: &[u8], schema: Schema) {
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
        let path = folder.path().join("spec.yaml");
        fs::write(&path, bytes).expect("a file can be written");
        let config = Config {
            yaml: schema,
            ..Config::default()
        };
        match Spec::load(&path, &config) {
            Ok(spec) => {
                let _ = Trap::warnings(spec.all_traps());
                read_back(&yaml::document(&spec.to_map()), &spec.to_map());
            }
            Err(errors) => {
                for error in errors {
                    let _ = (error.to_string(), error.label(), error.help());
                }
            }
        }
    });
}

fn explain(error: &YamlError, source: &Source) {
    assert!(!error.to_string().is_empty());
    let label = error.label().expect("an error in a text has a place");
    assert!(source.text.get(label.span).is_some(), "{error}");
    let _ = (error.help(), error.notes());
}

fn write_and_read(value: &Value) {
    let map: Map = [("v", value.clone())].into_iter().collect();
    let mut line = String::new();
    yaml::write_flow_map(&mut line, map.iter());
    assert!(!line.contains(['\n', '\r']), "{line}");
    read_back(&line, &map);
    read_back(&yaml::document(&map), &map);
}

fn read_back(text: &str, map: &Map) {
    let source = Source::new("written.yaml", text);
    for schema in [Schema::PyYaml, Schema::Core] {
        match yaml::parse(&source, schema) {
            Ok(root) => {
                let read = root.map_or_else(|| Map::new().into(), |root| root.to_value());
                assert_eq!(read, plain(&Value::from(map.clone())), "{text}");
            }
            // One level more than may be read.
            Err(YamlError::TooLarge { .. }) => {}
            Err(error) => panic!("{error} in {text}"),
        }
    }
}

/// The value as it is written: what only Python has, in its plain form.
fn plain(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(plain)),
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| (key.clone(), plain(value)))),
        Value::Object(object) => match &object.plain {
            Some(value) => plain(value),
            None => Value::from(object.text.as_str()),
        },
        other => other.clone(),
    }
}

fn fix(source: &Arc<Source>, schema: Schema) {
    for level in [Level::Warning, Level::Info] {
        let Ok(fix) = Fix::of(source, schema, level) else {
            continue;
        };
        assert_eq!(fix.diff().is_empty(), fix.quoted.is_empty());
        let fixed = Source::new("spec.yaml", fix.text.as_str());
        let again = Fix::of(&fixed, schema, level);
        let again = again.unwrap_or_else(|error| panic!("{error} in {}", fix.text));
        assert!(again.quoted.is_empty(), "{}", fix.text);
        assert_eq!(again.text, fix.text);
        let root = |source| yaml::parse(source, schema).expect("it was just read");
        if let (Some(before), Some(after)) = (root(source), root(&fixed)) {
            same_but_quoted(&before, &after, &fix.quoted);
        }
    }
}

/// Demands that what got quotes is its text now, and all else what it was.
fn same_but_quoted(before: &Node, after: &Node, quoted: &[Trap]) {
    let span = before.span();
    match (before.content(), after.content()) {
        (Content::Scalar(before), Content::Scalar(after)) => {
            match quoted.iter().find(|trap| trap.span == span) {
                Some(trap) => assert_eq!(after.value, Value::from(&*trap.text)),
                None => assert_eq!(after.value, before.value),
            }
        }
        (Content::Sequence(before), Content::Sequence(after)) => {
            assert_eq!(before.len(), after.len());
            for (before, after) in before.iter().zip(after) {
                same_but_quoted(before, after, quoted);
            }
        }
        (Content::Mapping(before), Content::Mapping(after)) => {
            assert_eq!(before.len(), after.len());
            for ((key, before), (same_key, after)) in before.iter().zip(after) {
                assert_eq!(key.as_str(), same_key.as_str());
                same_but_quoted(before, after, quoted);
            }
        }
        _ => panic!("a fix changed the kind of a value"),
    }
}
