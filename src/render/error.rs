use std::error::Error as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use minijinja::ErrorKind;
use thiserror::Error;

use super::JobContext;
use super::loader::Loader;
use super::python::strings;
use super::syntax::{LOOP, NOTHING, Places, SyntaxError, source_name};
use crate::diagnostic::{Diagnose, Label, Source, did_you_mean, quoted};
use crate::fs;
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

/// A template that is none, on its way through the engine.
#[derive(Clone, Debug, Error)]
#[error("{error}")]
pub(super) struct BrokenTemplate {
    source_text: Arc<Source>,
    error: SyntaxError,
}

impl BrokenTemplate {
    pub(super) fn error(source: &Arc<Source>, error: SyntaxError) -> minijinja::Error {
        let broken = Self {
            source_text: source.clone(),
            error,
        };
        let message = broken.to_string();
        minijinja::Error::new(ErrorKind::SyntaxError, message).with_source(broken)
    }

    /// What it is that stopped `error`.
    fn of(error: &minijinja::Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }
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
            std::io::ErrorKind::NotFound => Self {
                help: fs::similar_file(template, &["j2", "jinja", "jinja2"])
                    .map(|name| format!("did you mean `{name}`?")),
                ..Self::new(format!("the template {} does not exist", quoted(template)))
            },
            _ => Self::new(format!("cannot read the template: {error}")),
        }
    }

    /// Points at `label`, unless the error has a place of its own.
    #[must_use]
    pub fn or_at(self, label: Option<&Label>) -> Self {
        Self {
            label: self.label.or_else(|| label.cloned()),
            ..self
        }
    }

    pub(super) fn unusable_name(template: &Path) -> Self {
        Self::new(format!(
            "the name of the template {} is not text",
            quoted(template)
        ))
    }

    /// Jinja2 would copy it to the scripts, which Slurm then refuses.
    pub(super) fn byte_order_mark(template: &Path) -> Self {
        let template = quoted(template);
        Self {
            help: Some("save it as UTF-8 without a byte order mark".into()),
            ..Self::new(format!(
                "the template {template} begins with a byte order mark, so its scripts would not \
                 begin with `#!`"
            ))
        }
    }

    pub(super) fn too_large(template: &str, max: usize) -> Self {
        let max = text::thousands(max);
        Self::new(format!(
            "cannot render `{template}`: the script has more than {max} bytes"
        ))
    }

    pub(super) fn of_pattern(
        pattern: &Pattern,
        places: &Places,
        error: &minijinja::Error,
        fuel: Option<u64>,
    ) -> Self {
        let Description {
            message,
            help,
            undefined,
        } = describe(error, fuel);
        let all = 0..pattern.text.len();
        let within = error.range().and_then(|range| places.source(&range));
        Self {
            help,
            undefined,
            ..Self::in_pattern(pattern, within.unwrap_or(all), &message)
        }
    }

    pub(super) fn broken_pattern(pattern: &Pattern, error: SyntaxError) -> Self {
        let SyntaxError {
            message,
            help,
            span,
        } = error;
        Self {
            help,
            ..Self::in_pattern(pattern, span, &message)
        }
    }

    fn in_pattern(pattern: &Pattern, within: Range<usize>, message: &str) -> Self {
        let label = pattern.label.as_ref();
        let label =
            label.map(|label| Label::new(&label.source, place_in(label, &pattern.text, within)));
        let shown = &pattern.text;
        Self {
            label,
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
            notes.extend(reached_from(loader, innermost));
            innermost = cause;
        }
        if let Some(broken) = BrokenTemplate::of(innermost) {
            notes.extend(reached_from(loader, innermost));
            return Self {
                notes,
                ..Self::broken(broken)
            };
        }
        let Description {
            message,
            help,
            undefined,
        } = describe(innermost, fuel);
        let name = innermost.name().unwrap_or("template");
        let loaded = loader.loaded(name);
        let shown = loaded.as_ref().map_or_else(
            || name.to_owned(),
            |loaded| loaded.source.path.display().to_string(),
        );
        let label = loaded.and_then(|loaded| {
            let place = loaded.places.source(&innermost.range()?)?;
            Some(Label::new(&loaded.source, place))
        });
        let (message, undefined) = match (undefined, &label) {
            // The engine names what is more than names `(...)`.
            (Some(name), Some(label)) if name.contains("(...)") => {
                let name = text::cut(&label.source.text[label.span.clone()], 80).into_owned();
                (format!("`{name}` is undefined"), Some(name))
            }
            (undefined, _) => (message, undefined),
        };
        let message = format!("cannot render `{shown}`: {message}");
        Self {
            label,
            notes,
            help,
            undefined,
            ..Self::new(message)
        }
    }

    fn broken(broken: &BrokenTemplate) -> Self {
        let BrokenTemplate { source_text, error } = broken;
        let SyntaxError {
            message,
            help,
            span,
        } = error;
        let shown = source_text.path.display();
        Self {
            label: Some(Label::new(source_text, span.clone())),
            help: help.clone(),
            ..Self::new(format!("cannot render `{shown}`: {message}"))
        }
    }

    /// Adds the name that was probably meant, where one is undefined.
    pub(super) fn guess(mut self, context: &JobContext) -> Self {
        if let Some(undefined) = &self.undefined {
            if let Some(name) = undefined.strip_prefix(NOTHING) {
                let name = name.trim_start_matches('.');
                self.help = Some(format!(
                    "a template that is imported does not see `{name}`: pass it to the macro, or \
                     write `with context` after the import"
                ));
                return self;
            }
            let (path, name) = undefined.rsplit_once('.').unwrap_or(("", undefined));
            if !path.is_empty() && strings::NAMES.contains(&name) {
                self.help = Some(format!("to call a method write `{undefined}()`"));
                return self;
            }
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

/// Where an include or import stands.
fn reached_from(loader: &Loader, error: &minijinja::Error) -> Option<String> {
    let loaded = loader.loaded(error.name()?)?;
    let place = loaded.places.source(&error.range()?)?;
    let label = Label::new(&loaded.source, place);
    let path = loaded.source.path.display();
    Some(format!(
        "reached from {path}:{}",
        loaded.source.line(label.span.start)
    ))
}

/// What the engine says is wrong.
#[derive(Default)]
struct Description {
    message: String,
    help: Option<String>,
    undefined: Option<String>,
}

/// What is wrong, and the name that is undefined, if that is it.
fn describe(error: &minijinja::Error, fuel: Option<u64>) -> Description {
    let detail = &*source_name(error.detail().unwrap_or_default());
    let message = match error.kind() {
        ErrorKind::UndefinedError => return describe_undefined(detail),
        ErrorKind::OutOfFuel => {
            let steps = text::thousands(usize::try_from(fuel.unwrap_or(0)).unwrap_or(usize::MAX));
            return Description {
                message: format!("it takes more than {steps} steps; is there a loop without end?"),
                help: Some("raise `jinja.steps` in the config".into()),
                undefined: None,
            };
        }
        ErrorKind::TemplateNotFound => missing_template(detail),
        // The words of the kind say nothing that those of the detail do not.
        ErrorKind::InvalidOperation | ErrorKind::UnknownMethod if !detail.is_empty() => {
            detail.into()
        }
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    };
    Description {
        message,
        ..Description::default()
    }
}

fn describe_undefined(detail: &str) -> Description {
    let undefined = detail.split('`').nth(1);
    let undefined = undefined.map(|name| match name.strip_prefix(LOOP) {
        Some(name) => {
            let attribute = name.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("loop{attribute}")
        }
        None => name.to_owned(),
    });
    let message = match &undefined {
        Some(name) => {
            let name = name
                .strip_prefix(NOTHING)
                .map_or(&**name, |name| &name[1..]);
            format!("`{name}` is undefined")
        }
        None if detail.is_empty() => "a value is undefined".into(),
        None => detail.into(),
    };
    Description {
        message,
        help: None,
        undefined,
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
