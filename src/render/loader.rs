use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::{Error, ErrorKind};

use super::RenderError;
use crate::diagnostic::Source;
use crate::fs;

/// The largest template, in bytes.
const MAX_TEMPLATE_BYTES: u64 = 1 << 20;

/// Reads templates from one folder and never from outside it.
#[derive(Clone)]
pub(super) struct Loader {
    folder: PathBuf,
    /// The folder without symbolic links.
    real: PathBuf,
    sources: Arc<Mutex<HashMap<String, Arc<Source>>>>,
}

impl Loader {
    /// A loader for the folder of `template`, and the template's name in it.
    pub(super) fn new(template: &Path) -> Result<(Self, String), RenderError> {
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
            sources: Arc::default(),
        };
        // The template itself may be a link to anywhere: the user named it.
        let text = fs::read_text(template, MAX_TEMPLATE_BYTES).map_err(missing)?;
        loader.remember(&name, template.to_owned(), &text);
        Ok((loader, name))
    }

    /// The text of the template `name`, with the line ends Jinja2 makes of them.
    pub(super) fn load(&self, name: &str) -> Result<Option<String>, Error> {
        if let Some(source) = self.source(name) {
            return Ok(Some(source.text.clone()));
        }
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
            Ok(text) => Ok(Some(self.remember(name, path, &text).text.clone())),
            Err(error) => Err(Error::new(ErrorKind::InvalidOperation, error.to_string())),
        }
    }

    /// What was read under `name`.
    pub(super) fn source(&self, name: &str) -> Option<Arc<Source>> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(name).cloned()
    }

    fn remember(&self, name: &str, path: PathBuf, text: &str) -> Arc<Source> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::new(path, text.replace("\r\n", "\n").replace('\r', "\n"));
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.insert(name.to_owned(), source.clone());
        source
    }
}

fn leaves(part: Component<'_>) -> bool {
    !matches!(part, Component::Normal(_) | Component::CurDir)
}
