//! The command line: the only layer that prints, reads the environment or ends the process.

mod cancel;
mod collection;
mod config;
mod decided;
mod dispatch;
mod find;
mod generate;
mod hook;
mod init;
mod interrupt;
mod logs;
mod look;
mod migrate;
mod number;
mod printer;
mod report;
mod requeue;
mod resubmit;
mod sent;
mod settings;
mod spec;
mod status;
mod submit;
mod table;
mod terminal;
mod tried;
mod wait;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::{Parser, Subcommand, ValueEnum};

use self::printer::Printer;
use crate::Error;

/// Turn a parameter sweep into Slurm job scripts.
///
/// A spec says what to vary, a Jinja2 template what a job looks like, and hooks in Rhai or Python
/// which combinations to keep and what to ask of Slurm.
#[derive(Debug, Parser)]
#[command(name = "slurmkit", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  slurmkit init                            set up a project
  slurmkit generate job_spec.yaml          write the job scripts of a sweep
  slurmkit generate job_spec.yaml --dry-run
  slurmkit hook test job_spec.yaml         try the hooks on one parameter set
  slurmkit collection show default         see its jobs
  slurmkit submit                          submit them to Slurm
  slurmkit status --watch                  see what becomes of them
  slurmkit logs default --failed           see why jobs failed
  slurmkit migrate --dry-run               what becomes of the Python tool's collections

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.";

/// What every command takes.
#[derive(Clone, Debug, clap::Args)]
struct Global {
    /// Read this config instead of the project's `.slurmkit/config.yaml`
    #[arg(long, global = true, env = "SLURMKIT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print results as one JSON document
    #[arg(long, global = true)]
    json: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorWhen,
    /// Print no warnings and no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    verbose: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// End the jobs of a collection that wait or run
    Cancel(cancel::Args),
    /// Look at the jobs that were generated
    #[command(alias = "collections")]
    Collection(collection::Args),
    /// Look at the settings
    Config(config::Args),
    /// Find the log of a job by its id
    Find(find::Args),
    /// Write the job scripts of a sweep and record them in a collection
    Generate(Box<generate::Args>),
    /// Look at hooks, and try them
    Hook(hook::Args),
    /// Write a commented `.slurmkit/config.yaml`
    Init(init::Args),
    /// Submit jobs that failed again, as before or with other resources
    Resubmit(Box<resubmit::Args>),
    /// Show what jobs wrote, and why they failed
    Logs(logs::Args),
    /// Take over the collections and the config of the Python tool of the same name
    ///
    /// Collections of version 1 (`.job-collections`) and 2 (`.slurmkit/collections`) become ours,
    /// with their jobs, attempts and states; `.slurm-kit/config.yaml` gets its new place. What has
    /// no room here is named, and stays in the backup.
    Migrate(migrate::Args),
    /// Look at specs
    Spec(spec::Args),
    /// Show what became of the jobs of a collection
    Status(status::Args),
    /// Submit the jobs of a collection to Slurm, each exactly once
    Submit(submit::Args),
    /// Wait until the jobs of a collection have ended
    Wait(wait::Args),
}

impl Command {
    /// What is true of the command when it fails for several reasons.
    fn undone(&self) -> &'static str {
        match self {
            Self::Resubmit(_) | Self::Submit(_) => "nothing was submitted",
            _ => "nothing was written",
        }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    Failed,
    Usage,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::FAILURE,
            Exit::Usage => Self::from(2),
            Exit::Interrupted => Self::from(130),
        }
    }
}

/// Runs the command with `args`, the first of which is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to fail.
            error.print().ok();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    let Cli { global, command } = cli;
    let printer = Printer::new(&global);
    interrupt::listen();
    remember_panics();
    let undone = command.undone();
    let result = catch_unwind(AssertUnwindSafe(|| dispatch(&global, command, &printer)));
    let exit = match result {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) if is_closed_pipe(&error) => Exit::Done,
        Ok(Err(error)) => {
            printer.failure(&error, undone);
            match error {
                Error::Argument { .. } => Exit::Usage,
                _ => Exit::Failed,
            }
        }
        Err(_) => {
            let place = PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
            printer.bug(&place.unwrap_or_default());
            Exit::Failed
        }
    };
    exit.into()
}

fn dispatch(global: &Global, command: Command, printer: &Printer) -> Result<Exit, Error> {
    match command {
        Command::Collection(args) => return collection::run(global, args, printer),
        Command::Config(args) => config::run(global, &args, printer),
        Command::Generate(args) => generate::run(global, *args, printer),
        Command::Hook(args) => hook::run(global, args, printer),
        Command::Init(args) => init::run(global.json, &args, printer),
        Command::Migrate(args) => migrate::run(global, args, printer),
        Command::Spec(args) => spec::run(global, args, printer),
        Command::Cancel(args) => return cancel::run(global, args, printer),
        Command::Find(args) => return find::run(global, &args, printer),
        Command::Logs(args) => return logs::run(global, &args, printer),
        Command::Resubmit(args) => return resubmit::run(global, *args, printer),
        Command::Status(args) => return status::run(global, &args, printer),
        Command::Submit(args) => return submit::run(global, args, printer),
        Command::Wait(args) => return wait::run(global, &args, printer),
    }
    .map(|()| Exit::Done)
}

/// Whether the reader of our results went away, as `head` does.
fn is_closed_pipe(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// The message of the last panic.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Keeps panics off the terminal: those of the engines are caught and become errors, and any other
/// is reported once, at the end.
fn remember_panics() {
    std::panic::set_hook(Box::new(|panic| {
        *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.to_string());
    }));
}
