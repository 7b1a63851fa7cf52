use std::collections::BTreeMap;
use std::io::{self, IsTerminal};

use serde::Serialize;

use super::dispatch::Dispatch;
use super::look::{Look, look};
use super::submit::key_value;
use super::{Exit, Global, Printer, settings};
use crate::Error;
use crate::collection::{Attempt, Collection, CollectionManager, CollectionName};
use crate::diagnostic::Source;
use crate::model::{JobId, JobName, JobState, Map, Value};
use crate::resubmit::{Again, Resubmission, count_repeated};
use crate::scheduler::{Scheduler, Slurm};
use crate::submit::{Arrays, Filter, Selection};
use crate::text;
use crate::yaml::{self, Schema};

const EXAMPLES: &str = "\
Examples:
  slurmkit resubmit resnet                          all that failed, as before
  slurmkit resubmit resnet --filter oom --set mem=64G
  slurmkit resubmit resnet --filter timeout --set time=48:00:00
  slurmkit resubmit resnet --extra-params batch_size=16
  slurmkit resubmit resnet --filter preempted --requeue

`--set` changes what is asked of Slurm, `--extra-params` parameters; scripts are rendered again with
both, and stand beside those of the generation as NAME.2.job, NAME.3.job and so on.";

/// How many jobs must have failed twice in the same way before nobody believes in an accident.
const ALIKE: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The collection
    name: CollectionName,
    /// Which jobs: failed, or by state (timeout, oom, preempted, cancelled, …)
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
    #[arg(long, conflicts_with_all = ["set", "extra_params"])]
    requeue: bool,
    /// Resubmit although the same jobs failed in the same way before
    #[arg(long)]
    again: bool,
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
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<Exit, Error> {
    let config = settings::load(global, printer)?;
    let manager = settings::collections(&config);
    let slurm = settings::slurm(printer);
    let root = settings::absolute_root(&config)?;
    let selection = Selection {
        filter: args.filter,
        only: args.only,
        names: Vec::new(),
        limit: args.limit,
    };
    let Look { collection, away } = look(&manager, &args.name, &slurm, printer)?;
    if let Some(error) = away {
        return Err(error.into());
    }
    let names = selection.choose(&collection);
    let changed = !(args.set.is_empty() && args.extra_params.is_empty());
    if !args.again && !changed && !args.dry_run {
        ask_about_repeated(&collection, &names, printer)?;
    }
    if args.requeue {
        let requeue = Requeue {
            manager: &manager,
            slurm: &slurm,
            names,
        };
        return requeue.run(&collection, args.yes, global, printer);
    }
    let slurm_args: Map = args
        .set
        .into_iter()
        .map(|(key, value)| (key, argument(value)))
        .collect();
    let params: Map = args
        .extra_params
        .into_iter()
        .map(|(key, text)| (key, parameter(&text)))
        .collect();
    let choose = |collection: &Collection| {
        let names = selection.choose(collection).into_iter();
        let again = names.map(|name| Again {
            name,
            slurm: slurm_args.clone(),
            params: params.clone(),
        });
        let resubmission = Resubmission::plan(collection, &config, &root, again.collect())?;
        printer.warnings(&resubmission.warnings);
        Ok(resubmission.requests)
    };
    let dispatch = Dispatch {
        manager,
        root: root.clone(),
        slurm,
        name: args.name,
        arrays: match (args.array, args.no_array) {
            (true, _) => Arrays::Always,
            (_, true) => Arrays::Never,
            _ => Arrays::Auto,
        },
        max_running: None,
        dependency: None,
        wait_for_room: None,
        force: false,
    };
    if args.dry_run {
        return dispatch.show(&choose, global, printer);
    }
    dispatch.run(true, args.yes, &choose, global, printer)
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

/// Stops where the same jobs would only fail again.
fn ask_about_repeated(
    collection: &Collection,
    names: &[JobName],
    printer: &Printer,
) -> Result<(), Error> {
    let repeated = count_repeated(collection, names);
    if repeated < ALIKE.min(names.len().max(1)) {
        return Ok(());
    }
    let jobs = text::count(repeated, "job");
    let what = format!(
        "{jobs} of collection `{}` failed twice in the same way",
        collection.name
    );
    if !io::stdin().is_terminal() {
        return Err(Error::Repeated { what });
    }
    printer.confirm(false, &[], &format!("{what}; submit again?"), what.clone())
}

/// Puts jobs back into the queue.
struct Requeue<'a> {
    manager: &'a CollectionManager,
    slurm: &'a Slurm,
    names: Vec<JobName>,
}

#[derive(Serialize)]
struct Requeued<'a> {
    collection: &'a str,
    requeued: &'a [JobName],
}

impl Requeue<'_> {
    fn run(
        &self,
        collection: &Collection,
        yes: bool,
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        let name = &collection.name;
        let jobs = text::count(self.names.len(), "job");
        if !self.names.is_empty() {
            let question = format!("put {jobs} of collection `{name}` back into the queue?");
            let refused = format!("{jobs} of collection `{name}` were not put back into the queue");
            printer.confirm(yes, &[], &question, refused)?;
        }
        let lock = self.manager.lock(name)?;
        let mut collection = self.manager.get(name)?;
        let mut ids: BTreeMap<Option<String>, Vec<JobId>> = BTreeMap::new();
        for name in &self.names {
            let job = collection.jobs.get_mut(name);
            let Some(job) = job.filter(|job| !job.attempts.is_empty()) else {
                continue;
            };
            let attempt = job.attempts[job.attempts.len() - 1].clone();
            let cluster = attempt.cluster.as_deref().map(String::from);
            ids.entry(cluster).or_default().push(attempt.job_id.clone());
            job.attempts.push(Attempt {
                token: attempt.token,
                cluster: attempt.cluster,
                submitted: Some(jiff::Timestamp::now()),
                log: attempt.log,
                error_log: attempt.error_log,
                changes: attempt.changes,
                ..Attempt::new(attempt.job_id, JobState::Pending)
            });
        }
        for (cluster, ids) in &ids {
            self.slurm.requeue(cluster.as_deref(), ids)?;
        }
        let staged = self.manager.stage(&lock, &mut collection)?;
        self.manager.commit(staged, &mut collection)?;
        if global.json {
            printer.json(&Requeued {
                collection: name.as_str(),
                requeued: &self.names,
            })?;
        } else {
            printer.result(&format!(
                "put {jobs} of collection `{name}` back into the queue\n"
            ))?;
        }
        Ok(Exit::Done)
    }
}
