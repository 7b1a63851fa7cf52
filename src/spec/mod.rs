//! The file that describes a sweep.

mod hook_ref;

pub use hook_ref::{HookRef, Role};
