//! Hooks: functions of the user's that shape a sweep, in Rhai or in Python.
//!
//! A hook is called once for each parameter set, in the order *parse* over all, *filter* over all,
//! *logic* over all. [`Hooks`] holds that contract; what differs between the languages is behind
//! `Host`.

mod error;
mod python;
mod rhai;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use error::{HookError, HookErrorKind};

use crate::config::HookSettings;
use crate::model::{Map, ParamSet, ParamSpace};
use crate::spec::{HookRef, Role};

/// What each parameter set of a batch gave.
type Answers<T> = Vec<Result<T, HookError>>;

/// One language's way to run hooks.
///
/// The outer error of each call means that the host cannot go on, the inner ones concern a single
/// parameter set. A batch is answered in order and in full.
trait Host {
    /// Calls the parse hook for each of `sets`. The driver replaces `space` with all that it gave,
    /// so that later calls count those.
    fn parse(
        &mut self,
        space: &ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<Vec<ParamSet>>, HookError>;

    /// Calls the filter hook for each of `sets`, and writes what it changed in them to `space`.
    fn filter(
        &mut self,
        space: &mut ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<bool>, HookError>;

    /// Calls the logic hook for each of `sets` (ascending), and writes what it changed in them to
    /// `space`. Equal answers are shared where that is cheap.
    fn logic(
        &mut self,
        space: &mut ParamSpace,
        sets: &[usize],
    ) -> Result<Answers<Arc<Map>>, HookError>;
}

/// The language of a hook file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Python,
    Rhai,
}

impl Language {
    fn of(hook: &HookRef) -> Result<Self, HookError> {
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
