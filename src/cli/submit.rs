use std::time::Duration;

use serde::Serialize;

use super::interrupt::Patience;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{Collection, CollectionManager, CollectionName};
use crate::config::Config;
use crate::model::{JobId, JobName};
use crate::refresh::refresh;
use crate::scheduler::{Dependency, DependencyType, Limits, Scheduler, Slurm, SlurmError};
use crate::submit::{Arrays, Filter, Outcome, Plan, Refusal, Request, Selection, Stop, Submitter};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit submit                          all jobs of `default` that were never submitted
  slurmkit submit resnet --dry-run         show what would be submitted
  slurmkit submit resnet --only lr=0.1 --limit 5 -y
  slurmkit submit resnet --max-running 50  arrays of which 50 tasks run at a time
  slurmkit submit eval --after train       start when all jobs of `train` completed
  slurmkit submit resnet --wait-for-room   stay, and submit more as soon as Slurm takes it

It can be stopped at any moment, and run again: no job is sent twice.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    #[arg(default_value_t)]
    name: CollectionName,
    /// Which jobs: unsubmitted, failed (and by state: timeout, oom, …) or all that do not wait or run
    #[arg(long, value_name = "WHICH", default_value_t)]
    filter: Filter,
    /// Only jobs whose parameter has this value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    only: Vec<(String, String)>,
    /// At most so many jobs
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Show what would be submitted; submit nothing
    #[arg(long)]
    dry_run: bool,
    /// Bundle jobs that ask for the same into arrays, however few they are (else from 20 jobs on)
    #[arg(long, conflicts_with = "no_array")]
    array: bool,
    /// Submit each job by itself
    #[arg(long)]
    no_array: bool,
    /// Let at most so many tasks of each array run at a time
    #[arg(long, value_name = "N", conflicts_with = "no_array", value_parser = clap::value_parser!(u32).range(1..))]
    max_running: Option<u32>,
    /// Start only when the jobs of this collection are over
    #[arg(long, value_name = "COLLECTION")]
    after: Option<CollectionName>,
    /// How they must have ended
    #[arg(
        long = "type",
        value_name = "TYPE",
        requires = "after",
        default_value = "afterok"
    )]
    after_type: After,
    /// Stay until there is room for all jobs, where there is a limit
    #[arg(long)]
    wait_for_room: bool,
    /// How long to wait between two tries, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, requires = "wait_for_room", value_parser = clap::value_parser!(u64).range(10..))]
    interval: u64,
    /// Submit scripts that were edited since they were generated as they are
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum After {
    /// With exit code zero
    Afterok,
    /// Somehow
    Afterany,
}

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err("it is written NAME=VALUE".into()),
    }
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<Exit, Error> {
    let config = settings::load(global, printer)?;
    let slurm = settings::slurm(printer);
    let selection = Selection {
        filter: args.filter,
        only: args.only.clone(),
        names: Vec::new(),
        limit: args.limit,
    };
    let dependency = match &args.after {
        Some(parents) => Some(args.dependency(&config, parents, &slurm)?),
        None => None,
    };
    let sending = Sending {
        manager: settings::collections(&config),
        root: settings::absolute_root(&config)?,
        slurm,
        name: args.name,
        arrays: match (args.array || args.max_running.is_some(), args.no_array) {
            (_, true) => Arrays::Never,
            (true, _) => Arrays::Always,
            _ => Arrays::Auto,
        },
        max_running: args.max_running,
        dependency,
        wait_for_room: args
            .wait_for_room
            .then(|| Duration::from_secs(args.interval)),
        force: args.force,
    };
    let choose = |collection: &Collection| {
        let names = selection.choose(collection).into_iter();
        Ok(names.map(Request::new).collect())
    };
    // What failed is known only after a look.
    let look = args.filter != Filter::Unsubmitted;
    if args.dry_run {
        return sending.show(&choose, global, printer);
    }
    sending.run(look, args.yes, &choose, global, printer)
}

impl Args {
    fn dependency(
        &self,
        config: &Config,
        parents: &CollectionName,
        slurm: &Slurm,
    ) -> Result<Dependency, Error> {
        let kind = match self.after_type {
            After::Afterok => DependencyType::AfterOk,
            After::Afterany => DependencyType::AfterAny,
        };
        let mut parents = settings::collections(config).get(parents)?;
        refresh(&mut parents, slurm, jiff::Timestamp::now())?;
        Dependency::on(&parents, kind)
    }
}

/// Chooses the jobs of a collection.
pub(super) type Choose<'a> = dyn Fn(&Collection) -> Result<Vec<Request>, Error> + 'a;

/// Jobs of a collection on their way.
pub(super) struct Sending {
    pub(super) manager: CollectionManager,
    pub(super) root: std::path::PathBuf,
    pub(super) slurm: Slurm,
    pub(super) name: CollectionName,
    pub(super) arrays: Arrays,
    pub(super) max_running: Option<u32>,
    pub(super) dependency: Option<Dependency>,
    pub(super) wait_for_room: Option<Duration>,
    pub(super) force: bool,
}

impl Sending {
    /// Says what would be submitted.
    pub(super) fn show(
        &self,
        choose: &Choose<'_>,
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        let collection = self.manager.get(&self.name)?;
        let limits = match self.slurm.limits() {
            Ok(limits) => limits,
            Err(error @ (SlurmError::Missing { .. } | SlurmError::Away { .. })) => {
                printer.note(&format!("note: {error}; arrays may hold 1,001 tasks"));
                Limits {
                    array_tasks: 1001,
                    remembers_seconds: 300,
                    accounting: true,
                }
            }
            Err(error) => return Err(error.into()),
        };
        let plan = self.plan(&collection, choose(&collection)?, &limits)?;
        if global.json {
            let jobs = plan.batches.iter().flat_map(|batch| batch.jobs());
            let jobs: Vec<_> = jobs.map(|job| job.name()).collect();
            printer.json(&DryRun {
                collection: self.name.as_str(),
                dry_run: true,
                jobs,
                arrays: plan.arrays(),
            })?;
            return Ok(Exit::Done);
        }
        let mut shown = format!("dry run, nothing is submitted\n{}\n", self.summary(&plan));
        for batch in plan.batches.iter().take(10) {
            let jobs = batch.jobs();
            let first = jobs[0].name();
            shown.push_str(&match jobs.last() {
                Some(last) if batch.is_array() => {
                    format!(
                        "  an array of {} jobs: {first} … {}\n",
                        jobs.len(),
                        last.name()
                    )
                }
                _ => format!("  {first}\n"),
            });
        }
        if plan.batches.len() > 10 {
            let more = text::thousands(plan.batches.len() - 10);
            shown.push_str(&format!("  … and {more} more submissions\n"));
        }
        printer.result(&shown)?;
        Ok(Exit::Done)
    }

    fn plan(
        &self,
        collection: &Collection,
        requests: Vec<Request>,
        limits: &Limits,
    ) -> Result<Plan, Error> {
        Plan::new(
            collection,
            &self.root,
            requests,
            self.arrays,
            limits.array_tasks,
            self.force,
        )
    }

    /// `60 jobs of collection `x` in 2 arrays and 3 single submissions`.
    fn summary(&self, plan: &Plan) -> String {
        let jobs = text::count(plan.jobs(), "job");
        let arrays = plan.arrays();
        let how = match (arrays, plan.batches.len() - arrays) {
            (0, _) => String::new(),
            (arrays, 0) => format!(" as {}", text::count(arrays, "array")),
            (arrays, singles) => format!(
                " as {} and {}",
                text::count(arrays, "array"),
                text::count(singles, "single job")
            ),
        };
        format!("{jobs} of collection `{}`{how}", self.name)
    }

    /// Submits, and goes on when there is room again, if that was asked for.
    pub(super) fn run(
        &self,
        look: bool,
        yes: bool,
        choose: &Choose<'_>,
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        let limits = self.slurm.limits()?;
        if !yes {
            let mut collection = self.manager.get(&self.name)?;
            if look {
                refresh(&mut collection, &self.slurm, jiff::Timestamp::now())?;
            }
            let plan = self.plan(&collection, choose(&collection)?, &limits)?;
            if plan.jobs() > 0 {
                let summary = self.summary(&plan);
                printer.confirm(
                    yes,
                    &[],
                    &format!("submit {summary}?"),
                    format!("{summary}: not submitted"),
                )?;
            }
        }
        let patience = Patience::new();
        let printer = printer.with_progress();
        let mut report = Report::default();
        let mut left: Option<Vec<JobName>> = None;
        loop {
            let of_left = |collection: &Collection| {
                let names = left.as_deref().unwrap_or_default();
                let is_free = |name: &&JobName| {
                    let active = collection.jobs.get(*name).and_then(|job| job.state());
                    !active.is_some_and(|state| state.is_active()) && !collection.is_unsettled(name)
                };
                Ok(choose(collection)?
                    .into_iter()
                    .filter(|request| left.is_none() || names.contains(&request.name))
                    .filter(|request| is_free(&&request.name))
                    .collect())
            };
            let round = self.round(look, &of_left, &limits, &patience, &printer);
            printer.finish_progress();
            let (outcome, recovered) = round?;
            report.add(&outcome, recovered);
            match (&outcome.stop, self.wait_for_room) {
                (Some(Stop::Full(_)), Some(interval)) if !patience.is_asked() => {
                    let jobs = text::count(outcome.left.len(), "job");
                    printer.note(&format!(
                        "{jobs} wait for room; next try in {} s",
                        interval.as_secs()
                    ));
                    left = Some(outcome.left);
                    patience.sleep(interval);
                    if patience.is_asked() {
                        report.stop = Some(Stop::Interrupted);
                        break;
                    }
                }
                _ => {
                    report.left = outcome.left.len();
                    report.stop = outcome.stop;
                    break;
                }
            }
        }
        report.print(self, global, &printer)
    }

    /// Submits what there is room for, under one lock, and saves the collection.
    fn round(
        &self,
        look: bool,
        choose: &Choose<'_>,
        limits: &Limits,
        patience: &Patience,
        printer: &Printer,
    ) -> Result<(Outcome, Vec<(JobName, JobId)>), Error> {
        let lock = self.manager.lock(&self.name)?;
        let mut collection = self.manager.get(&self.name)?;
        let submitter = Submitter {
            manager: &self.manager,
            lock: &lock,
            scheduler: &self.slurm,
            limits,
            max_running: self.max_running,
            dependency: self.dependency.as_ref(),
        };
        let recovered = submitter.recover(&mut collection)?;
        if look {
            refresh(&mut collection, &self.slurm, jiff::Timestamp::now())?;
        }
        let plan = self.plan(&collection, choose(&collection)?, limits)?;
        let total = plan.jobs();
        let outcome = submitter.send(
            &mut collection,
            plan,
            &mut |done| printer.advance("submitting", done, total),
            &|| patience.is_asked(),
        );
        // Whatever happened, what was sent is in the journal; here it goes into the collection.
        let saved = self
            .manager
            .stage(&lock, &mut collection)
            .and_then(|staged| self.manager.commit(staged, &mut collection));
        let outcome = outcome?;
        saved?;
        Ok((outcome, recovered))
    }
}

#[derive(Serialize)]
struct DryRun<'a> {
    collection: &'a str,
    dry_run: bool,
    jobs: Vec<&'a JobName>,
    arrays: usize,
}

/// What all rounds came to.
#[derive(Default)]
struct Report {
    submitted: Vec<(JobName, JobId)>,
    recovered: Vec<(JobName, JobId)>,
    refused: Vec<Refusal>,
    left: usize,
    stop: Option<Stop>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    collection: &'a str,
    submitted: Vec<JobReport<'a>>,
    recovered: Vec<JobReport<'a>>,
    left: usize,
    message: Option<String>,
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
    fn add(&mut self, outcome: &Outcome, recovered: Vec<(JobName, JobId)>) {
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

    fn print(self, sending: &Sending, global: &Global, printer: &Printer) -> Result<Exit, Error> {
        let message = self.message();
        if global.json {
            printer.json(&JsonReport {
                collection: sending.name.as_str(),
                submitted: job_reports(&self.submitted),
                recovered: job_reports(&self.recovered),
                left: self.left + self.refused_jobs(),
                message: message.clone(),
            })?;
        } else {
            printer.result(&self.text(&sending.name))?;
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
                printer.note(&format!("interrupted: {left} not submitted"));
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
                printer.note(&format!("{left} not submitted"));
                Err(error)
            }
        }
    }

    fn text(&self, name: &CollectionName) -> String {
        let jobs = text::count(self.submitted.len(), "job");
        let mut text = format!(
            "submitted {jobs} of collection `{name}`{}\n",
            ids(&self.submitted)
        );
        if !self.recovered.is_empty() {
            let jobs = text::count(self.recovered.len(), "job");
            let ids = ids(&self.recovered);
            text.push_str(&format!(
                "found {jobs} submitted by an earlier run that was ended{ids}\n"
            ));
        }
        text
    }
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
