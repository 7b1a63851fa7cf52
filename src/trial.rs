//! The hooks of a spec, tried on one parameter set.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;
use crate::config::{Config, HookOutput, HookSettings};
use crate::diagnostic::Warning;
use crate::hook::{Failure, HookError, Hooks, Remedy};
use crate::model::{Map, ParamSet, ParamSpace};
use crate::sandbox::Stack;
use crate::spec::{HookRef, Role, Spec};

/// What the hooks did with a set.
#[derive(Debug)]
pub struct Trial {
    /// The set they began with; of a failure, the attempt.
    pub set: ParamSet,
    /// Every call, in order.
    pub calls: Vec<Call>,
    /// What is worth saying about the hooks.
    pub warnings: Vec<Warning>,
    /// The interpreter of the Python hooks, if there are any.
    pub interpreter: Option<String>,
}

/// One call of a hook.
#[derive(Debug)]
pub struct Call {
    /// The hook.
    pub hook: HookRef,
    /// The set it was called with.
    pub set: ParamSet,
    /// What it gave.
    pub outcome: Result<Returned, HookError>,
    /// How long it took.
    pub time: Duration,
    /// What it printed.
    pub printed: String,
}

/// What a hook returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// The sets of a parse hook.
    Sets(Vec<ParamSet>),
    /// Whether a filter hook keeps the set.
    Keep(bool),
    /// The Slurm arguments of a logic hook.
    SlurmArgs(Arc<Map>),
    /// What a hook on failures asks for, if it does.
    Remedy(Option<Remedy>),
}

impl Trial {
    /// Calls the hooks of `spec` for `set` as a run would: parse, filter for what that gave, and
    /// logic for what is kept. Nothing is written.
    ///
    /// # Errors
    /// When the hooks cannot be loaded. What a call raises is its outcome.
    pub fn run(spec: &Spec, config: &Config, set: ParamSet) -> Result<Self, Error> {
        Stack::run(|stack| Ok(Runner::load(spec.hooks(), spec, config, stack)?.run(set)))
            .map_err(Error::Thread)?
    }

    /// Calls the hook on failures of `spec`, if it has one, for a failure that may never have been.
    ///
    /// # Errors
    /// When the hook cannot be loaded.
    pub fn of_failure(spec: &Spec, config: &Config, failure: Failure) -> Result<Self, Error> {
        let hooks = spec.all_hooks().filter(|hook| hook.role == Role::OnFailure);
        Stack::run(|stack| Ok(Runner::load(hooks, spec, config, stack)?.fail(failure)))
            .map_err(Error::Thread)?
    }
}

struct Runner {
    hooks: Hooks,
    references: Vec<HookRef>,
    printed: Arc<Mutex<Vec<u8>>>,
    calls: Vec<Call>,
}

impl Runner {
    fn load<'a>(
        hooks: impl Iterator<Item = &'a HookRef>,
        spec: &Spec,
        config: &Config,
        stack: &Stack,
    ) -> Result<Self, Error> {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let sink = printed.clone();
        let settings = HookSettings {
            output: HookOutput::new(move |piece| {
                let mut printed = sink.lock().unwrap_or_else(PoisonError::into_inner);
                printed.extend_from_slice(piece);
            }),
            ..config.hooks.clone()
        };
        let references: Vec<HookRef> = hooks.cloned().collect();
        let defaults = spec.slurm_args.over(&config.slurm_defaults);
        let hooks = Hooks::load(&references, &Arc::new(defaults), &settings, stack)?;
        Ok(Self {
            hooks,
            references,
            printed,
            calls: Vec::new(),
        })
    }

    fn run(mut self, set: ParamSet) -> Trial {
        let mut space = ParamSpace::list(vec![set.clone()]);
        self.parse(&mut space);
        for index in 0..space.len() {
            if self.filter(&mut space, index) {
                self.logic(&mut space, index);
            }
        }
        self.finish(set)
    }

    fn fail(mut self, failure: Failure) -> Trial {
        let attempt = ParamSet::from(&failure.attempt);
        self.call(Role::OnFailure, attempt.clone(), |hooks| {
            hooks.on_failure(failure).map(Returned::Remedy)
        });
        self.finish(attempt)
    }

    fn finish(mut self, set: ParamSet) -> Trial {
        Trial {
            set,
            warnings: self.hooks.take_warnings(),
            interpreter: self.hooks.interpreter().map(String::from),
            calls: self.calls,
        }
    }

    fn parse(&mut self, space: &mut ParamSpace) {
        let set = space.get(0);
        self.call(Role::Parse, set, |hooks| {
            let mut failure = None;
            hooks.parse(space, &mut |error| failure = Some(error))?;
            match failure {
                Some(error) => Err(error),
                None => Ok(Returned::Sets(
                    (0..space.len()).map(|at| space.get(at)).collect(),
                )),
            }
        });
    }

    /// Whether the set is kept.
    fn filter(&mut self, space: &mut ParamSpace, index: usize) -> bool {
        let set = space.get(index);
        let call = self.call(Role::Filter, set, |hooks| {
            hooks.filter_one(space, index).map(Returned::Keep)
        });
        call.is_none_or(|call| matches!(call.outcome, Ok(Returned::Keep(true))))
    }

    fn logic(&mut self, space: &mut ParamSpace, index: usize) {
        let set = space.get(index);
        self.call(Role::Logic, set, |hooks| {
            hooks.logic_one(space, index).map(Returned::SlurmArgs)
        });
    }

    /// Calls the hook of a role, if there is one.
    fn call(
        &mut self,
        role: Role,
        set: ParamSet,
        call: impl FnOnce(&mut Hooks) -> Result<Returned, HookError>,
    ) -> Option<&Call> {
        let hook = self
            .references
            .iter()
            .find(|hook| hook.role == role)?
            .clone();
        let start = Instant::now();
        let outcome = call(&mut self.hooks);
        let time = start.elapsed();
        self.hooks.settle_output();
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = String::from_utf8_lossy(&std::mem::take(&mut *printed)).into_owned();
        self.calls.push(Call {
            hook,
            set,
            outcome,
            time,
            printed,
        });
        self.calls.last()
    }
}
