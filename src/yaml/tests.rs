//! What holds for the reader as a whole.

use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;

use super::{
    Content, Level, Node, Schema, Style, Target, Trap, YamlError, parse as parse_by, quote_traps,
    read, traps,
};
use crate::diagnostic::{Diagnose, Source};
use crate::model::Value;

fn parse(source: &Arc<Source>) -> Result<Option<Node>, YamlError> {
    parse_by(source, Schema::PyYaml)
}

fn root(text: &str) -> Node {
    match parse(&Source::new("spec.yaml", text)) {
        Ok(root) => root.expect("the document is not empty"),
        Err(error) => panic!("{error} in {text:?}"),
    }
}

fn error(text: &str) -> YamlError {
    match parse(&Source::new("spec.yaml", text)) {
        Ok(root) => panic!(
            "{:?} from {text:?}",
            root.map(|root| root.to_value().to_string())
        ),
        Err(error) => error,
    }
}

/// The value as Python prints it.
fn value(text: &str) -> String {
    root(text).to_value().to_string()
}

/// A text of a line for each number.
fn lines(numbers: Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_error(text: &str, message: &str, underlined: &str, help: Option<&str>) {
    let error = error(text);
    let label = error.label().expect("every error in a text has a place");
    assert_eq!(
        (
            error.to_string().as_str(),
            &text[label.span],
            error.help().as_deref()
        ),
        (message, underlined, help)
    );
}

#[test]
fn nodes_know_their_text_their_quoting_and_their_place() {
    let text = "# ü\r\nzähler: 010\r\nb: \"é\\n\"\r\nc: |\r\n  x\r\n  y\r\nd: [1, {e: ''}]\r\n";
    let root = root(text);
    let scalar = |key: &str| {
        let node = root.get(key).unwrap();
        let scalar = node.as_scalar().unwrap();
        (
            &text[node.span()],
            &*scalar.text,
            scalar.style,
            scalar.value.clone(),
        )
    };
    assert_eq!(
        scalar("zähler"),
        ("010", "010", Style::Plain, Value::from(8))
    );
    assert_eq!(
        scalar("b"),
        ("\"é\\n\"", "é\n", Style::Quoted, Value::from("é\n"))
    );
    let block = scalar("c");
    assert_eq!((block.1, block.2), ("x\ny\n", Style::Block));
    assert_eq!(block.0, "x\r\n  y\r\n");
    assert_eq!(&text[root.get("d").unwrap().span()], "[1, {e: ''}]");
    assert_eq!(&text[root.get("c").unwrap().label().span], "x");
    assert_eq!(&text[root.label().span], "zähler: 010");
    let keys: Vec<_> = root
        .as_mapping()
        .unwrap()
        .iter()
        .map(|(key, _)| &text[key.span()])
        .collect();
    assert_eq!(keys, ["zähler", "b", "c", "d"]);
}

#[test]
fn line_breaks_of_windows_and_of_old_macs_change_no_value() {
    let text = "a: |\n  x\n\n  y\nb: >-\n  p\n  q\nc: \"r\n\n  s\"\nd: t\n  u\ne:\n- 1\n- 2\n";
    assert_eq!(
        value(text),
        "{'a': 'x\\n\\ny\\n', 'b': 'p q', 'c': 'r\\ns', 'd': 't u', 'e': [1, 2]}"
    );
    assert_eq!(value(&text.replace('\n', "\r\n")), value(text));
    assert_eq!(value(&text.replace('\n', "\r")), value(text));
}

#[test]
fn a_byte_order_mark_is_skipped_and_counted() {
    let text = "\u{feff}a: 1\nb: oops: x\n";
    assert_eq!(value("\u{feff}a: 1\n"), "{'a': 1}");
    assert_eq!(&text[error(text).label().unwrap().span], ":");
    assert_error(
        "# c\n\u{feff}a: 1\n",
        "the character U+FEFF is not allowed here",
        "\u{feff}",
        Some("remove it, or write it as `\\ufeff` in double quotes"),
    );
}

#[test]
fn a_block_at_the_end_of_a_file_without_a_line_break_has_none() {
    assert_eq!(value("a: |\n  x"), "{'a': 'x'}");
    assert_eq!(value("a: >+\n  x\r\n  y"), "{'a': 'x y'}");
    assert_eq!(value("a: |\n  x\n"), "{'a': 'x\\n'}");
    assert_eq!(value("a: |\r\n  x\r\n"), "{'a': 'x\\n'}");
}

#[test]
fn empty_documents_are_nothing_and_null_is_null() {
    for text in [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "\u{feff}",
        "   \n\n",
    ] {
        assert!(
            parse(&Source::new("f", text)).unwrap().is_none(),
            "{text:?}"
        );
    }
    assert!(root("null").is_null());
    assert!(root("a:\n").get("a").unwrap().is_null());
    assert_eq!(root("''").as_str(), Some(""));
}

#[test]
fn json_is_read_by_the_same_rules() {
    let text = "{\n\t\"lr\": [1e-3, 0.001, 1],\n\t\"on\": true, \"u\": \"\\ud83d\\ude00\\/\", \"n\": null}\n";
    assert_eq!(
        value(text),
        "{'lr': ['1e-3', 0.001, 1], 'on': True, 'u': '😀/', 'n': None}"
    );
}

#[test]
fn aliases_share_a_node_and_print_as_copies() {
    let root = root("a: &x {k: [1]}\nb: *x\n");
    assert_eq!(
        root.to_value().to_string(),
        "{'a': {'k': [1]}, 'b': {'k': [1]}}"
    );
    assert_eq!(
        root.get("a").unwrap().address(),
        root.get("b").unwrap().address()
    );
}

#[test]
fn merged_keys_come_first_and_a_maps_own_win() {
    let base = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n";
    let merged = |map: &str| {
        let root = root(&format!("{base}c:\n{map}"));
        root.get("c").unwrap().to_value().to_string()
    };
    assert_eq!(
        merged("  m: 0\n  <<: *a\n  y: 9\n"),
        "{'x': 1, 'y': 9, 'm': 0}"
    );
    assert_eq!(merged("  <<: [*a, *b]\n"), "{'y': 2, 'z': 4, 'x': 1}");
    assert_eq!(merged("  <<: *a\n  <<: *b\n"), "{'x': 1, 'y': 3, 'z': 4}");
    assert_eq!(merged("  \"<<\": 1\n  =: 2\n"), "{'<<': 1, '=': 2}");
}

#[test]
fn tags_give_the_type_they_name() {
    for (text, expected) in [
        ("!!str 12", "12"),
        ("!!str", ""),
        ("!!int \"0x1F\"", "31"),
        ("!!float 1", "1.0"),
        ("!!float 1e-3", "0.001"),
        ("!!bool \"yes\"", "True"),
        ("!!null x", "None"),
        ("! \"12\"", "12"),
        ("! [1]", "[1]"),
        ("!!seq [1]", "[1]"),
        ("!!map {a: 1}", "{'a': 1}"),
        ("!<tag:yaml.org,2002:str> 12", "12"),
        ("%TAG !y! tag:yaml.org,2002:\n--- !y!str 12", "12"),
        ("[!!binary aGVsbG8=]", "[b'hello']"),
        ("!!timestamp 2024-1-2", "2024-01-02"),
        ("[2024-01-02]", "[datetime.date(2024, 1, 2)]"),
        ("!!omap [a: 1, b: x]", "[('a', 1), ('b', 'x')]"),
        ("!!pairs [a: 1, a: 2]", "[('a', 1), ('a', 2)]"),
        ("!!set {b, a}", "{'b', 'a'}"),
        ("!!set {}", "set()"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn tags_that_do_not_fit_or_are_unknown_are_refused() {
    let unknown = Some("remove it, or quote the value if the `!` belongs to it");
    assert_error("a: !env HOME", "the tag `!env` is unknown", "!env", unknown);
    let tag = "!!python/name:os.system";
    assert_error(
        &format!("a: {tag}"),
        &format!("the tag `{tag}` is unknown"),
        tag,
        unknown,
    );
    assert_error(
        "!!str [1]",
        "the tag `!!str` does not fit a list",
        "!!str",
        None,
    );
    assert_error(
        "!!seq {a: 1}",
        "the tag `!!seq` does not fit a map",
        "!!seq",
        None,
    );
    let quote = Some("to keep the text, quote it: \"x\"");
    assert_error("!!int x", "`x` is no integer", "x", quote);
    assert_error("!!map x", "`x` is not a map, as its tag says", "x", quote);
}

#[test]
fn values_that_cannot_be_are_refused() {
    let quote = Some("to keep the text, quote it: \"2024-13-01\"");
    assert_error(
        "a: 2024-13-01",
        "`2024-13-01` has no month 13",
        "2024-13-01",
        quote,
    );
    let quote = Some("to keep the text, quote it: \"0x_\"");
    assert_error("a: 0x_", "`0x_` is no integer", "0x_", quote);
    assert_eq!(
        error(&format!("a: {}", "9".repeat(40))).to_string(),
        format!("`{}` is larger than 128 bits", "9".repeat(40))
    );
    let long = error(&"9".repeat(5000)).to_string();
    assert_eq!(
        long,
        format!("`{}…` has more than 4300 digits", "9".repeat(60))
    );
}

#[test]
fn keys_must_be_text() {
    assert_error(
        "a: 1\non: x\n",
        "the key `on` is a boolean, but keys are text",
        "on",
        Some("quote it: \"on\""),
    );
    assert_error(
        "k: &k 1\n*k : 2\n",
        "the key `*k` is an integer, but keys are text",
        "*k",
        Some("quote it: \"*k\""),
    );
    let error = error("? [a]\n: 1\n");
    assert_eq!(
        error.to_string(),
        "the key `[a]` is a list, but keys are text"
    );
    assert_eq!(
        value("y: 1\n\"1\": 2\n!!str 1.5: 3\n"),
        "{'y': 1, '1': 2, '1.5': 3}"
    );
}

#[test]
fn a_repeated_key_shows_both_places() {
    let text = "é: 1\r\nb:\r\n  k: 1\r\n  k: 2\r\n";
    assert_error(
        text,
        "the key `k` is repeated",
        "k",
        Some("remove one of the two"),
    );
    let error = error(text);
    assert_eq!(error.notes(), ["first in line 3"]);
    assert_eq!(error.label().unwrap().span.start, text.rfind('k').unwrap());
}

#[test]
fn aliases_and_anchors_must_be_clear() {
    assert_error(
        "glob: *.py",
        "the alias `*.py` names no anchor above it",
        "*.py",
        Some("if no alias is meant, quote it: \"*.py\""),
    );
    assert_error(
        "a: &a.b 1",
        "`&a.b` is no name for an anchor",
        "&a.b",
        Some("use letters, digits, `-` and `_`"),
    );
    let recursive = "the alias `*x` stands inside the value it repeats";
    assert_error("a: &x [*x]", recursive, "*x", None);
    assert_error("a: &x\n  <<: *x\n", recursive, "*x", None);
    let text = "a: &x 1\nb: &x 2\n";
    let rename = Some("give the second anchor another name");
    assert_error(text, "the anchor `&x` is defined twice", "&x", rename);
    assert_eq!(error(text).notes(), ["first in line 1"]);
}

#[test]
fn merge_keys_take_maps_only() {
    let message = |kind| format!("`<<` merges a map or a list of maps, but this is {kind}");
    assert_error("<<: foo", &message("a string"), "foo", None);
    assert_error("<<: [{a: 1}, 2]", &message("an integer"), "2", None);
    assert_error("<<:\nb: 1", &message("null"), "", None);
}

#[test]
fn templates_must_be_quoted() {
    let message = "a template must be in quotes, because `{{` starts a map";
    let quoted = Some("quote it: \"{{ lr }}_{{ bs }}\"");
    assert_error(
        "name: {{ lr }}_{{ bs }}\n",
        message,
        "{{ lr }}_{{ bs }}",
        quoted,
    );
    let quoted = Some("quote it: \"run_{{ lr }}\"");
    assert_error("x: [run_{{ lr }}]\n", message, "run_{{ lr }}", quoted);
    assert_eq!(value("x: run {{ lr }}\n"), "{'x': 'run {{ lr }}'}");
    assert_ne!(error("a: \"{{ x }}\" b\n").to_string(), message);
}

#[test]
fn slips_of_syntax_are_explained() {
    let tabs = (
        "a tab cannot indent or separate here",
        Some("use spaces instead of tabs"),
    );
    assert_error("a:\n\tb: 1\n", tabs.0, "\t", tabs.1);
    assert_error(
        "cmd: python x.py: foo  # c\n",
        "a value with `: ` in it must be in quotes",
        ":",
        Some("quote it: \"python x.py: foo\""),
    );
    assert_error(
        "a: 1\n  b: 2\n",
        "a key cannot stand here",
        "b",
        Some("indent it like the keys it belongs with; the value above is already complete"),
    );
    assert_error(
        "a:\n    b: 1\n  c: 2\n",
        "this line is indented like none above it",
        "c",
        Some("indent it like the keys it belongs with, or deeper to continue a value"),
    );
    assert_error(
        "a: \"x\nb: 3\n",
        "this quote is never closed",
        "\"",
        Some("add `\"` where the text ends"),
    );
    assert_error(
        "a: [1, 2\n",
        "this `[` is never closed",
        "[",
        Some("add the `]`"),
    );
    assert_error(
        "a: 1\nb\nc: 2\n",
        "`b` is no key, because no `:` follows",
        "b",
        Some("write `key: value`, or indent it to continue the value above"),
    );
    assert_error(
        "b: `ls`",
        "a value cannot start with a backtick",
        "`",
        Some("quote it: \"`ls`\""),
    );
    assert_error(
        "\"a\":1\n",
        "unexpected `:`",
        ":",
        Some("put a space after the `:`"),
    );
    assert_error(
        "f: %d x # c\n",
        "a value cannot start with `%`",
        "%",
        Some("quote it: \"%d x\""),
    );
    assert_error(
        "a: [?x]",
        "`?x` begins with what is special inside brackets",
        "?x",
        Some("quote it: \"?x\""),
    );
    assert_error(
        "a: b\n---\nc: d\n",
        "a second document starts here, but a file holds one",
        "---",
        Some("put it into a file of its own"),
    );
    assert_error(
        "a: x\u{2028}y",
        "the character U+2028 is not allowed here",
        "\u{2028}",
        Some("remove it, or write it as `\\u2028` in double quotes"),
    );
}

#[test]
fn a_comment_needs_no_space_after_a_quote_a_bracket_or_a_comma() {
    assert_eq!(value("[#c\n1,#c]\n{#c\na: b}]#c"), "[1, {'a': 'b'}]");
    let text = "a: \"x\"#c\nb: [1, 2]#c 'd\"\r\nc: {k: 'v'}#\nd: x#y\n";
    assert_eq!(
        value(text),
        "{'a': 'x', 'b': [1, 2], 'c': {'k': 'v'}, 'd': 'x#y'}"
    );
    let source = Source::new("f", "a: \"x\"#c\n");
    let in_core = parse_by(&source, Schema::Core).unwrap_err();
    assert_eq!(
        in_core.to_string(),
        "a comment needs a space before its `#`"
    );
    let many = lines(0..2000, |_| "- ''#c".into());
    assert!(error(&many).to_string().contains("a comment needs a space"));
}

#[test]
fn an_end_without_a_document_is_refused() {
    let help = Some("remove it");
    assert_error(
        "# c\n...\n",
        "this ends a document that never began",
        "...",
        help,
    );
    assert_eq!(value("a: 1\n...\n"), "{'a': 1}");
}

#[test]
fn a_document_that_is_a_block_of_text_is_indented() {
    assert_eq!(value("|\n #x\n\n  y"), "#x\n\n y");
    let help = Some("indent its lines with spaces");
    assert_error("|\n#x\n", "a block of text must be indented", "#x", help);
}

/// Level, path, typed text and what scripts get, of each trap.
fn told(text: &str, schema: Schema, target: Target) -> Vec<String> {
    let root = parse_by(&Source::new("f", text), schema).unwrap().unwrap();
    let shown = |trap: &Trap| {
        let Trap {
            level,
            path,
            text,
            value,
            ..
        } = trap;
        let level = match level {
            Level::Info => 'i',
            Level::Warning => 'w',
        };
        format!("{level} {path} {text} {value}")
    };
    traps(&root, "p", schema, target)
        .iter()
        .map(shown)
        .collect()
}

#[test]
fn traps_are_told_once_for_each_place() {
    let text = "time: 24:00:00\nquoted: \"24:00:00\"\nok: [1, 1e-3, 1e3, 1.0e3, y, n, 08, 0o10, 2024-01-01, 04:00:00, 08:00]\n\
                list: &l [010, 'on', 1:30.5, Off, 2024-01-01T10:00:00Z]\nagain: *l\n\
                same: 2024-01-01 10:00:00\nblock: |-\n  yes\ntagged: [!!int 010, ! 010, !!str 010]\n";
    assert_eq!(
        told(text, Schema::PyYaml, Target::Parameters),
        [
            "w p.time 24:00:00 86400",
            "w p.list[0] 010 8",
            "w p.list[2] 1:30.5 90.5",
            "w p.list[3] Off False",
            "w p.list[4] 2024-01-01T10:00:00Z 2024-01-01 10:00:00+00:00",
        ]
    );
}

#[test]
fn what_only_prints_otherwise_is_told_when_asked_for() {
    let text = "[1.0e-3, 0.00001, 0.10, 3.10, 5., .5, 1_000, 0x1F, 0b11, +1, -0, .inf, .nan, true, FALSE, ~, null, ]\n";
    assert_eq!(
        told(text, Schema::PyYaml, Target::Parameters),
        [
            "i p[0] 1.0e-3 0.001",
            "i p[1] 0.00001 1e-05",
            "i p[2] 0.10 0.1",
            "i p[3] 3.10 3.1",
            "i p[4] 5. 5.0",
            "i p[5] .5 0.5",
            "i p[6] 1_000 1000",
            "i p[7] 0x1F 31",
            "i p[8] 0b11 3",
            "i p[9] +1 1",
            "i p[10] -0 0",
            "i p[11] .inf inf",
            "i p[12] .nan nan",
            "i p[13] true True",
            "i p[14] FALSE False",
            "i p[15] ~ None",
            "i p[16] null None",
        ]
    );
}

#[test]
fn numbers_that_yaml_1_1_takes_for_text_are_told_where_hooks_compute_with_them() {
    let text = "[1e-3, 1E5, 1.5e3, 1.0e3, 08, 0o10, +.5, '1e-3', x1, 24, 04:00:00, 1.2.3]\n";
    let silent = [""; 0];
    assert_eq!(told(text, Schema::PyYaml, Target::Parameters), silent);
    assert_eq!(
        told(text, Schema::PyYaml, Target::Hooks),
        [
            "i p[0] 1e-3 1e-3",
            "i p[1] 1E5 1E5",
            "i p[2] 1.5e3 1.5e3",
            "i p[3] 1.0e3 1.0e3",
            "i p[4] 08 08",
            "i p[5] 0o10 0o10",
            "i p[6] +.5 +.5",
        ]
    );
    let traps = traps(&root(text), "p", Schema::PyYaml, Target::Hooks);
    assert_eq!(
        traps[0].to_string(),
        "`p[0]`: `1e-3` is text in YAML 1.1, so hooks get no number"
    );
    let helps: Vec<_> = traps.iter().map(|trap| trap.help().unwrap()).collect();
    assert_eq!(
        helps[0],
        "write 1.0e-3 for the number, or quote it to show that text is meant"
    );
    assert_eq!(
        helps[1],
        "write 1.0e+5 for the number, or quote it to show that text is meant"
    );
    assert_eq!(helps[4], "quote it to show that text is meant");
    assert!(traps.iter().all(|trap| trap.quoted().is_none()));
}

#[test]
fn nothing_is_a_trap_for_slurm() {
    let text = "a: null\nb: ~\nc:\nd: [~]\n";
    let paths = ["p.a null", "p.b ~", "p.c ", "p.d[0] ~"];
    let all = |level| paths.map(|path| format!("{level} {path} None"));
    assert_eq!(told(text, Schema::PyYaml, Target::SlurmArgs), all('w'));
    assert_eq!(told(text, Schema::PyYaml, Target::Parameters), all('i'));
}

#[test]
fn yaml_1_2_has_no_traps_to_warn_of() {
    let text =
        "[24:00:00, 1:30.5, yes, off, 2024-01-01T10:00:00Z, 1_000, 010, 1e-3, 0o17, ~, true]\n";
    assert_eq!(
        told(text, Schema::Core, Target::SlurmArgs),
        [
            "i p[6] 010 10",
            "i p[7] 1e-3 0.001",
            "i p[8] 0o17 15",
            "i p[9] ~ None",
            "i p[10] true True"
        ]
    );
}

#[test]
fn a_trap_says_what_was_typed_what_scripts_get_and_what_to_write() {
    let text = "time: 24:00:00\nt: 1:30\ntime_min: 010\nother: 30:00\ndate: 2024-01-01\n  10:00:00Z\ngres:\nn: 0.10\n";
    let traps = traps(
        &root(text),
        "slurm_args.defaults",
        Schema::PyYaml,
        Target::SlurmArgs,
    );
    let messages: Vec<_> = traps.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "`slurm_args.defaults.time`: `24:00:00` is the integer 86400 in YAML 1.1, so scripts get \
             `86400`, which Slurm reads as 86400 minutes (60 days)",
            "`slurm_args.defaults.t`: `1:30` is the integer 90 in YAML 1.1, so scripts get `90`, \
             which Slurm reads as 90 minutes (1 hour 30 minutes)",
            "`slurm_args.defaults.time_min`: `010` is the octal integer 8 in YAML 1.1, so scripts get \
             `8`, which Slurm reads as 8 minutes",
            "`slurm_args.defaults.other`: `30:00` is the integer 1800 in YAML 1.1, so scripts get `1800`",
            "`slurm_args.defaults.date`: `2024-01-01 10:00:00Z` is a timestamp in YAML 1.1, so \
             scripts get `2024-01-01 10:00:00+00:00`",
            "`slurm_args.defaults.gres` has no value, so scripts get `None`",
            "`slurm_args.defaults.n`: `0.10` is the number 0.1, so scripts get `0.1`",
        ]
    );
    let helps: Vec<_> = [0, 5, 6].map(|at: usize| traps[at].help().unwrap()).into();
    assert_eq!(
        helps,
        [
            "write \"24:00:00\" to keep the text; `slurmkit spec fix` does it",
            "leave the key out, or give it a value",
            "write \"0.10\" to keep the text",
        ]
    );
    assert_eq!(&text[traps[0].label.span.clone()], "24:00:00");
    let quoted = quote_traps(text, &traps[..5]);
    assert_eq!(
        value(&quoted),
        "{'time': '24:00:00', 't': '1:30', 'time_min': '010', 'other': '30:00', \
         'date': '2024-01-01 10:00:00Z', 'gres': None, 'n': 0.1}"
    );
}

#[test]
fn of_very_many_traps_the_first_are_told() {
    let root = root(&lines(0..60, |n| format!("a{n}: yes")));
    let warnings = Trap::warnings(&traps(&root, "p", Schema::PyYaml, Target::Parameters));
    assert_eq!(warnings.len(), 51);
    assert_eq!(warnings[50].message, "there are 10 more such values");
}

#[test]
fn of_two_traps_at_one_place_the_louder_is_told() {
    let root = root("a: &x ~\nb: *x\n");
    let by = |target| traps(&root, "p", Schema::PyYaml, target);
    let merged = Trap::merge(
        by(Target::Parameters)
            .into_iter()
            .chain(by(Target::SlurmArgs)),
    );
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].level, Level::Warning);
}

#[test]
fn yaml_1_2_knows_no_merge_keys() {
    let error = |text: &str| parse_by(&Source::new("f", text), Schema::Core).unwrap_err();
    let text = "a: &a {x: 1}\nb:\n  <<: *a\n";
    let merge = error(text);
    assert_eq!(merge.to_string(), "`<<` is no merge key in YAML 1.2");
    assert_eq!(&text[merge.label().unwrap().span], "<<");
    assert!(merge.help().unwrap().contains("`yaml: pyyaml`"));
    let value = |text: &str| {
        let root = parse_by(&Source::new("f", text), Schema::Core)
            .unwrap()
            .unwrap();
        root.to_value().to_string()
    };
    assert_eq!(
        value("{'<<': <<, =: =, on: ! 12}"),
        "{'<<': '<<', '=': '=', 'on': '12'}"
    );
    assert_eq!(error("!!bool yes").to_string(), "`yes` is no boolean");
}

#[test]
fn depth_is_limited_also_through_aliases() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let too_deep = "the document has more than 256 levels";
    assert!(value(&nested(256)).starts_with("[[["));
    assert_eq!(error(&nested(257)).to_string(), too_deep);
    let mixed = format!("{}{}", "- ".repeat(200), nested(57));
    assert_eq!(error(&mixed).to_string(), too_deep);
    let deep = "[".repeat(100_000);
    assert!(error(&deep).label().is_some());
    let dashes = "- ".repeat(100_000);
    assert!(error(&dashes).label().is_some());
    let chain = lines(1..300, |n| format!("- &a{n} [*a{}]", n - 1));
    let chain = format!("- &a0 [x]\n{chain}");
    assert_eq!(error(&chain).to_string(), too_deep);
}

#[test]
fn aliases_cannot_explode() {
    let too_large = "the document has more than 2,000,000 values when aliases are written out";
    let laughs = lines(1..200, |n| {
        let alias = format!("*a{}, ", n - 1);
        format!("a{n}: &a{n} [{}]", alias.repeat(10))
    });
    let laughs = format!("a0: &a0 [lol, lol]\n{laughs}");
    assert_eq!(error(&laughs).to_string(), too_large);
    let merges = lines(1..300, |n| {
        let alias = format!("*a{}, ", n - 1);
        format!("a{n}: &a{n} {{<<: [{}], k{n}: 1}}", alias.repeat(100))
    });
    let merges = format!("a0: &a0 {{a: 1, b: 2}}\n{merges}");
    assert_eq!(error(&merges).to_string(), too_large);
    let squared = lines(1..20_000, |_| "- *a".into());
    let squared = format!("a: &a [{}]\nb:\n{squared}", "x, ".repeat(20_000));
    assert_eq!(error(&squared).to_string(), too_large);
    let pairs = lines(1..30, |n| format!("- &p{n} !!pairs [k: *p{}]", n - 1));
    let pairs = format!("- &p0 {}\n{pairs}", "x".repeat(1 << 20));
    let too_long =
        "the document has tuples or sets of more than 16,777,216 bytes when they are printed";
    assert_eq!(error(&pairs).to_string(), too_long);
}

#[test]
fn large_maps_are_read_whole() {
    let text = lines(0..500_000, |n| format!("key{n}: {n}"));
    let root = root(&text);
    let entries = root.as_mapping().unwrap();
    assert_eq!(entries.len(), 500_000);
    assert_eq!(entries[499_999].1.to_value(), Value::from(499_999));
}

#[test]
fn files_are_read_up_to_a_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    crate::fs::write_atomic(&path, b"a: 1\n").unwrap();
    assert!(matches!(
        parse(&read(&path, 5).unwrap()).unwrap().unwrap().content(),
        Content::Mapping(_)
    ));
    let error = read(&path, 4).unwrap_err();
    assert_eq!(error.to_string(), "it has 5 bytes, and 4 are allowed");
    assert!(error.help().unwrap().contains("this limit is fixed"));
    assert!(error.label().is_none());
    assert!(read(&folder.path().join("absent.yaml"), 5).is_err());
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    let error = |bytes: &[u8]| {
        crate::fs::write_atomic(&path, bytes).unwrap();
        read(&path, 100).unwrap_err()
    };
    let latin1 = error(b"a: 1\nb: caf\xe9\n");
    assert_eq!(
        latin1.to_string(),
        "it is not UTF-8: byte 11, in line 2, is 0xe9"
    );
    assert_eq!(latin1.help().as_deref(), Some("save it as UTF-8"));
    let utf16 = error(b"\xff\xfea\0:\0 \x001\0");
    assert_eq!(
        utf16.to_string(),
        "it is not UTF-8: byte 0, in line 1, is 0xff"
    );
    assert!(utf16.help().unwrap().contains("UTF-16"));
    for bytes in [
        &b"\xc0\x80"[..],
        b"\xed\xa0\x80",
        b"\xf5\x80\x80\x80",
        b"\xe2\x82",
    ] {
        assert!(
            matches!(error(bytes), YamlError::NotUtf8 { offset: 0, .. }),
            "{bytes:x?}"
        );
    }
}

proptest! {
    /// Pieces that mean something to a YAML parser, in any order.
    #[test]
    fn any_text_is_read_or_refused(pieces in prop::collection::vec(
        prop_oneof![
            "[ \\t\\r\\n:\\-?,\\[\\]{}#&*!|>'\"%@`=<~.0-9a-cé\\\\]{1,6}",
            Just("\n  ".to_owned()), Just(": ".to_owned()), Just("- ".to_owned()),
            Just("{{ x }}".to_owned()), Just("{% x %}".to_owned()), Just("<<: ".to_owned()),
            Just("&a ".to_owned()), Just("*a".to_owned()), Just("!!set ".to_owned()),
            Just("!!int ".to_owned()), Just("24:00:00".to_owned()), Just("\u{feff}".to_owned()),
            any::<char>().prop_map(String::from),
        ],
        0..24,
    )) {
        let source = Source::new("f", pieces.concat());
        match parse(&source) {
            Ok(Some(root)) => {
                prop_assert!(source.text.get(root.label().span).is_some());
                let _ = (root.to_value().to_string(), traps(&root, "", Schema::PyYaml, Target::SlurmArgs));
            }
            Ok(None) => {}
            Err(error) => {
                let label = error.label();
                prop_assert!(label.is_some_and(|label| source.text.get(label.span).is_some()));
                prop_assert!(!error.to_string().is_empty());
                let _ = (error.help(), error.notes());
            }
        }
    }

    #[test]
    fn any_text_in_quotes_is_itself(text in "[ -~é学\u{1F600}]{0,20}") {
        let quoted = format!("'{}'", text.replace('\'', "''"));
        let root = root(&format!("- {quoted}"));
        prop_assert_eq!(root.as_sequence().unwrap()[0].as_str(), Some(text.as_str()));
    }
}
