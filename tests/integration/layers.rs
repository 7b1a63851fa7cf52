//! The layers of the crate: a module names only modules of lower layers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::test::project;

/// From the bottom up. Modules of one layer may know each other where they stand in one list.
const LAYERS: &[&[&str]] = &[
    &["model", "text", "diagnostic", "fs", "parallel"],
    &["yaml"],
    &["config"],
    &["sandbox"],
    &["spec"],
    &["hook"],
    &["render"],
    &["collection"],
    &["scheduler"],
    &["logs"],
    &["error"],
    &["generate", "migrate", "trial", "refresh", "submit"],
    &["cancel", "resubmit"],
    &["retry"],
    &["cli"],
];

/// Engines are of one layer and do not know each other.
const ENGINES: &[&str] = &["hook", "render", "collection", "scheduler"];

fn rank(module: &str) -> usize {
    let of = |layer: &&[&str]| layer.contains(&module);
    LAYERS
        .iter()
        .position(of)
        .unwrap_or_else(|| panic!("`{module}` has no layer"))
}

#[test]
fn modules_use_only_lower_layers() {
    let src = project().join("src");
    let mut wrong = Vec::new();
    visit(&src, &mut |path, text| {
        let file = path.strip_prefix(&src).unwrap().to_str().unwrap();
        let module = file.split(['/', '.']).next().unwrap();
        if matches!(module, "lib" | "main") {
            return;
        }
        for used in modules_named_in(text) {
            let lower =
                rank(&used) < rank(module) || rank(&used) == rank(module) && rank(module) == 0;
            let engines = ENGINES.contains(&&*used) && ENGINES.contains(&module);
            if used != module && (!lower || engines) {
                wrong.push(format!("{file}: `{module}` names `{used}`"));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints_and_reads_the_environment() {
    let src = project().join("src");
    visit(&src, &mut |path, text| {
        let file = path.strip_prefix(&src).unwrap().to_str().unwrap();
        let product = text.split("#[cfg(test)]").next().unwrap();
        if !file.starts_with("cli/") && !file.contains("test") {
            for word in [
                "println!",
                "eprintln!",
                "env::var",
                "process::exit",
                "std::env::args",
            ] {
                let named = product
                    .lines()
                    .any(|line| !line.trim().starts_with("//") && line.contains(word));
                assert!(!named || file == "main.rs", "{file} names `{word}`");
            }
        }
    });
}

#[test]
fn all_spellings_of_a_use_are_seen() {
    let text = "use crate::{\n    Error,\n    spec::{Spec, SpecError},\n    fs,\n};\n\
                use crate::hook::Hook;\nlet x = crate::yaml::parse();";
    let expected = ["error", "fs", "hook", "spec", "yaml"].map(String::from);
    assert_eq!(modules_named_in(text), BTreeSet::from(expected));
}

/// The top modules named after `crate::`, alone or in a list.
fn modules_named_in(text: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (at, path) in text.match_indices("crate::") {
        let rest = &text[at + path.len()..];
        match rest.strip_prefix('{') {
            None => modules.extend(module(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut item = String::new();
                for c in list.chars() {
                    match c {
                        '}' if depth == 0 => break,
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            modules.extend(module(std::mem::take(&mut item).trim()));
                        }
                        _ if depth == 0 => item.push(c),
                        _ => {}
                    }
                }
                modules.extend(module(item.trim()));
            }
        }
    }
    modules
}

fn module(path: &str) -> Option<String> {
    let end = path
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(path.len());
    match &path[..end] {
        "Error" => Some("error".into()),
        name if name.starts_with(char::is_lowercase) => Some(name.into()),
        _ => None,
    }
}

fn visit(folder: &Path, check: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, check);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            check(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
