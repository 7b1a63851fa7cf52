//! Calls of hooks, one parameter set at a time.

use std::rc::Rc;

use rhai::Dynamic;

use super::Hook;
use super::arguments::Arguments;
use super::engine::{Failure, Sandbox};
use super::error::Explainer;
use super::files::Files;
use super::locate;
use super::returned::Returned;
use super::values::Misfit;
use crate::config::RhaiLimits;
use crate::hook::{Answers, HookError, HookErrorKind};
use crate::model::ParamSpace;
use crate::spec::{HookRef, Role};

/// Calls hooks for parameter sets.
pub(super) struct Caller {
    sandbox: Sandbox,
    files: Rc<Files>,
    limits: RhaiLimits,
    arguments: Arguments,
    defaults: Dynamic,
}

impl Caller {
    /// Calls in `sandbox`, which must have been made for the same `files` and `limits`; `defaults`
    /// is the second argument of logic hooks.
    pub(super) fn new(
        sandbox: Sandbox,
        files: Rc<Files>,
        limits: RhaiLimits,
        defaults: Dynamic,
    ) -> Self {
        let arguments = Arguments::default();
        Self {
            sandbox,
            files,
            limits,
            arguments,
            defaults,
        }
    }

    /// Calls a hook for each of `sets`; what stops all of them is the outer error.
    pub(super) fn call_all<T>(
        &mut self,
        hook: &Hook,
        space: &ParamSpace,
        sets: impl IntoIterator<Item = usize>,
        mut read: impl FnMut(usize, Dynamic) -> Result<T, Returned>,
    ) -> Result<Answers<T>, HookError> {
        let sets = sets.into_iter();
        sets.map(|index| {
            let answer = self.call(hook, space, index)?;
            Ok(answer
                .and_then(|answer| {
                    read(index, answer).map_err(|returned| returned.error(&hook.reference))
                })
                .map_err(|error| error.for_set(index, space.len(), &space.get(index))))
        })
        .collect()
    }

    fn call(
        &mut self,
        hook: &Hook,
        space: &ParamSpace,
        index: usize,
    ) -> Result<Result<Dynamic, HookError>, HookError> {
        let arguments = match self.arguments(hook.reference.role, space, index) {
            Ok(arguments) => arguments,
            Err(misfit) => {
                return Ok(Err(unsuitable(
                    &hook.reference,
                    HookErrorKind::Raised,
                    &misfit,
                )));
            }
        };
        let function = &hook.reference.function;
        let failure = match self.sandbox.call(&hook.script, function, arguments) {
            Ok(answer) => return Ok(Ok(answer)),
            Err(failure) => failure,
        };
        let in_top_level = failure.in_top_level;
        let error = self.explain(hook, space, index, failure);
        if in_top_level {
            return Err(error);
        }
        match error.kind() {
            // The next set would most likely take as long.
            HookErrorKind::Limit => Err(error.for_set(index, space.len(), &space.get(index))),
            _ => Ok(Err(error)),
        }
    }

    fn arguments(
        &mut self,
        role: Role,
        space: &ParamSpace,
        index: usize,
    ) -> Result<Vec<Dynamic>, Misfit> {
        let params = Dynamic::from_map(self.arguments.params(space, index)?);
        Ok(match role {
            Role::Parse | Role::Filter => vec![params],
            Role::Logic => vec![params, self.defaults.clone()],
        })
    }

    fn explain(
        &mut self,
        hook: &Hook,
        space: &ParamSpace,
        index: usize,
        failure: Failure,
    ) -> HookError {
        let HookRef { role, function, .. } = &hook.reference;
        let arguments = self
            .arguments(*role, space, index)
            .expect("they were converted for the call");
        let Self {
            sandbox,
            files,
            limits,
            ..
        } = self;
        let params = &space.get(index);
        let explainer = Explainer {
            hook,
            sandbox,
            files,
            limits,
            params,
        };
        explainer.explain(failure, || {
            locate::locate(limits, files, &hook.script, function, arguments)
        })
    }
}

/// The error for a value that a hook cannot be given.
pub(super) fn unsuitable(reference: &HookRef, kind: HookErrorKind, misfit: &Misfit) -> HookError {
    HookError::new(reference, kind, misfit.to_string())
        .help("quote it in the spec to pass it as text")
}
