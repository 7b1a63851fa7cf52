//! Hooks: functions of the user's that shape a sweep, in Rhai or in Python.
//!
//! A hook is called once for each parameter set, in the order *parse* over all, *filter* over all,
//! *logic* over all. Another one is asked about jobs that failed. [`Hooks`] holds that contract; what differs between the languages is behind
//! `Host`.

mod error;
mod failure;
mod python;
mod rhai;

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::mem;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use error::{HookError, HookErrorKind};
pub use failure::{Failure, Remedy};

use self::python::PythonHost;
use self::rhai::RhaiHost;
use crate::config::HookSettings;
use crate::diagnostic::Warning;
use crate::model::{Map, ParamSet, ParamSpace};
use crate::sandbox::Stack;
use crate::spec::{HookRef, Role};

/// What each parameter set of a batch gave.
type Answers<T> = Vec<Result<T, HookError>>;

/// Sets that turned out to be unusable after all calls of a role were made, by index.
type Late = Vec<(usize, HookError)>;

/// One language's way to run hooks.
///
/// The outer error of each call means that the host cannot go on, the inner ones concern a single
/// parameter set. A call answers for the first of `sets`, for as many as the host likes but at least
/// one if there is one; the next call goes on with the rest.
trait Host {
    /// Calls the parse hook for `sets`. The driver replaces `space` with all that it gave, so that
    /// later calls count those.
    fn parse(
        &mut self,
        space: &ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<Vec<ParamSet>>, HookError>;

    /// Calls the filter hook for `sets`, and writes what it changed in them to `space`.
    fn filter(
        &mut self,
        space: &mut ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<bool>, HookError>;

    /// Calls the logic hook for `sets` (ascending), and writes what it changed in them to `space`.
    /// Equal answers are shared where that is cheap.
    fn logic(
        &mut self,
        space: &mut ParamSpace,
        sets: &[usize],
    ) -> Result<Answers<Arc<Map>>, HookError>;

    /// Calls the hook on failures for the one failure in `space`.
    fn on_failure(&mut self, space: &ParamSpace) -> Result<Answers<Option<Remedy>>, HookError>;

    /// Writes to `space` what the calls of a role, which are all made, changed beyond the sets they
    /// were made for.
    fn finish(&mut self, role: Role, space: &mut ParamSpace) -> Result<Late, HookError> {
        let _ = (role, space);
        Ok(Late::new())
    }

    /// What is worth saying about the hook of a role before it is called for the sets of `space`.
    fn warnings(&self, role: Role, space: &ParamSpace) -> Vec<Warning> {
        let _ = (role, space);
        Vec::new()
    }
}

/// The language of a hook file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `.py`, run in a process of its own.
    Python,
    /// `.rhai`, run in the sandbox.
    Rhai,
}

impl Display for Language {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "Python",
            Self::Rhai => "Rhai",
        })
    }
}

impl Language {
    /// The language of a hook, by the ending of its file.
    ///
    /// # Errors
    /// When it is none of the two.
    pub fn of(hook: &HookRef) -> Result<Self, HookError> {
        match hook
            .path
            .extension()
            .and_then(|extension| extension.to_str())
        {
            Some("py") => Ok(Self::Python),
            Some("rhai") => Ok(Self::Rhai),
            _ => Err(
                HookError::new(hook, HookErrorKind::Load, "the language is not known")
                    .at(hook.label.clone())
                    .help("hook files end in `.rhai` or `.py`"),
            ),
        }
    }
}

/// The hooks of one run, loaded.
pub struct Hooks {
    parse: Option<Language>,
    filter: Option<Language>,
    logic: Option<Language>,
    on_failure: Option<Language>,
    defaults: Arc<Map>,
    rhai: Option<RhaiHost>,
    python: Option<PythonHost>,
    pace: Pace,
    /// Which hooks were looked at.
    checked: Vec<Role>,
    warnings: Vec<Warning>,
}

impl Hooks {
    /// How many sets a host is shown at a time. It may work ahead within them.
    const WINDOW: usize = 3 << 10;

    /// Loads the files of `hooks`, at most one for each role; starts Python if one is in Python.
    ///
    /// `defaults` is what a logic hook gets as its second argument, and what every job gets where
    /// there is none.
    pub fn load(
        hooks: &[HookRef],
        defaults: &Arc<Map>,
        settings: &HookSettings,
        stack: &Stack,
    ) -> Result<Self, HookError> {
        let mut languages = HashMap::new();
        for hook in hooks {
            languages.insert(hook.role, Language::of(hook)?);
        }
        let of = |language| -> Vec<HookRef> {
            let speaks = |hook: &&HookRef| languages.get(&hook.role) == Some(&language);
            hooks.iter().filter(speaks).cloned().collect()
        };
        let (in_rhai, in_python) = (of(Language::Rhai), of(Language::Python));
        // Rhai first: a slip there is found before an interpreter is started.
        let rhai = match in_rhai.as_slice() {
            [] => None,
            hooks => Some(RhaiHost::load(hooks, defaults, settings, stack)?),
        };
        let python = match in_python.as_slice() {
            [] => None,
            hooks => {
                let HookSettings { python, output, .. } = settings;
                Some(PythonHost::load(hooks, defaults, python, output)?)
            }
        };
        Ok(Self {
            parse: languages.get(&Role::Parse).copied(),
            filter: languages.get(&Role::Filter).copied(),
            logic: languages.get(&Role::Logic).copied(),
            on_failure: languages.get(&Role::OnFailure).copied(),
            defaults: defaults.clone(),
            rhai,
            python,
            pace: Pace::default(),
            checked: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// The interpreter that runs the Python hooks, with its version, if there are any.
    pub fn interpreter(&self) -> Option<&str> {
        self.python.as_ref().map(PythonHost::interpreter)
    }

    /// What is worth saying about the hooks that were called since this was asked.
    pub fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    /// Replaces `space` with what the parse hook makes of each set in it. A set it fails on is
    /// handed to `failed` and left out.
    pub fn parse(
        &mut self,
        space: &mut ParamSpace,
        failed: &mut dyn FnMut(HookError),
    ) -> Result<(), HookError> {
        let Some(language) = self.parse else {
            return Ok(());
        };
        self.check(language, Role::Parse, space);
        let host = self.host(language);
        let mut sets = Vec::new();
        let mut start = 0;
        while start < space.len() {
            let answers = host.parse(space, window(start, space.len()))?;
            start += answers.len();
            for answer in answers {
                match answer {
                    Ok(parsed) => sets.extend(parsed),
                    Err(error) => failed(error),
                }
            }
        }
        *space = ParamSpace::list(sets);
        for (_, error) in host.finish(Role::Parse, space)? {
            failed(error);
        }
        Ok(())
    }

    /// The indexes of the sets that the filter hook keeps, ascending; `None` stands for all.
    /// A set it fails on is handed to `failed` and dropped.
    pub fn filter(
        &mut self,
        space: &mut ParamSpace,
        failed: &mut dyn FnMut(HookError),
    ) -> Result<Option<Vec<usize>>, HookError> {
        let Some(language) = self.filter else {
            return Ok(None);
        };
        self.check(language, Role::Filter, space);
        let host = self.host(language);
        let mut kept = Vec::new();
        let mut start = 0;
        while start < space.len() {
            for answer in host.filter(space, window(start, space.len()))? {
                match answer {
                    Ok(true) => kept.push(start),
                    Ok(false) => {}
                    Err(error) => failed(error),
                }
                start += 1;
            }
        }
        for (index, error) in host.finish(Role::Filter, space)? {
            kept.retain(|kept| *kept != index);
            failed(error);
        }
        Ok(Some(kept))
    }

    /// How many sets to name and to ask the logic hook about at a time.
    ///
    /// One by one where a Python hook could change a list or a map that sets share: a job shows what
    /// the calls up to its own made of it, as in a plain loop, and not how far calls were ahead.
    pub fn window(&self, space: &ParamSpace) -> usize {
        match self.logic {
            Some(Language::Python) if space.has_containers() => 1,
            _ => Self::WINDOW,
        }
    }

    /// The Slurm arguments of the first of `sets`, which ascend, in the same order. It is for the
    /// host how many; at least one, if there is one. The next call must go on with the rest.
    pub fn logic(
        &mut self,
        space: &mut ParamSpace,
        sets: &[usize],
    ) -> Result<Vec<Result<Arc<Map>, HookError>>, HookError> {
        let Some(language) = self.logic else {
            return Ok(sets.iter().map(|_| Ok(self.defaults.clone())).collect());
        };
        self.check(language, Role::Logic, space);
        let sets = match language {
            Language::Python => sets,
            // It answers in full, so that no progress would show.
            Language::Rhai => &sets[..sets.len().min(self.pace.size())],
        };
        let mut pace = mem::take(&mut self.pace);
        let answers = pace.time(|| self.host(language).logic(space, sets));
        self.pace = pace;
        answers
    }

    /// What the filter hook says of one set; every set stays where there is none.
    pub fn filter_one(&mut self, space: &mut ParamSpace, set: usize) -> Result<bool, HookError> {
        let Some(language) = self.filter else {
            return Ok(true);
        };
        self.check(language, Role::Filter, space);
        let mut answers = self.host(language).filter(space, set..set + 1)?;
        answers.pop().expect("a set has an answer")
    }

    /// The Slurm arguments of one set.
    pub fn logic_one(&mut self, space: &mut ParamSpace, set: usize) -> Result<Arc<Map>, HookError> {
        let mut answers = self.logic(space, &[set])?;
        answers.pop().expect("a set has an answer")
    }

    /// How the hook wants a job to be submitted again; `None` when it does not, or where there is no
    /// hook.
    pub fn on_failure(&mut self, failure: Failure) -> Result<Option<Remedy>, HookError> {
        let Some(language) = self.on_failure else {
            return Ok(None);
        };
        let space = failure.into_space();
        self.check(language, Role::OnFailure, &space);
        let mut answers = self.host(language).on_failure(&space)?;
        answers.pop().expect("a failure has an answer")
    }

    /// Waits until what the hooks printed so far has reached the output.
    pub fn settle_output(&self) {
        if let Some(python) = &self.python {
            python.settle_output();
        }
    }

    /// Looks at a hook before its first call.
    fn check(&mut self, language: Language, role: Role, space: &ParamSpace) {
        if !self.checked.contains(&role) {
            self.checked.push(role);
            let warnings = self.host(language).warnings(role, space);
            // Two hooks may share a function that reads the parameters.
            for warning in warnings {
                if !self
                    .warnings
                    .iter()
                    .any(|known| known.label == warning.label)
                {
                    self.warnings.push(warning);
                }
            }
        }
    }

    fn host(&mut self, language: Language) -> &mut dyn Host {
        const LOADED: &str = "a language in use has its host";
        match language {
            Language::Python => self.python.as_mut().expect(LOADED),
            Language::Rhai => self.rhai.as_mut().expect(LOADED),
        }
    }
}

/// The next sets to show to a host, of so many.
fn window(start: usize, len: usize) -> Range<usize> {
    start..len.min(start + Hooks::WINDOW)
}

/// How many sets to hand to a host at once that answers in full: few if the hook is slow, so that
/// progress shows.
#[derive(Debug)]
struct Pace {
    size: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { size: 1 }
    }
}

impl Pace {
    const MAX: usize = 1024;

    /// The size of the next batch.
    fn size(&self) -> usize {
        self.size
    }

    /// Runs a batch and learns from the time it took.
    fn time<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = run();
        let took = start.elapsed();
        if took < Duration::from_millis(25) {
            self.size = (self.size * 2).min(Self::MAX);
        } else if took > Duration::from_millis(100) {
            self.size = (self.size / 2).max(1);
        }
        result
    }
}
