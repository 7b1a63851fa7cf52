//! Hooks in Rhai, in process.
//!
//! Hooks are pure: they get copies, and what they do to them is not seen. What a script may do is
//! the affair of the [`sandbox`](crate::sandbox).

mod arguments;
mod caller;
mod load;
mod misspelt;
mod returned;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use rhai::Dynamic;

use caller::{Caller, unsuitable};
use load::Loader;
use returned::{Answer, SharedMaps};

use super::{Answers, HookError, HookErrorKind, Host, Remedy};
use crate::config::HookSettings;
use crate::diagnostic::{Label, Warning};
use crate::model::{Map, ParamSet, ParamSpace};
use crate::sandbox::values::{self, Bounds, Intake};
use crate::sandbox::{Sandbox, Script, Stack};
use crate::spec::{HookRef, Role};

/// Runs the Rhai hooks of a spec.
pub(super) struct RhaiHost {
    caller: Caller,
    parse: Option<Hook>,
    filter: Option<Hook>,
    logic: Option<Hook>,
    on_failure: Option<Hook>,
    defaults: Arc<Map>,
    shared: SharedMaps,
    bounds: Bounds,
    /// What the parse hook gave in all.
    parsed: Intake,
}

/// A function that is known to exist.
struct Hook {
    reference: HookRef,
    script: Rc<Script>,
    /// Where the function is defined.
    label: Option<Label>,
}

impl RhaiHost {
    /// Compiles the files of `hooks` and runs their top levels.
    pub(super) fn load(
        hooks: &[HookRef],
        defaults: &Arc<Map>,
        settings: &HookSettings,
        stack: &Stack,
    ) -> Result<Self, HookError> {
        let mut sandbox = Sandbox::new(stack, settings);
        let mut loader = Loader::new(&mut sandbox);
        let (mut parse, mut filter, mut logic, mut on_failure) = (None, None, None, None);
        let mut argument = Dynamic::UNIT;
        for reference in hooks {
            let hook = loader.load(reference)?;
            match reference.role {
                Role::Parse => parse = Some(hook),
                Role::Filter => filter = Some(hook),
                Role::Logic => {
                    argument = defaults_argument(reference, defaults)?;
                    logic = Some(hook);
                }
                Role::OnFailure => on_failure = Some(hook),
            }
        }
        Ok(Self {
            bounds: Bounds::of(sandbox.limits()),
            shared: SharedMaps::new(Bounds::of_slurm_args(sandbox.limits())),
            parsed: Intake::new(Bounds::of_sets(sandbox.limits())),
            caller: Caller::new(sandbox, argument),
            parse,
            filter,
            logic,
            on_failure,
            defaults: defaults.clone(),
        })
    }
}

impl Host for RhaiHost {
    fn parse(
        &mut self,
        space: &ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<Vec<ParamSet>>, HookError> {
        let hook = loaded(self.parse.as_ref());
        let (bounds, parsed) = (self.bounds, &mut self.parsed);
        self.caller.call_all(hook, space, sets, |index, answer| {
            Answer { answer, bounds }.param_sets(&space.get(index), parsed)
        })
    }

    fn filter(
        &mut self,
        space: &mut ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<bool>, HookError> {
        let hook = loaded(self.filter.as_ref());
        let bounds = self.bounds;
        self.caller.call_all(hook, space, sets, |_, answer| {
            Answer { answer, bounds }.decision()
        })
    }

    fn logic(
        &mut self,
        space: &mut ParamSpace,
        sets: &[usize],
    ) -> Result<Answers<Arc<Map>>, HookError> {
        let hook = loaded(self.logic.as_ref());
        let (defaults, shared, bounds) = (&self.defaults, &mut self.shared, self.bounds);
        self.caller
            .call_all(hook, space, sets.iter().copied(), |_, answer| {
                shared.read(Answer { answer, bounds }, defaults)
            })
    }

    fn on_failure(&mut self, space: &ParamSpace) -> Result<Answers<Option<Remedy>>, HookError> {
        let hook = loaded(self.on_failure.as_ref());
        let bounds = self.bounds;
        self.caller.call_all(hook, space, 0..1, |_, answer| {
            Answer { answer, bounds }.remedy()
        })
    }

    fn warnings(&self, role: Role, space: &ParamSpace) -> Vec<Warning> {
        let hook = match role {
            Role::Parse => &self.parse,
            Role::Filter => &self.filter,
            Role::Logic => &self.logic,
            Role::OnFailure => &self.on_failure,
        };
        hook.as_ref()
            .map_or_else(Vec::new, |hook| misspelt::warnings(hook, space))
    }
}

fn loaded(hook: Option<&Hook>) -> &Hook {
    hook.expect("the driver calls the roles that it loaded")
}

/// The second argument of a logic hook.
fn defaults_argument(reference: &HookRef, defaults: &Map) -> Result<Dynamic, HookError> {
    match values::to_map(defaults) {
        Ok(map) => Ok(Dynamic::from_map(map)),
        Err(misfit) => {
            let misfit = misfit.under("slurm_args.defaults");
            Err(unsuitable(reference, HookErrorKind::Load, &misfit))
        }
    }
}
