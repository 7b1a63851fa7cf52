use std::time::Duration;

use jiff::Timestamp;

use super::look::{look, look_at_ends};
use super::number::at_least;
use super::sent::on_the_way;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::CollectionName;
use crate::model::JobState;
use crate::{refresh, text};

const EXAMPLES: &str = "\
Examples:
  slurmkit wait resnet && python plot.py
  slurmkit wait resnet --interval 300

Exit codes: 0 when all jobs completed, 1 when one did not.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    #[arg(default_value_t)]
    name: CollectionName,
    /// How long to wait between two questions to Slurm, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = at_least(5_u64, "seconds"))]
    interval: u64,
}

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> Result<Exit, Error> {
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let slurm = settings::slurm(printer);
    let printer = printer.with_progress();
    let mut was_away = false;
    let mut was_told = false;
    loop {
        let look = look(&manager, &args.name, &slurm, &printer)?;
        let jobs = look.collection.jobs.len();
        let active = look.collection.count_active();
        match look.away {
            // A controller that is down for an hour is no reason to end.
            Some(error) if error.is_away() => {
                if !was_away {
                    printer.note(&format!("note: {error}; waiting on"));
                }
                was_away = true;
            }
            Some(error) => return Err(error.into()),
            None => {
                was_away = false;
                let unsettled = look.collection.count_unsettled();
                if unsettled > 0 && !was_told {
                    printer.note(&on_the_way(unsettled));
                    was_told = true;
                }
                if look.collection.is_over(Timestamp::now()) {
                    break;
                }
                printer.advance("waiting", jobs - active.min(jobs), jobs);
            }
        }
        std::thread::sleep(Duration::from_secs(args.interval));
    }
    // What comes next, `status` or a person's question, is about how they ended.
    let collection = look_at_ends(&manager, &args.name, &slurm, &printer)?.collection;
    printer.finish_progress();
    let counts = refresh::count(&collection);
    let words = |(state, count): (&Option<JobState>, &usize)| {
        let word = state
            .as_ref()
            .map_or(super::collection::UNSUBMITTED, JobState::word);
        format!("{} {word}", text::thousands(*count))
    };
    let summary: Vec<_> = counts.iter().map(words).collect();
    if global.json {
        let counts: serde_json::Map<_, _> = counts
            .iter()
            .map(|(state, count)| {
                let word = state
                    .as_ref()
                    .map_or(super::collection::UNSUBMITTED, JobState::word);
                (word.to_owned(), (*count).into())
            })
            .collect();
        printer.json(&serde_json::json!({"collection": args.name.as_str(), "counts": counts}))?;
    } else {
        printer.result(&format!(
            "collection `{}`: {}\n",
            args.name,
            summary.join(", ")
        ))?;
    }
    let completed = |state: &Option<JobState>| *state == Some(JobState::Completed);
    match counts.keys().all(completed) && collection.count_unsettled() == 0 {
        true => Ok(Exit::Done),
        false => Ok(Exit::Failed),
    }
}
