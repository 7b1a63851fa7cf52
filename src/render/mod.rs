//! Jinja2 templates to job names and job scripts, byte for byte as Jinja2 renders them.
//!
//! minijinja runs them. What it does in another way than Jinja2 is done here: `syntax` writes a
//! template again before minijinja reads it, `filters`, `tests`, `globals` and `methods` replace
//! its own, `operators` and `number` are Python's, `print` gives the text of `values`.

mod call;
mod context;
#[cfg(test)]
mod corpus;
mod environment;
mod error;
mod filters;
mod globals;
mod limits;
mod loader;
mod methods;
mod module;
mod number;
mod operators;
mod print;
mod python;
mod sorting;
mod syntax;
mod tests;
mod values;

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use minijinja::Environment;
use minijinja::value::Value as JinjaValue;

pub use context::{Interned, JobContext};
pub use error::RenderError;

use self::environment::{Builtins, environment, guarded, whitespace};
use self::loader::Loader;
use self::syntax::{Places, Surroundings};
use crate::config::JinjaOptions;
use crate::diagnostic::Warning;
use crate::spec::Pattern;

/// The largest script, in bytes.
const MAX_SCRIPT_BYTES: usize = 64 << 20;
/// The name under which the pattern of job names is known to Jinja.
const PATTERN: &str = "job_name_pattern";

/// Renders the scripts of one template, and job names by one pattern.
pub struct Renderer {
    templates: Environment<'static>,
    template: String,
    loader: Loader,
    patterns: Environment<'static>,
    pattern: Option<(Pattern, Places)>,
    /// Whether the template changes values, so that each job needs values of its own.
    changes: AtomicBool,
}

impl Renderer {
    /// Loads `template` and compiles `pattern`.
    ///
    /// Includes, imports and extends are looked up in the template's folder and stay inside it.
    pub fn load(
        template: &Path,
        pattern: Option<Pattern>,
        options: JinjaOptions,
    ) -> Result<Self, RenderError> {
        let (loader, template) = Loader::new(template, whitespace(options, true))?;
        let mut templates = environment(options);
        templates.set_loader({
            let loader = loader.clone();
            move |name| loader.load(name)
        });
        let mut patterns = environment(options);
        let pattern = match pattern {
            Some(pattern) => {
                let places = compile(&pattern, options, &mut patterns)?;
                Some((pattern, places))
            }
            None => None,
        };
        templates
            .get_template(&template)
            .map_err(|error| RenderError::of_template(&loader, &error, None))?;
        Ok(Self {
            templates,
            template,
            loader,
            patterns,
            pattern,
            changes: AtomicBool::new(false),
        })
    }

    /// What there is to say of the templates that were read since the last time.
    pub fn take_warnings(&self) -> Vec<Warning> {
        self.loader.take_warnings()
    }

    /// Renders the pattern of job names, if there is one. It knows the parameters only.
    pub fn job_name(&self, context: &JobContext) -> Option<Result<String, RenderError>> {
        let (pattern, places) = self.pattern.as_ref()?;
        let rendered = self.with_values(context, |context| {
            self.patterns
                .get_template(PATTERN)?
                .render(context.for_name())
        });
        Some(rendered.map_err(|error| {
            RenderError::of_pattern(pattern, places, &error, self.patterns.fuel()).guess(context)
        }))
    }

    /// Renders a script into `script`, replacing what it holds.
    pub fn script(&self, context: &JobContext, script: &mut Vec<u8>) -> Result<(), RenderError> {
        let mut overflow = false;
        let rendered = self.with_values(context, |context| {
            script.clear();
            let mut output = Limited {
                script,
                overflow: false,
            };
            let rendered = self.render(context.for_script(), &mut output);
            overflow = output.overflow;
            rendered
        });
        match rendered {
            Ok(()) => Ok(()),
            Err(_) if overflow => Err(RenderError::too_large(&self.template, MAX_SCRIPT_BYTES)),
            Err(error) => {
                Err(
                    RenderError::of_template(&self.loader, &error, self.templates.fuel())
                        .guess(context),
                )
            }
        }
    }

    fn render(&self, context: JinjaValue, output: impl Write) -> Result<(), minijinja::Error> {
        let template = self.templates.get_template(&self.template)?;
        template.render_captured_to(context, output).map(drop)
    }

    /// Renders with the values that all jobs share, until a template changes one of them.
    fn with_values<T>(
        &self,
        context: &JobContext,
        mut render: impl FnMut(&JobContext) -> Result<T, minijinja::Error>,
    ) -> Result<T, minijinja::Error> {
        if !self.changes.load(Ordering::Relaxed) {
            let rendered = guarded(|| render(context));
            match &rendered {
                Err(error) if environment::changes_shared(error) => {}
                _ => return rendered,
            }
            self.changes.store(true, Ordering::Relaxed);
        }
        guarded(|| render(&context.own()))
    }
}

/// Adds the pattern to its environment, and says where its parts come from.
fn compile(
    pattern: &Pattern,
    options: JinjaOptions,
    patterns: &mut Environment<'static>,
) -> Result<Places, RenderError> {
    let whitespace = whitespace(options, false);
    let surroundings = Surroundings::default();
    let written = syntax::rewrite(&pattern.text, whitespace, &Builtins, &surroundings)
        .map_err(|error| RenderError::broken_pattern(pattern, error))?;
    patterns
        .add_template_owned(PATTERN, written.text)
        .map_err(|error| RenderError::of_pattern(pattern, &written.places, &error, None))?;
    Ok(written.places)
}

/// A script that cannot grow without end.
struct Limited<'a> {
    script: &'a mut Vec<u8>,
    overflow: bool,
}

impl Write for Limited<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.script.len() + piece.len() > MAX_SCRIPT_BYTES {
            self.overflow = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.script.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
