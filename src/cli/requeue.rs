use std::collections::BTreeMap;

use serde::Serialize;

use super::{Exit, Global, Printer};
use crate::Error;
use crate::collection::{Collection, CollectionManager, CollectionName};
use crate::model::{JobId, JobName};
use crate::retry::{Retries, note_in_queue, put_back};
use crate::scheduler::{Scheduler, Slurm};
use crate::text;

/// Puts jobs back into the queue under their old ids.
pub(super) struct Requeue<'a> {
    pub(super) manager: &'a CollectionManager,
    pub(super) slurm: &'a Slurm,
    pub(super) name: &'a CollectionName,
    pub(super) yes: bool,
}

#[derive(Serialize)]
struct Requeued<'a> {
    collection: &'a str,
    requeued: &'a [JobName],
}

impl Requeue<'_> {
    /// All of `names`, because somebody asked for it.
    pub(super) fn all(
        &self,
        names: &[JobName],
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        self.confirm(names.len(), printer)?;
        self.with_collection(|collection| {
            let mut ids: BTreeMap<Option<String>, Vec<JobId>> = BTreeMap::new();
            let jobs = names.iter().filter_map(|name| collection.jobs.get(name));
            for last in jobs.filter_map(|job| job.attempts.last()) {
                let cluster = last.cluster.as_deref().map(String::from);
                ids.entry(cluster).or_default().push(last.job_id.clone());
            }
            for (cluster, ids) in &ids {
                self.slurm.requeue(cluster.as_deref(), ids)?;
            }
            for name in names {
                collection.jobs.get_mut(name).map(note_in_queue);
            }
            Ok(())
        })?;
        if global.json {
            printer.json(&Requeued {
                collection: self.name.as_str(),
                requeued: names,
            })?;
        } else {
            printer.result(&said(names.len(), self.name))?;
        }
        Ok(Exit::Done)
    }

    /// Those that a rule wants back; returns which went.
    pub(super) fn by_rules(
        &self,
        retries: &mut Retries,
        printer: &Printer,
    ) -> Result<Vec<JobName>, Error> {
        let count = retries.to_requeue().count();
        if count == 0 {
            return Ok(Vec::new());
        }
        self.confirm(count, printer)?;
        let mut requeued = Vec::new();
        self.with_collection(|collection| {
            let done = put_back(retries, collection, self.slurm, &mut requeued);
            done.map_err(Error::from)
        })?;
        Ok(requeued)
    }

    fn confirm(&self, count: usize, printer: &Printer) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
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
