//! Jinja2 templates to job names and job scripts.

mod context;
mod error;
mod loader;
mod print;

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

pub use context::{Interned, JobContext};
pub use error::RenderError;

use self::loader::Loader;
use crate::config::{JinjaOptions, Undefined};
use crate::spec::Pattern;

/// Instructions that one script may take. Public job templates take 725 at most.
const FUEL: u64 = 1_000_000;
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
    pattern: Option<Pattern>,
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
        let (loader, name) = Loader::new(template)?;
        let mut templates = environment(options, true);
        templates.set_loader({
            let loader = loader.clone();
            move |name| loader.load(name)
        });
        let mut patterns = environment(options, false);
        if let Some(pattern) = &pattern {
            patterns
                .add_template_owned(PATTERN, pattern.text.clone())
                .map_err(|error| RenderError::of_pattern(pattern, &error))?;
        }
        let renderer = Self {
            templates,
            template: name,
            loader,
            patterns,
            pattern,
        };
        renderer
            .templates
            .get_template(&renderer.template)
            .map_err(|error| RenderError::of_template(&renderer.loader, &error, None))?;
        Ok(renderer)
    }

    /// Renders the pattern of job names, if there is one. It knows the parameters only.
    pub fn job_name(&self, context: &JobContext) -> Option<Result<String, RenderError>> {
        let pattern = self.pattern.as_ref()?;
        let rendered = guarded(|| {
            self.patterns
                .get_template(PATTERN)?
                .render(context.for_name())
        });
        Some(rendered.map_err(|error| RenderError::of_pattern(pattern, &error).guess(context)))
    }

    /// Renders a script into `script`, replacing what it holds.
    pub fn script(&self, context: &JobContext, script: &mut Vec<u8>) -> Result<(), RenderError> {
        script.clear();
        let mut output = Limited {
            script,
            overflow: false,
        };
        let rendered = guarded(|| {
            let template = self.templates.get_template(&self.template)?;
            template
                .render_captured_to(context.for_script(), &mut output)
                .map(|_| ())
        });
        match rendered {
            Ok(()) => Ok(()),
            Err(_) if output.overflow => {
                Err(RenderError::too_large(&self.template, MAX_SCRIPT_BYTES))
            }
            Err(error) => {
                Err(RenderError::of_template(&self.loader, &error, Some(FUEL)).guess(context))
            }
        }
    }
}

fn environment(options: JinjaOptions, keep_trailing_newline: bool) -> Environment<'static> {
    let mut env = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(options.trim_blocks.unwrap_or(false))
        .lstrip_blocks(options.lstrip_blocks.unwrap_or(false))
        .keep_trailing_newline(keep_trailing_newline)
        .build();
    env.set_syntax(syntax.expect("the default delimiters are valid"));
    env.set_undefined_behavior(match options.undefined.unwrap_or_default() {
        Undefined::SemiStrict => UndefinedBehavior::SemiStrict,
        Undefined::Lenient => UndefinedBehavior::Lenient,
        Undefined::Strict => UndefinedBehavior::Strict,
    });
    // By file name minijinja would escape for HTML or JSON, which Jinja2 does not.
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_formatter(print::format);
    env.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    env.set_fuel(Some(FUEL));
    // Errors then name what is undefined.
    env.set_debug(true);
    env
}

/// Turns a panic of the engine into an error: a few templates make it divide by zero.
fn guarded<T>(render: impl FnOnce() -> Result<T, minijinja::Error>) -> Result<T, minijinja::Error> {
    catch_unwind(AssertUnwindSafe(render)).unwrap_or_else(|_| {
        let message = "the template engine failed on this template";
        Err(minijinja::Error::new(
            minijinja::ErrorKind::InvalidOperation,
            message,
        ))
    })
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
