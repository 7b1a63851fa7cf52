use std::fmt::Write;

use serde::Serialize;

use super::{Global, Printer, settings};
use crate::Error;
use crate::config::{Config, Entry};
use crate::model::Value;

const EXAMPLES: &str = "\
Examples:
  slurmkit config show            the settings that hold here, and where each comes from
  slurmkit --json config show     the same for programs";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show the merged settings and where each value comes from
    #[command(after_help = EXAMPLES)]
    Show,
}

#[derive(Serialize)]
struct Shown<'a> {
    key: &'a str,
    value: &'a Value,
    origin: &'a str,
    /// Whether it is a key of the Python tool's that has no effect.
    foreign: bool,
}

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> Result<(), Error> {
    let Args {
        command: Command::Show,
    } = args;
    let config = settings::load(global, printer)?;
    printer.warnings(&config.warnings);
    if global.json {
        let shown = config.entries.iter().map(
            |Entry {
                 key,
                 value,
                 origin,
                 foreign,
             }| Shown {
                key,
                value,
                origin,
                foreign: *foreign,
            },
        );
        return printer.json(&shown.collect::<Vec<_>>());
    }
    printer.result(&listing(&config))
}

/// One line a value, aligned, with its origin as a comment; foreign keys last.
fn listing(config: &Config) -> String {
    let line = |entry: &Entry| format!("{}: {}", entry.key, as_yaml(&entry.value));
    let width = config
        .entries
        .iter()
        .map(|entry| line(entry).chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for foreign in [false, true] {
        let entries = config
            .entries
            .iter()
            .filter(|entry| entry.foreign == foreign);
        for (index, entry) in entries.enumerate() {
            if foreign && index == 0 {
                text.push_str("\n# without effect here:\n");
            }
            writeln!(text, "{:width$}  # {}", line(entry), entry.origin)
                .expect("writing to a string cannot fail");
        }
    }
    text
}

/// A value on one line, as it may be written in a config.
fn as_yaml(value: &Value) -> String {
    let text = serde_saphyr::to_string(&serde_saphyr::FlowSeq(vec![value])).unwrap_or_default();
    let text = text.trim();
    text.strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text)
        .into()
}
