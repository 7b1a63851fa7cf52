//! Hooks in Python, in a process of their own.
//!
//! One worker runs all Python hooks of a run, so that they share modules and objects as they would
//! in a program of the user's. It gets the axes of a grid once and is asked for runs of sets: what
//! crosses the pipe for a set is a word or a number, not its parameters.

mod ahead;
mod failure;
mod interpreter;
mod lost;
mod pipes;
mod process;
mod protocol;
mod share;
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

use self::ahead::Ahead;
use self::failure::Script;
use self::process::Process;
use self::protocol::{Ready, Reply, Request, Told};
use self::values::{Incoming, IncomingMap, OutgoingMap};
use super::error::{HookError, HookErrorKind};
use super::{Answers, Host, Late, Remedy};
use crate::config::{HookOutput, PythonSettings};
use crate::model::{Map, ParamSet, ParamSpace};
use crate::spec::{HookRef, Role};

/// What may pass beside the time of a call before its answer is here. A part of a request is
/// answered once its calls took a fraction of this.
const SLACK: Duration = Duration::from_millis(250);

/// Runs Python hooks.
pub(super) struct PythonHost {
    process: Process,
    interpreter: String,
    scripts: Vec<Script>,
    call_time: Duration,
    known: Known,
    ahead: Ahead,
    /// How many sets the parse hook gave.
    parsed: usize,
    /// Answers of the logic hook that differ from each other, by number.
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
            ahead: Ahead::default(),
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
        self.process.send(&Request::Init { hooks }.to_line());
        let ready = match self.process.receive(limit) {
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
        self.process.send(&request.to_line());
        match self.process.receive(self.limit()) {
            Ok(line) => self.read(self.script(role), &line),
            Err(lost) => Err(self.lost(role, lost, None)),
        }
    }

    /// The time for an answer; zero is no limit.
    fn limit(&self) -> Duration {
        match self.call_time {
            Duration::ZERO => Duration::ZERO,
            call_time => call_time + SLACK,
        }
    }

    /// Lets the hook of `role` be called for `sets`, and returns the next part of the answers.
    fn call<T: DeserializeOwned>(
        &mut self,
        role: Role,
        space: &ParamSpace,
        sets: &[usize],
    ) -> Result<(Vec<Option<T>>, Changes), HookError> {
        self.ask(role, sets);
        let asked = &sets[..self.ahead.answered_next()];
        let line = match self.process.receive(self.limit()) {
            Ok(line) => line,
            Err(lost) => {
                self.ahead = Ahead::default();
                return Err(self.lost(role, lost, Some((space, asked))));
            }
        };
        let Reply {
            answers,
            forgotten,
            results,
            changed,
            axis_values,
            failures,
            stopped,
            more: _,
        } = self.read(self.script(role), &line)?;
        if let Some(stopped) = stopped {
            return Err(self.interrupted(stopped));
        }
        if answers.is_empty() || answers.len() > asked.len() {
            return Err(self.wrong_count(role));
        }
        self.ahead.answered(answers.len());
        // The worker goes on while these answers are looked at.
        self.ask(role, &sets[answers.len()..]);
        if forgotten {
            self.results.clear();
        }
        self.results
            .extend(results.into_iter().map(|IncomingMap(map)| Arc::new(map)));
        let changes = Changes {
            changed,
            axis_values,
            failures,
        };
        Ok((answers, changes))
    }

    /// Asks about the first of `sets`, as far as that was not done before.
    fn ask(&mut self, role: Role, sets: &[usize]) {
        while let Some(batch) = self.ahead.next(sets) {
            let request = Request::Call {
                role: role.to_string(),
                runs: runs(batch),
            };
            self.process.send(&request.to_line());
        }
    }

    /// Puts what the calls changed into `space`, and the failures into the answers.
    fn settle<T>(
        &self,
        role: Role,
        space: &mut ParamSpace,
        sets: &[usize],
        (answers, changes): (Vec<Option<T>>, Changes),
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
        self.join(role, space, sets, answers, failures)
    }

    /// Puts the failures into the answers, which are those of the first of `sets`.
    fn join<T>(
        &self,
        role: Role,
        space: &ParamSpace,
        sets: &[usize],
        answers: Vec<Option<T>>,
        failures: Vec<(usize, Told)>,
    ) -> Result<Answers<T>, HookError> {
        let script = self.script(role);
        let mut failures: HashMap<_, _> = failures.into_iter().collect();
        let answer = |(index, answer): (&usize, Option<T>)| match (failures.remove(index), answer) {
            (Some(told), _) => {
                let error = script.told(told, &self.interpreter);
                Ok(Err(error.for_set(*index, space.len(), &space.get(*index))))
            }
            (None, Some(answer)) => Ok(Ok(answer)),
            (None, None) => Err(self.wrong_count(role)),
        };
        sets.iter().zip(answers).map(answer).collect()
    }

    fn wrong_count(&self, role: Role) -> HookError {
        let message = format!("the Python process ({}) left answers out", self.interpreter);
        self.script(role).error(HookErrorKind::Host, message)
    }
}

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
        let sets: Vec<_> = sets.collect();
        let (answers, changes) = self.call::<Vec<IncomingMap>>(Role::Parse, space, &sets)?;
        self.parsed += answers.iter().flatten().map(Vec::len).sum::<usize>();
        let set = |IncomingMap(map)| ParamSet::from(&map);
        let answers = answers
            .into_iter()
            .map(|made| made.map(|made| made.into_iter().map(set).collect()))
            .collect();
        self.join(Role::Parse, space, &sets, answers, changes.failures)
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
        let sets: Vec<_> = sets.collect();
        let answers = self.call(Role::Filter, space, &sets)?;
        self.settle(Role::Filter, space, &sets, answers)
    }

    fn finish(&mut self, role: Role, space: &mut ParamSpace) -> Result<Late, HookError> {
        match role {
            _ if space.is_empty() => Ok(Late::new()),
            Role::Parse => self.finish_parse(space),
            Role::Filter => self.late(role, Request::Filtered, space),
            Role::Logic | Role::OnFailure => Ok(Late::new()),
        }
    }

    fn on_failure(&mut self, space: &ParamSpace) -> Result<Answers<Option<Remedy>>, HookError> {
        let role = Role::OnFailure;
        self.send_space(role, space)?;
        let (answers, changes) = self.call::<Vec<IncomingMap>>(role, space, &[0])?;
        let answers = self.join(role, space, &[0], answers, changes.failures)?;
        let read = |returned: Vec<IncomingMap>| {
            let Some(IncomingMap(map)) = returned.first() else {
                return Ok(None);
            };
            Remedy::read(map).map(Some).map_err(|(message, help)| {
                let script = self.script(role);
                let error = script.error(HookErrorKind::Returned, message);
                let error = error.at(script.hook.label.clone());
                let error = error.for_set(0, space.len(), &space.get(0));
                match help {
                    Some(help) => error.help(help),
                    None => error,
                }
            })
        };
        Ok(answers
            .into_iter()
            .map(|answer| answer.and_then(read))
            .collect())
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
        let (numbers, changes) = self.call::<usize>(Role::Logic, space, sets)?;
        let answers = numbers
            .into_iter()
            .map(|number| self.results.get(number?).cloned())
            .collect();
        self.settle(Role::Logic, space, sets, (answers, changes))
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

/// The runs of ascending indexes: the first of each, and its length.
fn runs(sets: &[usize]) -> Vec<(usize, usize)> {
    sets.chunk_by(|one, next| one + 1 == *next)
        .map(|run| (run[0], run.len()))
        .collect()
}
