use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::Printer;
use crate::Error;
use crate::hook::Remedy;
use crate::model::{ParamSet, Value};
use crate::spec::{HookRef, Role, Spec};
use crate::text;
use crate::trial::{Call, Returned, Trial};
use crate::yaml;

/// Shows what hooks did, and fails where one of them did.
pub(super) fn tell(trial: Trial, spec: &Spec, json: bool, printer: &Printer) -> Result<(), Error> {
    printer.warnings(&trial.warnings);
    if let Some(interpreter) = &trial.interpreter {
        printer.verbose(&format!("Python hooks ran in {interpreter}"));
    }
    match json {
        true => printer.json(&Report::of(&trial))?,
        false if trial.calls.is_empty() => printer.result(no_calls(spec))?,
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
        Returned::Remedy(None) => Value::Null,
        Returned::Remedy(Some(Remedy { slurm, params })) => Value::map([
            ("slurm", Value::from(slurm.clone())),
            ("params", params.clone().into()),
        ]),
    }
}

/// Why no hook was called.
fn no_calls(spec: &Spec) -> &'static str {
    let has_others = spec.hooks().next().is_some();
    let has_on_failure = spec.all_hooks().any(|hook| hook.role == Role::OnFailure);
    match (has_others, has_on_failure) {
        (_, true) => "the only hook of the spec is `on_failure`: `--on-failure STATE` tries it\n",
        (true, false) => "the spec has no `on_failure` hook\n",
        (false, false) => "the spec has no hooks\n",
    }
}

fn to_text(trial: &Trial) -> String {
    let of_failure = trial
        .calls
        .iter()
        .any(|call| call.hook.role == Role::OnFailure);
    let mut out = match of_failure {
        true => String::new(),
        false => format!("parameter set: {}\n", trial.set),
    };
    for call in &trial.calls {
        write_call(&mut out, call).expect("writing to a string cannot fail");
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
        Ok(Returned::Remedy(None)) => writeln!(out, "  returned nothing: the job stays")?,
        Ok(Returned::Remedy(Some(Remedy { slurm, params }))) => {
            writeln!(out, "  returned: the job is submitted again")?;
            for (what, map) in [("slurm", slurm), ("params", params)] {
                for (key, value) in map {
                    writeln!(out, "    {what}.{key}: {value}")?;
                }
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
