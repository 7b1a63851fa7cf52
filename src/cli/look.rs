use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::Printer;
use crate::Error;
use crate::collection::{Collection, CollectionError, CollectionManager, CollectionName};
use crate::refresh::{Scope, ask_for_exit_codes, is_due_for, is_ending, refresh};
use crate::scheduler::{Slurm, SlurmError};

/// A collection after a look at the cluster.
pub(super) struct Look {
    pub(super) collection: Collection,
    /// Why the cluster could not be asked, so that states are those of the last look.
    pub(super) away: Option<SlurmError>,
    /// Whether the accounting could not be asked, so that the states of jobs that ended may be those of
    /// the last look.
    pub(super) accounting_away: bool,
}

/// Reads a collection and brings it up to date, if a job may have changed. What is news is saved,
/// unless somebody else is changing the collection, or it is somebody else's.
pub(super) fn look(
    manager: &CollectionManager,
    name: &CollectionName,
    slurm: &Slurm,
    printer: &Printer,
) -> Result<Look, Error> {
    let mut collection = manager.get(name)?;
    if !is_due_for(&collection, Timestamp::now()) {
        return Ok(Look {
            collection,
            away: None,
            accounting_away: false,
        });
    }
    let foreign_owner = manager.foreign_owner(name);
    let asked = as_owner(slurm, foreign_owner);
    let refreshed = match refresh(&mut collection, manager, &asked, Scope::News) {
        Ok(refreshed) => refreshed,
        Err(error) => {
            return Ok(Look {
                collection,
                away: Some(error),
                accounting_away: false,
            });
        }
    };
    if let Some(error) = &refreshed.accounting_away {
        printer.note(&format!("note: the accounting does not answer: {error}"));
    }
    if refreshed.changed && foreign_owner.is_none() {
        save(manager, &mut collection, printer)?;
    }
    Ok(Look {
        collection,
        away: None,
        accounting_away: refreshed.accounting_away.is_some(),
    })
}

/// The same, and makes sure of how jobs ended: who decides about them must not take their exit codes
/// for unknown. The accounting gets a few seconds for it, then the controller is asked.
pub(super) fn look_at_ends(
    manager: &CollectionManager,
    name: &CollectionName,
    slurm: &Slurm,
    printer: &Printer,
) -> Result<Look, Error> {
    let mut pauses = [1, 2, 4].into_iter();
    let mut seen = look(manager, name, slurm, printer)?;
    while seen.away.is_none()
        && !seen.accounting_away
        && is_ending(&seen.collection, Timestamp::now())
        && let Some(seconds) = pauses.next()
    {
        thread::sleep(Duration::from_secs(seconds));
        seen = look(manager, name, slurm, printer)?;
    }
    let foreign_owner = manager.foreign_owner(name);
    if seen.away.is_none()
        && let Ok(true) = ask_for_exit_codes(&mut seen.collection, &as_owner(slurm, foreign_owner))
        && foreign_owner.is_none()
    {
        save(manager, &mut seen.collection, printer)?;
    }
    Ok(seen)
}

/// The cluster as the owner of a collection sees it.
fn as_owner(slurm: &Slurm, foreign_owner: Option<u32>) -> Slurm {
    foreign_owner.map_or_else(|| slurm.clone(), |uid| slurm.of(uid))
}

/// Saves what is known of jobs, with what can be removed then, unless somebody else is changing the
/// collection or there is no room: the next look comes to the same.
pub(super) fn save(
    manager: &CollectionManager,
    collection: &mut Collection,
    printer: &Printer,
) -> Result<(), CollectionError> {
    let saved = manager.lock(&collection.name).and_then(|lock| {
        let staged = manager.stage(&lock, collection)?;
        manager.commit(staged, collection)?;
        manager.remove_tasks(&lock, collection)
    });
    match saved {
        Err(CollectionError::Busy { .. } | CollectionError::Changed { .. }) => Ok(()),
        // Whoever may only read sees what is new all the same.
        Err(CollectionError::Io(error))
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Ok(())
        }
        // Least of all when jobs that fill a disk are to be cancelled.
        Err(CollectionError::Io(error))
            if matches!(
                error.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded
            ) =>
        {
            printer.note(&format!("note: what is new cannot be noted: {error}"));
            Ok(())
        }
        saved => saved,
    }
}
