use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;

use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{Collection, CollectionManager};
use crate::config::Config;
use crate::fs;
use crate::logs::{Folders, JobQuery, Match, files_of, matches};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit find 123456            where the log of this job is
  less \"$(slurmkit find 123_4)\"   read the log of a task
  slurmkit --json find 123456     job, collection, state and script, too

Logs are printed on standard output, one a line, and the job on standard error.
Exit codes: 0 when a log is known, 1 when there is none.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// What Slurm calls the job: `123`, `123_4`, `123.batch` or `123;cluster`
    #[arg(value_name = "JOBID")]
    id: JobQuery,
}

#[derive(Serialize)]
struct Report {
    job_id: String,
    jobs: Vec<JobReport>,
    /// Files that are called after the job, where no collection has it.
    files: Vec<PathBuf>,
}

#[derive(Serialize)]
struct JobReport {
    collection: String,
    job_name: String,
    job_id: String,
    state: String,
    /// Which of its submissions, from 1.
    attempt: usize,
    script_path: PathBuf,
    logs: Vec<PathBuf>,
}

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> Result<Exit, Error> {
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let folders = Folders::default();
    let mut jobs = Vec::new();
    for listed in manager.list_with_job(args.id.number)? {
        match listed.collection {
            Ok(collection) => {
                let matches = matches(&args.id, &config.root, &collection);
                let matches = matches.into_iter();
                jobs.extend(
                    matches.map(|found| JobReport::new(&config, &collection, &found, &folders)),
                );
            }
            // One damaged file must not hide the others.
            Err(error) => printer.error(&error.into()),
        }
    }
    let files = match jobs.is_empty() {
        true => files_of(
            &args.id,
            &config.output_patterns,
            &log_folders(&config, &manager)?,
        ),
        false => Vec::new(),
    };
    if jobs.is_empty() && files.is_empty() {
        return Err(Error::NoSuchId {
            id: args.id.id.to_string(),
        });
    }
    let report = Report {
        job_id: args.id.id.to_string(),
        jobs,
        files,
    };
    let logs = report.jobs.iter().flat_map(|job| &job.logs);
    let logs: Vec<&PathBuf> = logs.chain(&report.files).collect();
    let exit = match logs.is_empty() {
        true => Exit::Failed,
        false => Exit::Done,
    };
    if global.json {
        printer.json(&report)?;
        return Ok(exit);
    }
    report.tell(printer);
    let lines = logs.iter().map(|log| format!("{}\n", log.display()));
    printer.result(&lines.collect::<String>())?;
    Ok(exit)
}

/// Where logs of jobs may be that are in no collection: in the project, and where templates are told
/// to put them.
fn log_folders(config: &Config, manager: &CollectionManager) -> Result<BTreeSet<PathBuf>, Error> {
    let mut folders = BTreeSet::from([config.root.clone()]);
    for listed in manager.list()? {
        let sources = listed.collection.into_iter().flat_map(|read| read.sources);
        for source in sources {
            let folder = fs::join(&config.root, &source.working_dir);
            folders.insert(fs::join(&folder, &source.logs_dir));
            folders.insert(folder);
        }
    }
    Ok(folders)
}

impl Report {
    /// Says which jobs they are.
    fn tell(&self, printer: &Printer) {
        const SHOWN: usize = 5;
        for job in self.jobs.iter().take(SHOWN) {
            printer.note(&job.text());
        }
        if let Some(more) = self.jobs.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            printer.note(&format!("… and {} more", text::thousands(more)));
        }
        if self.jobs.is_empty() {
            printer.note(&format!("no collection has job {}", self.job_id));
        }
    }
}

impl JobReport {
    fn new(config: &Config, collection: &Collection, found: &Match<'_>, folders: &Folders) -> Self {
        let Match { number, job, logs } = found;
        Self {
            collection: collection.name.to_string(),
            job_name: logs.name.to_string(),
            job_id: logs.attempt.job_id.to_string(),
            state: logs.attempt.state.to_string(),
            attempt: *number,
            script_path: fs::join(&config.root, collection.script_of(job, logs.attempt)),
            logs: logs.files(folders),
        }
    }

    /// `job `lr0.1` of collection `resnet`, FAILED, attempt 2, script out/lr0.1.job`
    fn text(&self) -> String {
        let Self {
            collection,
            job_name,
            job_id,
            state,
            attempt,
            script_path,
            logs,
        } = self;
        let script = script_path.display();
        let no_log = match logs.is_empty() {
            true => ", no log",
            false => "",
        };
        format!(
            "{job_id}: job `{job_name}` of collection `{collection}`, {state}, attempt {attempt}, \
             script {script}{no_log}"
        )
    }
}
