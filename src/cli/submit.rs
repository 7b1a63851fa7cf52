use std::time::Duration;

use super::dispatch::Dispatch;
use super::number::at_least;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{Collection, CollectionName};
use crate::scheduler::DependencyType;
use crate::submit::{Arrays, Filter, Request, Selection};

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
    /// Which jobs: unsubmitted, failed (or the state of some: timeout, oom, …) or all that do not wait
    /// or run
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
    #[command(flatten)]
    way: Way,
    /// Stay until there is room for all jobs, where there is a limit
    #[arg(long)]
    wait_for_room: bool,
    /// How long to wait between two tries, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, requires = "wait_for_room", value_parser = at_least(10_u64, "seconds"))]
    interval: u64,
}

/// How jobs are sent.
#[derive(Debug, clap::Args)]
pub(super) struct Way {
    /// Bundle jobs that ask for the same into arrays, however few they are (else from 20 jobs on)
    #[arg(long, conflicts_with = "no_array")]
    array: bool,
    /// Submit each job by itself
    #[arg(long)]
    no_array: bool,
    /// Let at most so many tasks of each array run at a time
    #[arg(long, value_name = "N", conflicts_with = "no_array", value_parser = at_least(1_u32, "tasks"))]
    pub(super) max_running: Option<u32>,
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
    /// Submit scripts that were edited since they were generated as they are
    #[arg(long)]
    pub(super) force: bool,
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
    // What failed is known only after a look.
    let look = args.filter != Filter::Unsubmitted;
    let selection = Selection {
        filter: args.filter,
        only: args.only.clone(),
        names: Vec::new(),
        limit: args.limit,
    };
    let dispatch = Dispatch {
        manager: settings::collections(&config),
        root: settings::absolute_root(&config)?,
        slurm,
        name: args.name,
        arrays: args.way.arrays(),
        max_running: args.way.max_running,
        after: args.way.after(),
        wait_for_room: args
            .wait_for_room
            .then(|| Duration::from_secs(args.interval)),
        force: args.way.force,
        decided: Vec::new(),
        requeued: Vec::new(),
    };
    let choose = |collection: &Collection| {
        selection.check(collection)?;
        let names = selection.choose(collection).into_iter();
        Ok(names.map(Request::new).collect())
    };
    if args.dry_run {
        return dispatch.show(look, &choose, global, printer);
    }
    dispatch.run(look, args.yes, &choose, global, printer)
}

impl Way {
    pub(super) fn arrays(&self) -> Arrays {
        match (self.array || self.max_running.is_some(), self.no_array) {
            (_, true) => Arrays::Never,
            (true, _) => Arrays::Always,
            _ => Arrays::Auto,
        }
    }

    /// What the jobs wait for.
    pub(super) fn after(&self) -> Option<(CollectionName, DependencyType)> {
        let kind = match self.after_type {
            After::Afterok => DependencyType::AfterOk,
            After::Afterany => DependencyType::AfterAny,
        };
        self.after.clone().map(|parents| (parents, kind))
    }
}
