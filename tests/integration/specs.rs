//! Whole sweeps in the manner of real ones give the scripts that the Python tool wrote.
//!
//! `scripts/record-expectations specs` made the folders `expected`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::parallel;
use super::test::{Test, project};

/// What stands in expected scripts for the folder that a sweep is generated in.
const FOLDER: &str = "@FOLDER@";

#[test]
fn sweeps_give_the_scripts_that_the_python_tool_wrote() {
    let folders = folders();
    assert!(folders.len() >= 30, "only {} sweeps", folders.len());
    parallel::all_ok(&parallel::map(&folders, |folder| check(folder)));
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(project().join("tests/corpus/specs")).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn check(folder: &Path) -> Result<(), String> {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let test = Test::new();
    let source = folder.join(".");
    let mut copy = Command::new("cp");
    copy.arg("-r").arg(&source).arg(test.path());
    assert!(copy.status().unwrap().success());
    // Some do what warnings are for.
    let run = test.run("generate job_spec.yaml");
    if run.code != Some(0) {
        return Err(format!("{name}: {}", run.stderr));
    }

    let expected = scripts(&folder.join("expected"));
    let written = test.path().canonicalize().unwrap();
    let mut found = BTreeMap::new();
    collect(&written.join(".jobs"), &mut found);
    let names = |scripts: &BTreeMap<String, Vec<u8>>| scripts.keys().cloned().collect::<Vec<_>>();
    if names(&found) != names(&expected) {
        let (found, expected) = (names(&found), names(&expected));
        return Err(format!("{name}: scripts {found:?}, not {expected:?}"));
    }
    for (file, expected) in expected {
        let expected = String::from_utf8(expected).unwrap();
        let expected = expected.replace(FOLDER, written.to_str().unwrap());
        let found = String::from_utf8(found.remove(&file).unwrap()).unwrap();
        if found != expected {
            return Err(format!(
                "{name}/{file}: {}",
                first_difference(&found, &expected)
            ));
        }
    }
    Ok(())
}

/// The scripts in a folder, by name.
fn scripts(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

/// The scripts in the folders `job_scripts` below a folder.
fn collect(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("job_scripts") {
            found.extend(scripts(&path));
        } else if path.is_dir() {
            collect(&path, found);
        }
    }
}

fn first_difference(found: &str, expected: &str) -> String {
    let lines = found.split('\n').zip(expected.split('\n'));
    let different = lines
        .enumerate()
        .find(|(_, (found, expected))| found != expected);
    match different {
        Some((at, (found, expected))) => {
            format!("line {}: {found:?}, not {expected:?}", at + 1)
        }
        None => "one ends before the other".into(),
    }
}
