//! Tests of the `slurmkit` command, as a user runs it, and of promises the whole crate makes.
#![allow(
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod bad_input;
mod calls;
mod collections;
mod command_line;
mod config;
mod console;
mod docs;
mod examples;
mod features;
mod generate;
mod hook_commands;
mod hook_pairs;
mod hooks;
mod hostile;
mod hostile_templates;
mod hostile_yaml;
mod layers;
mod library;
mod log_signatures;
mod logs;
mod migrate;
mod migrate_refused;
mod parallel;
mod programs;
mod python;
mod reference;
mod refresh;
mod retry;
mod retry_hooks;
mod retry_spec;
mod small_disk;
mod specs;
mod submitted;
mod templates;
mod test;
mod unstoppable;
mod writing;
mod yaml;
