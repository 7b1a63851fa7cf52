use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{Global, Printer, settings};
use crate::Error;
use crate::diagnostic::quoted;
use crate::migrate::{Applied, Converted, Migration, Plan, Planned, Settings, Step};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit migrate --dry-run          what becomes of the Python tool's files; write nothing
  slurmkit migrate                    do it, after asking
  slurmkit migrate -y                 do it unasked
  slurmkit migrate --from ../old      take them from another project

Every old file is copied to `.slurmkit/backups/migrate-DATE-TIME` first. Running it again is harmless.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// List what becomes of each file; write nothing
    #[arg(long)]
    dry_run: bool,
    /// The project of the Python tool, if it is another
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<(), Error> {
    let Args { dry_run, from, yes } = args;
    let config = settings::load(global, printer)?;
    if let Some(from) = from.as_ref().filter(|from| !from.is_dir()) {
        return Err(Error::Argument {
            argument: "--from",
            problem: format!("{} is not a folder", quoted(from)),
            help: Some("name the folder that holds `.job-collections` or `.slurmkit`".into()),
        });
    }
    let migration = Migration {
        from: from.unwrap_or_else(|| config.root.clone()),
        config,
        zone: TimeZone::system(),
    };
    let plan = migration.plan()?;
    let mut reports = reports(&plan);
    let notes = plan.notes.clone();
    if !global.json {
        printer.result(&listing(&reports))?;
    }
    let write = !dry_run && !plan.is_empty();
    if write {
        let question = "migrate? The old files are backed up first.";
        printer.confirm(yes, &[], question, "nothing was migrated".into())?;
    }
    let mut failed = print_failures(&plan, printer);
    let applied = match write {
        true => plan.apply(&migration.zone)?,
        false => Applied::default(),
    };
    for (file, error) in &applied.failed {
        printer.error(error);
        for report in reports.iter_mut().filter(|report| report.file == *file) {
            report.action = "fail";
            report.reason = Some(error.to_string());
        }
    }
    failed += applied.failed.len();
    let total = reports.len();
    if global.json {
        printer.json(&Report {
            dry_run,
            backup: applied.backup.as_deref(),
            files: reports,
            notes: &notes,
        })?;
    } else {
        printer.result(&summary(&reports, &applied))?;
        for note in &notes {
            printer.note(&format!("note: {note}"));
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(Error::NotMigrated { failed, total }),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    dry_run: bool,
    /// `null` when nothing was migrated.
    backup: Option<&'a Path>,
    files: Vec<FileReport>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct FileReport {
    file: PathBuf,
    kind: &'static str,
    /// `migrate`, `skip` or `fail`.
    action: &'static str,
    /// Why it is skipped, or what is wrong with it.
    reason: Option<String>,
    target: Option<PathBuf>,
    version: Option<u8>,
    collection: Option<String>,
    jobs: usize,
    attempts: usize,
    missing_scripts: usize,
    not_carried: Vec<Key>,
}

/// Something of the old file that has no room or no effect.
#[derive(Serialize)]
struct Key {
    key: String,
    count: usize,
}

impl FileReport {
    fn of<T>(planned: &Planned<T>, kind: &'static str) -> Self {
        let (action, reason) = match &planned.step {
            Step::Convert(_) => ("migrate", None),
            Step::Fail(error) => ("fail", Some(error.to_string())),
            Step::Skip(reason) => ("skip", Some(reason.clone())),
        };
        Self {
            file: planned.file.clone(),
            kind,
            action,
            reason,
            target: None,
            version: None,
            collection: None,
            jobs: 0,
            attempts: 0,
            missing_scripts: 0,
            not_carried: Vec::new(),
        }
    }

    fn collection(plan: &Plan, planned: &Planned<Converted>) -> Self {
        let report = Self::of(planned, "collection");
        let Some(converted) = planned.step.converted() else {
            return report;
        };
        let Converted {
            version,
            collection,
            lost,
            gone,
            ..
        } = converted;
        let keys = lost.iter().map(|(key, count)| Key {
            key: key.into(),
            count,
        });
        Self {
            target: Some(plan.target(collection)),
            version: Some(*version),
            collection: Some(collection.name.to_string()),
            jobs: collection.jobs.len(),
            attempts: collection.jobs.values().map(|job| job.attempts.len()).sum(),
            missing_scripts: *gone,
            not_carried: keys.collect(),
            ..report
        }
    }

    fn config(planned: &Planned<Settings>) -> Self {
        let report = Self::of(planned, "config");
        let Some(settings) = planned.step.converted() else {
            return report;
        };
        let keys = settings.foreign.iter().map(|key| Key {
            key: key.clone(),
            count: 1,
        });
        Self {
            target: Some(settings.target.clone()),
            not_carried: keys.collect(),
            ..report
        }
    }

    /// What becomes of the file, in a line or a few.
    fn write(&self, out: &mut String) -> std::fmt::Result {
        write!(out, "{}", self.file.display())?;
        if let Some(reason) = self.reason.as_ref().filter(|_| self.action == "skip") {
            return writeln!(out, ": skipped, {reason}");
        }
        let Some(target) = &self.target else {
            return writeln!(out, ": cannot be migrated");
        };
        match &self.collection {
            Some(name) => {
                write!(out, ": collection `{name}`, ")?;
                let counts = [(self.jobs, "job"), (self.attempts, "attempt")];
                let [jobs, attempts] = counts.map(|(count, noun)| text::count(count, noun));
                writeln!(out, "{jobs}, {attempts}")?;
            }
            None => writeln!(out, ": config")?,
        }
        if *target != self.file {
            writeln!(out, "  to {}", target.display())?;
        }
        if !self.not_carried.is_empty() {
            let keys = self
                .not_carried
                .iter()
                .map(|Key { key, count }| match count {
                    1 => key.clone(),
                    count => format!("{key} ({})", text::thousands(*count)),
                });
            let keys: Vec<_> = keys.collect();
            let what = match self.kind {
                "config" => "without effect here",
                _ => "not carried over",
            };
            writeln!(out, "  {what}: {}", keys.join(", "))?;
        }
        if self.missing_scripts > 0 {
            let scripts = text::count(self.missing_scripts, "script");
            writeln!(
                out,
                "  {scripts} not found; `generate` writes what is missing"
            )?;
        }
        Ok(())
    }
}

fn reports(plan: &Plan) -> Vec<FileReport> {
    let collections = plan.collections.iter();
    collections
        .map(|planned| FileReport::collection(plan, planned))
        .chain(plan.configs.iter().map(FileReport::config))
        .collect()
}

fn listing(reports: &[FileReport]) -> String {
    let mut out = String::new();
    for report in reports {
        report
            .write(&mut out)
            .expect("writing to a string cannot fail");
    }
    out
}

fn summary(reports: &[FileReport], applied: &Applied) -> String {
    let planned = reports.iter().filter(|report| report.action == "migrate");
    let Some(backup) = &applied.backup else {
        return match planned.count() {
            0 if reports.iter().any(|report| report.action == "fail") => {
                "nothing was written\n".into()
            }
            0 => "nothing to migrate\n".into(),
            count => format!(
                "{} to migrate; nothing was written\n",
                text::count(count, "file")
            ),
        };
    };
    let files = text::count(applied.migrated, "file");
    format!(
        "{files} migrated; the old ones are kept in {}\n",
        backup.display()
    )
}

/// Says what cannot be migrated; returns how many files that are.
fn print_failures(plan: &Plan, printer: &Printer) -> usize {
    let failure = |error: Option<&Error>| {
        error.map_or(0, |error| {
            printer.error(error);
            1
        })
    };
    let collections = plan
        .collections
        .iter()
        .map(|planned| failure(planned.step.failure()));
    let configs = plan
        .configs
        .iter()
        .map(|planned| failure(planned.step.failure()));
    collections.chain(configs).sum()
}
