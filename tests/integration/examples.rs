//! Every example gives the scripts that are committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::test::{Test, project};

/// The scripts of an example, generated from the project's root as the README does.
fn generated(name: &str) -> BTreeMap<String, String> {
    let test = Test::with_examples();
    let folder = format!("examples/{name}/job_scripts");
    fs::remove_dir_all(test.path().join(&folder)).ok();
    let spec = format!("examples/{name}/job_spec");
    let is_program = test.exists(&format!("{spec}.rhai"));
    let ending = if is_program { "rhai" } else { "yaml" };
    test.ok(&format!("generate {spec}.{ending}"));
    scripts(&test.path().join(folder))
}

fn scripts(folder: &Path) -> BTreeMap<String, String> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

/// Compares with `tests/expected/NAME`; `UPDATE=1` writes it anew.
#[track_caller]
fn as_expected(name: &str) {
    let generated = generated(name);
    let folder = project().join("tests/expected").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        for (file, script) in &generated {
            fs::write(folder.join(file), script).unwrap();
        }
    }
    assert_eq!(generated, scripts(&folder));
}

#[test]
fn quickstart() {
    as_expected("quickstart");
    assert_eq!(generated("quickstart").len(), 6);
}

#[test]
fn python_hooks_give_the_same_bytes_as_the_quickstart() {
    as_expected("python_hooks");
    let normal = |name: &str| -> BTreeMap<String, String> {
        let scripts = generated(name).into_iter();
        scripts
            .map(|(file, script)| (file, script.replace(name, "EXAMPLE")))
            .collect()
    };
    assert_eq!(normal("python_hooks"), normal("quickstart"));
}

#[test]
fn list_mode() {
    as_expected("list_mode");
}

#[test]
fn job_array() {
    as_expected("job_array");
}

#[test]
fn program() {
    as_expected("program");
    assert_eq!(generated("program").len(), 24);
}

#[test]
fn retry() {
    as_expected("retry");
}

#[test]
fn monte_carlo() {
    as_expected("monte_carlo");
    assert_eq!(generated("monte_carlo").len(), 24);
}
