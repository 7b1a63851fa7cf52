//! Failures that jobs share: what is wrong with all of them is no accident.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};

use super::{Retries, Verdict};
use crate::collection::{Attempt, Collection};
use crate::model::JobState;
use crate::spec::Retry;
use crate::text;

/// Jobs that failed in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// How many.
    pub jobs: usize,
    /// With which exit code, `CODE:SIGNAL`; empty if it is not known.
    pub exit_code: String,
}

impl Display for Alike {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { jobs, exit_code } = self;
        write!(f, "{} failed alike", text::count(*jobs, "job"))?;
        match exit_code.split_once(':') {
            Some((code, "0")) => write!(f, " (exit code {code})"),
            Some((_, signal)) => write!(f, " (signal {signal})"),
            None => Ok(()),
        }
    }
}

/// Jobs that failed alike and would go again, if there are too many of them and no job of the
/// collection completed. Those for which a hook found a cure do not count.
pub fn find_alike(retries: &Retries, collection: &Collection) -> Option<Alike> {
    let mut jobs = collection.jobs.values();
    if jobs.any(|job| job.state() == Some(&JobState::Completed)) {
        return None;
    }
    let mut counts: HashMap<_, u64> = HashMap::new();
    let default = Retry::default();
    let suspects = retries.decisions.iter().filter(|it| match &it.verdict {
        Verdict::Again { steps, .. } => steps.is_empty() || !it.by_hook,
        Verdict::Requeue | Verdict::Stay(_) => false,
    });
    for decision in suspects {
        let job = collection.jobs.get(&decision.name);
        let Some((job, last)) = job.and_then(|job| Some((job, job.attempts.last()?))) else {
            continue;
        };
        // Any other state says itself what was wrong.
        if last.state != JobState::Failed {
            continue;
        }
        let retry = retries.rules.get(job.source).and_then(Option::as_ref);
        let most = retry.unwrap_or(&default).stop_after_alike;
        let count = counts.entry((job.source, signature(last))).or_default();
        *count += 1;
        if *count == most.get() {
            let exit_code = signature(last).to_owned();
            let jobs = count_with(collection, &exit_code);
            return Some(Alike { jobs, exit_code });
        }
    }
    None
}

fn count_with(collection: &Collection, exit_code: &str) -> usize {
    let attempts = collection
        .jobs
        .values()
        .filter_map(|job| job.attempts.last());
    let alike = |last: &&Attempt| last.state == JobState::Failed && signature(last) == exit_code;
    attempts.filter(alike).count()
}

/// What failures that are alike have in common.
fn signature(attempt: &Attempt) -> &str {
    attempt.exit_code.as_deref().unwrap_or_default()
}
