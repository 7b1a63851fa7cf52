//! Where a limit was reached.
//!
//! Rhai's errors of limits lose their place on the way out. The call is repeated with a debugger
//! that remembers the last step, on an engine of its own: a debugger slows every call down.

use std::cell::RefCell;
use std::rc::Rc;

use rhai::debugger::{CallStackFrame, Debugger, DebuggerCommand, DebuggerEvent};
use rhai::{Dynamic, EvalContext, Position};

use super::engine::{Sandbox, Script};
use super::files::Files;
use super::output::Printer;
use super::trace::{Call, Trace};
use crate::config::RhaiLimits;

/// The last step of a run, and the calls around it when the run failed.
#[derive(Debug, Default)]
struct Steps {
    file: String,
    position: Option<Position>,
    stack: Vec<CallStackFrame>,
}

/// Repeats a call that reached a limit, and returns where that was.
pub(super) fn locate(
    limits: &RhaiLimits,
    files: &Rc<Files>,
    script: &Script,
    function: &str,
    arguments: Vec<Dynamic>,
) -> Option<Trace> {
    let mut sandbox = Sandbox::new(limits, files, Printer::silent());
    let steps = Rc::new(RefCell::new(Steps::default()));
    let seen = steps.clone();
    #[expect(
        deprecated,
        reason = "the interface is volatile; the version is pinned"
    )]
    sandbox.engine.register_debugger(
        |_, debugger| debugger,
        move |context, event, _, file, position| {
            seen.borrow_mut().step(&context, event, file, position);
            Ok(DebuggerCommand::StepInto)
        },
    );
    // It need not fail again: time is counted by a clock.
    sandbox.call(script, function, arguments).err()?;
    let steps = steps.take();
    let position = steps.position?;
    let calls = calls(&steps.stack, function, &script.file.name());
    Some(Trace {
        file: steps.file,
        position,
        calls,
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
fn calls(stack: &[CallStackFrame], hook: &str, own_file: &str) -> Vec<Call> {
    let mut caller = own_file.to_owned();
    let mut calls = Vec::new();
    for frame in stack {
        let file = caller.clone();
        if let Some(callee) = &frame.source {
            caller = callee.to_string();
        }
        if calls.is_empty() && frame.pos.is_none() && frame.fn_name == hook {
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
