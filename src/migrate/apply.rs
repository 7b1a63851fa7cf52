use std::path::{Path, PathBuf};

use fs_err as files;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::backup::Backup;
use super::{Converted, Plan, Planned, Settings, Step};
use crate::Error;
use crate::collection::{CollectionError, CollectionManager};
use crate::fs;

/// What a migration did.
#[derive(Debug, Default)]
pub struct Applied {
    /// Where the old files are kept, if any was migrated.
    pub backup: Option<PathBuf>,
    /// How many files were migrated.
    pub migrated: usize,
    /// The files that were not, and why.
    pub failed: Vec<(PathBuf, Error)>,
}

impl Plan {
    /// Whether anything is to be written.
    pub fn is_empty(&self) -> bool {
        let Self {
            collections,
            configs,
            ..
        } = self;
        let collections = collections
            .iter()
            .map(|planned| planned.step.converted().is_none());
        let configs = configs
            .iter()
            .map(|planned| planned.step.converted().is_none());
        collections.chain(configs).all(|stays| stays)
    }

    /// Writes what was planned, file by file; one that fails does not stop the others.
    ///
    /// # Errors
    /// When there can be no backup; then nothing is written.
    pub fn apply(self, zone: &TimeZone) -> Result<Applied, Error> {
        let mut applied = Applied::default();
        if self.is_empty() {
            return Ok(applied);
        }
        let backup = Backup::create(&self.root, zone.to_datetime(Timestamp::now()))?;
        let Self {
            collections,
            configs,
            manager,
            ..
        } = self;
        for planned in collections {
            take(planned, &mut applied, |file, relative, converted| {
                write_collection(file, relative, converted, &backup, &manager)
            });
        }
        for planned in configs {
            take(planned, &mut applied, |file, relative, settings| {
                write_settings(file, relative, &settings, &backup)
            });
        }
        applied.backup = Some(backup.folder().into());
        Ok(applied)
    }
}

fn take<T>(
    planned: Planned<T>,
    applied: &mut Applied,
    write: impl FnOnce(&Path, &Path, T) -> Result<(), Error>,
) {
    let Planned {
        file,
        relative,
        step,
    } = planned;
    let Step::Convert(converted) = step else {
        return;
    };
    match write(&file, &relative, *converted) {
        Ok(()) => applied.migrated += 1,
        Err(error) => applied.failed.push((file, error)),
    }
}

fn write_collection(
    file: &Path,
    relative: &Path,
    converted: Converted,
    backup: &Backup,
    manager: &CollectionManager,
) -> Result<(), Error> {
    let mut collection = converted.collection;
    let lock = manager.lock(&collection.name)?;
    if backup.keep(file, relative)? != converted.read {
        let name = collection.name;
        return Err(CollectionError::Changed { name }.into());
    }
    let staged = manager.stage(&lock, &mut collection)?;
    Ok(manager.commit(staged, &mut collection)?)
}

fn write_settings(
    file: &Path,
    relative: &Path,
    settings: &Settings,
    backup: &Backup,
) -> Result<(), Error> {
    let Settings { target, text, .. } = settings;
    if target.symlink_metadata().is_ok() {
        let path = target.clone();
        return Err(Error::Exists { path });
    }
    backup.keep(file, relative)?;
    files::create_dir_all(fs::parent(target))?;
    Ok(fs::write_like(file, target, text.as_bytes())?)
}
