//! Where a limit was reached.
//!
//! Rhai's errors of limits lose their place on the way out. The call is repeated with a debugger
//! that remembers the last step, on an engine of its own: a debugger slows every call down.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use rhai::debugger::{CallStackFrame, Debugger, DebuggerCommand, DebuggerEvent};
use rhai::{EvalContext, Position};

use super::engine::{Failure, Sandbox, is_identifier};
use super::trace::{Call, Trace};

/// How long a short search is, at a top level ten times.
const SHORT: Duration = Duration::from_millis(100);

/// How the engine's names of closures begin.
const CLOSURE: &str = "anon$";

/// The last step of a run, and the calls around it when the run failed.
#[derive(Debug, Default)]
struct Steps {
    file: String,
    position: Option<Position>,
    stack: Vec<CallStackFrame>,
}

/// How long to look for the place where a limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// Until the limit is reached again.
    Full,
    /// A moment: what took too long is going on from early on.
    Short,
}

/// Repeats what reached a limit in `sandbox`, and returns where that was. `function` is the one
/// that was called, in the file of the name `file`; none for a top level.
pub(crate) fn locate(
    sandbox: &Sandbox,
    search: Search,
    file: &str,
    function: Option<&str>,
    repeat: impl FnOnce(&mut Sandbox) -> Option<Failure>,
) -> Option<Trace> {
    let mut silent = sandbox.silent(match search {
        Search::Full => sandbox.limits().call_time,
        Search::Short => SHORT,
    });
    let steps = Rc::new(RefCell::new(Steps::default()));
    let seen = steps.clone();
    #[expect(
        deprecated,
        reason = "the interface is volatile; the version is pinned"
    )]
    silent.engine_mut().register_debugger(
        |_, debugger| debugger,
        move |context, event, _, file, position| {
            seen.borrow_mut().step(&context, event, file, position);
            Ok(DebuggerCommand::StepInto)
        },
    );
    // It need not fail again: time is counted by a clock.
    repeat(&mut silent)?;
    let steps = steps.take();
    let position = steps.position?;
    Some(Trace {
        calls: calls(&steps.stack, function, file),
        file: steps.file,
        position,
    })
}

impl Steps {
    fn step(
        &mut self,
        context: &EvalContext,
        event: DebuggerEvent,
        file: Option<&str>,
        position: Position,
    ) {
        match event {
            DebuggerEvent::FunctionExitWithError(error) if error.is_system_exception() => {
                let stack = context.debugger().map(Debugger::call_stack);
                let stack = stack.unwrap_or_default();
                // The innermost function leaves first.
                if stack.len() > self.stack.len() {
                    self.stack = stack.to_vec();
                }
            }
            DebuggerEvent::Start | DebuggerEvent::Step if !position.is_none() => {
                self.stack.clear();
                self.position = Some(position);
                let file = file.unwrap_or_default();
                if self.file != file {
                    file.clone_into(&mut self.file);
                }
            }
            _ => {}
        }
    }
}

/// The calls on a stack, but for the one of the hook itself.
fn calls(stack: &[CallStackFrame], hook: Option<&str>, own_file: &str) -> Vec<Call> {
    let mut caller = own_file.to_owned();
    let mut calls = Vec::new();
    for frame in stack {
        let file = caller.clone();
        if let Some(callee) = &frame.source {
            caller = callee.to_string();
        }
        if calls.is_empty() && frame.pos.is_none() && Some(frame.fn_name.as_str()) == hook {
            continue;
        }
        // An operator is no call to a reader.
        if !is_identifier(&frame.fn_name) && !frame.fn_name.starts_with(CLOSURE) {
            continue;
        }
        calls.push(Call {
            function: frame.fn_name.to_string(),
            file,
            position: frame.pos,
        });
    }
    calls
}
