//! Workers that were lost, as errors.

use std::time::Duration;

use serde::de::IgnoredAny;

use super::PythonHost;
use super::process::{Lost, ending};
use super::protocol::{Reply, Stopped};
use crate::hook::error::{HookError, HookErrorKind};
use crate::model::ParamSpace;
use crate::spec::Role;

const RAISE_LIMIT: &str = "the limit can be raised under `hooks:` in the config; 0 is none";

impl PythonHost {
    /// The worker was interrupted, though not by us.
    pub(super) fn interrupted(&self, stopped: Stopped) -> HookError {
        let script = self.script_named(stopped.role.as_deref());
        let error = script.error(HookErrorKind::Raised, "KeyboardInterrupt");
        script.whereabouts(error, stopped.told)
    }

    pub(super) fn lost_while_loading(&self, lost: Lost, limit: Duration) -> HookError {
        let script = &self.scripts[0];
        match lost {
            Lost::TimedOut(told) => {
                let stopped = stopped(told.as_deref());
                let role = stopped.as_ref().and_then(|stopped| stopped.role.as_deref());
                let script = self.script_named(role);
                let message = format!("loading took longer than {} s", limit.as_secs_f64());
                let error = script
                    .error(HookErrorKind::Limit, message)
                    .help(RAISE_LIMIT);
                script.whereabouts(error, stopped.and_then(|stopped| stopped.told))
            }
            lost => script.error(
                HookErrorKind::Host,
                format!("{} while loading", process_end(&lost)),
            ),
        }
    }

    /// `sets` are those that were asked for and not answered, if any were.
    pub(super) fn lost(
        &self,
        role: Role,
        lost: Lost,
        sets: Option<(&ParamSpace, &[usize])>,
    ) -> HookError {
        let script = self.script(role);
        let (kind, message, stopped) = match lost {
            Lost::TimedOut(told) => {
                let message = format!("took longer than {} s", self.call_time.as_secs_f64());
                (HookErrorKind::Limit, message, stopped(told.as_deref()))
            }
            lost => (HookErrorKind::Host, process_end(&lost), None),
        };
        let at = stopped.as_ref().and_then(|stopped| stopped.index);
        let error = match sets {
            None => script.error(kind, message),
            Some((space, sets)) => match (at.filter(|at| sets.contains(at)), sets) {
                (Some(index), _) | (None, &[index]) => {
                    script
                        .error(kind, message)
                        .for_set(index, space.len(), &space.get(index))
                }
                (None, sets) => {
                    script.error(kind, format!("{message} {}", working_on(space, sets)))
                }
            },
        };
        let error = script.whereabouts(error, stopped.and_then(|stopped| stopped.told));
        if kind == HookErrorKind::Limit {
            error.help(RAISE_LIMIT)
        } else {
            error
        }
    }
}

/// What an interrupted worker told, if it is what was interrupted: it may as well have answered
/// in the very moment that its time was up.
fn stopped(line: Option<&[u8]>) -> Option<Stopped> {
    serde_json::from_slice::<Reply<IgnoredAny>>(line?)
        .ok()?
        .stopped
}

fn process_end(lost: &Lost) -> String {
    match lost {
        Lost::Closed => "the Python process closed its connection".into(),
        Lost::Ended(status) => format!("the Python process {}", ending(*status)),
        Lost::Io(error) => format!("the Python process cannot be spoken to: {error}"),
        Lost::Oversized => "the answer of the Python process is larger than 64 MiB".into(),
        Lost::TimedOut(_) => "the Python process took too long".into(),
    }
}

fn working_on(space: &ParamSpace, sets: &[usize]) -> String {
    match sets {
        [first, .., last] => format!(
            "while working on parameter sets {} to {} of {}",
            first + 1,
            last + 1,
            space.len()
        ),
        [] | [_] => String::new(),
    }
}
