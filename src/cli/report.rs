use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::Error;
use crate::diagnostic::{Diagnose, Label, Warning};
use crate::error::Failures;
use crate::text;
use crate::yaml::Trap;

/// An error with its place and its help; several with a line that counts them, and says what was not
/// done for it.
pub(super) fn error(error: &Error, undone: &str) -> String {
    let Error::Several(Failures { shown, total }) = error else {
        return one(error);
    };
    let mut reports: Vec<String> = shown.iter().map(|error| one(error)).collect();
    let hidden = match total - shown.len() {
        0 => String::new(),
        hidden => format!(", {} of them not shown", text::thousands(hidden)),
    };
    let count = format!("{}{hidden}; {undone}", text::count(*total, "error"));
    reports.push(render(Level::ERROR, &count, None, &[], None));
    reports.join("\n\n")
}

/// An error with its place and its help.
pub(super) fn one(error: &dyn Diagnose) -> String {
    let notes = error.notes();
    render(
        Level::ERROR,
        &error.to_string(),
        error.label().as_ref(),
        &notes,
        error.help(),
    )
}

pub(super) fn warning(warning: &Warning) -> String {
    let Warning {
        message,
        label,
        help,
    } = warning;
    render(Level::WARNING, message, label.as_ref(), &[], help.clone())
}

pub(super) fn note(trap: &Trap) -> String {
    render(
        Level::NOTE,
        &trap.to_string(),
        Some(&trap.label),
        &[],
        trap.help(),
    )
}

pub(super) fn bug(panic: &str) -> String {
    let notes = [panic.to_owned()];
    let help = "this is a mistake in slurmkit; please report it with the command and the spec";
    render(
        Level::ERROR,
        "slurmkit failed unexpectedly",
        None,
        &notes,
        Some(help.into()),
    )
}

fn render(
    level: Level<'static>,
    title: &str,
    label: Option<&Label>,
    notes: &[String],
    help: Option<String>,
) -> String {
    let title = level.primary_title(title);
    let mut group = match label {
        Some(label) => title.element(snippet(label)),
        None => Group::with_title(title),
    };
    for note in notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = help {
        group = group.element(Level::HELP.message(help));
    }
    // Colours are taken out again where they are not wanted.
    Renderer::styled()
        .decor_style(DecorStyle::Ascii)
        .render(&[group])
}

fn snippet(label: &Label) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let Label {
        source,
        span,
        text: said,
    } = label;
    let end = source.text.len();
    // An engine may take a byte for a character.
    let boundary = |at: usize| text::prefix(&source.text, at.min(end)).len();
    let span = boundary(span.start)..boundary(span.end);
    // Of a long place the first line says enough, and of a long text the line it is in: the
    // renderer would note where each line begins.
    let before = &source.text[..span.start];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = source.text[start..].split('\n').next().unwrap_or_default();
    let annotated = span.start - start..span.end.min(start + line.len()) - start;
    let annotation = AnnotationKind::Primary.span(annotated);
    let annotation = if said.is_empty() {
        annotation
    } else {
        annotation.label(said.as_str())
    };
    Snippet::source(line)
        .line_start(source.line(span.start))
        .path(source.path.display().to_string())
        .annotation(annotation)
}
