//! The sandbox that Rhai programs run in: hooks, and specs that are programs.
//!
//! What a script may do is in `engine`, what it can call in `library`, how its values map to
//! ours in `values`. A script runs on a [`Stack`], counted by a [`CountingAllocator`] and watched
//! from outside by a `watchdog`.

mod budget;
mod engine;
mod error;
mod files;
mod idioms;
mod import;
mod library;
mod limits;
mod locate;
mod memory;
mod open;
mod origins;
mod output;
mod stack;
mod syntax;
mod trace;
pub(crate) mod values;
mod watchdog;

pub use memory::CountingAllocator;
pub use stack::Stack;

pub(crate) use engine::{Failure, Sandbox, Script, is_identifier};
pub(crate) use error::{Explained, Explainer, Trouble};
pub(crate) use limits::{ONE_CALL, raise};
pub(crate) use locate::locate;
pub(crate) use origins::{Origin, Origins};
