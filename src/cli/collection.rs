use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};
use serde::Serialize;

use super::table::table;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{
    Attempt, Collection, CollectionError, CollectionManager, CollectionName, Job, Listed,
    ScriptDigest,
};
use crate::model::{JobName, JobState, Map, ParamSet};
use crate::refresh::{Scope, refresh};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit collection list                 all collections
  slurmkit collection list 'vision/*'      those whose name matches
  slurmkit collection show resnet          its jobs
  slurmkit --json collection show resnet   the same for programs
  slurmkit collection delete resnet        forget it; scripts and logs stay";

/// What the state of a job is called before it is submitted.
pub(super) const UNSUBMITTED: &str = "UNSUBMITTED";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the collections of the project
    #[command(after_help = EXAMPLES)]
    List {
        /// Only those whose name matches this glob pattern
        #[arg(value_name = "PATTERN")]
        pattern: Option<Glob>,
    },
    /// Show the jobs of a collection
    #[command(after_help = EXAMPLES)]
    Show {
        /// The collection
        #[arg(default_value_t)]
        name: CollectionName,
    },
    /// Forget a collection; its scripts and logs stay
    #[command(after_help = EXAMPLES)]
    Delete {
        /// The collection
        name: CollectionName,
        /// Delete its scripts too, except those edited since they were generated
        #[arg(long)]
        scripts: bool,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        /// Forget it although jobs may wait or run
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<Exit, Error> {
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let root = config.root;
    match args.command {
        Command::List { pattern } => {
            let matcher = pattern.as_ref().map(Glob::compile_matcher);
            list(&manager, matcher.as_ref(), global.json, printer)
        }
        Command::Show { name } => {
            show(&manager.get(&name)?, &root, global.json, printer).map(|()| Exit::Done)
        }
        Command::Delete {
            name,
            scripts,
            yes,
            force,
        } => Delete {
            manager,
            root,
            name,
            scripts,
            yes,
            force,
        }
        .run(global.json, printer)
        .map(|()| Exit::Done),
    }
}

#[derive(Serialize)]
struct ListedReport {
    name: String,
    description: String,
    jobs: usize,
    updated: String,
}

fn list(
    manager: &CollectionManager,
    matcher: Option<&GlobMatcher>,
    json: bool,
    printer: &Printer,
) -> Result<Exit, Error> {
    let mut exit = Exit::Done;
    let mut reports = Vec::new();
    for Listed { name, collection } in manager.list()? {
        if matcher.is_some_and(|matcher| !matcher.is_match(name.as_str())) {
            continue;
        }
        match collection {
            Ok(collection) => reports.push(ListedReport {
                name: name.to_string(),
                description: collection.description.clone(),
                jobs: collection.jobs.len(),
                updated: collection.updated.to_string(),
            }),
            // One damaged file must not hide the others.
            Err(error) => {
                printer.error(&error.into());
                exit = Exit::Failed;
            }
        }
    }
    if json {
        printer.json(&reports)?;
        return Ok(exit);
    }
    if reports.is_empty() && matcher.is_none() && exit == Exit::Done {
        let folder = manager.folder().display();
        printer.note(&format!("there are no collections in `{folder}`"));
    }
    let rows = reports.into_iter().map(|report| {
        let ListedReport {
            name,
            description,
            jobs,
            updated,
        } = report;
        [name, text::thousands(jobs), updated, description]
    });
    printer.result(&table(
        ["COLLECTION", "JOBS", "UPDATED", "DESCRIPTION"],
        rows,
    ))?;
    Ok(exit)
}

#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    description: &'a str,
    created: String,
    updated: String,
    jobs: Vec<ShownJob<'a>>,
}

#[derive(Serialize)]
struct ShownJob<'a> {
    job_name: &'a JobName,
    parameters: &'a ParamSet,
    slurm_args: &'a Map,
    script_path: PathBuf,
    /// `null` before the first submission.
    state: Option<&'a JobState>,
    /// As the file of the collection has them.
    attempts: &'a [Attempt],
}

fn show(collection: &Collection, root: &Path, json: bool, printer: &Printer) -> Result<(), Error> {
    let script_path = |job: &Job| crate::fs::join(root, collection.script_path(job));
    if json {
        let jobs = collection.jobs.iter().map(|(job_name, job)| ShownJob {
            job_name,
            parameters: &job.parameters,
            slurm_args: &job.slurm_args,
            script_path: script_path(job),
            state: job.state(),
            attempts: &job.attempts,
        });
        return printer.json(&Shown {
            name: collection.name.as_str(),
            description: &collection.description,
            created: collection.created.to_string(),
            updated: collection.updated.to_string(),
            jobs: jobs.collect(),
        });
    }
    let rows = collection.jobs.iter().map(|(name, job)| {
        [
            name.to_string(),
            job.state()
                .map_or_else(|| UNSUBMITTED.into(), ToString::to_string),
            parameters(job),
            script_path(job).display().to_string(),
        ]
    });
    printer.result(&table(["JOB", "STATE", "PARAMETERS", "SCRIPT"], rows))
}

/// The parameters, and what the latest attempt ran with instead.
fn parameters(job: &Job) -> String {
    let generated = job.parameters.to_string();
    match job.attempts.last().map(|attempt| &attempt.changes.params) {
        Some(changed) if !changed.is_empty() => {
            format!("{generated}; then {}", ParamSet::from(changed))
        }
        _ => generated,
    }
}

struct Delete {
    manager: CollectionManager,
    root: PathBuf,
    name: CollectionName,
    scripts: bool,
    yes: bool,
    force: bool,
}

#[derive(Serialize)]
struct Deleted<'a> {
    collection: &'a str,
    scripts: Vec<PathBuf>,
    kept: Vec<PathBuf>,
}

impl Delete {
    fn run(&self, json: bool, printer: &Printer) -> Result<(), Error> {
        let Self { manager, name, .. } = self;
        let found = match manager.get(name) {
            Ok(mut collection) => {
                if !self.force {
                    check_ended(&mut collection, manager, printer)?;
                }
                let scripts = if self.scripts {
                    self.find(&collection)?
                } else {
                    Scripts::default()
                };
                let jobs = text::count(collection.jobs.len(), "job");
                let what = format!("collection `{name}` with {jobs}");
                self.confirm(&what, &scripts.unchanged, printer)?;
                scripts
            }
            // Without knowing the scripts the record can go all the same.
            Err(CollectionError::Damaged { .. }) if !self.scripts => {
                self.confirm(&format!("the damaged collection `{name}`"), &[], printer)?;
                Scripts::default()
            }
            Err(error) => return Err(error.into()),
        };
        let Scripts {
            unchanged,
            edited,
            shared,
        } = found;
        for script in &unchanged {
            fs_err::remove_file(script)?;
        }
        manager.delete(name)?;
        if json {
            return printer.json(&Deleted {
                collection: name.as_str(),
                scripts: unchanged,
                kept: [edited, shared].concat(),
            });
        }
        let kept = |scripts: &[PathBuf], why: &str| {
            for script in scripts {
                printer.note(&format!("kept {}: {why}", script.display()));
            }
        };
        kept(&edited, "it was edited");
        kept(&shared, "another collection has it, too");
        for script in &unchanged {
            printer.result(&format!("deleted {}\n", script.display()))?;
        }
        printer.result(&format!("deleted collection `{name}`\n"))
    }

    /// The scripts that are there, those that stay apart.
    fn find(&self, collection: &Collection) -> Result<Scripts, Error> {
        let mut scripts = Scripts::default();
        let path = |collection: &Collection, job: &Job| {
            crate::fs::join(&self.root, collection.script_path(job))
        };
        let others = self.manager.list()?.into_iter();
        let others = others.filter(|other| other.name != self.name);
        let of_others: HashSet<PathBuf> = others
            .filter_map(|other| other.collection.ok())
            .flat_map(|other| {
                let jobs = other.jobs.values();
                jobs.map(|job| path(&other, job)).collect::<Vec<_>>()
            })
            .collect();
        for job in collection.jobs.values() {
            let path = path(collection, job);
            if of_others.contains(&path) {
                scripts.shared.extend(path.exists().then_some(path));
                continue;
            }
            match fs_err::read(&path) {
                Ok(script) if ScriptDigest::of(&script) == job.digest => {
                    scripts.unchanged.push(path);
                }
                Ok(_) => scripts.edited.push(path),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(scripts)
    }

    fn confirm(&self, what: &str, scripts: &[PathBuf], printer: &Printer) -> Result<(), Error> {
        let scripts: Vec<_> = scripts
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let also = match scripts.len() {
            0 => String::new(),
            count => format!(" and the {} above", text::count(count, "script")),
        };
        let question = format!("delete {what}{also}?");
        let refused = format!("{what} was not deleted");
        printer.confirm(self.yes, &scripts, &question, refused)
    }
}

/// Sees to it that no job is forgotten that waits or runs.
fn check_ended(
    collection: &mut Collection,
    manager: &CollectionManager,
    printer: &Printer,
) -> Result<(), Error> {
    if collection.count_active() > 0 {
        // Without an answer it stays at what was seen last.
        refresh(collection, manager, &settings::slurm(printer), Scope::All).ok();
    }
    match collection.count_active() {
        0 => Ok(()),
        jobs => Err(Error::Active {
            name: collection.name.clone(),
            jobs,
        }),
    }
}

#[derive(Default)]
struct Scripts {
    unchanged: Vec<PathBuf>,
    edited: Vec<PathBuf>,
    /// That other collections have, too.
    shared: Vec<PathBuf>,
}
