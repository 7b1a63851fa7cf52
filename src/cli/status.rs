use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::collection::UNSUBMITTED;
use super::look::{Look, look};
use super::number::at_least;
use super::sent::on_the_way;
use super::table::table;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{Attempt, Collection, CollectionName, Job};
use crate::fs;
use crate::model::{JobId, JobName, JobState};
use crate::refresh;
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit status                      the jobs of `default`, asked of Slurm now
  slurmkit status resnet --watch       again and again, until all have ended
  slurmkit status resnet --state FAILED
  slurmkit --json status resnet";

/// How many jobs that failed are listed.
const SHOWN: usize = 20;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    #[arg(default_value_t)]
    name: CollectionName,
    /// List the jobs in this state, in Slurm's words, or UNSUBMITTED
    #[arg(long, value_name = "STATE")]
    state: Option<Asked>,
    /// Show it again and again until all jobs have ended
    #[arg(long)]
    watch: bool,
    /// How long to wait in between, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "watch", value_parser = at_least(5_u64, "seconds"))]
    interval: u64,
}

/// A state as somebody types it; none is unsubmitted.
#[derive(Clone, Debug)]
pub(super) struct Asked(Option<JobState>);

impl Asked {
    pub(super) fn is(&self, state: Option<&JobState>) -> bool {
        self.0.as_ref() == state
    }
}

impl FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.eq_ignore_ascii_case(UNSUBMITTED) {
            true => Ok(Self(None)),
            false => JobState::typed(text).map(|state| Self(Some(state))),
        }
    }
}

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> Result<Exit, Error> {
    if args.watch && global.json {
        return Err(Error::Argument {
            argument: "--watch",
            problem: "there is one JSON document, and it does not change".into(),
            help: Some("leave out `--json`, or call `status` again and again".into()),
        });
    }
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let slurm = settings::slurm(printer);
    loop {
        let look = look(&manager, &args.name, &slurm, printer)?;
        let asked = args.state.as_ref();
        if global.json {
            let meant = |job: &Job| asked.is_none_or(|asked| asked.is(job.state()));
            printer.json(&Report::new(&look, &config.root, meant))?;
        } else {
            let clear = args.watch && io::stdout().is_terminal();
            let clear = if clear { "\u{1b}[H\u{1b}[J" } else { "" };
            printer.result(&format!("{clear}{}", text(&look, &config.root, asked)))?;
        }
        let now = Timestamp::now();
        let is_over = look.collection.is_over(now) && !refresh::is_ending(&look.collection, now);
        if !args.watch || is_over {
            return Ok(Exit::Done);
        }
        std::thread::sleep(Duration::from_secs(args.interval));
    }
}

#[derive(Serialize)]
struct Report<'a> {
    collection: &'a str,
    /// `current`, or `away` when the states are those of the last look.
    cluster: &'static str,
    as_of: Timestamp,
    counts: BTreeMap<&'a str, usize>,
    /// How many jobs were sent of which nobody knows yet whether they arrived.
    unsettled: usize,
    jobs: Vec<JobReport<'a>>,
}

#[derive(Serialize)]
struct JobReport<'a> {
    job_name: &'a JobName,
    state: &'a str,
    job_id: Option<&'a JobId>,
    /// How often it was submitted.
    attempts: usize,
    exit_code: Option<&'a str>,
    reason: Option<&'a str>,
    node: Option<&'a str>,
    elapsed_seconds: Option<i64>,
    log: Option<PathBuf>,
}

impl<'a> Report<'a> {
    /// With the jobs that are meant. `root` is the project's, as seen from here.
    fn new(look: &'a Look, root: &Path, meant: impl Fn(&Job) -> bool) -> Self {
        let Look {
            collection,
            away,
            accounting_away,
        } = look;
        let now = Timestamp::now();
        let mut counts = BTreeMap::new();
        for job in collection.jobs.values() {
            *counts.entry(word(job)).or_default() += 1;
        }
        let jobs = collection.jobs.iter().filter(|(_, job)| meant(job));
        Self {
            collection: collection.name.as_str(),
            cluster: match away.is_some() || *accounting_away {
                true => "away",
                false => "current",
            },
            as_of: match away {
                Some(_) => collection.updated,
                None => now,
            },
            counts,
            unsettled: collection.count_unsettled(),
            jobs: jobs
                .map(|(name, job)| JobReport::new(collection, root, name, job, now))
                .collect(),
        }
    }
}

/// The counts, and the jobs in a state that was asked for, or else the first that failed.
fn text(look: &Look, root: &Path, asked: Option<&Asked>) -> String {
    let mut text = String::new();
    write(&mut text, look, root, asked).expect("writing to a string cannot fail");
    text
}

fn write(out: &mut String, look: &Look, root: &Path, asked: Option<&Asked>) -> std::fmt::Result {
    let Look {
        collection, away, ..
    } = look;
    let report = Report::new(look, root, |job| match asked {
        Some(asked) => asked.is(job.state()),
        None => job.state().is_some_and(JobState::is_failure),
    });
    let name = report.collection;
    let jobs = text::count(collection.jobs.len(), "job");
    writeln!(out, "{jobs} of collection `{name}`")?;
    if let Some(error) = away {
        let age = Timestamp::now().as_second() - report.as_of.as_second();
        writeln!(out, "{error}")?;
        writeln!(
            out,
            "as of the last change, {} ago ({})",
            duration(age),
            report.as_of
        )?;
    }
    let counts = refresh::count(collection);
    let completed = counts.get(&Some(JobState::Completed)).copied();
    let completed = completed.unwrap_or_default();
    let states = collection.jobs.values().filter_map(Job::state);
    let ended = states.filter(|state| !state.is_active()).count();
    writeln!(out, "{}", bar(completed, ended, collection.jobs.len()))?;
    for (state, count) in &counts {
        let word = state.as_ref().map_or(UNSUBMITTED, JobState::word);
        let reasons = reasons(collection, state.as_ref());
        let line = format!("  {word:<13} {:>9}{reasons}", text::thousands(*count));
        writeln!(out, "{}", line.trim_end())?;
    }
    if let Some(seconds) = remaining(collection, Timestamp::now()) {
        writeln!(out, "about {} remaining", duration(seconds))?;
    }
    let unsettled = collection.count_unsettled();
    if unsettled > 0 {
        writeln!(out, "{}", on_the_way(unsettled))?;
    }
    if report.jobs.is_empty() {
        return Ok(());
    }
    let most = asked.map_or(SHOWN, |_| usize::MAX);
    let rows = report.jobs.iter().take(most).map(JobReport::row);
    let header = [
        "STATE", "JOB", "ID", "EXIT", "ELAPSED", "NODE", "REASON", "LOG",
    ];
    write!(out, "\n{}", table(header, rows))?;
    if report.jobs.len() > most {
        let more = text::thousands(report.jobs.len() - most);
        writeln!(out, "… and {more} more; `--state` lists those in one state")?;
    }
    if asked.is_none() {
        writeln!(
            out,
            "`slurmkit logs {name} --failed` shows why, alike ones together"
        )?;
    }
    Ok(())
}

impl<'a> JobReport<'a> {
    fn new(
        collection: &'a Collection,
        root: &Path,
        job_name: &'a JobName,
        job: &'a Job,
        now: Timestamp,
    ) -> Self {
        let latest = job.attempts.last();
        let source = collection.sources.get(job.source);
        let folder = source.map_or(Path::new(""), |source| &source.working_dir);
        let folder = fs::join(root, folder);
        let of = |field: fn(&'a Attempt) -> Option<&'a str>| latest.and_then(field);
        Self {
            job_name,
            state: word(job),
            job_id: latest.map(|attempt| &attempt.job_id),
            attempts: job.attempts.len(),
            exit_code: of(|attempt| attempt.exit_code.as_deref()),
            reason: of(|attempt| attempt.reason.as_deref()),
            node: of(|attempt| attempt.nodes.as_deref()),
            elapsed_seconds: latest.and_then(|attempt| attempt.elapsed_seconds(now)),
            log: latest
                .and_then(|attempt| attempt.log.as_ref())
                .map(|log| fs::join(&folder, log)),
        }
    }

    fn row(&self) -> [String; 8] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.state.into(),
            self.job_name.to_string(),
            self.job_id.map(ToString::to_string).unwrap_or_default(),
            text(self.exit_code),
            self.elapsed_seconds.map(duration).unwrap_or_default(),
            text(self.node),
            text(self.reason),
            self.log
                .as_ref()
                .map(|log| log.display().to_string())
                .unwrap_or_default(),
        ]
    }
}

fn word(job: &Job) -> &str {
    job.state().map_or(UNSUBMITTED, JobState::word)
}

/// How far a collection is: how many jobs completed, and how many ended if there are more of them.
fn bar(completed: usize, ended: usize, total: usize) -> String {
    const WIDTH: usize = 40;
    let full = (completed * WIDTH).checked_div(total).unwrap_or_default();
    let percent = (completed * 100).checked_div(total).unwrap_or_default();
    let over = match ended == completed {
        true => String::new(),
        false => format!(
            ", {} of {} ended",
            text::thousands(ended),
            text::thousands(total)
        ),
    };
    format!(
        "{}{} {percent}% completed{over}",
        "█".repeat(full),
        "░".repeat(WIDTH - full)
    )
}

/// Why jobs wait, most frequent first: `  Resources 3, Priority 2`.
fn reasons(collection: &Collection, state: Option<&JobState>) -> String {
    if state != Some(&JobState::Pending) {
        return String::new();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let latest = collection
        .jobs
        .values()
        .filter_map(|job| job.attempts.last());
    let waiting = latest.filter(|attempt| attempt.state == JobState::Pending);
    for reason in waiting.filter_map(|attempt| attempt.reason.as_deref()) {
        *counts.entry(reason).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let shown = counts.iter().take(3);
    let shown: Vec<_> = shown
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    format!("  {}", shown.join(", "))
}

/// How long what waits and runs may take, in seconds, if it goes on as before. `None` where that is
/// not known: nothing runs, nothing completed, or what runs takes longer than what completed.
fn remaining(collection: &Collection, now: Timestamp) -> Option<i64> {
    let latest = collection.jobs.values();
    let latest: Vec<&Attempt> = latest.filter_map(|job| job.attempts.last()).collect();
    remaining_of(&latest, now)
}

fn remaining_of(latest: &[&Attempt], now: Timestamp) -> Option<i64> {
    let latest = || latest.iter().copied();
    let elapsed = |attempt: &Attempt| attempt.elapsed_seconds(now);
    let finished: Vec<i64> = latest()
        .filter(|attempt| attempt.state == JobState::Completed)
        .filter_map(elapsed)
        .collect();
    let count = i64::try_from(finished.len())
        .ok()
        .filter(|count| *count > 0)?;
    let mean = finished.iter().sum::<i64>() / count;
    let running: Vec<i64> = latest()
        .filter(|attempt| attempt.state == JobState::Running)
        .map(|attempt| (mean - elapsed(attempt).unwrap_or_default()).max(0))
        .collect();
    let waiting = latest()
        .filter(|attempt| attempt.state == JobState::Pending)
        .count();
    if running.is_empty() {
        return None;
    }
    let work = running.iter().sum::<i64>() + mean * i64::try_from(waiting).ok()?;
    let seconds = work / i64::try_from(running.len()).ok()?;
    (seconds > 0).then_some(seconds)
}

/// `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
pub(super) fn duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{minutes} min"),
        7200..172_800 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn nothing_is_estimated_of_jobs_that_take_longer_than_those_before() {
        let now = Timestamp::now();
        let attempt = |state, started: i64| Attempt {
            started: Some(now - started.seconds()),
            ended: (state == JobState::Completed).then_some(now),
            ..Attempt::new(JobId::from(7), state)
        };
        let after = |running: i64| {
            let attempts = [
                attempt(JobState::Completed, 60),
                attempt(JobState::Running, running),
            ];
            remaining_of(&attempts.each_ref(), now)
        };
        assert_eq!(after(20), Some(40));
        assert_eq!(after(60), None);
        assert_eq!(after(600), None);
    }
}
