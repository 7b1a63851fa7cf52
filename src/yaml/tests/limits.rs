//! Documents that are too deep, too long or no text.

use super::fixture::{error, lines, parse, root, value};
use crate::diagnostic::Diagnose;
use crate::model::Value;
use crate::yaml::{Content, YamlError, read};

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
