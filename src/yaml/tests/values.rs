//! What documents mean.

use super::fixture::{assert_error, error, parse, root, value};
use crate::diagnostic::{Diagnose, Source};
use crate::model::Value;
use crate::yaml::{Schema, Style, parse as parse_by};

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
