//! From the files of the Python tool of the same name to ours.
//!
//! *Planning* reads everything and writes nothing. *Applying* takes one file after the other: a copy
//! of it goes to a backup first, then our file gets into its place by a rename. A kill at any moment
//! leaves the old file or the new one, and what was done is skipped by the next run.

mod apply;
mod attempt;
mod backup;
mod convert;
mod document;
mod find;
mod notes;
mod old;
mod places;
mod settings;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

pub use apply::Applied;
pub use convert::Converted;
pub use old::Lost;
pub use settings::Settings;

use self::document::Document;
use self::find::Found;
use self::old::Old;
use self::places::Places;
use crate::Error;
use crate::collection::{Collection, CollectionError, CollectionManager, CollectionName};
use crate::config::Config;
use crate::diagnostic::Source;
use crate::model::Value;
use crate::yaml;

/// The largest collection that is read, in bytes.
const MAX_BYTES: u64 = 1 << 28;

/// What is migrated to where.
#[derive(Debug)]
pub struct Migration {
    /// The config that holds in our project, whose root is where everything goes.
    pub config: Config,
    /// The folder of the Python tool's project.
    pub from: PathBuf,
    /// The zone of its times, which have none.
    pub zone: TimeZone,
}

/// What a migration comes to.
#[derive(Debug)]
pub struct Plan {
    /// The collections, in the order they are taken.
    pub collections: Vec<Planned<Converted>>,
    /// The configs.
    pub configs: Vec<Planned<Settings>>,
    /// What the Python tool does unasked and slurmkit does not.
    pub notes: Vec<String>,
    root: PathBuf,
    manager: CollectionManager,
}

/// A file, and what is done about it.
#[derive(Debug)]
pub struct Planned<T> {
    /// The file.
    pub file: PathBuf,
    /// The file from the root of its project.
    relative: PathBuf,
    /// What is done.
    pub step: Step<T>,
}

/// What is done about a file.
#[derive(Debug)]
pub enum Step<T> {
    /// It becomes this.
    Convert(Box<T>),
    /// It cannot be migrated.
    Fail(Error),
    /// It stays, for this reason.
    Skip(String),
}

impl<T> Step<T> {
    /// What becomes of it, if anything does.
    pub fn converted(&self) -> Option<&T> {
        match self {
            Self::Convert(converted) => Some(converted),
            Self::Fail(_) | Self::Skip(_) => None,
        }
    }

    /// Why it cannot be migrated, if so.
    pub fn failure(&self) -> Option<&Error> {
        match self {
            Self::Fail(error) => Some(error),
            Self::Convert(_) | Self::Skip(_) => None,
        }
    }
}

impl Plan {
    /// The file a collection goes to.
    pub fn target(&self, collection: &Collection) -> PathBuf {
        self.manager.path(&collection.name)
    }
}

impl Migration {
    /// Works out what becomes of every file. Nothing is written.
    ///
    /// # Errors
    /// Only when a folder cannot be listed: what is wrong with a file is in the plan.
    pub fn plan(&self) -> Result<Plan, Error> {
        let Self { config, from, .. } = self;
        let places = Places::new(from, &config.root);
        let configs = settings::plan(config, from, &places);
        let moved = configs.iter().find_map(|planned| planned.step.converted());
        let folder = match moved.and_then(|settings| settings.collections_dir.as_ref()) {
            Some(folder) => crate::fs::join(&config.root, folder),
            None => config.collections_folder(),
        };
        let mut planner = Planner {
            migration: self,
            places: &places,
            manager: CollectionManager::new(folder),
            taken: HashSet::new(),
        };
        let their_dir = match places.are_one() {
            true => config.collections_dir.clone(),
            false => settings::collections_dir(from),
        };
        let mut found = find::collections(from, their_dir)?;
        // A file that stays in its place comes before others that would go there.
        found.sort_by_key(|found| !planner.is_in_place(found));
        let collections: Vec<_> = found.into_iter().map(|found| planner.plan(found)).collect();
        let manager = planner.manager;
        let notes = notes::notes(config, &collections, &configs);
        Ok(Plan {
            collections,
            configs,
            notes,
            root: config.root.clone(),
            manager,
        })
    }
}

struct Planner<'a> {
    migration: &'a Migration,
    places: &'a Places,
    manager: CollectionManager,
    /// What earlier files become.
    taken: HashSet<CollectionName>,
}

impl Planner<'_> {
    fn plan(&mut self, found: Found) -> Planned<Converted> {
        let step = self.step(&found).unwrap_or_else(Step::Fail);
        let Found { file, relative, .. } = found;
        Planned {
            file,
            relative,
            step,
        }
    }

    fn step(&mut self, found: &Found) -> Result<Step<Converted>, Error> {
        let Found { file, name, .. } = found;
        let name = name
            .parse::<CollectionName>()
            .map_err(|error| CollectionError::Damaged {
                path: file.clone(),
                problem: error.to_string(),
                label: None,
            })?;
        let mut collection = Collection::new(name.clone());
        let in_place = self.is_in_place(found);
        if in_place {
            // Before it is read, so that a change after that is noticed.
            self.manager.succeed(&mut collection)?;
        }
        let source = yaml::read(file, MAX_BYTES).map_err(|error| old::unreadable(file, error))?;
        if is_ours(&source) {
            return Ok(Step::Skip("version 3 already".into()));
        }
        let zone = &self.migration.zone;
        let old = Old { path: file, zone };
        let Some(document) = Document::parse(&source)? else {
            return Err(old.empty().into());
        };
        let placed = |error| document.place(error);
        let version = match version(&old, document.root()).map_err(placed)? {
            3 => return Ok(Step::Skip("version 3 already".into())),
            version => version,
        };
        if !in_place && let Some(step) = self.occupied(found, &name)? {
            return Ok(step);
        }
        let converted = convert::convert(&old, &document, version, self.places, collection);
        let converted = converted.map_err(placed)?;
        self.taken.insert(name);
        Ok(Step::Convert(Box::new(converted)))
    }

    /// What to do when something is where the collection would go; `None` when nothing is.
    fn occupied(
        &self,
        found: &Found,
        name: &CollectionName,
    ) -> Result<Option<Step<Converted>>, Error> {
        let Found { file, relative, .. } = found;
        let path = self.manager.path(name);
        if self.taken.contains(name) {
            let (name, from) = (name.clone(), file.clone());
            return Err(CollectionError::Taken { name, from, path }.into());
        }
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        if backup::holds(&self.migration.config.root, file, relative)? {
            return Ok(Some(Step::Skip(format!(
                "a backup has it, and there is a collection `{name}`"
            ))));
        }
        let (name, from) = (name.clone(), file.clone());
        Err(CollectionError::Taken { name, from, path }.into())
    }

    /// Whether its collection goes to where the file is.
    fn is_in_place(&self, found: &Found) -> bool {
        let target = found.name.parse().map(|name| self.manager.path(&name));
        target.is_ok_and(|target| {
            let real = |path: &Path| crate::fs::parent(path).canonicalize().ok();
            target == found.file
                || real(&target).is_some_and(|folder| Some(folder) == real(&found.file))
        })
    }
}

/// Whether the first line that says anything is that of our version: a quick look at what may be
/// large.
fn is_ours(source: &Source) -> bool {
    let first = source.text.lines().find(|line| !line.starts_with('#'));
    first == Some("version: 3")
}

/// The version of a file that is a map with jobs.
fn version(old: &Old, root: &yaml::Node) -> Result<u8, CollectionError> {
    old.must_be_map(root)?;
    let Some(version) = root.get("version").filter(|version| !version.is_null()) else {
        // Version 1 does not say so, and neither does a file that is something else.
        return match root.get("jobs") {
            Some(_) => Ok(1),
            None => Err(old.wrong(root, "there are no `jobs`")),
        };
    };
    match version.to_value() {
        Value::Int(0 | 1) => Ok(1),
        Value::Int(2) => Ok(2),
        Value::Int(3) => Ok(3),
        Value::Int(version) => Err(CollectionError::Version {
            path: old.path.into(),
            version,
        }),
        _ => Err(old.wrong(version, "`version` must be a number")),
    }
}
