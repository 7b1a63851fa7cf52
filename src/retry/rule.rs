//! Rules of a spec, applied to a job.

use super::asked::Asked;
use super::{Question, Stay, Verdict, Wish, nodes};
use crate::collection::Job;
use crate::hook::Remedy;
use crate::model::{Amount, Growth, JobState, Map, Unit, Value, option_name};
use crate::spec::{Change, Retry, Rule, To};

/// What becomes of a job; `None` where the hook must say.
pub(super) fn apply(retry: &Retry, question: &Question<'_>, job: &Job) -> Option<Verdict> {
    let wish = question.wish;
    let asked = question.asked(job);
    let again = |slurm: Map| {
        let remedy = Remedy {
            slurm,
            params: Map::new(),
        };
        Some(wish.verdict(&asked, &remedy))
    };
    let Some(state) = job.state().filter(|state| state.is_failure()) else {
        // Nothing failed: somebody asked for it.
        return again(Map::new());
    };
    if job.attempts.len() as u64 >= retry.max_attempts.get() {
        let attempts = job.attempts.len();
        return Some(Verdict::Stay(Stay::GivenUp { attempts }));
    }
    let slurm = match retry.rule(state) {
        Some(Rule::Again) => Ok(Map::new()),
        Some(Rule::Change(changes)) => changed(changes, &asked, &wish.slurm),
        Some(Rule::ExcludeNode) => Ok(without_nodes(&asked, job)),
        Some(Rule::Never) => return Some(Verdict::Stay(Stay::Never)),
        Some(Rule::Requeue) if wish.changes_something() => Ok(Map::new()),
        Some(Rule::Requeue) => return Some(Verdict::Requeue),
        None if retry.on_failure.is_some() => return None,
        None => unruled(state, wish),
    };
    match slurm {
        Ok(slurm) => again(slurm),
        Err(_) if wish.changes_something() => again(Map::new()),
        Err(stay) => Some(Verdict::Stay(stay)),
    }
}

fn unruled(state: &JobState, wish: &Wish) -> Result<Map, Stay> {
    match wish.state_named {
        true => Ok(Map::new()),
        false => Err(Stay::NoRule(state.clone())),
    }
}

/// The arguments that a rule changes, but for those that are wished otherwise.
fn changed(changes: &[Change], asked: &Asked<'_>, wished: &Map) -> Result<Map, Stay> {
    let mut slurm = Map::new();
    let mut stay = None;
    for Change { argument, to } in changes {
        if wished
            .keys()
            .any(|key| option_name(key) == option_name(argument))
        {
            continue;
        }
        let value = match to {
            To::Value(value) => value.clone(),
            To::More { growth, max } => match more(argument, *growth, *max, asked) {
                Ok(value) => value,
                Err(full @ Stay::AtMaximum { .. }) => {
                    stay.get_or_insert(full);
                    continue;
                }
                Err(stay) => return Err(stay),
            },
        };
        if asked.get(argument).as_deref() != Some(&*value.to_string()) {
            slurm.insert(argument.as_str().into(), value);
        }
    }
    if slurm.is_empty() {
        return Err(stay.unwrap_or(Stay::Same));
    }
    Ok(slurm)
}

/// What an argument grows to.
fn more(
    argument: &str,
    growth: Growth,
    max: Option<Amount>,
    asked: &Asked<'_>,
) -> Result<Value, Stay> {
    let owned = || argument.to_owned();
    let Some(text) = asked.get(argument) else {
        return Err(match other_memory(argument, asked) {
            Some(other) => Stay::OtherMemory {
                argument: owned(),
                other: other.into(),
                growth: growth.to_string(),
            },
            None => Stay::NotKnown { argument: owned() },
        });
    };
    let unit = Unit::of(&option_name(argument));
    let amount = unit.and_then(|unit| Amount::parse(unit, &text));
    let no_amount = || Stay::NoAmount {
        argument: owned(),
        value: text.clone(),
    };
    let amount = amount.filter(|it| !it.is_zero()).ok_or_else(no_amount)?;
    if let Some(max) = max.filter(|max| amount.reaches(*max)) {
        return Err(Stay::AtMaximum {
            argument: owned(),
            max: max.to_string(),
        });
    }
    let grown = match (growth.of(amount), max) {
        (Some(grown), Some(max)) => grown.min(max),
        (Some(grown), None) => grown,
        (None, Some(max)) => max,
        (None, None) => return Err(no_amount()),
    };
    let text = grown.to_string();
    Ok(match (unit, text.parse::<i64>()) {
        (Some(Unit::Pieces), Ok(pieces)) => pieces.into(),
        _ => text.into(),
    })
}

/// The other way in which memory is asked for, of which `sbatch` takes only one.
fn other_memory(argument: &str, asked: &Asked<'_>) -> Option<&'static str> {
    const WAYS: [&str; 3] = ["mem", "mem-per-cpu", "mem-per-gpu"];
    let is_way = WAYS.contains(&&*option_name(argument));
    let mut others = WAYS.into_iter().filter(|way| asked.get(way).is_some());
    is_way.then(|| others.next()).flatten()
}

/// The nodes of the last attempt, to be avoided with those that were before. Where Slurm names
/// none, the job goes again as it is.
fn without_nodes(asked: &Asked<'_>, job: &Job) -> Map {
    let last = job.attempts.last();
    let Some(nodes) = last.and_then(|last| last.nodes.as_deref()) else {
        return Map::new();
    };
    let before = asked.get("exclude").unwrap_or_default();
    let excluded = nodes::joined(&before, nodes);
    [("exclude", excluded.into())].into_iter().collect()
}
