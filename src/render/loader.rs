use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::{Error, ErrorKind};

use super::RenderError;
use super::error::BrokenTemplate;
use super::syntax::{self, Places, Surroundings, Whitespace};
use crate::diagnostic::{Label, Source, Warning};
use crate::fs;
use crate::text;

/// The largest template, in bytes.
const MAX_TEMPLATE_BYTES: u64 = 1 << 20;

/// Stands around the names that a template is given which sees no others, before its own name.
pub(super) const MODULE: char = '\u{1}';

/// Reads templates from one folder and never from outside it.
#[derive(Clone)]
pub(super) struct Loader {
    folder: PathBuf,
    /// The folder without symbolic links.
    real: PathBuf,
    whitespace: Whitespace,
    loaded: Arc<Mutex<HashMap<String, Loaded>>>,
    warnings: Arc<Mutex<Vec<Warning>>>,
    /// The names that the templates assign which were loaded.
    assigned: Arc<Mutex<BTreeSet<String>>>,
}

/// A template that was read.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) source: Arc<Source>,
    /// Where the parts of what was written for minijinja come from.
    pub(super) places: Arc<Places>,
}

impl Loader {
    /// A loader for the folder of `template`, and the template's name in it.
    pub(super) fn new(
        template: &Path,
        whitespace: Whitespace,
    ) -> Result<(Self, String), RenderError> {
        let folder = fs::parent(template).to_owned();
        let missing = |error| RenderError::unreadable(template, &error);
        fs_err::metadata(template).map_err(missing)?;
        let real = fs_err::canonicalize(&folder).map_err(missing)?;
        let name = template.file_name().and_then(|name| name.to_str());
        let name = name
            .ok_or_else(|| RenderError::unusable_name(template))?
            .to_owned();
        let loader = Self {
            folder,
            real,
            whitespace,
            loaded: Arc::default(),
            warnings: Arc::default(),
            assigned: Arc::default(),
        };
        // The template itself may be a link to anywhere: the user named it.
        let text = fs::read_text(template, MAX_TEMPLATE_BYTES).map_err(missing)?;
        if text.starts_with('\u{feff}') {
            return Err(RenderError::byte_order_mark(template));
        }
        loader.remember(&name, source(template.to_owned(), &text));
        Ok((loader, name))
    }

    /// The template `name`, written for minijinja.
    pub(super) fn load(&self, name: &str) -> Result<Option<String>, Error> {
        let module = name.strip_prefix(MODULE);
        let (given, file) = match module.and_then(|name| name.split_once(MODULE)) {
            Some((given, file)) => (Some(given), file),
            None => (None, name),
        };
        let source = match self.loaded(name).or_else(|| self.loaded(file)) {
            Some(loaded) => loaded.source,
            None => match self.read(file)? {
                Some(source) => source,
                None => return Ok(None),
            },
        };
        self.remember(name, source.clone());
        let mut assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner);
        let surroundings = Surroundings {
            module: given.map(|names| names.split_terminator(',').map(String::from).collect()),
            assigned: assigned.clone(),
        };
        let written = syntax::rewrite(
            &source.text,
            self.whitespace,
            &super::Builtins,
            &surroundings,
        )
        .map_err(|error| BrokenTemplate::error(&source, error))?;
        assigned.extend(written.assigned);
        let warnings = written.shell_lengths.into_iter().map(|span| {
            let text = source.text[span.clone()].lines().next().unwrap_or_default();
            let message = format!("`{}` begins a comment of Jinja", text::cut(text, 40));
            Warning::new(message)
                .at(Label::new(&source, span))
                .help("write `${{ '{#' }}` for `${#`, or put the lines between `{% raw %}` and `{% endraw %}`")
        });
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(warnings);
        self.lock().insert(
            name.to_owned(),
            Loaded {
                source,
                places: Arc::new(written.places),
            },
        );
        Ok(Some(written.text))
    }

    fn read(&self, name: &str) -> Result<Option<Arc<Source>>, Error> {
        let refuse = |why: &str| {
            let message = format!("`{name}` {why}");
            Err(Error::new(ErrorKind::InvalidOperation, message))
        };
        if name.contains('\0') || Path::new(name).components().any(leaves) || name.starts_with('/')
        {
            return refuse("is outside the template's folder");
        }
        let path = fs::join(&self.folder, name);
        let Ok(real) = path.canonicalize() else {
            return Ok(None);
        };
        if !real.starts_with(&self.real) {
            return refuse("is a link that leaves the template's folder");
        }
        match fs::read_text(&path, MAX_TEMPLATE_BYTES) {
            Ok(text) => Ok(Some(source(path, &text))),
            Err(error) => Err(Error::new(ErrorKind::InvalidOperation, error.to_string())),
        }
    }

    /// What there is to say of what was read since the last time.
    pub(super) fn take_warnings(&self) -> Vec<Warning> {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *warnings)
    }

    /// What was read under `name`.
    pub(super) fn loaded(&self, name: &str) -> Option<Loaded> {
        self.lock().get(name).cloned()
    }

    fn remember(&self, name: &str, source: Arc<Source>) {
        let places = Arc::default();
        let loaded = Loaded { source, places };
        self.lock().entry(name.to_owned()).or_insert(loaded);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text with the line ends that Jinja2 makes of them.
fn source(path: PathBuf, text: &str) -> Arc<Source> {
    Source::new(path, text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn leaves(part: Component<'_>) -> bool {
    !matches!(part, Component::Normal(_) | Component::CurDir)
}
