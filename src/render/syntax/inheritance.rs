//! Tags that Jinja2 carries out where they do not stand.

use std::ops::Range;

use super::SyntaxError;
use super::open::{Open, Opened};

/// Whether `extends` may stand here.
pub(super) fn check_extends(open: &[Open], span: &Range<usize>) -> Result<(), SyntaxError> {
    match open
        .iter()
        .rev()
        .find(|open| !matches!(open.kind, Opened::If { .. }))
    {
        None => Ok(()),
        Some(open) => {
            let message = format!("`extends` within a `{}`", open.kind.word());
            let error = SyntaxError::new(message, span.clone());
            Err(error.help("put it at the top of the template"))
        }
    }
}

/// Outside of its blocks a template that extends another prints nothing, but for what these tags
/// print, which Jinja2 puts before the other template.
pub(super) fn check_printed(
    open: &[Open],
    extends: bool,
    word: &str,
    span: &Range<usize>,
) -> Result<(), SyntaxError> {
    let is_kept = |open: &Open| {
        let Open { kind, .. } = open;
        matches!(
            kind,
            Opened::Block { .. } | Opened::Call | Opened::Macro | Opened::Set
        )
    };
    if !extends || open.iter().any(is_kept) {
        return Ok(());
    }
    let message = format!("`{word}` outside of the blocks of a template that extends another");
    let error = SyntaxError::new(message, span.clone());
    Err(match word {
        "block" => {
            error.help("take it out of the tags around it: Jinja2 prints it before all else")
        }
        _ => error.help("put it in a block: here Jinja2 prints it before all else"),
    })
}

/// The same for a block, which Jinja2 prints where it stands within other tags.
pub(super) fn check_block(
    open: &[Open],
    extends: bool,
    span: &Range<usize>,
) -> Result<(), SyntaxError> {
    match open
        .iter()
        .all(|open| matches!(open.kind, Opened::If { .. }))
    {
        true => Ok(()),
        false => check_printed(open, extends, "block", span),
    }
}

/// What an include without context prints does not go through the tags around it.
pub(super) fn check_module(open: &[Open], span: &Range<usize>) -> Result<(), SyntaxError> {
    let inner = open.iter().rev();
    let mut inner = inner.take_while(|open| !matches!(open.kind, Opened::Block { .. }));
    let captures = inner.find(|open| match open.kind {
        Opened::Call | Opened::Filter | Opened::Macro | Opened::Set => true,
        Opened::For { recursive, .. } => recursive,
        _ => false,
    });
    let Some(captures) = captures else {
        return Ok(());
    };
    let message = format!(
        "an include without context within a `{}`",
        captures.kind.word()
    );
    let error = SyntaxError::new(message, span.clone());
    Err(error.help("Jinja2 prints it elsewhere: leave `without context` out"))
}
