//! Scripts that try to hang, to crash, to fill the memory or to get out.

use std::fmt::Write;
use std::os::unix::fs::symlink;
use std::time::Duration;

use super::fixture::Fixture;
use crate::hook::HookErrorKind;

/// How a script must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A limit stops it.
    Limit,
    /// It raises an error, or does not load.
    Error,
    /// There is nothing wrong with it.
    Harmless,
    /// A limit or not, as the clock has it.
    Any,
}

use End::{Any, Error, Harmless, Limit};

/// Bodies of a filter hook.
const BODIES: &[(End, &str)] = &[
    // Loops.
    (Limit, "loop {}"),
    (Limit, "while true {}"),
    (Limit, "do { } while true"),
    (
        Limit,
        "let s = 0; for i in 0..1_000_000_000_000_000_000 { s += i; } true",
    ),
    (
        Limit,
        "let s = 0; for i in range(0, 1_000_000_000_000, 3) { s += i; } true",
    ),
    (Limit, "try { loop {} } catch { true }"),
    (Limit, "loop { try { throw 1 } catch {} }"),
    (Limit, "[2, 1].sort(|x, y| { loop {} }); loop {}"),
    (Limit, "loop { [3, 1, 2].filter(|x| x > 1); }"),
    // Recursion.
    (Limit, "f(1)\n}\nfn f(n) { f(n + 1)"),
    (Limit, "f(1)\n}\nfn f(n) { g(n) }\nfn g(n) { f(n)"),
    (Limit, "f(1)\n}\nfn f(n) { try { f(n + 1) } catch { f(n) }"),
    (Limit, "f([1])\n}\nfn f(a) { a.map(|x| f([x]))"),
    (Limit, "let f = |g| g.call(g); f.call(f)"),
    (Limit, "f(Fn(\"f\"))\n}\nfn f(g) { g.call(g)"),
    // Strings.
    (Limit, "let s = \"a\"; loop { s += s; }"),
    (Limit, "let s = \"a\"; loop { s = `${s}${s}`; }"),
    (Limit, "let s = \"\\\"\"; loop { s = s.to_debug(); }"),
    (Limit, "let s = \"a\"; s.pad(10_000_000_000, 'x'); true"),
    (Limit, "let s = \"a\"; s.pad(10_000_000_000, \"xy\"); true"),
    (
        Limit,
        "let s = \"a\"; s.pad(0x7fffffffffffffff, \"é\"); true",
    ),
    (
        Limit,
        "let s = \"x\"; s.pad(65536, 'x'); s.replace(\"x\", s); true",
    ),
    (
        Limit,
        "let s = \"x\"; s.pad(65536, 'x'); s.replace('x', s); true",
    ),
    (
        Limit,
        "let s = \"x\"; s.pad(1048576, 'x'); s.replace(\"x\", 'é'); true",
    ),
    (
        Limit,
        "let s = \"x\"; s.pad(1048576, 'x'); s.replace('x', 'é'); true",
    ),
    (
        Limit,
        "let s = \"x\"; s.pad(1048576, 'x'); s.replace(\"\", \"ab\"); true",
    ),
    (
        Any,
        "let s = \"x\"; s.pad(1048576, 'x'); s.split(\"\").len() > 0",
    ),
    (
        Any,
        "let s = \"x\"; s.pad(1048576, 'x'); let a = s.split(); a.len() > 0",
    ),
    // Arrays.
    (Limit, "let a = [1]; loop { a += a; }"),
    (Limit, "let a = [1]; loop { a.push(a); }"),
    (Limit, "let a = [1]; loop { a.append(a); }"),
    (
        Limit,
        "let a = [0, 0]; for i in 0..60 { a[0] = a; a[1] = a; } true",
    ),
    (Limit, "let a = []; a.pad(10_000_000_000, 1); true"),
    (
        Limit,
        "let a = []; a.pad(0x4000000000000000, [1, 2, 3]); true",
    ),
    (
        Limit,
        "let a = []; let b = []; b.pad(10_000, 1); a.pad(100_000, b); true",
    ),
    (
        Limit,
        "let a = []; let b = #{x: [1, 2, 3, 4]}; a.pad(50_000, b); true",
    ),
    (
        Limit,
        "let a = []; a.pad(100_000, 1); loop { a.splice(0..0, a); }",
    ),
    (Limit, "let a = []; a.pad(100_000, 1); loop { let b = a; }"),
    (Limit, "let a = []; a.pad(100_000, 1); loop { a.sort(); }"),
    (
        Any,
        "let a = []; for i in 0..5000 { a = [a]; } print(a); `${a}` == \"\" || a == a",
    ),
    (
        Any,
        "let a = []; for i in 0..5000 { a = [a]; } a.to_debug() != \"\" && [a] == [a]",
    ),
    (Limit, "let a = [0]; loop { a[0] = a; }"),
    (
        Any,
        "let a = [0]; a.pad(100, 0); for i in 0..100 { let s = \"x\"; s.pad(100_000, 'x'); a[i] = s; } true",
    ),
    (
        Any,
        "let a = [0]; a.pad(50_000, 0); a.map(|x| { let s = \"x\"; s.pad(20, 'x'); s }).len() > 0",
    ),
    // Maps.
    (Limit, "let m = #{}; loop { m.a = m; m.b = m; }"),
    (
        Limit,
        "let m = #{}; let i = 0; loop { m[`${i}`] = i; i += 1; }",
    ),
    (
        Limit,
        "let m = #{}; let i = 0; loop { m.set(`${i}`, i); i += 1; }",
    ),
    (Limit, "let m = #{a: 1}; loop { m = #{a: m, b: m}; }"),
    (Limit, "loop { params[`${params.len()}`] = 1; }"),
    // Closures and function pointers.
    (Limit, "let p = 0; loop { let c = p; let f = || c; p = f; }"),
    (
        Limit,
        "let p = []; loop { let c = p; let f = || c; p = [f, f]; }",
    ),
    (
        Error,
        "let f = Fn(\"x\"); for i in 0..60 { f = f.curry(f); } true",
    ),
    (Error, "let f = Fn(\"x\"); Fn(\"curry\").call(f, f)"),
    (Error, "let f = Fn(\"x\"); Fn(\"cur\" + \"ry\").call(f, f)"),
    (Harmless, "let m = #{}; m.g = || m; true"),
    (
        Any,
        "let m = #{}; m.g = || m; let a = []; a.pad(100_000, m); true",
    ),
    (
        Any,
        "let m = #{}; let f = || m; m.f = f; f.call(); print(m); m == m",
    ),
    // Variables.
    (
        Limit,
        "let s = \"\"; f(0)\n}\nfn f(n) { let a = n; let b = a; f(b)",
    ),
    // Output.
    (Limit, "loop { print(\"x\"); }"),
    (
        Limit,
        "let s = \"x\"; s.pad(100_000, 'x'); loop { print(s); debug(s); }",
    ),
    // What is not there.
    (Error, "eval(\"loop {}\")"),
    (Error, "let s = \"eval(s)\"; eval(s)"),
    (Error, "Fn(\"eval\").call(\"1\")"),
    (Error, "sleep(1_000_000_000)"),
    (Error, "sleep(1e300)"),
    (Error, "Fn(\"sle\" + \"ep\").call(1_000)"),
    (Error, "exit(true)"),
    (Error, "timestamp()"),
    (Error, "blob(10_000_000_000)"),
    (Error, "parse_json(\"[1]\")"),
    (Error, "open_file(\"/etc/passwd\")"),
    (Error, "rand()"),
    (Error, "back_trace()"),
    (Error, "call(\"include_params\")"),
    // Arithmetic and indices.
    (Error, "let x = 0x7fffffffffffffff; x + 1 == 0"),
    (Error, "let x = -0x7fffffffffffffff - 1; x / -1 == 0"),
    (Error, "let x = -0x7fffffffffffffff - 1; -x == 0"),
    (Error, "let x = 0; 1 % x == 0"),
    (Error, "let x = 2; x ** 1000 == 0"),
    (Error, "[1][-0x7fffffffffffffff - 1] == 0"),
    (Error, "range(0, 10, 0); throw 1"),
    (Harmless, "let x = 1; x << 1000 == 0 || true"),
    (
        Harmless,
        "\"é\".sub_string(-5, 0x7fffffffffffffff) == \"é\" || true",
    ),
    (
        Harmless,
        "let a = [1, 2]; a.splice(-100, 0x7fffffffffffffff, []); true",
    ),
    // Imports.
    (Error, "import \"filter\" as f; true"),
    (Error, "import \"a\" as a; true"),
    (Error, "import \"../outside\" as o; true"),
    (Error, "import \"lib/../../outside\" as o; true"),
    (Error, "import \"/etc/hostname\" as o; true"),
    (Error, "import \"outside_link\" as o; true"),
    (Error, "import \"folder_link/outside\" as o; true"),
    (Error, "import \"absent\" as o; true"),
    (Error, "import \"\" as o; true"),
    (Error, "import \".\" as o; true"),
    (Error, "import \"lib\" as o; true"),
    (Error, "import \"a\\u0000b\" as o; true"),
    (Error, "import \"broken\" as o; true"),
    (Error, "import \"large\" as o; true"),
    (Error, "import \"binary\" as o; true"),
    (Error, "import 3 as o; true"),
    (Limit, "import \"endless\" as o; true"),
    (
        Limit,
        "try { import \"endless\" as o; o::x() } catch {} true",
    ),
    (Limit, "import \"c0\" as c; true"),
    (Harmless, "for i in 0..1000 { import \"fine\" as o; } true"),
    (Harmless, "import \"fine\" as o; o::two() == 2"),
    (Harmless, "import \"lib/fine.rhai\" as o; o::two() == 2"),
    (Harmless, "import \"./fine\" as o; o::two() == 2"),
];

/// A fixture that stops soon, with files to import.
fn fixture(script: &str) -> Fixture {
    let mut fixture = Fixture::filter(script)
        .file("a.rhai", "import \"b\" as b;")
        .file("b.rhai", "import \"a\" as a;")
        .file("broken.rhai", "fn (")
        .file("endless.rhai", "loop {}")
        .file("large.rhai", &"// comment\n".repeat(30_000))
        .file("fine.rhai", "fn two() { 2 }")
        .file(
            "lib/fine.rhai",
            "import \"inner\" as i; fn two() { i::two() }",
        )
        .file("lib/inner.rhai", "fn two() { 2 }")
        .limits(|limits| {
            // Scripts that end by themselves are too short for a look at the clock.
            limits.call_time = Duration::from_millis(100);
            limits.operations = 200_000;
            limits.modules = 8;
        });
    for index in 0..12 {
        let next = format!("import \"c{}\" as c;", index + 1);
        fixture = fixture.file(&format!("c{index}.rhai"), &next);
    }
    let folder = fixture.folder.path();
    fs_err::write(folder.join("binary.rhai"), [0xff, 0xfe]).unwrap();
    let outside = folder.parent().unwrap().join("outside.rhai");
    symlink(&outside, folder.join("dangling.rhai")).unwrap();
    symlink("/etc/hostname", folder.join("outside_link.rhai")).unwrap();
    symlink("/etc", folder.join("folder_link")).unwrap();
    fixture
}

fn end(fixture: &Fixture) -> End {
    match fixture.first_error().map(|error| error.kind()) {
        None => Harmless,
        Some(HookErrorKind::Limit) => Limit,
        Some(HookErrorKind::Load | HookErrorKind::Raised | HookErrorKind::Returned) => Error,
        Some(kind @ (HookErrorKind::Interpreter | HookErrorKind::Host)) => {
            panic!("{kind:?}: {}", fixture.error())
        }
    }
}

#[test]
fn hostile_scripts_end_as_they_must() {
    let mut wrong = String::new();
    for (expected, body) in BODIES {
        let fixture = fixture(&format!("fn include_params(params) {{\n{body}\n}}\n"));
        let end = end(&fixture);
        if *expected != Any && end != *expected {
            writeln!(wrong, "{end:?} instead of {expected:?}: {body}").unwrap();
        }
        assert!(
            fixture.printed().len() <= fixture.limits.output_bytes + 100,
            "{body}"
        );
    }
    assert_eq!(wrong, "");
}

#[test]
fn hostile_top_levels_end_as_they_must() {
    let script = |top: &str| format!("{top}\nfn include_params(params) {{ true }}");
    for (expected, top) in [
        (Limit, "loop {}"),
        (Limit, "let a = [1]; loop { a += a; }"),
        (Limit, "import \"endless\" as e;"),
        (Error, "import \"filter\" as f;"),
        (Error, "import \"a\" as a;"),
        (Error, "throw 1;"),
        (Error, "import \"../x\" as x;"),
        (Harmless, "return;"),
    ] {
        assert_eq!(end(&fixture(&script(top))), expected, "{top}");
    }
}

/// Sources that nest until a parser gives up.
#[test]
fn sources_that_nest_too_deeply_do_not_load() {
    let repeat = |open: &str, inner: &str, close: &str| {
        format!(
            "fn include_params(p) {{ {}{inner}{} }}",
            open.repeat(20_000),
            close.repeat(20_000)
        )
    };
    for source in [
        repeat("(", "1", ")"),
        repeat("[", "", "]"),
        repeat("#{a:", "1", "}"),
        repeat("!", "true", ""),
        repeat("-", "1", ""),
        repeat("{", "1", "}"),
        repeat("if true {", "1", "}"),
        repeat("if p { 1 } else ", "{ 2 }", ""),
        repeat("f(", "1", ")"),
        repeat("p.a + ", "1", ""),
        repeat("|x| ", "1", ""),
        repeat("p[", "1", "]"),
        repeat("`${", "1", "}`"),
        repeat("switch p { _ => ", "1", "}"),
        repeat("while p {", "1", "}"),
    ] {
        let fixture = fixture(&source);
        let kind = fixture.first_error().expect("it nests too deeply").kind();
        assert_eq!(kind, HookErrorKind::Load, "{}", &source[..60]);
    }
}

#[test]
fn values_nested_deeply_are_dropped_and_refused_without_overflowing_the_stack() {
    let script = "fn include_params(p) { let a = []; for i in 0..1500 { a = [a]; } a }";
    let fixture = Fixture::filter(script).limits(|limits| limits.call_time = Duration::ZERO);
    assert!(
        fixture.error().starts_with("Returned: returned an array;"),
        "{}",
        fixture.error()
    );
}
