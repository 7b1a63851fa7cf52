//! Templates as Jinja2 reads them, written again for minijinja.
//!
//! minijinja has other operators, other white space rules and other literals than Jinja2, and no
//! way to change them. So each template is read here by Jinja2's own grammar and written again
//! with what differs spelled as filters of ours: `a % b` becomes `a|_mod(b)`. White space
//! control, comments and raw blocks are settled here once and for all; what is not understood is
//! an error here, at its place. Sources of the rules: Jinja2's documentation and its `lexer.py`
//! and `parser.py`.

mod expression;
mod grammar;
mod inheritance;
mod lexer;
mod literal;
mod loops;
mod open;
mod parser;
mod places;
mod statement;
mod symbols;
mod targets;
mod token;
mod tokens;
mod write;

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use thiserror::Error;

pub(super) use places::Places;
pub(super) use write::{HIDDEN, LOOP, NOTHING, outer_name, source_name};

/// What makes a text no template.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Bytes of the template.
    pub(super) span: Range<usize>,
}

impl SyntaxError {
    fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self {
            message: message.into(),
            help: None,
            span,
        }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

/// White space rules, which are Jinja2's options of the same names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Whitespace {
    pub(super) trim_blocks: bool,
    pub(super) lstrip_blocks: bool,
    pub(super) keep_trailing_newline: bool,
}

/// What a template can name: Jinja2 refuses what it does not know when it loads a template.
pub(super) trait Known {
    /// The names of all filters.
    fn filters(&self) -> &'static [&'static str];
    /// The names of all tests.
    fn tests(&self) -> &'static [&'static str];
    /// The names of all globals.
    fn globals(&self) -> &'static [&'static str];
}

/// A template as minijinja reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    /// Where its parts come from.
    pub(super) places: Places,
    /// Comments that were meant for the shell, in bytes of the template.
    pub(super) shell_lengths: Vec<Range<usize>>,
    /// The names that it assigns.
    pub(super) assigned: Vec<String>,
}

/// Where the names come from that a template does not assign.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    /// Of a template that is imported without context, and what it includes and extends: only
    /// these names have a value outside of it.
    pub(super) module: Option<Vec<String>>,
    /// Names that templates assign from which this one may be reached.
    pub(super) assigned: BTreeSet<String>,
}

/// Writes a template again for minijinja. The text has `\n` as its only line end.
pub(super) fn rewrite(
    text: &str,
    whitespace: Whitespace,
    known: &dyn Known,
    surroundings: &Surroundings,
) -> Result<Written, SyntaxError> {
    let (pieces, shell_lengths) = lexer::split(text, whitespace)?;
    let template = parser::parse(pieces, known)?;
    let (written, places) = write::write(text, &template, known, surroundings);
    let names = template.scopes.iter().flat_map(symbols::Scope::assigned);
    Ok(Written {
        text: written,
        places,
        shell_lengths,
        assigned: names.map(String::from).collect(),
    })
}

/// The delimiters of what is written: characters that no template needs.
pub(super) fn delimiters() -> SyntaxConfig {
    SyntaxConfig::builder()
        .block_delimiters(write::BLOCK.0, write::BLOCK.1)
        .variable_delimiters(write::OUTPUT.0, write::OUTPUT.1)
        .comment_delimiters(write::COMMENT.0, write::COMMENT.1)
        .keep_trailing_newline(true)
        .build()
        .expect("the delimiters are valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Builtins;

    fn written(text: &str, module: bool) -> Written {
        let surroundings = Surroundings {
            module: module.then(Vec::new),
            ..Surroundings::default()
        };
        rewrite(text, Whitespace::default(), &Builtins, &surroundings).unwrap()
    }

    /// What minijinja gets, with its delimiters as they are known.
    #[track_caller]
    fn assert_written(text: &str, expected: &str) {
        let written = written(text, false).text;
        let known = [write::BLOCK, write::OUTPUT]
            .into_iter()
            .zip([("{%", "%}"), ("{{", "}}")])
            .fold(written, |text, (ours, known)| {
                text.replace(ours.0, known.0).replace(ours.1, known.1)
            });
        assert_eq!(known, expected);
    }

    #[test]
    fn operators_are_filters() {
        assert_written("{{ a % b }}", "{{ a|_mod(b) }}");
        assert_written("{{ a ~ 'x' ~ 1 }}", "{{ a|_concat(\"x\", 1) }}");
        assert_written("{{ -a ** 2 }}", "{{ a|_neg|_pow(2) }}");
        assert_written("{{ (a + b) * c }}", "{{ a|_add(b)|_mul(c) }}");
        assert_written(
            "{{ a < b <= c }}",
            "{{ a|_compare_first(\"_lt\", b) and none|_compare_last(\"_le\", c) }}",
        );
        assert_written("{{ not a in b or c }}", "{{ (not a|_in(b)) or c }}");
        assert_written("{{ x[1:] }}", "{{ x|_slice(1, none, none) }}");
        assert_written("{{ {'a': [1]} }}", "{{ [\"a\", [1]|_list]|_dict }}");
    }

    #[test]
    fn what_is_alike_stays() {
        assert_written("a {{ x.y['z'](1, k=2) }} b", "a {{ x.y[\"z\"](1, k=2) }} b");
        assert_written(
            "{% if a and b %}c{% endif %}",
            "{% if a and b %}c{% endif %}",
        );
        assert_written("{{ a if b else c }}", "{{ a if b else c }}");
    }

    #[test]
    fn white_space_comments_and_raw_blocks_are_settled() {
        assert_written("a  {%- if b -%}  c{% endif %}", "a{% if b %}c{% endif %}");
        assert_written("a{# b #}c", "ac");
        assert_written("{% raw %}{{ a }}{% endraw %}", "{{ a }}");
    }

    #[test]
    fn modules_see_only_what_they_set() {
        let written = written("{% set a = 1 %}{{ a }}{{ b }}{{ range(2) }}", true).text;
        assert!(written.contains(" a "), "{written}");
        assert!(written.contains(" _nothing.b "), "{written}");
        assert!(written.contains(" range(2) "), "{written}");
    }

    #[test]
    fn parts_know_where_they_come_from() {
        let text = "#!/bin/sh\n{{ hours % zero }}\n";
        let Written {
            text: written,
            places,
            ..
        } = written(text, false);
        let at = written.find("_mod").unwrap();
        let place = places.source(&(at..at + 4)).unwrap();
        assert_eq!(&text[place], "hours % zero");
        let at = written.find("zero").unwrap();
        let place = places.source(&(at..at + 4)).unwrap();
        assert_eq!(&text[place], "zero");
    }

    #[test]
    fn control_characters_of_a_text_are_no_tags() {
        let text = "a\u{11}b\u{14}";
        let written = written(text, false).text;
        assert_eq!(written, "a\u{13}\"\u{11}\"\u{14}b\u{13}\"\u{14}\"\u{14}");
    }
}
