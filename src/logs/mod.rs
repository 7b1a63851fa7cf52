//! What jobs write: where it is, its end, what comes after, and why a job failed.
//!
//! A log is bytes of strangers, of any length, that may change or vanish while it is read. So
//! nothing here reads a whole log, waits for one, or takes it for text that is in order.

mod alike;
mod cause;
mod clean;
mod ending;
mod file;
mod find;
mod follow;
mod group;
mod job_logs;
mod languages;
mod pattern;
mod python;
mod signature;
mod signs;

pub use file::{last_bytes, last_lines, open};
pub use find::{JobQuery, Match, files_of, matches};
pub use follow::{Follower, News};
pub use group::{Group, group};
pub use job_logs::JobLogs;
pub use pattern::Folders;
pub use signature::{Signature, signature};
