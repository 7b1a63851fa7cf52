mod choose;
mod follow;
mod groups;
mod list;
mod show;

use std::num::NonZeroUsize;

use super::look::look;
use super::number::{at_least, lines};
use super::status::Asked;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::CollectionName;

const EXAMPLES: &str = "\
Examples:
  slurmkit logs resnet                        where the log of each job is
  slurmkit logs resnet lr0.1_seed3            that log
  slurmkit logs resnet 'lr0.1_*' --tail 5     the ends of several
  slurmkit logs resnet lr0.1_seed3 --follow   what it writes, until the job has ended
  slurmkit logs resnet --failed               why jobs failed, alike ones together
  slurmkit logs resnet --failed --tail 20     the ends of their logs

Exit codes: 0 done, 1 when a log cannot be shown, 2 wrong usage, 130 interrupted.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    #[arg(default_value_t)]
    name: CollectionName,
    /// Jobs whose logs to print: names, glob patterns or ids such as `123_4`
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,
    /// Only jobs that failed; without `--tail` or `--follow`, show why, alike ones together
    #[arg(long)]
    failed: bool,
    /// Only jobs in this state, in Slurm's words
    #[arg(long, value_name = "STATE")]
    state: Option<Asked>,
    /// Print only the last lines of each log
    #[arg(long, value_name = "LINES", value_parser = lines)]
    tail: Option<usize>,
    /// Print what is added to the logs until the jobs have ended
    #[arg(long, short)]
    follow: bool,
    /// Not the last submission of each job but this one, counted from 1
    #[arg(long, value_name = "N", conflicts_with = "follow")]
    attempt: Option<NonZeroUsize>,
    /// With `--follow`, how often to ask Slurm whether jobs have ended, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "follow", value_parser = at_least(5_u64, "seconds"))]
    interval: u64,
}

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> Result<Exit, Error> {
    if args.follow && global.json {
        return Err(Error::Argument {
            argument: "--follow",
            problem: "there is no end to put into one JSON document".into(),
            help: Some("leave out `--json`, or pass `--tail` instead".into()),
        });
    }
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let named_only = !args.jobs.is_empty() && !args.failed && args.state.is_none();
    let collection = if named_only && !args.follow {
        // Their states do not matter, and Slurm need not be asked.
        manager.get(&args.name)?
    } else {
        let look = look(&manager, &args.name, &settings::slurm(printer), printer)?;
        if let Some(error) = &look.away {
            printer.note(&format!("note: {error}; states are those of the last look"));
        }
        look.collection
    };
    let chosen = args.choose(&config.root, &collection)?;
    let is_printed = args.tail.is_some() || !args.jobs.is_empty() && !args.failed;
    if args.follow {
        follow::run(args, &manager, &chosen, printer)
    } else if args.failed && !is_printed {
        groups::run(&args.name, chosen, global, printer)
    } else if is_printed && !global.json {
        show::run(&chosen, args.tail, printer)
    } else {
        list::run(&args.name, &chosen, args.tail, global, printer)
    }
}
