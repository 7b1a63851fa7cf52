use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::super::{Exit, Global, Printer};
use crate::Error;
use crate::collection::CollectionName;
use crate::logs::{Folders, Group, JobLogs, group};
use crate::model::JobName;
use crate::text;

/// How many groups are listed, and how many jobs of each.
const SHOWN: usize = 20;
const EXAMPLES: usize = 3;

#[derive(Serialize)]
struct Report<'a> {
    collection: &'a str,
    /// How many failed.
    failed: usize,
    groups: Vec<GroupReport<'a>>,
}

#[derive(Serialize)]
struct GroupReport<'a> {
    /// The message with its place and the ending, as the text shows them.
    signature: String,
    message: &'a str,
    place: Option<&'a str>,
    /// How the jobs ended, where the message is only the last line of a log.
    ending: Option<&'a str>,
    count: usize,
    /// How many are in each state.
    states: BTreeMap<&'a str, usize>,
    /// The log of the first.
    log: Option<PathBuf>,
    jobs: Vec<&'a JobName>,
}

/// Shows why jobs failed.
pub(super) fn run(
    name: &CollectionName,
    failed: Vec<JobLogs<'_>>,
    global: &Global,
    printer: &Printer,
) -> Result<Exit, Error> {
    let count = failed.len();
    let groups = group(failed);
    let reports: Vec<_> = groups.iter().map(GroupReport::new).collect();
    if global.json {
        printer.json(&Report {
            collection: name.as_str(),
            failed: count,
            groups: reports,
        })?;
        return Ok(Exit::Done);
    }
    if reports.is_empty() {
        printer.result(&format!("no job of collection `{name}` failed\n"))?;
        return Ok(Exit::Done);
    }
    let mut lines: Vec<String> = reports.iter().take(SHOWN).map(GroupReport::text).collect();
    if let Some(more) = reports.get(SHOWN..).filter(|more| !more.is_empty()) {
        let jobs: usize = more.iter().map(|report| report.count).sum();
        let jobs = text::count(jobs, "job");
        let ways = text::count(more.len(), "more way");
        lines.push(format!("{jobs} in {ways}; `--json` lists them all\n"));
    }
    printer.result(&lines.concat())?;
    Ok(Exit::Done)
}

impl<'a> GroupReport<'a> {
    fn new(group: &'a Group<'a>) -> Self {
        let Group { signature, jobs } = group;
        let mut states = BTreeMap::new();
        for job in jobs {
            *states.entry(job.attempt.state.word()).or_default() += 1;
        }
        let files = jobs.first().map(|job| job.files(&Folders::default()));
        Self {
            signature: signature.to_string(),
            message: signature.text(),
            place: signature.place(),
            ending: signature.ending(),
            count: jobs.len(),
            states,
            log: files.and_then(|files| files.into_iter().next()),
            jobs: jobs.iter().map(|job| job.name).collect(),
        }
    }

    /// `37 jobs: CUDA out of memory (train.py:88), e.g. lr0.1_seed3, lr0.1_seed4`, and a log.
    fn text(&self) -> String {
        let jobs = text::count(self.count, "job");
        let such_as = match self.count > EXAMPLES {
            true => "e.g. ",
            false => "",
        };
        let names = self.jobs.iter().take(EXAMPLES);
        let names: Vec<_> = names.map(ToString::to_string).collect();
        let names = names.join(", ");
        let mut text = format!("{jobs}: {}, {such_as}{names}\n", self.signature);
        if let Some(log) = &self.log {
            text.extend(["    ", &log.display().to_string(), "\n"]);
        }
        text
    }
}
