use std::path::PathBuf;

use super::{Global, Printer, settings};
use crate::Error;
use crate::spec::Spec;
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  slurmkit spec show job_spec.rhai                   what a program comes to
  slurmkit spec show job_spec.rhai > frozen.yaml     keep it, as a spec in YAML
  slurmkit --json spec show job_spec.yaml";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show what a spec comes to: aliases and merges resolved, a program evaluated, hooks as file
    /// and function. A program is run for it, in the sandbox
    #[command(after_help = EXAMPLES)]
    Show {
        /// The spec: YAML, JSON or a Rhai program
        spec: PathBuf,
    },
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<(), Error> {
    let Args {
        command: Command::Show { spec },
    } = args;
    let mut config = settings::load(global, printer)?;
    settings::prepare_hooks(&mut config, None, printer);
    let spec = Spec::load(&spec, &config.hooks)?;
    printer.warnings(&spec.warnings);
    printer.warnings(&spec.parameters.warnings);
    let map = spec.to_map();
    match global.json {
        true => printer.json(&map),
        false => printer.result(&yaml::document(&map)),
    }
}
