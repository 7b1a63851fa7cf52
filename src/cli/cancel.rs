use serde::Serialize;

use super::look::{Look, look, save};
use super::submit::key_value;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::cancel::Cancellation;
use crate::collection::CollectionName;
use crate::model::{JobName, JobState};
use crate::submit::Selection;
use crate::text;

const EXAMPLES: &str = "\
Examples:
  slurmkit cancel resnet                   all its jobs that wait or run
  slurmkit cancel resnet --state pending   only those that have not begun
  slurmkit cancel resnet --only lr=0.1 -y";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    name: CollectionName,
    /// Only jobs in this state
    #[arg(long, value_name = "STATE", value_parser = ["pending", "running"], ignore_case = true)]
    state: Option<String>,
    /// Only jobs whose parameter has this value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    only: Vec<(String, String)>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

#[derive(Serialize)]
struct Cancelled<'a> {
    collection: &'a str,
    cancelled: &'a [JobName],
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<Exit, Error> {
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let slurm = settings::slurm(printer);
    let Args {
        name,
        state,
        only,
        yes,
    } = args;
    let Look {
        mut collection,
        away,
        ..
    } = look(&manager, &name, &slurm, printer)?;
    if let Some(error) = away {
        return Err(error.into());
    }
    let state = state.map(|state| JobState::parse(&state.to_uppercase()));
    let selection = Selection {
        only,
        ..Selection::default()
    };
    selection.check(&collection)?;
    let cancellation = Cancellation::plan(&collection, &selection, state.as_ref());
    let jobs = text::count(cancellation.jobs.len(), "job");
    if !cancellation.jobs.is_empty() {
        let question = format!("cancel {jobs} of collection `{name}`?");
        let refused = format!("not cancelled: {jobs} of collection `{name}`");
        printer.confirm(yes, &[], &question, refused)?;
        cancellation.note(&mut collection);
        save(&manager, &mut collection, printer)?;
        cancellation.apply(&slurm, state.as_ref())?;
        look(&manager, &name, &slurm, printer)?;
    }
    if global.json {
        printer.json(&Cancelled {
            collection: name.as_str(),
            cancelled: &cancellation.jobs,
        })?;
    } else {
        printer.result(&format!("cancelled {jobs} of collection `{name}`\n"))?;
    }
    if !collection.unsettled.is_empty() {
        printer.note(
            "note: a submission was ended half-way; `slurmkit submit` finds out what became of it",
        );
    }
    Ok(Exit::Done)
}
