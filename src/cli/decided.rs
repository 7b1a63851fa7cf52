//! What rules for jobs that failed decided, for people and programs.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;

use super::Printer;
use super::collection::UNSUBMITTED;
use super::table::table;
use crate::model::JobName;
use crate::retry::{Decision, Retries, Step, Verdict};
use crate::text;

/// What becomes of a job.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Decided {
    job_name: JobName,
    state: Option<String>,
    /// How many there were.
    attempts: usize,
    action: &'static str,
    changes: BTreeMap<String, Changed>,
    /// Why it stays as it is.
    reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Changed {
    from: Option<String>,
    to: String,
}

impl Decided {
    /// All that was decided.
    pub(super) fn all(retries: &Retries) -> Vec<Self> {
        retries.decisions.iter().map(Self::of).collect()
    }

    fn of(decision: &Decision) -> Self {
        let (action, steps, reason) = match &decision.verdict {
            Verdict::Again { steps, .. } => ("submit", &**steps, None),
            Verdict::Requeue => ("requeue", &[][..], None),
            Verdict::Stay(stay) => ("stay", &[][..], Some(stay.to_string())),
        };
        let changed = |Step { name, from, to }: &Step| {
            let (from, to) = (from.clone(), to.clone());
            (name.clone(), Changed { from, to })
        };
        Self {
            job_name: decision.name.clone(),
            state: decision.state.as_ref().map(ToString::to_string),
            attempts: decision.attempts,
            action,
            changes: steps.iter().map(changed).collect(),
            reason,
        }
    }
}

fn state(decision: &Decision) -> String {
    let state = decision.state.as_ref();
    state.map_or_else(|| UNSUBMITTED.into(), ToString::to_string)
}

/// A line for each job.
pub(super) fn to_table(retries: &Retries) -> String {
    let rows = retries.decisions.iter().map(|decision| {
        [
            decision.name.to_string(),
            state(decision),
            decision.attempts.to_string(),
            decision.verdict.to_string(),
        ]
    });
    table(["JOB", "STATE", "ATTEMPTS", "DECISION"], rows)
}

/// Says in few lines what was decided.
pub(super) fn tell(retries: &Retries, printer: &Printer) {
    const SHOWN: usize = 12;
    if !retries.ruled {
        return;
    }
    let mut groups: IndexMap<String, Vec<&JobName>> = IndexMap::new();
    for decision in &retries.decisions {
        let group = groups.entry(format!("{}: {}", state(decision), decision.verdict));
        group.or_default().push(&decision.name);
    }
    for (what, names) in groups.iter().take(SHOWN) {
        printer.note(&match &names[..] {
            [only] => format!("job `{only}`, {what}"),
            [first, ..] => {
                let jobs = text::count(names.len(), "job");
                format!("{jobs} such as `{first}`, {what}")
            }
            [] => continue,
        });
    }
    if groups.len() > SHOWN {
        let more = text::thousands(groups.len() - SHOWN);
        printer.note(&format!("… and {more} more; `--dry-run` shows each job"));
    }
}
