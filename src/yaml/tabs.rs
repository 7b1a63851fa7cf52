//! Tabs between values, which `PyYAML` refuses and the parser takes for spaces.

use std::ops::Range;
use std::sync::Arc;

use super::{Node, Schema, Style, YamlError};
use crate::diagnostic::{Label, Source};

/// The scalars of a text that has tabs.
///
/// A tab may stand in quotes, in a block of text and in a comment. JSON is full of them, so a
/// document in brackets may have them anywhere.
pub(super) struct Tabs<'a> {
    source: &'a Arc<Source>,
    /// In the order of the text; none where nothing has to be checked.
    scalars: Option<Vec<(Range<usize>, Style)>>,
}

impl<'a> Tabs<'a> {
    pub(super) fn new(source: &'a Arc<Source>, schema: Schema) -> Self {
        let is_checked = schema == Schema::PyYaml && source.text.contains('\t');
        Self {
            source,
            scalars: is_checked.then(Vec::new),
        }
    }

    /// Notes a scalar.
    pub(super) fn add(&mut self, style: Style, span: &Range<usize>) {
        if let Some(scalars) = &mut self.scalars {
            scalars.push((span.clone(), style));
        }
    }

    /// Refuses the first tab that separates, in a document that is not in brackets.
    pub(super) fn check(self, root: Option<&Node>) -> Result<(), YamlError> {
        let Self { source, scalars } = self;
        let text = source.text.as_str();
        let in_brackets = root.is_some_and(|root| text[root.span()].starts_with(['[', '{']));
        let Some(scalars) = scalars.filter(|_| !in_brackets) else {
            return Ok(());
        };
        let mut done = 0;
        let mut comment_end = 0;
        for (span, style) in scalars
            .into_iter()
            .chain([(text.len()..text.len(), Style::Quoted)])
        {
            for (at, byte) in text
                .get(done..span.start)
                .unwrap_or_default()
                .bytes()
                .enumerate()
            {
                let at = done + at;
                match byte {
                    b'#' if at >= comment_end => {
                        comment_end = text[at..]
                            .find(['\n', '\r'])
                            .map_or(text.len(), |end| at + end);
                    }
                    b'\t' if at >= comment_end => return Err(refused(source, at)),
                    _ => {}
                }
            }
            if let (Style::Plain, Some(tab)) = (style, text[span.clone()].find('\t')) {
                return Err(refused(source, span.start + tab));
            }
            done = done.max(span.end);
        }
        Ok(())
    }
}

fn refused(source: &Arc<Source>, at: usize) -> YamlError {
    YamlError::Syntax {
        message: "a tab cannot indent or separate here".into(),
        help: Some("use spaces instead of tabs".into()),
        label: Label::new(source, at..at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnose;
    use crate::yaml::parse;

    #[test]
    fn tabs_may_stand_in_texts_and_comments_and_in_json() {
        for text in [
            "a: \"x\ty\" # c\tc\nb: 'x\n\t y'\n",
            "#\tc\na: |\n  x\ty\n  \tz\nb: >+\n  \tw\n\n# \t\nc: 1\n",
            "{\n\t\"a\":\t1\n}\n",
            "# c\n[\t1\t]\n",
            "a: x#y #\tz\n",
        ] {
            let source = Source::new("f", text);
            assert!(
                parse(&source, Schema::PyYaml).unwrap().is_some(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn tabs_do_not_separate() {
        for text in [
            "a: x\ty\n",
            "a:\t1\n",
            "a: 1\t# c\n",
            "a: [1,\t2]\n",
            "a: 1\n\t\nb: 2\n",
            "a: x#y\t# c\n",
            "a: |\t\n  x\n",
        ] {
            let source = Source::new("f", text);
            let error = parse(&source, Schema::PyYaml).unwrap_err();
            assert_eq!(&text[error.label().unwrap().span], "\t", "{text:?}");
            assert!(
                parse(&source, Schema::Core).is_ok() || text.contains('|'),
                "{text:?}"
            );
        }
    }
}
