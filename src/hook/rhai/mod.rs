//! Hooks in Rhai, in process.
//!
//! Hooks are pure: they get copies, and what they do to them is not seen. What a script may do is
//! in [`engine`], and how its values map to ours in [`values`].

mod arguments;
mod caller;
mod engine;
mod error;
mod files;
mod import;
mod library;
mod limits;
mod load;
mod locate;
mod output;
mod returned;
mod syntax;
#[cfg(test)]
mod tests;
mod trace;
mod values;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use rhai::Dynamic;

use caller::{Caller, unsuitable};
use engine::{Sandbox, Script};
use files::Files;
use load::Loader;
use output::Printer;
use returned::SharedMaps;

use super::{Answers, HookError, HookErrorKind, Host};
use crate::config::{HookOutput, RhaiLimits};
use crate::model::{Map, ParamSet, ParamSpace};
use crate::spec::{HookRef, Role};

/// The stack that the engine needs: it recurses once per level of a value or of a chain of
/// closures, and no limit of its own keeps it from overflowing a smaller one.
pub(super) const STACK_BYTES: usize = 512 << 20;

/// Runs the Rhai hooks of a spec.
pub(super) struct RhaiHost {
    caller: Caller,
    parse: Option<Hook>,
    filter: Option<Hook>,
    logic: Option<Hook>,
    defaults: Arc<Map>,
    shared: SharedMaps,
}

/// A function that is known to exist.
struct Hook {
    reference: HookRef,
    script: Rc<Script>,
}

impl RhaiHost {
    /// Compiles the files of `hooks`. The engine recurses on the native stack: the caller runs
    /// everything on a thread with a stack of [`STACK_BYTES`] (512 MiB, lazily committed).
    pub(super) fn load(
        hooks: &[HookRef],
        defaults: &Arc<Map>,
        limits: &RhaiLimits,
        output: &HookOutput,
    ) -> Result<Self, HookError> {
        let files = Rc::new(Files::default());
        let printer = Printer::new(output.clone(), limits.output_bytes);
        let sandbox = Sandbox::new(limits, &files, printer);
        let mut loader = Loader::new(&sandbox, &files, limits);
        let (mut parse, mut filter, mut logic) = (None, None, None);
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
            }
        }
        Ok(Self {
            caller: Caller::new(sandbox, files, limits.clone(), argument),
            parse,
            filter,
            logic,
            defaults: defaults.clone(),
            shared: SharedMaps::default(),
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
        self.caller.call_all(hook, space, sets, |index, answer| {
            returned::param_sets(answer, &space.get(index))
        })
    }

    fn filter(
        &mut self,
        space: &mut ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<bool>, HookError> {
        let hook = loaded(self.filter.as_ref());
        self.caller
            .call_all(hook, space, sets, |_, answer| returned::decision(&answer))
    }

    fn logic(
        &mut self,
        space: &mut ParamSpace,
        sets: &[usize],
    ) -> Result<Answers<Arc<Map>>, HookError> {
        let hook = loaded(self.logic.as_ref());
        let (defaults, shared) = (&self.defaults, &mut self.shared);
        self.caller
            .call_all(hook, space, sets.iter().copied(), |_, answer| {
                Ok(shared.share(returned::slurm_args(answer, defaults)?))
            })
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
