use std::error::Error as _;
use std::ops::Range;
use std::path::Path;

use minijinja::ErrorKind;
use thiserror::Error;

use super::JobContext;
use super::loader::Loader;
use crate::diagnostic::{Diagnose, Label, did_you_mean, quoted};
use crate::spec::Pattern;
use crate::text;

/// Why Jinja could not render.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct RenderError {
    message: String,
    label: Option<Label>,
    /// The innermost last: through which includes the place is reached.
    notes: Vec<String>,
    help: Option<String>,
    /// The dotted name that has no value.
    undefined: Option<String>,
}

impl RenderError {
    fn new(message: String) -> Self {
        Self {
            message,
            label: None,
            notes: Vec::new(),
            help: None,
            undefined: None,
        }
    }

    pub(super) fn unreadable(template: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Self::new(format!("the template {} does not exist", quoted(template)))
            }
            _ => Self::new(format!("cannot read the template: {error}")),
        }
    }

    pub(super) fn unusable_name(template: &Path) -> Self {
        Self::new(format!(
            "the name of the template {} is not text",
            quoted(template)
        ))
    }

    pub(super) fn too_large(template: &str, max: usize) -> Self {
        let max = text::thousands(max);
        Self::new(format!(
            "cannot render `{template}`: the script has more than {max} bytes"
        ))
    }

    pub(super) fn of_pattern(pattern: &Pattern, error: &minijinja::Error) -> Self {
        let (message, undefined) = describe(error, None);
        let label = pattern.label.as_ref().map(|label| {
            let within = error.range().unwrap_or(0..pattern.text.len());
            Label::new(&label.source, place_in(label, &pattern.text, within))
        });
        let shown = &pattern.text;
        Self {
            label,
            undefined,
            ..Self::new(format!(
                "cannot render `job_name_pattern` `{shown}`: {message}"
            ))
        }
    }

    pub(super) fn of_template(
        loader: &Loader,
        error: &minijinja::Error,
        fuel: Option<u64>,
    ) -> Self {
        let mut notes = Vec::new();
        let mut innermost = error;
        while let Some(cause) = innermost.source().and_then(|cause| cause.downcast_ref()) {
            if let (Some(name), Some(line)) = (innermost.name(), innermost.line()) {
                notes.push(format!("reached from {name}:{line}"));
            }
            innermost = cause;
        }
        let (message, undefined) = describe(innermost, fuel);
        let name = innermost.name().unwrap_or("template");
        let label = loader.source(name).and_then(|source| {
            let end = source.text.len();
            let range = innermost.range()?;
            Some(Label::new(
                &source,
                range.start.min(end)..range.end.min(end),
            ))
        });
        let shown = loader.source(name).map_or_else(
            || name.to_owned(),
            |source| source.path.display().to_string(),
        );
        let message = format!("cannot render `{shown}`: {message}");
        Self {
            label,
            notes,
            undefined,
            ..Self::new(message)
        }
    }

    /// Adds the name that was probably meant, where one is undefined.
    pub(super) fn guess(mut self, context: &JobContext) -> Self {
        if let Some(undefined) = &self.undefined {
            let (path, name) = undefined.rsplit_once('.').unwrap_or(("", undefined));
            let known = context.names_under(path);
            let prefix = if path.is_empty() {
                String::new()
            } else {
                format!("{path}.")
            };
            let guess = did_you_mean(name, known.iter().map(String::as_str))
                .map(|guess| guess.replacen('`', &format!("`{prefix}"), 1));
            self.help = Some(guess.unwrap_or_else(|| {
                format!(
                    "for a value that may be absent write `{undefined} | default('')` or test \
                     `{undefined} is defined`"
                )
            }));
        }
        self
    }
}

impl Diagnose for RenderError {
    fn label(&self) -> Option<Label> {
        self.label.clone()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

/// What is wrong, and the name that is undefined, if that is it.
fn describe(error: &minijinja::Error, fuel: Option<u64>) -> (String, Option<String>) {
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::UndefinedError => {
            let name = detail.split('`').nth(1).map(String::from);
            let message = match &name {
                Some(name) => format!("`{name}` is undefined"),
                None if detail.is_empty() => "a value is undefined".into(),
                None => detail.into(),
            };
            (message, name)
        }
        ErrorKind::OutOfFuel => {
            let steps = text::thousands(usize::try_from(fuel.unwrap_or(0)).unwrap_or(usize::MAX));
            (
                format!("it takes more than {steps} steps; is there a loop without end?"),
                None,
            )
        }
        ErrorKind::TemplateNotFound => (missing_template(detail), None),
        // The words of the kind say nothing that those of the detail do not.
        ErrorKind::InvalidOperation if !detail.is_empty() => (detail.into(), None),
        kind if detail.is_empty() => (kind.to_string(), None),
        kind => (format!("{kind}: {detail}"), None),
    }
}

/// Of a missing template the engine says the name in single quotes.
fn missing_template(detail: &str) -> String {
    match detail.split('\'').nth(1) {
        Some(name) => format!("there is no template `{name}` in the template's folder"),
        None => detail.into(),
    }
}

/// Where `within` of a text lies in the file, when the file holds that text as it is.
fn place_in(label: &Label, text: &str, within: Range<usize>) -> Range<usize> {
    match label.source.text[label.span.clone()].find(text) {
        Some(offset) => {
            let start = label.span.start + offset;
            start + within.start..start + within.end
        }
        None => label.span.clone(),
    }
}
