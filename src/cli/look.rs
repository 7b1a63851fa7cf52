use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::Printer;
use crate::Error;
use crate::collection::{Collection, CollectionError, CollectionManager, CollectionName};
use crate::refresh::{is_due_for, is_ending, refresh};
use crate::scheduler::{Scheduler, SlurmError};

/// A collection after a look at the cluster.
pub(super) struct Look {
    pub(super) collection: Collection,
    /// Why the cluster could not be asked, so that states are those of the last look.
    pub(super) away: Option<SlurmError>,
}

/// Reads a collection and brings it up to date, if a job may have changed. What is news is saved,
/// unless somebody else is changing the collection.
pub(super) fn look(
    manager: &CollectionManager,
    name: &CollectionName,
    scheduler: &dyn Scheduler,
    printer: &Printer,
) -> Result<Look, Error> {
    let mut collection = manager.get(name)?;
    if !is_due_for(&collection, Timestamp::now()) {
        return Ok(Look {
            collection,
            away: None,
        });
    }
    let refreshed = match refresh(&mut collection, manager, scheduler) {
        Ok(refreshed) => refreshed,
        Err(error) => {
            return Ok(Look {
                collection,
                away: Some(error),
            });
        }
    };
    if let Some(error) = &refreshed.accounting_away {
        printer.note(&format!("note: the accounting does not answer: {error}"));
    }
    if refreshed.changed {
        save(manager, &mut collection)?;
    }
    Ok(Look {
        collection,
        away: None,
    })
}

/// The same, and waits a few seconds for how jobs ended that ended just now: who decides about them
/// must not take their exit codes for unknown.
pub(super) fn look_at_ends(
    manager: &CollectionManager,
    name: &CollectionName,
    scheduler: &dyn Scheduler,
    printer: &Printer,
) -> Result<Look, Error> {
    const LOOKS: usize = 5;
    for _ in 1..LOOKS {
        let look = look(manager, name, scheduler, printer)?;
        if look.away.is_some() || !is_ending(&look.collection, Timestamp::now()) {
            return Ok(look);
        }
        thread::sleep(Duration::from_secs(1));
    }
    look(manager, name, scheduler, printer)
}

/// Saves what is known of jobs, with what can be removed then, unless somebody else is changing the
/// collection: the next look comes to the same.
pub(super) fn save(
    manager: &CollectionManager,
    collection: &mut Collection,
) -> Result<(), CollectionError> {
    let saved = manager.lock(&collection.name).and_then(|lock| {
        let staged = manager.stage(&lock, collection)?;
        manager.commit(staged, collection)?;
        manager.remove_tasks(&lock, collection)
    });
    match saved {
        Err(CollectionError::Busy { .. } | CollectionError::Changed { .. }) => Ok(()),
        saved => saved,
    }
}
