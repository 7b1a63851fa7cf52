//! Documents that are too deep, too large or not even text, through the command: each ends in time and
//! within its memory, in an error that names the limit and says what to do.

use std::fs;

use super::hostile::{Watched, seconds, watch};
use super::parallel;
use super::test::Test;

const MEMORY_MIB: u64 = 256;

const HEAD: &str = "template: t.j2\nparameters:\n  values:\n";

const TOO_DEEP: &[&str] = &[
    "the document has more than 256 levels",
    "this limit is fixed; let lists and maps nest less deep",
];
const TOO_MANY: &[&str] = &[
    "the document has more than 2,000,000 values when aliases are written out",
    "this limit is fixed; a parse hook or a spec in Rhai can compute values",
];

struct Case {
    name: &'static str,
    document: Vec<u8>,
    /// Parts of the error; none when there is to be no error.
    says: &'static [&'static str],
    memory_mib: u64,
}

fn case(name: &'static str, document: impl Into<Vec<u8>>, says: &'static [&'static str]) -> Case {
    Case {
        name,
        document: document.into(),
        says,
        memory_mib: MEMORY_MIB,
    }
}

/// A spec with `values` under `parameters.values`, which are indented by four.
fn spec(values: &str) -> String {
    format!("{HEAD}{values}\n")
}

/// A line for each number.
fn lines(numbers: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.map(|n| line(n) + "\n").collect()
}

#[track_caller]
fn run_all(cases: &[Case]) {
    parallel::all_ok(&parallel::map(cases, |case| {
        problem(case).map_or(Ok(()), |problem| Err(format!("{}: {problem}", case.name)))
    }));
}

fn problem(case: &Case) -> Option<String> {
    let test = Test::new().file("work/t.j2", "x\n");
    fs::write(test.path().join("work/spec.yaml"), &case.document).unwrap();
    let before = test.tree();
    let Watched { code, late, mib } =
        watch(&test, seconds(), &["generate", "spec.yaml", "--dry-run"]);
    let stderr =
        String::from_utf8_lossy(&fs::read(test.path().join("stderr")).unwrap()).into_owned();
    let shown: String = stderr.chars().take(500).collect();
    let written = test.tree().len() - before.len();
    let missing = case.says.iter().find(|part| !stderr.contains(**part));
    match missing {
        _ if late => Some(format!("still ran after {} s", seconds())),
        _ if code != i32::from(!case.says.is_empty()) => Some(format!("exit code {code}: {shown}")),
        Some(part) => Some(format!("no {part:?} in {shown}")),
        _ if stderr.len() > 32 << 10 => Some(format!("printed {} bytes of errors", stderr.len())),
        _ if mib > case.memory_mib => Some(format!("took {mib} MiB")),
        _ if written != 2 => Some(format!("wrote {written} files")),
        None => None,
    }
}

#[test]
fn aliases_do_not_explode() {
    let tenfold = |alias: &str| [alias; 10].join(", ");
    let lists = lines(1..30, |n| {
        format!("    a{n}: &a{n} [{}]", tenfold(&format!("*a{}", n - 1)))
    });
    let maps = lines(1..30, |n| {
        let entries: Vec<_> = (0..10).map(|key| format!("k{key}: *a{}", n - 1)).collect();
        format!("    a{n}: &a{n} {{{}}}", entries.join(", "))
    });
    let squared = lines(0..20_000, |_| "    - *a".into());
    let pairs = lines(1..30, |n| format!("- &p{n} !!pairs [k: *p{}]", n - 1));
    let deep = lines(1..1000, |n| format!("    a{n}: &a{n} [*a{}]", n - 1));
    run_all(&[
        case(
            "laughs in lists",
            spec(&format!("    a0: &a0 [lol]\n{lists}")),
            TOO_MANY,
        ),
        case(
            "laughs in maps",
            spec(&format!("    a0: &a0 {{k: lol}}\n{maps}")),
            TOO_MANY,
        ),
        case(
            "20,000 aliases of a list of 20,000",
            format!(
                "x-a: &a [{}]\n{HEAD}    b:\n{squared}",
                "x, ".repeat(20_000)
            ),
            TOO_MANY,
        ),
        case(
            "tuples of tuples",
            format!("- &p0 {}\n{pairs}", "x".repeat(1 << 20)),
            &[
                "tuples or sets of more than 16,777,216 bytes when they are printed",
                "this limit is fixed",
            ],
        ),
        case(
            "a chain of anchors",
            spec(&format!("    a0: &a0 [x]\n{deep}")),
            TOO_DEEP,
        ),
        case(
            "an alias inside itself",
            spec("    a: &a [*a]"),
            &["the alias `*a` stands inside the value it repeats"],
        ),
    ]);
}

#[test]
fn levels_are_limited_however_they_are_written() {
    let mut cases = Vec::new();
    for levels in [10_000, 100_000] {
        for (name, open, close) in [
            ("flow lists", "[", "]"),
            ("flow maps", "{a: ", "}"),
            ("block lists", "- ", ""),
            ("keys", "? ", ""),
            ("lists that never end", "[", ""),
        ] {
            let nested = format!(
                "    a:\n      {}1{}",
                open.repeat(levels),
                close.repeat(levels)
            );
            cases.push(case(name, spec(&nested), TOO_DEEP));
        }
    }
    let maps = lines(0..10_000, |level| format!("{:level$}a:", ""));
    cases.push(case("block maps", maps, TOO_DEEP));
    let anchors: String = (0..100_000).map(|n| format!("&a{n} [")).collect();
    cases.push(case(
        "anchors within each other",
        spec(&format!("    a: {anchors}")),
        TOO_DEEP,
    ));
    run_all(&cases);
}

#[test]
fn files_of_50_mb_end_in_time() {
    const MB: usize = 1_000_000;
    let literal = format!("      {}\n", "x".repeat(93)).repeat(MB / 2);
    let list = "    - 1\n".repeat(50 * MB / 8);
    run_all(&[
        Case {
            memory_mib: 512,
            ..case("a list", spec(&format!("    a:\n{list}")), TOO_MANY)
        },
        case(
            "a block of text",
            format!("{HEAD}    a: [1]\nx-a: |\n{literal}"),
            &[],
        ),
        case(
            "comments",
            spec(&format!(
                "    a: [1]\n{}",
                "# nothing to see here\n".repeat(50 * MB / 22)
            )),
            &[],
        ),
        case(
            "a quote that never ends",
            spec(&format!("    a: \"{}", "x y\n      ".repeat(50 * MB / 10))),
            &["this quote is never closed"],
        ),
        case(
            "nothing but NUL",
            vec![0; 50 * MB],
            &["the character U+0000 is not allowed here"],
        ),
        case(
            "more than a spec may have",
            vec![b'#'; (64 << 20) + 1],
            &[
                "it has 67,108,865 bytes, and 67,108,864 are allowed",
                "this limit is fixed",
            ],
        ),
    ]);
}

#[test]
fn what_is_not_text_is_refused_with_its_place() {
    let head = HEAD.as_bytes();
    let after_head = |bytes: &[u8]| [head, bytes].concat();
    run_all(&[
        case(
            "NUL",
            vec![0; 1000],
            &["the character U+0000 is not allowed here", "spec.yaml:1:1"],
        ),
        case(
            "Latin-1",
            after_head(b"    a: caf\xe9\n"),
            &[
                "it is not UTF-8: byte 47, in line 4, is 0xe9",
                "save it as UTF-8",
            ],
        ),
        case(
            "UTF-16",
            b"\xff\xfea\0:\0".to_vec(),
            &["it is not UTF-8: byte 0, in line 1, is 0xff", "UTF-16"],
        ),
        case(
            "half a character",
            after_head(b"    a: \xe2\x82"),
            &["it is not UTF-8: byte 44, in line 4, is 0xe2"],
        ),
        case(
            "an overlong slash",
            after_head(b"    a: \xc0\xaf"),
            &["is 0xc0"],
        ),
        case(
            "a surrogate",
            after_head(b"    a: \xed\xa0\x80"),
            &["is 0xed"],
        ),
        case(
            "a bad byte after 30 MB",
            after_head(&[b"    a: [".as_slice(), &b"1, ".repeat(10_000_000), b"\xff"].concat()),
            &["it is not UTF-8: byte 30000045, in line 4, is 0xff"],
        ),
    ]);
}

#[test]
fn huge_scalars_keys_and_names_are_read_or_refused_in_few_words() {
    let million = |c: &str| c.repeat(1_000_000);
    let too_long: &[&str] = &[
        "a key of more than 1,024 characters ends here",
        "this limit is fixed; put `? ` before the key",
    ];
    let digits: &[&str] = &[
        "has more than 4300 digits",
        "to keep the text, put it in quotes",
    ];
    run_all(&[
        case(
            "an integer",
            spec(&format!("    a: {}", million("9"))),
            digits,
        ),
        case(
            "an octal integer",
            spec(&format!("    a: 0{}", million("7"))),
            digits,
        ),
        case(
            "a key that is an integer",
            spec(&format!("    {}: 1", million("9"))),
            digits,
        ),
        case(
            "sixties",
            spec(&format!("    a: 1{}", ":59".repeat(300_000))),
            &["is larger than 128 bits"],
        ),
        case(
            "a key",
            spec(&format!("    {}: [1]", million("k"))),
            too_long,
        ),
        case(
            "a key in quotes",
            spec(&format!("    \"{}\": [1]", million("k"))),
            too_long,
        ),
        case(
            "a key in a flow map",
            spec(&format!("    a: {{b: 1, {}: 1}}", million("k"))),
            too_long,
        ),
        case(
            "a key after `?`",
            spec(&format!("    ? {}\n    : [1]", million("k"))),
            &["cannot be a job name"],
        ),
        case(
            "an anchor",
            spec(&format!("    a: &{} [1]", million("a"))),
            &[],
        ),
        case(
            "an alias",
            spec(&format!("    a: *{}", million("a"))),
            &["names no anchor above it", "put it in quotes"],
        ),
        case(
            "a tag",
            spec(&format!("    a: !{} 1", million("a"))),
            &["is unknown"],
        ),
        case(
            "colons",
            spec(&format!("    a: {}", million(": "))),
            &["a value with `: ` in it must be in quotes"],
        ),
        case(
            "braces",
            spec(&format!("    a: {}", million("{"))),
            &["a template must be in quotes"],
        ),
        case(
            "templates",
            spec(&format!("    a: {}", "{{ x }} ".repeat(100_000))),
            &["a template must be in quotes", "put it in quotes"],
        ),
    ]);
}

#[test]
fn what_is_merely_large_is_read() {
    let anchors = lines(0..50_000, |n| format!("- &a{n} x"));
    let aliases = lines(0..50_000, |n| format!("- *a{n}"));
    let keys = lines(0..200_000, |n| format!("  key{n}: {n}"));
    let traps = "010, ".repeat(100_000);
    let small = spec("    a: [1]");
    run_all(&[
        case(
            "anchors and aliases",
            format!("{small}x-a:\n{anchors}{aliases}"),
            &[],
        ),
        case("keys", format!("{small}x-a:\n{keys}"), &[]),
        case(
            "traps",
            format!("{small}slurm_args: {{defaults: {{a: [{traps}]}}}}\n"),
            &[],
        ),
        case(
            "a repeated key",
            format!("{small}x-a:\n{keys}  key0: 1\n"),
            &["the key `key0` is repeated", "first in line 6"],
        ),
    ]);
}
