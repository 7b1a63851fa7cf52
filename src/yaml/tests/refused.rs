//! What is refused, and what to write instead.

use super::fixture::{assert_error, error, lines, value};
use crate::diagnostic::{Diagnose, Source};
use crate::yaml::{Schema, parse as parse_by};

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
