use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use globset::{Glob, GlobMatcher};
use serde::Serialize;

use super::table::table;
use super::{Global, Printer, settings};
use crate::Error;
use crate::collection::{
    Collection, CollectionError, CollectionManager, CollectionName, Listed, ScriptDigest,
};
use crate::model::{JobName, JobState, Map, ParamSet};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit collection list                 all collections
  slurmkit collection list 'vision/*'      those whose name matches
  slurmkit collection show resnet          its jobs
  slurmkit --json collection show resnet   the same for programs
  slurmkit collection delete resnet        forget it; scripts and logs stay";

/// What the state of a job is called before it is submitted.
const UNSUBMITTED: &str = "UNSUBMITTED";

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
    },
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<(), Error> {
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let root = config.root;
    match args.command {
        Command::List { pattern } => {
            let matcher = pattern.as_ref().map(Glob::compile_matcher);
            list(&manager, matcher.as_ref(), global.json, printer)
        }
        Command::Show { name } => show(&manager.get(&name)?, global.json, printer),
        Command::Delete { name, scripts, yes } => Delete {
            manager,
            root,
            name,
            scripts,
            yes,
        }
        .run(global.json, printer),
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
) -> Result<(), Error> {
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
            Err(error) => printer.error(&error.into()),
        }
    }
    if json {
        return printer.json(&reports);
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
    ))
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
}

fn show(collection: &Collection, json: bool, printer: &Printer) -> Result<(), Error> {
    if json {
        let jobs = collection.jobs.iter().map(|(job_name, job)| ShownJob {
            job_name,
            parameters: &job.parameters,
            slurm_args: &job.slurm_args,
            script_path: collection.script_path(job),
            state: job.state(),
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
            job.parameters.to_string(),
            collection.script_path(job).display().to_string(),
        ]
    });
    printer.result(&table(["JOB", "STATE", "PARAMETERS", "SCRIPT"], rows))
}

struct Delete {
    manager: CollectionManager,
    root: PathBuf,
    name: CollectionName,
    scripts: bool,
    yes: bool,
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
        let (scripts, kept) = match manager.get(name) {
            Ok(collection) => {
                let scripts = if self.scripts {
                    self.find(&collection)?
                } else {
                    Scripts::default()
                };
                let jobs = text::count(collection.jobs.len(), "job");
                self.confirm(
                    &format!("collection `{name}` with {jobs}"),
                    &scripts.unchanged,
                )?;
                (scripts.unchanged, scripts.edited)
            }
            // Without knowing the scripts the record can go all the same.
            Err(CollectionError::Damaged { .. }) if !self.scripts => {
                self.confirm(&format!("the damaged collection `{name}`"), &[])?;
                (Vec::new(), Vec::new())
            }
            Err(error) => return Err(error.into()),
        };
        for script in &scripts {
            fs_err::remove_file(script)?;
        }
        manager.delete(name)?;
        if json {
            return printer.json(&Deleted {
                collection: name.as_str(),
                scripts,
                kept,
            });
        }
        for script in &kept {
            printer.note(&format!("kept {}: it was edited", script.display()));
        }
        for script in &scripts {
            printer.result(&format!("deleted {}\n", script.display()))?;
        }
        printer.result(&format!("deleted collection `{name}`\n"))
    }

    /// The scripts that are there, those that were edited apart.
    fn find(&self, collection: &Collection) -> Result<Scripts, Error> {
        let mut scripts = Scripts::default();
        for job in collection.jobs.values() {
            let path = crate::fs::join(&self.root, collection.script_path(job));
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

    fn confirm(&self, what: &str, scripts: &[PathBuf]) -> Result<(), Error> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Error::NotConfirmed {
                what: format!("{what} was not deleted"),
                asked: false,
            });
        }
        let mut stderr = io::stderr().lock();
        for script in scripts {
            writeln!(stderr, "  {}", script.display())?;
        }
        let scripts = match scripts.len() {
            0 => String::new(),
            count => format!(" and the {} above", text::count(count, "script")),
        };
        write!(stderr, "delete {what}{scripts}? [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::NotConfirmed {
                what: format!("{what} was not deleted"),
                asked: true,
            }),
        }
    }
}

#[derive(Default)]
struct Scripts {
    unchanged: Vec<PathBuf>,
    edited: Vec<PathBuf>,
}
