use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::settings::Strictness;
use super::table::table;
use super::{Global, Printer, settings};
use crate::Error;
use crate::config::Config;
use crate::diagnostic::{Diagnose, Source, Warning, any_of, did_you_mean};
use crate::hook::Language;
use crate::model::{Map, ParamSet, Value};
use crate::spec::{HookRef, Mode, Spec};
use crate::text;
use crate::trial::{Call, Returned, Trial};
use crate::yaml::{self, Level, Schema, Target, Trap};

const EXAMPLES: &str = "\
Examples:
  slurmkit hook list job_spec.yaml
  slurmkit hook test job_spec.yaml                            with the first parameter set
  slurmkit hook test job_spec.yaml --params lr=0.1,model=vit  with these values instead
  slurmkit hook test job_spec.yaml --params '{layers: [64, 64]}'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the hooks of a spec
    #[command(after_help = EXAMPLES)]
    List {
        /// The spec: YAML, JSON or a Rhai program
        spec: PathBuf,
        #[command(flatten)]
        strictness: Strictness,
    },
    /// Run the hooks of a spec on one parameter set; nothing is written
    #[command(after_help = EXAMPLES)]
    Test {
        /// The spec: YAML, JSON or a Rhai program
        spec: PathBuf,
        /// Values that replace those of the first parameter set: `name=value,…`, read as in YAML,
        /// or a YAML map
        #[arg(long, value_name = "PARAMS")]
        params: Vec<String>,
        /// The interpreter of Python hooks
        #[arg(long, env = "SLURMKIT_PYTHON", value_name = "PROGRAM")]
        python: Option<OsString>,
        #[command(flatten)]
        strictness: Strictness,
    },
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<(), Error> {
    let mut config = settings::load(global, printer)?;
    match args.command {
        Command::List { spec, strictness } => {
            settings::prepare_hooks(&mut config, None, printer);
            let spec = Spec::load(&spec, &config)?;
            strictness.check(&config, &spec, printer)?;
            settings::warn(&config, &spec, printer);
            list(&spec, global.json, printer)
        }
        Command::Test {
            spec,
            params,
            python,
            strictness,
        } => {
            settings::prepare_hooks(&mut config, python, printer);
            let spec = Spec::load(&spec, &config)?;
            strictness.check(&config, &spec, printer)?;
            settings::warn(&config, &spec, printer);
            let set = chosen_set(&spec, &read_params(&params, config.yaml, printer)?)?;
            test(&spec, &config, set, global.json, printer)
        }
    }
}

#[derive(Serialize)]
struct Listed<'a> {
    hook: String,
    language: String,
    function: &'a str,
    file: &'a Path,
}

fn list(spec: &Spec, json: bool, printer: &Printer) -> Result<(), Error> {
    let mut listed = Vec::new();
    for hook in spec.all_hooks() {
        listed.push(Listed {
            hook: hook.role.to_string(),
            language: Language::of(hook)?.to_string(),
            function: &hook.function,
            file: &hook.path,
        });
    }
    if json {
        return printer.json(&listed);
    }
    if listed.is_empty() {
        printer.note("the spec has no hooks");
        return Ok(());
    }
    let rows = listed.iter().map(|listed| {
        let Listed {
            hook,
            language,
            function,
            file,
        } = listed;
        let file = file.display().to_string();
        [hook.clone(), language.clone(), (*function).into(), file]
    });
    printer.result(&table(["HOOK", "LANGUAGE", "FUNCTION", "FILE"], rows))
}

/// The first set of the spec, with the values that the command line gives.
fn chosen_set(spec: &Spec, params: &Map) -> Result<ParamSet, Error> {
    let space = &spec.parameters.space;
    let mut set = match space.is_empty() {
        true => Map::new(),
        false => space.get(0).to_map(),
    };
    let names = space.names();
    for (name, value) in params {
        // A list may hold any names, and a parse hook may want more than the grid has.
        let is_known = names.contains(name) || space.is_empty();
        if !is_known && spec.parameters.mode == Mode::Grid && spec.parameters.parse.is_none() {
            let known = || names.iter().map(|name| &**name);
            let guess = did_you_mean(name, known()).or_else(|| {
                Some(format!(
                    "it has {}",
                    any_of(known()).replace(" or ", " and ")
                ))
            });
            let problem = format!("the sweep has no parameter `{name}`");
            return Err(usage(problem, guess));
        }
        set.insert(name.clone(), value.clone());
    }
    Ok(ParamSet::from(&set))
}

fn read_params(params: &[String], schema: Schema, printer: &Printer) -> Result<Map, Error> {
    let mut read = Map::new();
    let read_yaml = |name: &str, text| read_yaml(name, text, schema, printer);
    for text in params {
        let text = text.trim();
        // What YAML has for a map serves too.
        let pieces: Vec<&str> = match text.starts_with('{') {
            true => vec![text],
            false => split_at_commas(text),
        };
        for piece in pieces {
            if piece.starts_with('{') {
                match read_yaml("", piece)? {
                    Value::Map(map) => read.extend(Map::clone(&map).into_entries()),
                    other => {
                        let problem = format!("`{piece}` is {}, not a map", other.kind());
                        return Err(usage(problem, None));
                    }
                }
                continue;
            }
            let Some((name, value)) = piece.split_once('=') else {
                let help = "write `--params name=value,name=value`";
                return Err(usage(format!("`{piece}` has no `=`"), Some(help.into())));
            };
            if name.trim().is_empty() {
                let help = "write `--params name=value,name=value`";
                return Err(usage(format!("`{piece}` has no name"), Some(help.into())));
            }
            read.insert(name.trim().into(), read_yaml(name.trim(), value)?);
        }
    }
    Ok(read)
}

/// The pieces between commas that stand outside brackets and quotes.
fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut depth, mut quote) = (0i32, None);
    let pieces = text.split(|c: char| {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0 && quote.is_none()
    });
    pieces.filter(|piece| !piece.trim().is_empty()).collect()
}

/// The value of `name`, or a map of values.
fn read_yaml(name: &str, text: &str, schema: Schema, printer: &Printer) -> Result<Value, Error> {
    let source = Source::new("--params", text);
    match yaml::parse(&source, schema) {
        Ok(None) => Ok(Value::Null),
        Ok(Some(node)) => {
            let path = format!("--params {name}").trim().to_owned();
            let traps = yaml::traps(&node, &path, schema, Target::Parameters);
            let loud = traps.iter().filter(|trap| trap.level == Level::Warning);
            // The shell takes a first pair of quotes away.
            let warning = |trap: &Trap| {
                Warning::new(trap.to_string()).help(format!(
                    "quote it for YAML too: '{}'",
                    trap.quoted().unwrap_or_default()
                ))
            };
            printer.warnings(&loud.map(warning).collect::<Vec<_>>());
            Ok(node.to_value())
        }
        Err(error) => Err(usage(format!("`{text}`: {error}"), error.help())),
    }
}

fn usage(problem: String, help: Option<String>) -> Error {
    Error::Argument {
        argument: "--params",
        problem,
        help,
    }
}

fn test(
    spec: &Spec,
    config: &Config,
    set: ParamSet,
    json: bool,
    printer: &Printer,
) -> Result<(), Error> {
    let trial = Trial::run(spec, config, set)?;
    printer.warnings(&trial.warnings);
    if let Some(interpreter) = &trial.interpreter {
        printer.verbose(&format!("Python hooks ran in {interpreter}"));
    }
    match json {
        true => printer.json(&Report::of(&trial))?,
        false => printer.result(&to_text(&trial))?,
    }
    let failed = trial
        .calls
        .into_iter()
        .filter_map(|call| call.outcome.err());
    match failed.map(Error::from).collect::<Vec<_>>() {
        errors if errors.is_empty() => Ok(()),
        errors => Err(errors.into()),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    set: &'a ParamSet,
    calls: Vec<CallReport<'a>>,
}

#[derive(Serialize)]
struct CallReport<'a> {
    hook: String,
    function: &'a str,
    file: &'a Path,
    parameters: &'a ParamSet,
    /// `null` when it failed.
    returned: Option<Value>,
    error: Option<String>,
    seconds: f64,
    printed: &'a str,
}

impl<'a> Report<'a> {
    fn of(trial: &'a Trial) -> Self {
        Self {
            set: &trial.set,
            calls: trial.calls.iter().map(CallReport::of).collect(),
        }
    }
}

impl<'a> CallReport<'a> {
    fn of(call: &'a Call) -> Self {
        let Call {
            hook:
                HookRef {
                    role,
                    function,
                    path,
                    ..
                },
            set,
            outcome,
            time,
            printed,
        } = call;
        Self {
            hook: role.to_string(),
            function,
            file: path,
            parameters: set,
            returned: outcome.as_ref().ok().map(to_value),
            error: outcome.as_ref().err().map(ToString::to_string),
            seconds: time.as_secs_f64(),
            printed,
        }
    }
}

fn to_value(returned: &Returned) -> Value {
    match returned {
        Returned::Sets(sets) => Value::list(sets.iter().map(|set| set.to_map().into())),
        Returned::Keep(keep) => Value::Bool(*keep),
        Returned::SlurmArgs(args) => Value::Map(args.clone()),
    }
}

fn to_text(trial: &Trial) -> String {
    let mut out = format!("parameter set: {}\n", trial.set);
    for call in &trial.calls {
        write_call(&mut out, call).expect("writing to a string cannot fail");
    }
    if trial.calls.is_empty() {
        out.push_str("\nthe spec has no hooks\n");
    }
    out
}

fn write_call(out: &mut String, call: &Call) -> std::fmt::Result {
    let Call {
        hook,
        set,
        outcome,
        time,
        printed,
    } = call;
    let HookRef {
        role,
        path,
        function,
        ..
    } = hook;
    writeln!(out, "\n{role}: {}:{function}({set})", path.display())?;
    match outcome {
        Ok(Returned::Sets(sets)) => {
            writeln!(out, "  returned {}", text::count(sets.len(), "set"))?;
            for set in sets {
                writeln!(out, "    {set}")?;
            }
        }
        Ok(Returned::Keep(true)) => writeln!(out, "  returned true: the set is kept")?,
        Ok(Returned::Keep(false)) => writeln!(out, "  returned false: the set is dropped")?,
        Ok(Returned::SlurmArgs(args)) => {
            writeln!(out, "  returned")?;
            for line in yaml::document(args).lines() {
                writeln!(out, "    {line}")?;
            }
        }
        Err(_) => writeln!(out, "  failed")?,
    }
    writeln!(out, "  took {}", shown(*time))?;
    if !printed.is_empty() {
        writeln!(out, "  printed")?;
        for line in printed.lines() {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

/// A time to three digits, in the unit that fits.
fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1e3 => format!("{micros:.0} µs"),
        ..1e6 => format!("{:.1} ms", micros / 1e3),
        _ => format!("{:.1} s", micros / 1e6),
    }
}
