//! Calls of hooks, one parameter set at a time.

use rhai::Dynamic;

use super::Hook;
use super::arguments::Arguments;
use super::returned::Returned;
use crate::hook::{Answers, HookError, HookErrorKind};
use crate::model::ParamSpace;
use crate::sandbox::values::Misfit;
use crate::sandbox::{Explainer, Failure, ONE_CALL, Sandbox, Trouble, locate};
use crate::spec::{HookRef, Role};

/// Calls hooks for parameter sets.
pub(super) struct Caller {
    sandbox: Sandbox,
    arguments: Arguments,
    defaults: Dynamic,
}

impl Caller {
    /// Calls in `sandbox`; `defaults` is the second argument of logic hooks.
    pub(super) fn new(sandbox: Sandbox, defaults: Dynamic) -> Self {
        Self {
            sandbox,
            arguments: Arguments::default(),
            defaults,
        }
    }

    /// Calls a hook for each of `sets`; what stops all of them is the outer error.
    pub(super) fn call_all<T>(
        &mut self,
        hook: &Hook,
        space: &ParamSpace,
        sets: impl IntoIterator<Item = usize>,
        mut read: impl FnMut(usize, &Dynamic) -> Result<T, Returned>,
    ) -> Result<Answers<T>, HookError> {
        let Self {
            sandbox,
            arguments,
            defaults,
        } = self;
        let HookRef { role, path, .. } = &hook.reference;
        sandbox.announce(&format!("{role} hook `{}`", path.display()));
        let mut call = |index: usize| {
            let before = sandbox.usage();
            let answer = Call {
                sandbox,
                hook,
                space,
                index,
            }
            .run(arguments, defaults);
            let answered = sandbox.usage();
            let read = answer.and_then(|answer| {
                let read = read(index, &answer);
                // What is read of an answer stays, and the answer goes.
                let kept = sandbox.usage() - answered;
                drop(answer);
                sandbox.lose(sandbox.usage() - kept - before);
                read.map_err(|returned| returned.error(&hook.reference).at(hook.label.clone()))
            });
            let read = match sandbox.has_lost_too_much() {
                Some(explained) => Err(HookError::explained(
                    &hook.reference,
                    HookErrorKind::Limit,
                    explained,
                )),
                None => read,
            };
            let answer = read.map_err(|error| error.for_set(index, space.len(), &space.get(index)));
            match answer {
                // The next set would most likely take as much.
                Err(error) if error.kind() == HookErrorKind::Limit => Err(error),
                answer => Ok(answer),
            }
        };
        sandbox.batch(|| sets.into_iter().map(&mut call).collect())
    }
}

/// One call.
struct Call<'a> {
    sandbox: &'a Sandbox,
    hook: &'a Hook,
    space: &'a ParamSpace,
    index: usize,
}

impl Call<'_> {
    fn run(&self, arguments: &mut Arguments, defaults: &Dynamic) -> Result<Dynamic, HookError> {
        let Hook {
            reference, script, ..
        } = self.hook;
        let mut values = || -> Result<Vec<Dynamic>, Misfit> {
            let mut params = arguments.params(self.space, self.index)?;
            let mut take = |key: &str| params.remove(key).unwrap_or_default();
            Ok(match reference.role {
                Role::Parse | Role::Filter => vec![params.into()],
                Role::Logic => vec![params.into(), defaults.clone()],
                Role::OnFailure => vec![take("job"), take("attempt")],
            })
        };
        let first = match values() {
            Ok(values) => values,
            Err(misfit) => return Err(unsuitable(reference, HookErrorKind::Raised, &misfit)),
        };
        let before = self.sandbox.usage();
        let failure = match self.sandbox.call(script, &reference.function, first) {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        self.sandbox.lose(self.sandbox.usage() - before);
        let again = values().expect("they were converted for the first call");
        Err(self.explain(failure, again))
    }

    fn explain(&self, failure: Failure, arguments: Vec<Dynamic>) -> HookError {
        let Hook {
            reference, script, ..
        } = self.hook;
        let function = &*reference.function;
        let set = self.space.get(self.index);
        let defaults = arguments.get(1).and_then(|defaults| {
            let defaults = defaults.read_lock::<rhai::Map>()?;
            Some(
                defaults
                    .keys()
                    .map(|key| key.as_str().into())
                    .collect::<Vec<_>>(),
            )
        });
        let names: Vec<_> = set
            .names()
            .iter()
            .cloned()
            .chain(defaults.unwrap_or_default())
            .collect();
        let explainer = Explainer {
            sandbox: self.sandbox,
            limits: self.sandbox.limits(),
            during: ONE_CALL,
            file: &script.file,
            ast: &script.ast,
            names: &names,
        };
        let explained = explainer.explain(failure, |search| {
            locate(
                self.sandbox,
                search,
                &script.file.name(),
                Some(function),
                |silent| silent.call(script, function, arguments).err(),
            )
        });
        let kind = match explained.trouble {
            Trouble::Engine => HookErrorKind::Host,
            Trouble::Limit => HookErrorKind::Limit,
            Trouble::Raised | Trouble::Unusable => HookErrorKind::Raised,
        };
        HookError::explained(reference, kind, explained)
    }
}

/// The error for a value that a hook cannot be given.
pub(super) fn unsuitable(reference: &HookRef, kind: HookErrorKind, misfit: &Misfit) -> HookError {
    HookError::new(reference, kind, misfit.to_string())
        .help("quote it in the spec to pass it as text")
}
