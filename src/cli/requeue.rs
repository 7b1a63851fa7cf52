use super::Printer;
use crate::Error;
use crate::collection::{Collection, CollectionManager, CollectionName};
use crate::model::JobName;
use crate::retry::{Retries, Verdict, put_back};
use crate::scheduler::Slurm;
use crate::text;

/// Puts jobs back into the queue under their old ids.
pub(super) struct Requeue<'a> {
    pub(super) manager: &'a CollectionManager,
    pub(super) slurm: &'a Slurm,
    pub(super) name: &'a CollectionName,
    pub(super) yes: bool,
}

impl Requeue<'_> {
    /// Those that shall go back; returns which went. What becomes of the others is `otherwise`.
    pub(super) fn run(
        &self,
        retries: &mut Retries,
        otherwise: &Verdict,
        printer: &Printer,
    ) -> Result<Vec<JobName>, Error> {
        let count = retries.to_requeue().count();
        if count == 0 {
            return Ok(Vec::new());
        }
        self.confirm(count, printer)?;
        let mut requeued = Vec::new();
        self.with_collection(|collection| {
            let (manager, done) = (self.manager, &mut requeued);
            put_back(retries, otherwise, collection, manager, self.slurm, done)
        })?;
        Ok(requeued)
    }

    fn confirm(&self, count: usize, printer: &Printer) -> Result<(), Error> {
        let jobs = format!(
            "{} of collection `{}`",
            text::count(count, "job"),
            self.name
        );
        printer.confirm(
            self.yes,
            &[],
            &format!("put {jobs} back into the queue?"),
            format!("{jobs} were not put back into the queue"),
        )
    }

    /// Changes the collection under its lock; what is noted is saved, whatever failed after it.
    fn with_collection(
        &self,
        change: impl FnOnce(&mut Collection) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let lock = self.manager.lock(self.name)?;
        let mut collection = self.manager.get(self.name)?;
        let changed = change(&mut collection);
        let staged = self.manager.stage(&lock, &mut collection)?;
        self.manager.commit(staged, &mut collection)?;
        changed
    }
}

/// That so many jobs went back.
pub(super) fn said(count: usize, name: &CollectionName) -> String {
    let jobs = text::count(count, "job");
    format!("put {jobs} of collection `{name}` back into the queue\n")
}
