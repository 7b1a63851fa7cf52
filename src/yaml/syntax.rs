//! The parser's errors in words for people who write specs.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::YamlError;
use crate::diagnostic::{Label, Source};

/// What `error` means, where, and what to do about it.
pub(super) fn explain(error: &ScanError, source: &Arc<Source>) -> YamlError {
    let at = error
        .marker()
        .byte_offset()
        .unwrap_or(source.text.len())
        .min(source.text.len());
    let label = Label::new(source, source.word_at(at));
    YamlError::Syntax {
        message: format!("{:?} {}", error.kind(), error.kind()),
        help: None,
        label,
    }
}

pub(super) fn template(_source: &Arc<Source>, _at: usize) -> Option<YamlError> {
    None
}
pub(super) fn first_line(
    source: &Arc<Source>,
    span: std::ops::Range<usize>,
) -> std::ops::Range<usize> {
    let text = &source.text[span.clone()];
    let first = text
        .split(['\n', '\r'])
        .next()
        .unwrap_or_default()
        .trim_end();
    span.start..span.start + first.len()
}
