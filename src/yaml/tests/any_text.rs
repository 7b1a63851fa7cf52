//! Whatever a document holds.

use proptest::prelude::*;

use super::fixture::{parse, root};
use crate::diagnostic::{Diagnose, Source};
use crate::yaml::{Schema, Target, traps};

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
