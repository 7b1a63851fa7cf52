//! Tests of the `slurmkit` command against a real Slurm cluster.
//!
//! `scripts/test-cluster` starts the clusters and runs them. Each module wants a cluster of its kind:
//! `shared` and `alone` one with accounting, `no_accounting` one without, `few_jobs` one that has room
//! for few jobs. The tests of `shared` run at the same time and touch nothing of each other; those of
//! `alone` break the cluster or set limits, one after another.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod alone;
mod answers;
mod cluster;
#[allow(dead_code, reason = "the other test program uses the rest")]
#[path = "../integration/console.rs"]
mod console;
mod few_jobs;
mod no_accounting;
mod poll;
mod project;
mod running;
mod shared;
#[path = "../integration/small_disk.rs"]
mod small_disk;
mod stand_in;
#[allow(dead_code, reason = "the other test program uses the rest")]
#[path = "../integration/test.rs"]
mod test;
