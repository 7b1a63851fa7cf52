//! From a collection to jobs of Slurm: each job exactly once, whatever is killed in between.
//!
//! A run has two parts. *Planning* chooses the jobs, looks at their scripts and bundles those that
//! ask for the same into arrays. *Sending* notes each submission in the journal of the collection
//! before `sbatch` runs, and its id right after; see [`Submitter`].

mod array;
mod batch;
mod depend;
mod log;
mod plan;
mod select;
mod send;
mod settle;

use std::path::PathBuf;

pub use batch::{Batch, Ready};
pub use plan::{Arrays, Plan};
pub use select::{Filter, Selection};
pub use send::{Outcome, Refusal, Stop, Submitter};

use crate::collection::Changes;
use crate::model::JobName;

/// A job that is to be submitted.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its name in the collection.
    pub name: JobName,
    /// What it asks for other than its script says.
    pub changes: Changes,
    /// The script that says so, if it is not that of the generation.
    pub script: Option<Vec<u8>>,
    /// Options of `sbatch` that say so, long names and values.
    pub options: Vec<(String, String)>,
}

impl Request {
    /// The job as it was generated.
    pub fn new(name: JobName) -> Self {
        Self {
            name,
            changes: Changes::default(),
            script: None,
            options: Vec::new(),
        }
    }
}

/// Scripts that cannot be sent as they are.
#[derive(Clone, Debug, Default)]
pub struct Unfit {
    /// Those that are not there.
    pub missing: Vec<PathBuf>,
    /// Those that are not what was generated.
    pub edited: Vec<PathBuf>,
}
