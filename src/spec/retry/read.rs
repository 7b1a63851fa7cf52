use std::num::NonZeroU64;

use super::{Change, Retry, Rule, To};
use crate::diagnostic::{any_of, did_you_mean};
use crate::model::{Amount, Growth, JobState, Map, Unit, Value, option_name};
use crate::yaml::{Fields, Misfit, Node};

const SETTINGS: [&str; 3] = ["max_attempts", "stop_after_alike", "on_failure"];

/// Reads the block at `node`, all but its hook. `known` is what every job asks for, as far as that
/// is known before jobs are generated.
pub(in crate::spec) fn read(node: &Node, known: &Map, misfits: &mut Vec<Misfit>) -> Retry {
    let mut retry = Retry::default();
    let Some(entries) = node.as_mapping() else {
        let misfit = Misfit::kind(node, "retry", "a map from states to rules");
        misfits.push(misfit.help("write `retry: {TIMEOUT: {time: x1.5}}`"));
        return retry;
    };
    let fields = Fields::of(node);
    retry.max_attempts = count(&fields, "max_attempts", misfits).unwrap_or(retry.max_attempts);
    retry.stop_after_alike =
        count(&fields, "stop_after_alike", misfits).unwrap_or(retry.stop_after_alike);
    for (key, node) in entries {
        let name = key.as_str().unwrap_or_default();
        if SETTINGS.contains(&name) || name.starts_with("x-") {
            continue;
        }
        let Some(state) = state(key, name, misfits) else {
            continue;
        };
        if retry.rule(&state).is_some() {
            misfits.push(Misfit::new(key, format!("`{state}` has two rules")));
        } else if let Some(rule) = rule(&state, node, known, misfits) {
            retry.rules.push((state, rule));
        }
    }
    retry
}

/// A setting that is a whole number from one.
fn count(fields: &Fields<'_>, key: &str, misfits: &mut Vec<Misfit>) -> Option<NonZeroU64> {
    let node = fields.get(key)?;
    let count = match node.to_value() {
        Value::Int(int) => u64::try_from(int).ok().and_then(NonZeroU64::new),
        _ => None,
    };
    if count.is_none() {
        let message = format!("`{key}` must be a whole number from 1");
        misfits.push(Misfit::new(node, message));
    }
    count
}

fn state(key: &Node, name: &str, misfits: &mut Vec<Misfit>) -> Option<JobState> {
    if let Some(state) = JobState::of_failure(name) {
        return Some(state);
    }
    let word = name.to_ascii_uppercase().replace('-', "_");
    let over = match JobState::parse(&word) {
        JobState::Completed => Some("jobs that completed are not retried"),
        JobState::Pending | JobState::Running => Some("a job that waits or runs is not retried"),
        _ => None,
    };
    let misfit = Misfit::new(key, format!("`retry` has no key `{name}`"));
    let guess = || did_you_mean(&word, JobState::FAILURES).or_else(|| did_you_mean(name, SETTINGS));
    let known = || {
        let states = any_of(JobState::FAILURES).replace(" or ", ", ");
        format!(
            "it takes states, {states}, and {}",
            any_of(SETTINGS).replace(" or ", " and ")
        )
    };
    misfits.push(misfit.help(over.map(String::from).or_else(guess).unwrap_or_else(known)));
    None
}

fn rule(state: &JobState, node: &Node, known: &Map, misfits: &mut Vec<Misfit>) -> Option<Rule> {
    if node.as_mapping().is_some() {
        return changes(state, node, known, misfits).map(Rule::Change);
    }
    let words = Rule::WORDS.iter().map(|(word, _)| *word);
    let text = node.as_scalar().map(|scalar| &*scalar.text);
    let word = text.unwrap_or_default().replace('_', "-");
    if let Some((_, rule)) = Rule::WORDS.iter().find(|(known, _)| *known == word) {
        return Some(rule.clone());
    }
    let found = match text {
        Some(text) if !node.is_null() => format!("`{text}`"),
        _ => node.kind().into(),
    };
    let message = format!(
        "the rule of `{state}` must be {} or a map of Slurm arguments, not {found}",
        any_of(words.clone()).replace(" or ", ", ")
    );
    let help = "write what changes, like `{mem: x2, max: 128G}`";
    let guess = did_you_mean(&word, words);
    misfits.push(Misfit::new(node, message).help(guess.unwrap_or_else(|| help.into())));
    None
}

fn changes(
    state: &JobState,
    node: &Node,
    known: &Map,
    misfits: &mut Vec<Misfit>,
) -> Option<Vec<Change>> {
    let before = misfits.len();
    let mut changes = Vec::new();
    for (key, node) in node.as_mapping().unwrap_or_default() {
        let argument = key.as_str().unwrap_or_default();
        if argument == "max" || argument.starts_with("x-") {
            continue;
        }
        match new_value(key, argument, node) {
            Ok(to) => changes.push(Change {
                argument: argument.into(),
                to,
            }),
            Err(misfit) => misfits.push(misfit),
        }
    }
    if misfits.len() > before {
        return None;
    }
    if changes.is_empty() {
        let misfit = Misfit::new(node, format!("the rule of `{state}` changes nothing"));
        misfits.push(misfit.help("write `again` to submit jobs as they are"));
        return None;
    }
    if let Some(max) = node.get("max") {
        limit(&mut changes, max, known, misfits);
    }
    Some(changes)
}

fn new_value(key: &Node, argument: &str, node: &Node) -> Result<To, Misfit> {
    let Some(scalar) = node.as_scalar().filter(|_| !node.is_null()) else {
        return Err(Misfit::kind(node, argument, "a single value"));
    };
    // `1:00:00` is what it looks like here, whatever YAML 1.1 makes of it.
    let text = &*scalar.text;
    let Some(unit) = unit_of(argument) else {
        if Growth::is_meant(text) {
            let message = format!("`{argument}` is no amount, so it has no `{text}`");
            let help = || {
                format!(
                    "amounts are {}",
                    any_of(Unit::options()).replace(" or ", " and ")
                )
            };
            let guess = did_you_mean(&option_name(argument), Unit::options());
            return Err(Misfit::new(key, message).help(guess.unwrap_or_else(help)));
        }
        return Ok(To::Value(plain(&scalar.value, text)));
    };
    match Growth::parse(unit, text) {
        Some(Ok(growth)) => return Ok(To::More { growth, max: None }),
        Some(Err(problem)) => return Err(Misfit::new(node, problem).help(how_much(unit))),
        None => {}
    }
    let unlimited = ["UNLIMITED", "INFINITE"]
        .iter()
        .any(|it| text.eq_ignore_ascii_case(it));
    match (unit, Amount::parse(unit, text)) {
        // `--nodes=2-4`, `--gpus=a100:2`
        (Unit::Pieces, _) | (_, Some(_)) => Ok(To::Value(plain(&scalar.value, text))),
        (Unit::Time, None) if unlimited => Ok(To::Value(text.into())),
        (_, None) => {
            let message = format!("`{text}` is not {}", unit.example());
            Err(Misfit::new(node, message).help(how_much(unit)))
        }
    }
}

fn how_much(unit: Unit) -> &'static str {
    match unit {
        Unit::Memory => "write `x2` or `+8G` for more, or the new value",
        Unit::Time => "write `x1.5` or `+1:00:00` for more, or the new value",
        Unit::Pieces => "write `x2` or `+1` for more, or the new value",
    }
}

/// The value as it is written, but for numbers and booleans that are written as they are printed.
fn plain(value: &Value, text: &str) -> Value {
    match value {
        Value::Bool(_) => value.clone(),
        Value::Int(int) if int.to_string() == text => value.clone(),
        _ => text.into(),
    }
}

fn unit_of(argument: &str) -> Option<Unit> {
    Unit::of(&option_name(argument))
}

/// Puts `max` to the arguments that grow.
fn limit(changes: &mut [Change], max: &Node, known: &Map, misfits: &mut Vec<Misfit>) {
    let grows = |change: &&Change| matches!(change.to, To::More { .. });
    let growing: Vec<&str> = changes
        .iter()
        .filter(grows)
        .map(|change| &*change.argument)
        .collect();
    let limits: Vec<(String, Node)> = match (max.as_mapping(), &growing[..]) {
        (Some(entries), _) => entries
            .iter()
            .map(|(key, node)| (key.as_str().unwrap_or_default().into(), node.clone()))
            .collect(),
        (None, [only]) => vec![((*only).into(), max.clone())],
        (None, []) => {
            let misfit = Misfit::new(max, "`max` bounds nothing: no argument of the rule grows");
            misfits.push(misfit.help("write `x2` or `+8G` where the argument shall grow"));
            return;
        }
        (None, several @ [first, ..]) => {
            let message = format!("`max` must say of what: {} grow", all_of(several));
            let help = format!("write a map, like `max: {{{}: {}}}`", first, text(max));
            misfits.push(Misfit::new(max, message).help(help));
            return;
        }
    };
    for (argument, node) in limits {
        let of = changes
            .iter_mut()
            .find(|change| change.argument == argument);
        let Some((unit, to)) = of.and_then(|of| Some((unit_of(&of.argument)?, &mut of.to))) else {
            let misfit = no_growth(&node, &argument);
            let names = changes.iter().map(|change| &*change.argument);
            let guess = did_you_mean(&argument, names);
            misfits.push(match guess {
                Some(guess) => misfit.help(guess),
                None => misfit,
            });
            continue;
        };
        let To::More { max, .. } = to else {
            misfits.push(no_growth(&node, &argument));
            continue;
        };
        *max = bound(&argument, unit, &node, known, misfits);
    }
}

fn no_growth(node: &Node, argument: &str) -> Misfit {
    let message = format!("`max` bounds `{argument}`, which does not grow in this rule");
    Misfit::new(node, message).help(format!("write `{argument}: x2`, or take it out of `max`"))
}

fn bound(
    argument: &str,
    unit: Unit,
    node: &Node,
    known: &Map,
    misfits: &mut Vec<Misfit>,
) -> Option<Amount> {
    let Some(max) = Amount::parse(unit, text(node)) else {
        let message = format!("the `max` of `{argument}` must be {}", unit.example());
        misfits.push(Misfit::new(node, message));
        return None;
    };
    let option = option_name(argument);
    let mut known = known.iter().filter(|(key, _)| option_name(key) == option);
    let asked = known.next().map(|(_, value)| value.to_string());
    if let Some(asked) = asked
        && let Some(amount) = Amount::parse(unit, &asked)
        && amount.reaches(max)
    {
        let message = format!("`max` is {max}, and `slurm_args.defaults` asks for {asked} already");
        misfits.push(Misfit::new(node, message).help("raise `max`, or leave it out"));
    }
    Some(max)
}

fn text(node: &Node) -> &str {
    node.as_scalar().map_or("", |scalar| &scalar.text)
}

/// `` `a` and `b` ``
fn all_of(words: &[&str]) -> String {
    any_of(words).replace(" or ", " and ")
}
