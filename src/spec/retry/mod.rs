//! The `retry` block: what becomes of jobs that failed.

mod read;

use std::num::NonZeroU64;

use crate::model::{Amount, Growth, JobState, Map, Value};

use super::HookRef;

pub(super) use read::read;

/// What becomes of jobs that failed, by how they did.
#[derive(Clone, Debug)]
pub struct Retry {
    /// A rule for each state that has one.
    pub rules: Vec<(JobState, Rule)>,
    /// How often a job is submitted, the first time included.
    pub max_attempts: NonZeroU64,
    /// From how many jobs on that failed alike, while none completed, somebody is asked.
    pub stop_after_alike: NonZeroU64,
    /// The hook that decides where no rule does.
    pub on_failure: Option<HookRef>,
}

/// What becomes of the jobs in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Again as they are.
    Again,
    /// Again with other Slurm arguments.
    Change(Vec<Change>),
    /// Again, on other nodes.
    ExcludeNode,
    /// Nothing.
    Never,
    /// Back into the queue under their old ids.
    Requeue,
}

/// Another value of a Slurm argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The argument as the spec writes it: `mem_per_cpu` or `mem-per-cpu`.
    pub argument: String,
    /// Its new value.
    pub to: To,
}

/// The new value of a Slurm argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// More than before, but not more than `max`.
    More {
        /// How much more.
        growth: Growth,
        /// The most to ask for.
        max: Option<Amount>,
    },
    /// This.
    Value(Value),
}

impl Rule {
    /// The rules that are a word.
    const WORDS: [(&'static str, Self); 4] = [
        ("again", Self::Again),
        ("exclude-node", Self::ExcludeNode),
        ("never", Self::Never),
        ("requeue", Self::Requeue),
    ];

    fn to_value(&self) -> Value {
        let Self::Change(changes) = self else {
            let word = Self::WORDS.iter().find(|(_, rule)| rule == self);
            return word.map_or(Value::Null, |(word, _)| (*word).into());
        };
        let mut map = Map::new();
        let mut limits = Map::new();
        let mut growing = 0;
        for Change { argument, to } in changes {
            let value = match to {
                To::Value(value) => value.clone(),
                To::More { growth, max } => {
                    growing += 1;
                    if let Some(max) = max {
                        limits.insert(argument.as_str().into(), max.to_string().into());
                    }
                    growth.to_string().into()
                }
            };
            map.insert(argument.as_str().into(), value);
        }
        let max = match limits.values().next() {
            None => return map.into(),
            Some(only) if growing == 1 => only.clone(),
            Some(_) => limits.into(),
        };
        map.insert("max".into(), max);
        map.into()
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            max_attempts: const { NonZeroU64::new(3).unwrap() },
            stop_after_alike: const { NonZeroU64::new(5).unwrap() },
            on_failure: None,
        }
    }
}

impl Retry {
    /// The rule of a state.
    pub fn rule(&self, state: &JobState) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        let (_, rule) = rules.find(|(of, _)| of == state)?;
        Some(rule)
    }

    /// The block again; `hook` shows the hook.
    pub(super) fn to_map(&self, hook: impl Fn(&HookRef) -> Value) -> Map {
        let Self {
            rules,
            max_attempts,
            stop_after_alike,
            on_failure,
        } = self;
        let count = |count: NonZeroU64| Value::Int(count.get().into());
        let rules = rules
            .iter()
            .map(|(state, rule)| (state.word().to_owned(), rule.to_value()));
        let settings = [
            ("max_attempts".into(), count(*max_attempts)),
            ("stop_after_alike".into(), count(*stop_after_alike)),
        ];
        let hook = on_failure.iter().map(|it| ("on_failure".into(), hook(it)));
        rules.chain(settings).chain(hook).collect()
    }
}
