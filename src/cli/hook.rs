use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::settings::Strictness;
use super::table::table;
use super::{Global, Printer, settings, tried};
use crate::Error;
use crate::diagnostic::{Diagnose, Source, Warning, any_of, did_you_mean};
use crate::hook::Language;
use crate::model::{JobState, Map, ParamSet, Value};
use crate::retry::imagined;
use crate::spec::{Mode, Spec};
use crate::trial::Trial;
use crate::yaml::{self, Level, Schema, Target, Trap};

const EXAMPLES: &str = "\
Examples:
  slurmkit hook list job_spec.yaml
  slurmkit hook test job_spec.yaml                            with the first parameter set
  slurmkit hook test job_spec.yaml --params lr=0.1,model=vit  with these values instead
  slurmkit hook test job_spec.yaml --params '{layers: [64, 64]}'
  slurmkit hook test job_spec.yaml --on-failure timeout       the hook on failures instead
  slurmkit hook test job_spec.yaml --on-failure 'exit_code=75,log_tail=CUDA out of memory'";

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
        /// Call the hook on failures instead, as for a job that ended like this: a state, or
        /// `name=value,…` of what such a hook is told of an attempt
        #[arg(long, value_name = "HOW")]
        on_failure: Vec<String>,
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
            on_failure,
            python,
            strictness,
        } => {
            settings::prepare_hooks(&mut config, python, printer);
            let spec = Spec::load(&spec, &config)?;
            strictness.check(&config, &spec, printer)?;
            settings::warn(&config, &spec, printer);
            let set = chosen_set(&spec, &read_params(&params, config.yaml, printer)?)?;
            let trial = match on_failure.is_empty() {
                true => Trial::run(&spec, &config, set)?,
                false => {
                    let details = read_details(&on_failure, config.yaml, printer)?;
                    let slurm = spec.slurm_args.over(&config.slurm_defaults);
                    let failure = imagined(set.to_map(), slurm, &details).map_err(no_detail)?;
                    Trial::of_failure(&spec, &config, failure)?
                }
            };
            tried::tell(trial, &spec, global.json, printer)
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

/// What is given of an attempt; a word alone is its state.
fn read_details(texts: &[String], schema: Schema, printer: &Printer) -> Result<Map, Error> {
    let as_entry = |text: &String| match text.contains(['=', '{']) {
        true => text.clone(),
        false => format!("state={text}"),
    };
    let entries: Vec<_> = texts.iter().map(as_entry).collect();
    let read = read_params(&entries, schema, printer)?.into_entries();
    let checked = read.map(|(name, value)| {
        let value = detail(&name, value)?;
        Ok((name, value))
    });
    checked.collect()
}

/// A value as a hook gets it: states in Slurm's words, and numbers where it counts on them.
fn detail(name: &str, value: Value) -> Result<Value, Error> {
    match (name, &value) {
        ("state", _) => state(&value.to_string()),
        ("number", Value::Int(_))
        | ("exit_code" | "signal" | "elapsed", Value::Int(_) | Value::Null) => Ok(value),
        ("number" | "exit_code" | "signal" | "elapsed", other) => {
            let problem = format!("`{name}` must be an integer, not {}", other.kind());
            Err(no_failure(problem, None))
        }
        _ => Ok(value),
    }
}

fn state(word: &str) -> Result<Value, Error> {
    if let Some(state) = JobState::of_failure(word) {
        return Ok(state.word().into());
    }
    let guess = did_you_mean(word, JobState::FAILURES);
    let known = || format!("it is {}", any_of(JobState::FAILURES));
    let problem = format!("`{word}` is no state of a job that failed");
    Err(no_failure(problem, guess.or_else(|| Some(known()))))
}

fn no_detail((name, known): (String, Vec<String>)) -> Error {
    let names = || known.iter().map(String::as_str);
    let all = || format!("it has {}", any_of(names()).replace(" or ", " and "));
    let help = did_you_mean(&name, names()).or_else(|| Some(all()));
    no_failure(format!("an attempt has no `{name}`"), help)
}

fn no_failure(problem: String, help: Option<String>) -> Error {
    Error::Argument {
        argument: "--on-failure",
        problem,
        help,
    }
}
