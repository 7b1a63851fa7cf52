use serde::Serialize;

use super::decided::Decided;
use super::dispatch::Dispatch;
use super::{Exit, Global, Printer, requeue};
use crate::Error;
use crate::model::{JobId, JobName};
use crate::submit::{Outcome, Refusal, Stop};
use crate::text;

/// What all rounds came to.
#[derive(Default)]
pub(super) struct Report {
    pub(super) submitted: Vec<(JobName, JobId)>,
    pub(super) recovered: Vec<(JobName, JobId)>,
    pub(super) refused: Vec<Refusal>,
    pub(super) left: usize,
    pub(super) unsettled: usize,
    pub(super) stop: Option<Stop>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    collection: &'a str,
    submitted: Vec<JobReport<'a>>,
    recovered: Vec<JobReport<'a>>,
    left: usize,
    unsettled: usize,
    message: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    requeued: &'a [JobName],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    decided: &'a [Decided],
}

#[derive(Serialize)]
struct JobReport<'a> {
    job_name: &'a JobName,
    job_id: &'a JobId,
}

fn job_reports(jobs: &[(JobName, JobId)]) -> Vec<JobReport<'_>> {
    let report = |(job_name, job_id)| JobReport { job_name, job_id };
    jobs.iter().map(|(name, id)| report((name, id))).collect()
}

impl Report {
    pub(super) fn add(&mut self, outcome: &Outcome, recovered: Vec<(JobName, JobId)>) {
        self.submitted.extend(outcome.submitted.iter().cloned());
        self.refused.extend(outcome.refused.iter().cloned());
        self.recovered.extend(recovered);
    }

    fn refused_jobs(&self) -> usize {
        self.refused.iter().map(|refusal| refusal.jobs).sum()
    }

    /// Why not everything was sent.
    fn message(&self) -> Option<String> {
        match &self.stop {
            Some(Stop::Interrupted) => Some("interrupted".into()),
            Some(Stop::Full(message)) => Some(format!("there is no room: {message}")),
            Some(Stop::Failed(error)) => Some(error.to_string()),
            Some(Stop::Refused) | None => {
                let first = self.refused.first()?;
                Some(format!(
                    "Slurm refused job `{}`: {}",
                    first.name, first.message
                ))
            }
        }
    }

    pub(super) fn print(
        self,
        dispatch: &Dispatch,
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        let message = self.message();
        if global.json {
            printer.json(&JsonReport {
                collection: dispatch.name.as_str(),
                submitted: job_reports(&self.submitted),
                recovered: job_reports(&self.recovered),
                left: self.left + self.refused_jobs(),
                unsettled: self.unsettled,
                message: message.clone(),
                requeued: &dispatch.requeued,
                decided: &dispatch.decided,
            })?;
        } else {
            printer.result(&self.text(dispatch))?;
        }
        for Refusal {
            name,
            jobs,
            message,
        } in &self.refused
        {
            let more = match jobs - 1 {
                0 => String::new(),
                more => format!(" and {} like it", text::thousands(more)),
            };
            printer.note(&format!("Slurm refused job `{name}`{more}: {message}"));
        }
        let left = text::count(self.left, "job");
        match self.stop {
            None if self.refused.is_empty() => Ok(Exit::Done),
            None => Ok(Exit::Failed),
            Some(Stop::Refused) => {
                printer.note(&format!(
                    "{left} not tried after that; mend what Slurm refuses, and submit again"
                ));
                Ok(Exit::Failed)
            }
            Some(Stop::Interrupted) => {
                if self.unsettled > 0 {
                    printer.note(&on_the_way(self.unsettled));
                }
                printer.note(&match self.left {
                    0 => "interrupted".into(),
                    _ => format!("interrupted: {left} not submitted"),
                });
                Ok(Exit::Interrupted)
            }
            Some(Stop::Full(message)) => {
                printer.note(&format!(
                    "{left} not submitted, there is no room: {message}"
                ));
                printer.note("submit again when jobs have ended, or stay with `--wait-for-room`");
                Ok(Exit::Failed)
            }
            Some(Stop::Failed(error)) => {
                if self.unsettled > 0 {
                    printer.note(&on_the_way(self.unsettled));
                }
                if self.left > 0 {
                    printer.note(&format!("{left} not submitted"));
                }
                if self.unsettled > 0 || !self.submitted.is_empty() {
                    printer
                        .note("what was sent is on record: no job goes twice if you submit again");
                }
                Err(error)
            }
        }
    }

    fn text(&self, dispatch: &Dispatch) -> String {
        let name = &dispatch.name;
        let jobs = text::count(self.submitted.len(), "job");
        let submitted = ids(&self.submitted);
        let nothing = self.submitted.is_empty() && self.refused.is_empty() && self.stop.is_none();
        let mut text = match nothing {
            true if !dispatch.requeued.is_empty() || self.left > 0 => String::new(),
            true => format!("nothing to submit in collection `{name}`\n"),
            false => format!("submitted {jobs} of collection `{name}`{submitted}\n"),
        };
        if !dispatch.requeued.is_empty() {
            text.push_str(&requeue::said(dispatch.requeued.len(), name));
        }
        if !self.recovered.is_empty() {
            let jobs = text::count(self.recovered.len(), "job");
            let ids = ids(&self.recovered);
            let found = format!("found {jobs} submitted by an earlier run that was ended{ids}\n");
            text.push_str(&found);
        }
        text
    }
}

/// What is said of jobs that may have been submitted.
pub(super) fn on_the_way(jobs: usize) -> String {
    let jobs = text::count(jobs, "job");
    format!("{jobs} on the way; `slurmkit submit` finds out what became of them")
}

/// The ids of some jobs, each array as one: `: 12, 13_[0-99]`; cut when there are many.
fn ids(jobs: &[(JobName, JobId)]) -> String {
    const SHOWN: usize = 5;
    let mut groups: Vec<(u64, Vec<&JobId>)> = Vec::new();
    for (_, id) in jobs {
        let number = id.number().unwrap_or_default();
        match groups.last_mut() {
            Some((last, ids)) if *last == number => ids.push(id),
            _ => groups.push((number, vec![id])),
        }
    }
    let show = |(number, ids): &(u64, Vec<&JobId>)| match &**ids {
        [one] => one.to_string(),
        several => format!("{number}_[0-{}]", several.len() - 1),
    };
    let mut shown: Vec<String> = groups.iter().take(SHOWN).map(show).collect();
    if groups.len() > SHOWN {
        shown.push("…".into());
        shown.extend(groups.last().map(show));
    }
    if shown.is_empty() {
        return String::new();
    }
    format!(": {}", shown.join(", ").replace("…, ", "… "))
}
