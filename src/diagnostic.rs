//! What an error shows besides its message.

use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The text of a file a user wrote, with the name the user knows it by.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Puts name and text together.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.into(),
            text: text.into(),
        })
    }

    /// The byte offset of a line and a column of characters, both counted from one.
    ///
    /// Places behind the end of a line or of the text give that end.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start: usize = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let rest = self.text[start..].split('\n').next().unwrap_or_default();
        let within: usize = rest
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        start + within
    }

    /// The line of a byte offset, counted from one.
    pub fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    /// The word or number at `offset`, or else the one character there.
    pub fn word_at(&self, offset: usize) -> Range<usize> {
        let rest = &self.text[offset.min(self.text.len())..];
        let word = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let length = match word {
            0 => rest
                .chars()
                .next()
                .filter(|c| *c != '\n')
                .map_or(0, char::len_utf8),
            word => word,
        };
        offset..offset + length
    }
}

/// A place in a file a user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes to underline.
    pub span: Range<usize>,
    /// What to say at the underlined text; may be empty.
    pub text: String,
}

impl Label {
    /// Points at `span` without a word.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self {
            source: source.clone(),
            span,
            text: String::new(),
        }
    }

    /// Points at the word at a line and a column of characters, both counted from one.
    pub fn at(source: &Arc<Source>, line: usize, column: usize) -> Self {
        let offset = source.offset(line, column);
        Self::new(source, source.word_at(offset))
    }
}

/// An error that can point at its cause and suggest a cure.
pub trait Diagnose: std::error::Error {
    /// Where to look.
    fn label(&self) -> Option<Label> {
        None
    }

    /// More that is worth knowing, each a line or more: a traceback, where else to look.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// What to try.
    fn help(&self) -> Option<String> {
        None
    }
}

/// Something worth saying that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What is the matter.
    pub message: String,
    /// Where.
    pub label: Option<Label>,
    /// What to do.
    pub help: Option<String>,
}

impl Warning {
    /// A warning without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            label: None,
            help: None,
        }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, label: Label) -> Self {
        self.label = Some(label);
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The one of `known` that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means a word that long, and the distance takes the square of it.
    const MAX_BYTES: usize = 200;
    let fold = |text: &str| text.to_lowercase().replace('-', "_");
    let known = known.into_iter().filter(|word| word.len() <= MAX_BYTES);
    if word.len() > MAX_BYTES {
        return None;
    }
    let word = fold(word);
    known
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &fold(candidate)),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count().max(3)) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// ``did you mean `x`?``, when something near `word` is known.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// `` `a`, `b` or `c` ``.
pub fn any_of<T: Display>(words: impl IntoIterator<Item = T>) -> String {
    let mut words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
    }
}

/// Shows a path in a message.
pub fn quoted(path: &Path) -> String {
    format!("`{}`", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_slips_are_guessed_and_other_words_are_not() {
        let known = ["slurm_args", "parameters", "template", "name"];
        assert_eq!(nearest("sslurm_args", known), Some("slurm_args"));
        assert_eq!(nearest("slurm-args", known), Some("slurm_args"));
        assert_eq!(nearest("paramters", known), Some("parameters"));
        assert_eq!(nearest("notifications", known), None);
        assert_eq!(nearest("x", known), None);
    }

    #[test]
    fn columns_count_characters() {
        let source = Source::new("f", "é = 1\nüber = oops\n");
        assert_eq!(&source.text[source.word_at(source.offset(2, 8))], "oops");
        assert_eq!(
            source.word_at(source.offset(9, 9)),
            source.text.len()..source.text.len()
        );
    }
}
