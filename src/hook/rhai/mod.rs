//! Hooks in Rhai, in process.
