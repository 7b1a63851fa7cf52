//! Features of Rhai are not additive: one crate that turns on `unchecked` would take every limit
//! from the sandbox.

use std::process::Command;

use super::test::project;

#[test]
fn no_crate_takes_the_limits_from_rhai() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "features",
            "--invert",
            "rhai",
        ])
        .current_dir(project())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && tree.contains("rhai feature \"only_i64\""),
        "{tree}"
    );
    for feature in ["unchecked", "sync", "no_position"] {
        assert!(
            !tree.contains(&format!("rhai feature \"{feature}\"")),
            "{feature}"
        );
    }
}
