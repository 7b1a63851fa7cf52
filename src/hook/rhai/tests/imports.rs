//! What `import` finds, and what it refuses.

use std::os::unix::fs::symlink;

use super::fixture::{Fixture, SET};
use crate::spec::Role;

/// A filter that imports `path` and decides by its `keep()`.
fn importing(path: &str) -> Fixture {
    Fixture::filter(&format!(
        "import {path:?} as i;\nfn include_params(params) {{ i::keep() }}"
    ))
}

#[test]
fn imports_are_relative_to_the_file_that_imports() {
    let fixture = importing("lib/rules")
        .file(
            "lib/rules.rhai",
            "import \"deep/more\" as m;\nfn keep() { m::keep() }",
        )
        .file(
            "lib/deep/more.rhai",
            "const KEEP = true;\nfn keep() { global::KEEP }",
        );
    assert_eq!(fixture.decisions(), vec![Ok(true); 4]);
}

#[test]
fn a_file_imported_twice_is_evaluated_once() {
    let fixture = Fixture::filter(
        "import \"a\" as a;\nimport \"b\" as b;\nfn include_params(params) { a::keep() && b::keep() }",
    )
    .file("a.rhai", "import \"b\" as b;\nfn keep() { b::keep() }")
    .file("b.rhai", "print(\"once\");\nfn keep() { true }");
    assert_eq!(fixture.decisions(), vec![Ok(true); 4]);
    assert_eq!(fixture.printed(), "[b.rhai:1] once\n");
}

#[test]
fn a_hook_file_in_a_linked_folder_imports_from_there() {
    let fixture = Fixture::new()
        .file(
            "real/filter.rhai",
            "import \"i\" as i;\nfn include_params(p) { i::keep() }",
        )
        .file("real/i.rhai", "fn keep() { true }")
        .hook(Role::Filter, "linked/filter.rhai");
    symlink("real", fixture.folder.path().join("linked")).unwrap();
    assert_eq!(fixture.decisions(), vec![Ok(true); 4]);
}

#[test]
fn imports_stay_in_the_folder_of_the_hook() {
    let relative = "help: an import is relative to its file, and has no `..`";
    for path in ["../i", "lib/../i", "/etc/hostname", ""] {
        assert_eq!(
            importing(path).error(),
            format!("Load: cannot import {path:?}\n--> filter.rhai:1:8 {path:?}\n{relative}")
        );
    }
    let fixture = importing("i");
    symlink("/etc/hostname", fixture.folder.path().join("i.rhai")).unwrap();
    let target = fs_err::canonicalize("/etc/hostname").unwrap();
    assert_eq!(
        fixture.error(),
        format!(
            "Load: cannot import `i`: it links to `{}`\n--> filter.rhai:1:8 \"i\"\n\
             help: imported files stay in the folder of the hook",
            target.display()
        )
    );
}

#[test]
fn files_that_import_each_other_are_refused_with_the_chain() {
    let fixture = importing("a")
        .file("a.rhai", "import \"b\" as b;")
        .file("b.rhai", "\nimport \"a\" as a;");
    assert_eq!(
        fixture.error(),
        "Load: files import each other: a.rhai -> b.rhai -> a.rhai\n--> b.rhai:2:8 \"a\""
    );
    assert_eq!(
        importing("filter").error(),
        "Load: files import each other: filter.rhai -> filter.rhai\n--> filter.rhai:1:8 \"filter\""
    );
}

#[test]
fn an_import_that_is_missing_broken_or_too_large_says_so() {
    assert_eq!(
        importing("lib/i").error(),
        "Load: cannot import `lib/i`: there is no `lib/i.rhai`\n--> filter.rhai:1:8 \"lib/i\""
    );
    assert_eq!(
        importing("i")
            .file("i.rhai", "fn keep() {\n  1 +\n}")
            .error(),
        "Load: unexpected `}`\n--> i.rhai:3:1 }"
    );
    let large = importing("i")
        .file("i.rhai", &"//\n".repeat(100))
        .limits(|limits| limits.script_bytes = 100);
    assert_eq!(
        large.error(),
        "Load: cannot import `i`: `i.rhai` has 300 bytes, and 100 are allowed\n\
         --> filter.rhai:1:8 \"i\""
    );
}

#[test]
fn an_import_within_a_function_is_an_error_of_the_set() {
    let fixture = Fixture::filter_body("import \"i\" as i; i::keep()");
    assert_eq!(
        fixture.error(),
        format!("Raised: cannot import `i`: there is no `i.rhai` {SET}\n--> filter.rhai:2:8 \"i\"")
    );
    assert_eq!(fixture.decisions().len(), 4);
}
