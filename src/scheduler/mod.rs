//! The queueing system that jobs are handed to: [`Scheduler`], and [`Slurm`] behind it.
//!
//! Everything goes through Slurm's own commands, with fixed fields of text. Their JSON changes with
//! every release, ignores the filters of the command line, and takes ten times as long.

mod command;
mod directives;
mod environment;
mod error;
mod observation;
mod slurm;
mod submission;
mod tasks;
mod user;

use jiff::Timestamp;

pub use directives::Directives;
pub use environment::Environment;
pub use error::{SlurmError, SubmitError};
pub use observation::Observation;
pub(crate) use slurm::MAX_ARGUMENT;
pub use slurm::Slurm;
pub use submission::{Accepted, ArrayOf, Dependency, DependencyType, Submission};
pub use tasks::JobIds;
pub(crate) use user::user_name;

use crate::model::{JobId, JobState, Token};

/// How much the clocks of two hosts may differ that both submit, in seconds. `munge` refuses what
/// is five minutes too old or comes from the future (munge(7), `--ttl`), so neither is further from
/// the controller's clock than that.
pub const CLOCK_SECONDS: i64 = 600;

/// Submits, watches and ends jobs.
pub trait Scheduler {
    /// Hands a script over.
    ///
    /// # Errors
    /// [`SubmitError::Uncertain`] when the job may have been accepted all the same.
    fn submit(&self, submission: &Submission<'_>) -> Result<Accepted, SubmitError>;

    /// The clusters that a script goes to; none for the one that commands ask by default.
    fn clusters(&self, directives: &Directives) -> Vec<String>;

    /// Whether a command that submits with this token is still running on this host.
    fn is_submitting(&self, token: Token) -> bool;

    /// The user's jobs that the controller has in memory, in one question: those that wait and
    /// run, and for some minutes those that ended.
    fn queue(&self, cluster: Option<&str>) -> Result<Vec<Observation>, SlurmError>;

    /// The exit codes of those of them that ended, where the accounting does not have them.
    fn ended_exit_codes(
        &self,
        cluster: Option<&str>,
    ) -> Result<Vec<(JobIds, Box<str>)>, SlurmError>;

    /// What the accounting has of the user's jobs.
    ///
    /// # Errors
    /// [`SlurmError::NoAccounting`] where there is none.
    fn accounting(&self, which: &Records<'_>) -> Result<Vec<Observation>, SlurmError>;

    /// What the cluster allows.
    fn limits(&self) -> Result<Limits, SlurmError>;

    /// Ends jobs; with a state only those in it. Jobs that are over already are no error.
    fn cancel(
        &self,
        cluster: Option<&str>,
        jobs: &[JobId],
        state: Option<&JobState>,
    ) -> Result<(), SlurmError>;

    /// Puts jobs back into the queue under the same id.
    fn requeue(&self, cluster: Option<&str>, jobs: &[JobId]) -> Result<(), SlurmError>;
}

/// Which records of the accounting are asked for.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    /// The cluster; `None` for the one that commands ask by default.
    pub cluster: Option<&'a str>,
    /// The numbers of jobs and arrays. If they do not fit into a command, all that was submitted
    /// or alive since `since` is asked for instead.
    pub numbers: Option<&'a [u64]>,
    /// The earliest submission that matters.
    pub since: Timestamp,
}

/// What a cluster allows; see `man slurm.conf`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most tasks of an array; zero or one where there are no arrays.
    pub array_tasks: u32,
    /// How long the controller remembers a job that ended, in seconds.
    pub remembers_seconds: u64,
    /// How long a command waits for an answer, in seconds.
    pub answers_seconds: u64,
    /// Whether jobs are kept in a database.
    pub accounting: bool,
}
