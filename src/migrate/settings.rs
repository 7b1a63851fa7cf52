//! The config of the Python tool.

use std::path::{Path, PathBuf};

use super::find::VERSION_1_FOLDER;
use super::places::Places;
use super::{Planned, Step};
use crate::Error;
use crate::config::{Config, FILE_NAME, OLD_PROJECT_FOLDER, PROJECT_FOLDER};
use crate::diagnostic::Source;
use crate::fs;
use crate::yaml::{self, Schema};

/// The largest config, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// A config that gets a new place.
#[derive(Debug)]
pub struct Settings {
    /// Where it goes.
    pub target: PathBuf,
    /// Its text, comments and all.
    pub text: String,
    /// The keys without effect here. They stay, because the Python tool may be in use still.
    pub foreign: Vec<String>,
    /// Where collections are kept from then on, if it says so.
    pub collections_dir: Option<PathBuf>,
}

/// Plans the configs at `from` for the project of `config`.
pub(super) fn plan(config: &Config, from: &Path, places: &Places) -> Vec<Planned<Settings>> {
    let target = fs::join(&config.root, PROJECT_FOLDER).join(FILE_NAME);
    let mut there = target.symlink_metadata().is_ok();
    let mut planned = Vec::new();
    for folder in [PROJECT_FOLDER, OLD_PROJECT_FOLDER] {
        let relative = Path::new(folder).join(FILE_NAME);
        let file = fs::join(from, &relative);
        if !file.is_file() {
            continue;
        }
        let step = match there {
            true if folder == PROJECT_FOLDER && places.are_one() => match foreign(config) {
                keys if keys.is_empty() => continue,
                keys => Step::Skip(format!(
                    "it is read as it is; without effect here: {}",
                    keys.join(", ")
                )),
            },
            true => Step::Skip(format!("{} is there already", target.display())),
            false => settings(config, &file, &target).map_or_else(Step::Fail, |settings| {
                there = true;
                Step::Convert(Box::new(settings))
            }),
        };
        planned.push(Planned {
            file,
            relative,
            step,
        });
    }
    planned
}

fn settings(config: &Config, file: &Path, target: &Path) -> Result<Settings, Error> {
    let loaded = Config::load(&config.root, None, Some(file))?;
    let source = yaml::read(file, MAX_BYTES).map_err(|error| crate::config::ConfigError::Yaml {
        path: file.into(),
        error,
    })?;
    let is_old = fs::join(Path::new(""), &loaded.collections_dir) == Path::new(VERSION_1_FOLDER);
    let text = is_old.then(|| without_collections_dir(&source)).flatten();
    let default = Config::default().collections_dir;
    let collections_dir = match text.is_some() {
        true => Some(default),
        false => Some(loaded.collections_dir.clone()).filter(|folder| *folder != default),
    };
    Ok(Settings {
        target: target.into(),
        foreign: foreign(&loaded),
        collections_dir,
        text: text.unwrap_or_else(|| source.text.clone()),
    })
}

/// Where the project at `from` keeps collections. What is wrong with its config is said by the plan.
pub(super) fn collections_dir(from: &Path) -> PathBuf {
    let files =
        [PROJECT_FOLDER, OLD_PROJECT_FOLDER].map(|folder| from.join(folder).join(FILE_NAME));
    let file = files.iter().find(|file| file.is_file());
    let config = file.and_then(|file| Config::load(from, None, Some(file)).ok());
    config.unwrap_or_default().collections_dir
}

/// The keys of a config that have no effect, each once.
pub(super) fn foreign(config: &Config) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for entry in config.entries.iter().filter(|entry| entry.foreign) {
        let key = entry.key.split('.').next().unwrap_or_default();
        if !keys.iter().any(|known| known == key) {
            keys.push(key.into());
        }
    }
    keys
}

/// The text with the line of `collections_dir` made a comment: what it names is where version 1 kept
/// its files, which stay there. `None` where it is not a line of its own.
fn without_collections_dir(source: &std::sync::Arc<Source>) -> Option<String> {
    let root = yaml::parse(source, Schema::PyYaml).ok()??;
    let (key, value) = root
        .as_mapping()?
        .iter()
        .find(|(key, _)| key.as_str() == Some("collections_dir"))?;
    let (start, end) = (key.span().start, value.span().end);
    let before = &source.text[..start];
    let alone =
        (before.is_empty() || before.ends_with('\n')) && !source.text[start..end].contains('\n');
    let rest = source.text[end..]
        .split('\n')
        .next()
        .unwrap_or_default()
        .trim();
    (alone && (rest.is_empty() || rest.starts_with('#')))
        .then(|| format!("{before}# {}", &source.text[start..]))
}
