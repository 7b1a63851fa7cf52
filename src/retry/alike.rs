//! Failures that jobs share: what is wrong with all of them is no accident.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use indexmap::IndexMap;

use super::{Retries, Verdict};
use crate::collection::Collection;
use crate::logs::{JobLogs, Signature, group};
use crate::model::JobState;
use crate::spec::Retry;
use crate::text;

/// Jobs that failed in one way.
#[derive(Clone, Debug)]
pub struct Alike {
    /// How many.
    pub jobs: usize,
    /// With which exit code, `CODE:SIGNAL`; empty if it is not known.
    pub exit_code: String,
    /// Why, as the ends of their logs tell.
    pub signature: Signature,
}

impl Display for Alike {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            jobs,
            exit_code,
            signature,
        } = self;
        write!(f, "{} failed alike (", text::count(*jobs, "job"))?;
        let code = exit_code.split_once(':');
        // Some say it themselves.
        match code.filter(|_| signature.ending().is_none()) {
            Some((code, "0")) => write!(f, "exit code {code}, ")?,
            Some((_, signal)) => write!(f, "signal {signal}, ")?,
            None => {}
        }
        write!(f, "{signature})")
    }
}

/// Jobs that failed alike and would go again, if there are too many of them and no job of the
/// collection completed. Those for which a hook found a cure do not count. Logs are read only of jobs
/// whose exit codes agree. `root` is the project's.
pub fn find_alike(retries: &Retries, collection: &Collection, root: &Path) -> Option<Alike> {
    let mut jobs = collection.jobs.values();
    if jobs.any(|job| job.state() == Some(&JobState::Completed)) {
        return None;
    }
    let suspects = retries.decisions.iter().filter(|it| match &it.verdict {
        Verdict::Again { steps, .. } => steps.is_empty() || !it.by_hook,
        Verdict::Requeue | Verdict::Stay(_) => false,
    });
    let mut by_code: IndexMap<_, Vec<JobLogs<'_>>> = IndexMap::new();
    for decision in suspects {
        let job = collection.jobs.get_key_value(&decision.name);
        let Some((name, job, last)) =
            job.and_then(|(name, job)| Some((name, job, job.attempts.last()?)))
        else {
            continue;
        };
        // Any other state says itself what was wrong.
        if last.state == JobState::Failed {
            let code = last.exit_code.as_deref().unwrap_or_default();
            let logs = JobLogs::new(root, collection, name, job, last);
            by_code.entry((job.source, code)).or_default().push(logs);
        }
    }
    let default = Retry::default();
    by_code.into_iter().find_map(|((source, code), failed)| {
        let retry = retries.rules.get(source).and_then(Option::as_ref);
        let most = retry.unwrap_or(&default).stop_after_alike.get();
        let is_many = |jobs: usize| u64::try_from(jobs).is_ok_and(|jobs| jobs >= most);
        let failed = is_many(failed.len()).then_some(failed)?;
        let largest = group(failed).into_iter().next()?;
        is_many(largest.jobs.len()).then(|| Alike {
            jobs: largest.jobs.len(),
            exit_code: code.to_owned(),
            signature: largest.signature,
        })
    })
}
