//! Hooks in Python, in a process of their own.
//!
//! One worker runs all Python hooks of a run, so that they share modules and objects as they would
//! in a program of the user's. It gets the axes of a grid once and is asked for ranges of sets:
//! what crosses the pipe for a set is a digit or a number, not its parameters.

mod failure;
mod interpreter;
mod process;
mod protocol;
mod stderr;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashMap;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};

use self::failure::Script;
use self::process::{Lost, Process, ending};
use self::protocol::{Ready, Reply, Request, Stopped, Told};
use self::values::{Incoming, IncomingMap, Outgoing, OutgoingMap, OutgoingSet};
use super::error::{HookError, HookErrorKind};
use super::{Answers, Host};
use crate::config::{HookOutput, PythonSettings};
use crate::model::{Map, ParamSet, ParamSpace};
use crate::spec::{HookRef, Role};

/// How many sets that are spelled out go into one request.
const SETS_PER_REQUEST: usize = 1024;

/// Runs Python hooks.
pub(super) struct PythonHost {
    process: Process,
    interpreter: String,
    scripts: Vec<Script>,
    call_time: Duration,
    known: Known,
    /// How many sets the parse hook gave.
    parsed: usize,
    /// Every answer of the logic hook that differs from the others, by number.
    results: Vec<Arc<Map>>,
}

/// Which parameter sets the worker holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    /// Those that the parse hook is called with.
    Unparsed,
    /// Those that the other hooks are called with.
    Final,
}

impl PythonHost {
    /// Starts the interpreter and loads the files of `hooks` (in the order parse, filter, logic).
    pub(super) fn load(
        hooks: &[HookRef],
        defaults: &Arc<Map>,
        settings: &PythonSettings,
        output: &HookOutput,
    ) -> Result<Self, HookError> {
        let scripts = hooks
            .iter()
            .map(Script::read)
            .collect::<Result<Vec<_>, _>>()?;
        let first = hooks
            .first()
            .expect("a host is loaded for at least one hook");
        let mut host = Self {
            process: interpreter::start(first, settings, output)?,
            interpreter: String::new(),
            scripts,
            call_time: settings.call_time,
            known: Known::Nothing,
            parsed: 0,
            results: Vec::new(),
        };
        host.load_files(settings.import_time)?;
        host.send(
            first.role,
            &Request::Defaults {
                defaults: OutgoingMap(defaults),
            },
        )?;
        Ok(host)
    }

    /// Waits until what was printed so far has reached the output.
    pub(super) fn settle_output(&self) {
        self.process.stderr().settle();
    }

    /// The interpreter that serves, with its version.
    pub(super) fn interpreter(&self) -> &str {
        &self.interpreter
    }

    fn load_files(&mut self, limit: Duration) -> Result<(), HookError> {
        let paths: Vec<_> = self
            .scripts
            .iter()
            .map(absolute)
            .collect::<Result<_, _>>()?;
        let hooks = self
            .scripts
            .iter()
            .zip(&paths)
            .map(|(Script { hook, .. }, path)| {
                (
                    hook.role.to_string(),
                    path.as_os_str().as_bytes(),
                    hook.function.as_str(),
                )
            })
            .collect();
        let line = Request::Init { hooks }.to_line();
        let ready = match self.process.exchange(&line, limit) {
            Ok(line) => self.read::<Ready>(&self.scripts[0], &line)?,
            Err(lost) => return Err(self.lost_while_loading(lost, limit)),
        };
        let Ready {
            python,
            executable,
            role,
            failed,
            stopped,
        } = ready;
        self.interpreter = format!("{executable} ({python})");
        let script = self.script_named(role.as_deref());
        if let Some(told) = failed {
            return Err(script.told(told, &self.interpreter));
        }
        match stopped {
            Some(stopped) => Err(self.interrupted(stopped)),
            None => Ok(()),
        }
    }

    /// The script of a role that this host was loaded for.
    fn script(&self, role: Role) -> &Script {
        let script = self.scripts.iter().find(|script| script.hook.role == role);
        script.expect("a host is only called for the hooks it was loaded with")
    }

    /// The script of a role as the worker names it.
    fn script_named(&self, role: Option<&str>) -> &Script {
        let named = |script: &&Script| role == Some(script.hook.role.to_string().as_str());
        self.scripts.iter().find(named).unwrap_or(&self.scripts[0])
    }

    fn read<T: DeserializeOwned>(&self, script: &Script, line: &[u8]) -> Result<T, HookError> {
        serde_json::from_slice(line).map_err(|error| {
            let message = format!("the Python process ({}) spoke nonsense", self.interpreter);
            script
                .error(HookErrorKind::Host, message)
                .note(error.to_string())
                .help("a hook must leave file descriptors alone that it did not open")
        })
    }

    /// Sends what has no answer but that it was understood.
    fn send(&mut self, role: Role, request: &Request) -> Result<Reply<IgnoredAny>, HookError> {
        let line = match self.process.exchange(&request.to_line(), self.call_time) {
            Ok(line) => line,
            Err(lost) => return Err(self.lost(role, lost, None, self.call_time)),
        };
        self.read(self.script(role), &line)
    }

    /// Lets the hook of `role` be called for `sets`.
    fn call<T: DeserializeOwned>(
        &mut self,
        role: Role,
        request: &Request,
        space: &ParamSpace,
        sets: &[usize],
    ) -> Result<(T, Changes), HookError> {
        let calls = u32::try_from(sets.len()).unwrap_or(u32::MAX);
        let limit = self.call_time.saturating_mul(calls);
        let line = match self.process.exchange(&request.to_line(), limit) {
            Ok(line) => line,
            Err(lost) => return Err(self.lost(role, lost, Some((space, sets)), limit)),
        };
        let Reply {
            answers,
            results,
            changed,
            axis_values,
            failures,
            stopped,
        } = self.read(self.script(role), &line)?;
        if let Some(stopped) = stopped {
            return Err(self.interrupted(stopped));
        }
        let Some(answers) = answers else {
            return Err(self.wrong_count(role));
        };
        self.results
            .extend(results.into_iter().map(|IncomingMap(map)| Arc::new(map)));
        Ok((
            answers,
            Changes {
                changed,
                axis_values,
                failures,
            },
        ))
    }

    /// Makes sure that the worker holds the sets of `space`.
    fn share(&mut self, role: Role, space: &mut ParamSpace) -> Result<(), HookError> {
        if self.known == Known::Unparsed && space.axes().is_none() && space.len() == self.parsed {
            let Reply { changed, .. } = self.send(role, &Request::Parsed)?;
            apply_sets(space, changed);
        } else if self.known != Known::Final {
            self.send_space(role, space)?;
        }
        self.known = Known::Final;
        Ok(())
    }

    fn send_space(&mut self, role: Role, space: &ParamSpace) -> Result<(), HookError> {
        if let Some(axes) = space.axes() {
            let axes = axes
                .iter()
                .map(|axis| (&*axis.name, axis.values.iter().map(Outgoing).collect()))
                .collect();
            self.send(role, &Request::Axes { axes })?;
            return Ok(());
        }
        for start in (0..space.len()).step_by(SETS_PER_REQUEST) {
            let end = space.len().min(start + SETS_PER_REQUEST);
            let sets: Vec<_> = (start..end).map(|index| space.get(index)).collect();
            let items = sets.iter().map(OutgoingSet).collect();
            self.send(
                role,
                &Request::Items {
                    items,
                    first: start == 0,
                },
            )?;
        }
        Ok(())
    }

    /// Puts what the calls changed into `space`, and the failures into `answers`.
    fn settle<T>(
        &self,
        role: Role,
        space: &mut ParamSpace,
        answers: impl Iterator<Item = (usize, Option<T>)>,
        changes: Changes,
    ) -> Result<Answers<T>, HookError> {
        let Changes {
            changed,
            axis_values,
            failures,
        } = changes;
        for (axis, place, Incoming(value)) in axis_values {
            space.set_axis_value(axis, place, value);
        }
        apply_sets(space, changed);
        self.join(role, space, answers, failures)
    }

    /// Puts the failures into `answers`.
    fn join<T>(
        &self,
        role: Role,
        space: &ParamSpace,
        answers: impl Iterator<Item = (usize, Option<T>)>,
        failures: Vec<(usize, Told)>,
    ) -> Result<Answers<T>, HookError> {
        let script = self.script(role);
        let mut failures: HashMap<_, _> = failures.into_iter().collect();
        answers
            .map(|(index, answer)| match (failures.remove(&index), answer) {
                (Some(told), _) => {
                    let error = script.told(told, &self.interpreter);
                    Ok(Err(error.for_set(index, space.len(), &space.get(index))))
                }
                (None, Some(answer)) => Ok(Ok(answer)),
                (None, None) => Err(self.wrong_count(role)),
            })
            .collect()
    }

    fn wrong_count(&self, role: Role) -> HookError {
        let message = format!("the Python process ({}) left answers out", self.interpreter);
        self.script(role).error(HookErrorKind::Host, message)
    }

    /// The worker was interrupted, though not by us.
    fn interrupted(&self, stopped: Stopped) -> HookError {
        let script = self.script_named(stopped.role.as_deref());
        let error = script.error(HookErrorKind::Raised, "KeyboardInterrupt");
        script.whereabouts(error, stopped.told)
    }

    fn lost_while_loading(&self, lost: Lost, limit: Duration) -> HookError {
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

    fn lost(
        &self,
        role: Role,
        lost: Lost,
        sets: Option<(&ParamSpace, &[usize])>,
        limit: Duration,
    ) -> HookError {
        let script = self.script(role);
        let (kind, message, stopped) = match lost {
            Lost::TimedOut(told) => {
                let message = format!("took longer than {} s", limit.as_secs_f64());
                (HookErrorKind::Limit, message, stopped(told.as_deref()))
            }
            lost => (HookErrorKind::Host, process_end(&lost), None),
        };
        let at = stopped.as_ref().and_then(|stopped| stopped.index);
        let error = match sets {
            None => script.error(kind, message),
            Some((space, &[index])) => {
                script
                    .error(kind, message)
                    .for_set(index, space.len(), &space.get(index))
            }
            Some((space, sets)) => {
                let message = format!("{message} {}", working_on(space, sets));
                let error = script.error(kind, message);
                match at.filter(|at| sets.contains(at)) {
                    Some(at) => error.for_set(at, space.len(), &space.get(at)),
                    None => error,
                }
            }
        };
        let error = script.whereabouts(error, stopped.and_then(|stopped| stopped.told));
        if kind == HookErrorKind::Limit {
            error.help(RAISE_LIMIT)
        } else {
            error
        }
    }
}

const RAISE_LIMIT: &str = "the limit can be raised under `hooks:` in the config; 0 is none";

impl Host for PythonHost {
    fn parse(
        &mut self,
        space: &ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<Vec<ParamSet>>, HookError> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        if self.known == Known::Nothing {
            self.send_space(Role::Parse, space)?;
            self.known = Known::Unparsed;
        }
        let request = Request::Parse {
            start: sets.start,
            count: sets.len(),
        };
        let indexes: Vec<_> = sets.collect();
        let (answers, changes): (Vec<Option<Vec<IncomingMap>>>, _) =
            self.call(Role::Parse, &request, space, &indexes)?;
        self.parsed += answers.iter().flatten().map(Vec::len).sum::<usize>();
        let answers = self
            .counted(Role::Parse, &indexes, answers)?
            .into_iter()
            .map(|made| {
                made.map(|made| {
                    made.iter()
                        .map(|IncomingMap(map)| ParamSet::from(map))
                        .collect()
                })
            });
        self.join(
            Role::Parse,
            space,
            indexes.iter().copied().zip(answers),
            changes.failures,
        )
    }

    fn filter(
        &mut self,
        space: &mut ParamSpace,
        sets: Range<usize>,
    ) -> Result<Answers<bool>, HookError> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        self.share(Role::Filter, space)?;
        let request = Request::Filter {
            start: sets.start,
            count: sets.len(),
        };
        let indexes: Vec<_> = sets.collect();
        let (answers, changes): (String, _) = self.call(Role::Filter, &request, space, &indexes)?;
        let answers = answers.chars().map(|answer| match answer {
            '0' => Some(false),
            '1' => Some(true),
            _ => None,
        });
        let answers = self.counted(Role::Filter, &indexes, answers.collect())?;
        self.settle(
            Role::Filter,
            space,
            indexes.iter().copied().zip(answers),
            changes,
        )
    }

    fn logic(
        &mut self,
        space: &mut ParamSpace,
        sets: &[usize],
    ) -> Result<Answers<Arc<Map>>, HookError> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        self.share(Role::Logic, space)?;
        let request = Request::Logic { indexes: sets };
        let (numbers, changes): (Vec<Option<usize>>, _) =
            self.call(Role::Logic, &request, space, sets)?;
        let numbers = self.counted(Role::Logic, sets, numbers)?;
        let answers: Vec<_> = numbers
            .into_iter()
            .map(|number| self.results.get(number?).cloned())
            .collect();
        self.settle(
            Role::Logic,
            space,
            sets.iter().copied().zip(answers),
            changes,
        )
    }
}

impl PythonHost {
    /// Checks that each set has an answer.
    fn counted<T>(&self, role: Role, sets: &[usize], answers: Vec<T>) -> Result<Vec<T>, HookError> {
        if answers.len() == sets.len() {
            Ok(answers)
        } else {
            Err(self.wrong_count(role))
        }
    }
}

/// What calls did beside answering.
struct Changes {
    changed: Vec<(usize, IncomingMap)>,
    axis_values: Vec<(usize, usize, Incoming)>,
    failures: Vec<(usize, Told)>,
}

fn apply_sets(space: &mut ParamSpace, changed: Vec<(usize, IncomingMap)>) {
    for (index, IncomingMap(map)) in changed {
        space.set_changed(index, ParamSet::from(&map));
    }
}

/// The path as the worker needs it: a hook may change the working folder.
fn absolute(script: &Script) -> Result<PathBuf, HookError> {
    std::path::absolute(&script.hook.path).map_err(|error| {
        script.error(
            HookErrorKind::Load,
            format!("its absolute path is not known: {error}"),
        )
    })
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
