use std::path::{Path, PathBuf};

use serde::Serialize;

use super::settings::Strictness;
use super::{Global, Printer, settings};
use crate::Error;
use crate::diagnostic::quoted;
use crate::spec::{Fix, Spec};
use crate::text;
use crate::yaml::{self, Level, Trap};

const EXAMPLES: &str = "\
Examples:
  slurmkit spec show job_spec.rhai                   what a program comes to
  slurmkit spec show job_spec.rhai > frozen.yaml     keep it, as a spec in YAML
  slurmkit --json spec show job_spec.yaml
  slurmkit spec fix job_spec.yaml --diff             where quotes are missing
  slurmkit spec fix job_spec.yaml                    put them in";

const FIX_EXAMPLES: &str = "\
Examples:
  slurmkit spec fix job_spec.yaml               time: 24:00:00 becomes time: \"24:00:00\"
  slurmkit spec fix job_spec.yaml --dry-run     list what would get quotes
  slurmkit spec fix job_spec.yaml --diff        the same as a patch
  slurmkit spec fix job_spec.yaml --all         also 3.10, 1_000 and true, which then are text";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Put quotes around values that do not mean their text, such as `24:00:00`, `010` or `yes`
    ///
    /// Every other byte of the file stays. Scripts then get what was typed: names of jobs may
    /// change with it. What `slurmkit generate` warns of is quoted; a key without a value is only
    /// told.
    #[command(after_help = FIX_EXAMPLES)]
    Fix {
        /// The spec, a parameter file or a config, in YAML or JSON
        spec: PathBuf,
        /// List what would get quotes; write nothing
        #[arg(long)]
        dry_run: bool,
        /// Print the changes as a patch; write nothing
        #[arg(long, conflicts_with = "dry_run")]
        diff: bool,
        /// Also quote numbers and words that only print otherwise, such as 3.10, `1_000` or true.
        /// Hooks then get text where they had a number
        #[arg(long)]
        all: bool,
    },
    /// Show what a spec comes to: aliases and merges resolved, a program evaluated, hooks as file
    /// and function. A program is run for it, in the sandbox
    #[command(after_help = EXAMPLES)]
    Show {
        /// The spec: YAML, JSON or a Rhai program
        spec: PathBuf,
        #[command(flatten)]
        strictness: Strictness,
    },
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<(), Error> {
    match args.command {
        Command::Fix {
            spec,
            dry_run,
            diff,
            all,
        } => {
            let level = if all { Level::Info } else { Level::Warning };
            let mode = match (dry_run, diff) {
                (_, true) => Mode::Diff,
                (true, false) => Mode::List,
                (false, false) => Mode::Write,
            };
            fix(global, &spec, level, mode, printer)
        }
        Command::Show { spec, strictness } => show(global, &spec, strictness, printer),
    }
}

fn show(
    global: &Global,
    spec: &Path,
    strictness: Strictness,
    printer: &Printer,
) -> Result<(), Error> {
    let mut config = settings::load(global, printer)?;
    settings::prepare_hooks(&mut config, None, printer);
    let spec = Spec::load(spec, &config)?;
    strictness.check(&config, &spec, printer)?;
    settings::warn(&config, &spec, printer);
    let map = spec.to_map();
    match global.json {
        true => printer.json(&map),
        false => printer.result(&yaml::document(&map)),
    }
}

/// What to do with missing quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Diff,
    List,
    Write,
}

#[derive(Serialize)]
struct FixReport<'a> {
    spec: &'a Path,
    written: bool,
    quoted: Vec<Place<'a>>,
    /// What quotes would not help.
    left: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    text: &'a str,
    /// What scripts got.
    printed: String,
}

fn fix(
    global: &Global,
    spec: &Path,
    level: Level,
    mode: Mode,
    printer: &Printer,
) -> Result<(), Error> {
    let config = settings::load(global, printer)?;
    let fix = Fix::plan(spec, config.yaml, level)?;
    if mode == Mode::Write {
        fix.apply()?;
    }
    let written = mode == Mode::Write && !fix.quoted.is_empty();
    let (quoted_places, left) = (places(&fix.quoted), places(&fix.left));
    if global.json {
        return printer.json(&FixReport {
            spec,
            written,
            quoted: quoted_places,
            left,
        });
    }
    if mode == Mode::Diff {
        printer.result(&fix.diff())?;
    } else {
        let lines = quoted_places.iter().map(|place| {
            let Place {
                path,
                line,
                column,
                text,
                printed: _,
            } = place;
            let text = text::cut(text, 60);
            let spec = spec.display();
            format!("{spec}:{line}:{column}: {path}: {text} -> \"{text}\"\n")
        });
        printer.result(&lines.collect::<String>())?;
    }
    printer.warnings(&Trap::warnings(&fix.left));
    let count = text::count(fix.quoted.len(), "value");
    printer.note(&match (fix.quoted.len(), written) {
        (0, _) => format!("{} needs no quotes; nothing was written", quoted(spec)),
        (_, true) => format!("{count} quoted in {}", quoted(spec)),
        (_, false) => format!("{count} to quote in {}; nothing was written", quoted(spec)),
    });
    Ok(())
}

/// Where traps are, which must be in the order of their source.
fn places(traps: &[Trap]) -> Vec<Place<'_>> {
    let (mut line, mut line_start, mut done) = (1, 0, 0);
    let mut places = Vec::with_capacity(traps.len());
    for trap in traps {
        let source = &trap.label.source.text;
        for (at, _) in source[done..trap.span.start].match_indices('\n') {
            line += 1;
            line_start = done + at + 1;
        }
        done = trap.span.start;
        places.push(Place {
            path: &trap.path,
            line,
            column: source[line_start..done].chars().count() + 1,
            text: &trap.text,
            printed: trap.value.to_string(),
        });
    }
    places
}
