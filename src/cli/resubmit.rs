use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::decided::{self, Decided};
use super::dispatch::Dispatch;
use super::look::{Look, look_at_ends};
use super::requeue::Requeue;
use super::sent::Report;
use super::submit::{Way, key_value};
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{Collection, CollectionName};
use crate::diagnostic::{Source, Warning, did_you_mean};
use crate::model::{JobName, Value};
use crate::resubmit::{Resubmission, count_repeated};
use crate::retry::{Retries, Stay, Verdict, Wish, find_alike};
use crate::submit::{Filter, Selection};
use crate::text;
use crate::yaml::{self, Schema};

const EXAMPLES: &str = "\
Examples:
  slurmkit resubmit resnet --dry-run                what becomes of all that failed
  slurmkit resubmit resnet                          by the rules of the spec, else as before
  slurmkit resubmit resnet --filter oom --set mem=64G
  slurmkit resubmit resnet --filter timeout --set time=48:00:00
  slurmkit resubmit resnet --extra-params batch_size=16
  slurmkit resubmit resnet --filter preempted --requeue

`--set` changes what is asked of Slurm, `--extra-params` parameters; scripts are rendered again with
both, and stand beside those of the generation as NAME.2.job, NAME.3.job and so on.

Where the spec has a `retry` block, the rule of a job's state decides, or its hook. Without either a
job stays, unless its state is named by `--filter`, or `--set` or `--extra-params` changes something.
A job that was submitted `max_attempts` times is given up.

What jobs waited for with `submit --after` is not remembered: say it again.";

/// How many jobs must have failed twice in the same way before nobody believes in an accident.
const ALIKE: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    #[arg(default_value_t)]
    name: CollectionName,
    /// Which jobs: failed, or the state of some (timeout, oom, preempted, cancelled, …), or all that do
    /// not wait or run
    #[arg(long, value_name = "WHICH", default_value = "failed")]
    filter: Filter,
    /// Only jobs whose parameter has this value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    only: Vec<(String, String)>,
    /// At most so many jobs
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Ask something else of Slurm; may be repeated
    #[arg(long, value_name = "ARGUMENT=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Change or add a parameter; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    extra_params: Vec<(String, String)>,
    /// Put jobs back into the queue under their old ids, while Slurm remembers them
    #[arg(long, conflicts_with_all = ["set", "extra_params", "after", "array", "no_array", "max_running", "force"])]
    requeue: bool,
    /// Leave the rules and the hook of the spec's `retry` aside
    #[arg(long)]
    no_rules: bool,
    /// Resubmit although the same jobs failed in the same way before, or many failed alike
    #[arg(long)]
    again: bool,
    /// The interpreter of Python hooks
    #[arg(long, env = "SLURMKIT_PYTHON", value_name = "PROGRAM")]
    python: Option<OsString>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Show what would be submitted; submit nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    way: Way,
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<Exit, Error> {
    let mut config = settings::load(global, printer)?;
    settings::prepare_hooks(&mut config, args.python, printer);
    let manager = settings::collections(&config);
    let slurm = settings::slurm(printer);
    let root = settings::absolute_root(&config)?;
    let wish = Wish {
        state_named: matches!(args.filter, Filter::State(_)),
        no_rules: args.no_rules || args.requeue,
        slurm: args
            .set
            .into_iter()
            .map(|(key, value)| (key, argument(value)))
            .collect(),
        params: args
            .extra_params
            .into_iter()
            .map(|(key, text)| (key, parameter(&text)))
            .collect(),
    };
    let selection = Selection {
        filter: args.filter,
        only: args.only,
        names: Vec::new(),
        // Of jobs that follow rules, only those that go count.
        limit: args.limit.filter(|_| args.requeue),
    };
    let Look {
        collection, away, ..
    } = look_at_ends(&manager, &args.name, &slurm, printer)?;
    if let Some(error) = away {
        return Err(error.into());
    }
    selection.check(&collection)?;
    let names = selection.choose(&collection);
    let mut retries = Retries::decide(&collection, &config, &root, &names, &wish)?;
    if let Some(most) = args.limit {
        retries.limit(most);
    }
    printer.warnings(&retries.warnings);
    if !args.again && !wish.changes_something() && !args.dry_run {
        ask_about_failures(&collection, &retries, &root, printer)?;
    }
    warn_of_new_names(&collection, &wish, printer);
    if let (Some((parents, _)), count @ 1..) = (args.way.after(), retries.to_requeue().count()) {
        let message = format!(
            "what goes back into the queue does not wait for `{parents}`: {}",
            text::count(count, "job")
        );
        printer.warnings(&[Warning::new(message).help("`--no-rules` leaves the rules aside")]);
    }
    let requeue = Requeue {
        manager: &manager,
        slurm: &slurm,
        name: &args.name,
        yes: args.yes,
    };
    let otherwise = match args.requeue {
        true => {
            retries.requeue_all();
            Verdict::Stay(Stay::NotPutBack)
        }
        false => Verdict::as_it_is(),
    };
    let requeued = match args.dry_run {
        true => Vec::new(),
        false => {
            decided::tell(&retries, printer);
            requeue.run(&mut retries, &otherwise, printer)?
        }
    };
    let choose = |collection: &Collection| {
        let again = retries.again(collection);
        let resubmission = Resubmission::plan(collection, &config, &root, again)?;
        printer.warnings(&resubmission.warnings);
        Ok(resubmission.requests)
    };
    let dispatch = Dispatch {
        manager: manager.clone(),
        root: root.clone(),
        slurm: slurm.clone(),
        name: args.name.clone(),
        arrays: args.way.arrays(),
        max_running: args.way.max_running,
        after: args.way.after(),
        wait_for_room: None,
        force: args.way.force,
        decided: Decided::all(&retries),
        requeued,
    };
    if args.dry_run {
        if !global.json {
            printer.result(&decided::to_table(&retries))?;
        }
        return dispatch.show(false, &choose, global, printer);
    }
    if args.requeue {
        return tell_requeued(&retries, &dispatch, global, printer);
    }
    dispatch.run(true, args.yes, &choose, global, printer)
}

/// Says which jobs went back into the queue, and fails if one could not.
fn tell_requeued(
    retries: &Retries,
    dispatch: &Dispatch,
    global: &Global,
    printer: &Printer,
) -> Result<Exit, Error> {
    let left: Vec<&JobName> = retries.not_put_back().collect();
    let report = Report {
        left: left.len(),
        ..Report::default()
    };
    let exit = report.print(dispatch, global, printer)?;
    let Some(first) = left.first() else {
        return Ok(exit);
    };
    let jobs = text::count(left.len(), "job");
    printer.note(&format!(
        "{jobs} could not go back into the queue, such as `{first}`: Slurm forgot them, or will not \
         put them back; without `--requeue` they are submitted again"
    ));
    Ok(Exit::Failed)
}

/// A Slurm argument as somebody types it: a whole number, or text. `24:00:00` stays as it is.
fn argument(text: String) -> Value {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => Value::from(number),
        _ => text.into(),
    }
}

/// A parameter as somebody types it: what YAML 1.2 makes of it.
fn parameter(text: &str) -> Value {
    let node = yaml::parse(&Source::new("--extra-params", text), Schema::Core);
    match node {
        Ok(Some(node)) => node.to_value(),
        _ => text.into(),
    }
}

/// Warns of parameters that no job has and that are called almost as one that jobs have.
fn warn_of_new_names(collection: &Collection, wish: &Wish, printer: &Printer) {
    let names = collection.parameter_names();
    for name in wish.params.keys() {
        if !names.contains(&**name)
            && let Some(guess) = did_you_mean(name, names.iter().copied())
        {
            let message = format!(
                "no job of collection `{}` has a parameter `{name}`",
                collection.name
            );
            printer.warnings(&[Warning::new(message).help(guess)]);
        }
    }
}

/// Stops where jobs that go again as they are would most likely fail again.
fn ask_about_failures(
    collection: &Collection,
    retries: &Retries,
    root: &Path,
    printer: &Printer,
) -> Result<(), Error> {
    let name = &collection.name;
    let unchanged: Vec<JobName> = retries.unchanged().cloned().collect();
    let repeated = count_repeated(collection, &unchanged);
    let what = if repeated >= ALIKE.min(unchanged.len().max(1)) {
        let jobs = text::count(repeated, "job");
        format!("{jobs} of collection `{name}` failed twice in the same way")
    } else if let Some(alike) = find_alike(retries, collection, root) {
        format!("{alike}, and no job of collection `{name}` completed")
    } else {
        return Ok(());
    };
    if !io::stdin().is_terminal() {
        return Err(Error::Repeated {
            collection: name.clone(),
            what,
        });
    }
    printer.confirm(
        false,
        &[],
        &format!("{what}; submit again?"),
        format!("{what}; nothing was submitted"),
    )
}
