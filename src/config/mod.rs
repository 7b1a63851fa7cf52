//! Settings of a project and of a user.

mod hooks;

pub use hooks::{HookOutput, HookSettings, Interpreter, PythonSettings, RhaiLimits};
