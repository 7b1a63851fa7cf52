//! What each kind of hook must return.

use std::collections::HashSet;
use std::sync::Arc;

use rhai::{Array, Dynamic};

use super::values::{self, Misfit};
use crate::hook::{HookError, HookErrorKind};
use crate::model::{Map, ParamSet};
use crate::spec::HookRef;

/// Why an answer is not usable.
#[derive(Debug)]
pub(super) struct Returned {
    message: String,
    help: Option<&'static str>,
}

impl Returned {
    /// The error to show.
    pub(super) fn error(self, hook: &HookRef) -> HookError {
        let error = HookError::new(hook, HookErrorKind::Returned, self.message);
        match self.help {
            Some(help) => error.help(help),
            None => error,
        }
    }

    /// `rule` says what is allowed.
    fn instead(answer: &Dynamic, rule: &str) -> Self {
        let missing =
            "the function ends without a value: is an `else` missing, or what it returns?";
        Self {
            message: format!("returned {}; {rule}", values::describe(answer)),
            help: answer.is_unit().then_some(missing),
        }
    }
}

impl From<Misfit> for Returned {
    fn from(misfit: Misfit) -> Self {
        Self {
            message: misfit.to_string(),
            help: None,
        }
    }
}

/// The answer of a filter hook.
pub(super) fn decision(answer: &Dynamic) -> Result<bool, Returned> {
    let refuse = |_| Returned::instead(answer, "a filter must return true or false");
    answer.as_bool().map_err(refuse)
}

/// The answer of a logic hook, in the order of `defaults`.
pub(super) fn slurm_args(answer: Dynamic, defaults: &Map) -> Result<Map, Returned> {
    let answer = answer.flatten();
    if !answer.is_map() {
        return Err(Returned::instead(&answer, "a logic hook must return a map"));
    }
    Ok(values::map_to_value(answer.cast())?.in_order_of(defaults))
}

/// The answer of a parse hook, each set in the order of `params`.
pub(super) fn param_sets(answer: Dynamic, params: &ParamSet) -> Result<Vec<ParamSet>, Returned> {
    const RULE: &str = "a parse hook must return a map or an array of maps";
    let order = params.to_map();
    let in_order = |map: Map| ParamSet::from(&map.in_order_of(&order));
    let answer = answer.flatten();
    if answer.is_map() {
        return Ok(vec![in_order(values::map_to_value(answer.cast())?)]);
    }
    if !answer.is_array() {
        return Err(Returned::instead(&answer, RULE));
    }
    let set = |(index, item): (usize, Dynamic)| {
        let item = item.flatten();
        if !item.is_map() {
            let message = format!(
                "returned {} at `[{index}]`; {RULE}",
                values::describe(&item)
            );
            return Err(Returned {
                message,
                help: None,
            });
        }
        let map = values::map_to_value(item.cast());
        Ok(in_order(map.map_err(|misfit| misfit.item(index))?))
    };
    answer
        .cast::<Array>()
        .into_iter()
        .enumerate()
        .map(set)
        .collect()
}

/// Equal maps as one: a hundred thousand jobs have few different answers.
#[derive(Default)]
pub(super) struct SharedMaps(HashSet<Arc<Map>>);

impl SharedMaps {
    /// Where answers hardly repeat, remembering them costs more than it saves.
    const MAX: usize = 4096;

    /// An equal map seen before, or else this one.
    pub(super) fn share(&mut self, map: Map) -> Arc<Map> {
        if let Some(known) = self.0.get(&map) {
            return known.clone();
        }
        let map = Arc::new(map);
        if self.0.len() == Self::MAX {
            self.0.clear();
        }
        self.0.insert(map.clone());
        map
    }
}
