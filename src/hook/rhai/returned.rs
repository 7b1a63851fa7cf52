//! What each kind of hook must return.

use std::collections::HashSet;
use std::sync::Arc;

use rhai::{Array, Dynamic};

use crate::hook::{HookError, HookErrorKind, Remedy};
use crate::model::{Map, ParamSet};
use crate::sandbox::raise;
use crate::sandbox::values::{self, Bounds, Intake, Misfit};
use crate::spec::HookRef;

/// Why an answer is not usable.
#[derive(Debug)]
pub(super) struct Returned {
    message: String,
    /// The key of the limit that was reached, if that is why.
    limit: Option<&'static str>,
    help: Option<String>,
}

impl Returned {
    fn new(message: String) -> Self {
        Self {
            message,
            limit: None,
            help: None,
        }
    }

    /// The error to show.
    pub(super) fn error(self, hook: &HookRef) -> HookError {
        let (kind, help) = match self.limit {
            Some(limit) => (HookErrorKind::Limit, Some(raise(limit))),
            None => (HookErrorKind::Returned, self.help),
        };
        let error = HookError::new(hook, kind, self.message);
        match help {
            Some(help) => error.help(help),
            None => error,
        }
    }

    /// `rule` says what is allowed.
    fn instead(answer: &Dynamic, rule: &str) -> Self {
        let missing =
            "the function ends without a value, as after an assignment or an `if` without `else`";
        Self {
            help: answer.is_unit().then(|| missing.into()),
            ..Self::new(format!("returned {}; {rule}", values::describe(answer)))
        }
    }
}

impl From<Misfit> for Returned {
    fn from(misfit: Misfit) -> Self {
        Self {
            limit: misfit.limit(),
            help: Some("a hook returns numbers, text, booleans, arrays and maps".into()),
            ..Self::new(format!("returned {misfit}"))
        }
    }
}

/// What a hook returned, and how much of it may cross.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    pub(super) answer: &'a Dynamic,
    pub(super) bounds: Bounds,
}

impl Answer<'_> {
    /// Of a filter hook.
    pub(super) fn decision(self) -> Result<bool, Returned> {
        let refuse = |_| Returned::instead(self.answer, "a filter must return true or false");
        self.answer.as_bool().map_err(refuse)
    }

    /// Of a hook on failures.
    pub(super) fn remedy(self) -> Result<Option<Remedy>, Returned> {
        if self.answer.is_unit() {
            return Ok(None);
        }
        let Some(map) = self.answer.read_lock::<rhai::Map>() else {
            let rule = "an on_failure hook must return a map or `()`";
            return Err(Returned::instead(self.answer, rule));
        };
        let map = Intake::new(self.bounds).take(&map)?;
        let remedy = Remedy::read(&map).map_err(|(message, help)| Returned {
            help,
            ..Returned::new(message)
        })?;
        Ok(Some(remedy))
    }

    /// Of a logic hook, in the order of `defaults`.
    fn slurm_args(self, defaults: &Map, intake: &mut Intake) -> Result<Map, Returned> {
        let Some(map) = self.answer.read_lock::<rhai::Map>() else {
            return Err(Returned::instead(
                self.answer,
                "a logic hook must return a map",
            ));
        };
        Ok(intake.take(&map)?.in_order_of(defaults))
    }

    /// Of a parse hook, each set in the order of `params`. `total` counts what all answers hold.
    pub(super) fn param_sets(
        self,
        params: &ParamSet,
        total: &mut Intake,
    ) -> Result<Vec<ParamSet>, Returned> {
        let mut intake = Intake::new(self.bounds);
        let sets = self.read_sets(params, &mut intake)?;
        add_to(total, &intake)?;
        Ok(sets)
    }

    fn read_sets(self, params: &ParamSet, intake: &mut Intake) -> Result<Vec<ParamSet>, Returned> {
        const RULE: &str = "a parse hook must return a map or an array of maps";
        let order = params.to_map();
        let in_order = |map: Map| ParamSet::from(&map.in_order_of(&order));
        if let Some(map) = self.answer.read_lock::<rhai::Map>() {
            return Ok(vec![in_order(intake.take(&map)?)]);
        }
        let Some(items) = self.answer.read_lock::<Array>() else {
            return Err(Returned::instead(self.answer, RULE));
        };
        let set = |(index, item): (usize, &Dynamic)| {
            let Some(map) = item.read_lock::<rhai::Map>() else {
                return Err(Returned::new(format!(
                    "returned {} at `[{index}]`; {RULE}",
                    values::describe(item)
                )));
            };
            Ok(in_order(
                intake.take(&map).map_err(|misfit| misfit.item(index))?,
            ))
        };
        items.iter().enumerate().map(set).collect()
    }
}

/// Counts what was taken of an answer with what was taken before.
fn add_to(total: &mut Intake, intake: &Intake) -> Result<(), Returned> {
    total.add(intake).map_err(|misfit| Returned {
        limit: misfit.limit(),
        ..Returned::new(format!("returned, with what it returned before, {misfit}"))
    })
}

/// Equal answers as one: a hundred thousand jobs have few different ones.
pub(super) struct SharedMaps {
    /// The answers that came up last, the latest first, and what they were read as. Most answers
    /// are among them, and need not be read at all.
    recent: Vec<(rhai::Map, Arc<Map>)>,
    all: HashSet<Arc<Map>>,
    /// What all of them hold.
    total: Intake,
}

impl SharedMaps {
    /// Where answers hardly repeat, remembering them costs more than it saves.
    const MAX: usize = 4096;
    const MAX_RECENT: usize = 8;

    /// None yet; all together may hold as much as `bounds` says.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            recent: Vec::new(),
            all: HashSet::new(),
            total: Intake::new(bounds),
        }
    }

    /// What an answer is read as; equal ones give the same map.
    pub(super) fn read(&mut self, answer: Answer, defaults: &Map) -> Result<Arc<Map>, Returned> {
        let known = answer.answer.read_lock::<rhai::Map>().and_then(|map| {
            let mut recent = self.recent.iter();
            recent.position(|(known, _)| is_same_map(known, &map))
        });
        if let Some(place) = known {
            self.recent[..=place].rotate_right(1);
            return Ok(self.recent[0].1.clone());
        }
        let original = answer
            .answer
            .read_lock::<rhai::Map>()
            .map(|map| map.clone());
        let mut intake = Intake::new(answer.bounds);
        let map = answer.slurm_args(defaults, &mut intake)?;
        let map = self.share(map, &intake)?;
        if let Some(original) = original {
            self.recent.truncate(Self::MAX_RECENT - 1);
            self.recent.insert(0, (original, map.clone()));
        }
        Ok(map)
    }

    /// An equal map seen before, or else this one.
    fn share(&mut self, map: Map, intake: &Intake) -> Result<Arc<Map>, Returned> {
        if let Some(known) = self.all.get(&map) {
            return Ok(known.clone());
        }
        add_to(&mut self.total, intake)?;
        let map = Arc::new(map);
        if self.all.len() == Self::MAX {
            self.all.clear();
        }
        self.all.insert(map.clone());
        Ok(map)
    }
}

/// Whether two maps hold the same, to the type and the bit.
fn is_same_map(one: &rhai::Map, other: &rhai::Map) -> bool {
    let mut pairs = one.iter().zip(other);
    one.len() == other.len()
        && pairs.all(|((key, one), (other_key, other))| key == other_key && is_same(one, other))
}

/// Whether two values are the same, to the type and the bit; what is not cheap to tell differs.
fn is_same(one: &Dynamic, other: &Dynamic) -> bool {
    if let (Ok(one), Ok(other)) = (
        one.as_immutable_string_ref(),
        other.as_immutable_string_ref(),
    ) {
        return one.as_str() == other.as_str();
    }
    if let (Ok(one), Ok(other)) = (one.as_int(), other.as_int()) {
        return one == other;
    }
    if let (Ok(one), Ok(other)) = (one.as_float(), other.as_float()) {
        return one.to_bits() == other.to_bits();
    }
    if let (Ok(one), Ok(other)) = (one.as_bool(), other.as_bool()) {
        return one == other;
    }
    one.is_unit() && other.is_unit()
}
