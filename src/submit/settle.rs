//! Whether Slurm has a job whose submission nobody saw the end of.

use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::Error;
use crate::collection::Sending;
use crate::fs::Owner;
use crate::model::JobState;
use crate::scheduler::{
    Accepted, CLOCK_SECONDS, Limits, Observation, Records, Scheduler, SlurmError,
};

/// How long `sbatch` may still be at it, whatever became of who ran it: a little more than it tries
/// by itself.
const SBATCH_SECONDS: i64 = 330;
/// The least time between two looks at a controller that was busy.
const PAUSE: Duration = Duration::from_secs(2);

/// What is known of the answer to a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// `sbatch` told one: a look shows whether there is a job all the same.
    Told,
    /// Nobody saw one: the controller may still be at it.
    Unseen,
}

/// Finds the jobs of submissions.
pub(super) struct Settler<'a> {
    pub(super) scheduler: &'a dyn Scheduler,
    pub(super) limits: &'a Limits,
    /// Whether somebody wants an end.
    pub(super) stop: &'a dyn Fn() -> bool,
    /// Called once for a submission that is looked for again and again: with the number of its jobs, and
    /// how long that may take.
    pub(super) looking: &'a dyn Fn(usize, Duration),
}

impl Settler<'_> {
    /// Finds the job of a submission by its token; `None` if there is none and there will be none.
    ///
    /// # Errors
    /// When that cannot be known, or not yet.
    pub(super) fn settle(
        &self,
        sending: &Sending,
        answer: Answer,
    ) -> Result<Option<Accepted>, Error> {
        if answer == Answer::Told {
            let found = on_each_cluster(sending, |cluster| self.in_queue(sending, cluster));
            // What was told stands, whatever keeps us from looking.
            return Ok(found.unwrap_or_default());
        }
        self.wait_for_command(sending)?;
        let start = Instant::now();
        let quiet = self.quiet(sending);
        // Looks so often that a job is seen even if it came up and ended between two of them.
        let often = i64::try_from(self.limits.remembers_seconds / 2).unwrap_or(i64::MAX);
        let mut gap = age(sending);
        let mut is_covered = true;
        let mut pause = PAUSE;
        let mut is_told = false;
        loop {
            is_covered &= (0..=often).contains(&gap);
            // Of a look that takes long, what it begins with is old at its end.
            let (left, looked) = (quiet.saturating_sub(start.elapsed()), Instant::now());
            let found = on_each_cluster(sending, |cluster| {
                self.anywhere(sending, cluster, is_covered)
            });
            match found {
                // A job that is over may be forgotten; one that is yet to come will show.
                Ok(None) | Err(Error::Unsettled { .. }) if !left.is_zero() => {}
                found => return found,
            }
            if !is_told {
                (self.looking)(sending.jobs.len(), left);
                is_told = true;
            }
            self.sleep(pause.min(left), sending, left)?;
            gap = looked.elapsed().as_secs().cast_signed();
            pause = (pause * 2).min(Duration::from_secs(often.unsigned_abs().max(1)));
        }
    }

    /// How long a job may still come up whose command is over: a plugin of the site can keep the
    /// controller from answering in time, though not from taking the job.
    fn quiet(&self, sending: &Sending) -> Duration {
        const LEAST_SECONDS: u64 = 30;
        let quiet = LEAST_SECONDS.max(3 * self.limits.answers_seconds);
        let is_long_ago = age(sending) > SBATCH_SECONDS + quiet.cast_signed();
        match is_long_ago {
            true => PAUSE,
            false => Duration::from_secs(quiet),
        }
    }

    /// Waits for a command of this host that is still submitting.
    fn wait_for_command(&self, sending: &Sending) -> Result<(), Error> {
        // A clock that is behind the other makes it look younger, which is the safe side.
        let left = SBATCH_SECONDS - age(sending);
        if sending.host != Owner::this_process().host {
            return match left {
                1.. => Err(unsettled(sending, Some(left))),
                _ => Ok(()),
            };
        }
        let patience = Duration::from_secs(SBATCH_SECONDS.unsigned_abs());
        let start = Instant::now();
        while self.scheduler.is_submitting(sending.token) {
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(unsettled(sending, Some(SBATCH_SECONDS)));
            }
            self.sleep(Duration::from_millis(200), sending, left)?;
        }
        Ok(())
    }

    /// Sleeps, unless somebody wants an end before it is known, in `left`, what became of a
    /// submission.
    fn sleep(&self, pause: Duration, sending: &Sending, left: Duration) -> Result<(), Error> {
        const SLICE: Duration = Duration::from_millis(100);
        let start = Instant::now();
        while let Some(rest) = pause.checked_sub(start.elapsed()) {
            if (self.stop)() {
                return Err(unsettled(sending, Some(left.as_secs().cast_signed() + 1)));
            }
            thread::sleep(rest.min(SLICE));
        }
        Ok(())
    }

    fn in_queue(
        &self,
        sending: &Sending,
        cluster: Option<&str>,
    ) -> Result<Option<Accepted>, Error> {
        let observed = self.scheduler.queue(cluster)?;
        Ok(find(&observed, sending, cluster))
    }

    /// In the queue, or in the accounting; without that the queue is enough where looks are often
    /// enough.
    fn anywhere(
        &self,
        sending: &Sending,
        cluster: Option<&str>,
        is_covered: bool,
    ) -> Result<Option<Accepted>, Error> {
        if let Some(accepted) = self.in_queue(sending, cluster)? {
            return Ok(Some(accepted));
        }
        let earliest = sending.time.as_second() - CLOCK_SECONDS;
        let records = Records {
            cluster,
            numbers: None,
            since: Timestamp::from_second(earliest).unwrap_or(sending.time),
        };
        match self.scheduler.accounting(&records) {
            Ok(observed) => Ok(find(&observed, sending, cluster)),
            Err(SlurmError::NoAccounting | SlurmError::Away { .. }) if is_covered => Ok(None),
            Err(SlurmError::NoAccounting) => Err(unsettled(sending, None)),
            Err(error) => Err(error.into()),
        }
    }
}

/// How long ago a submission began, in seconds.
fn age(sending: &Sending) -> i64 {
    Timestamp::now().as_second() - sending.time.as_second()
}

/// That nobody knows, for so many seconds, what became of a submission.
fn unsettled(sending: &Sending, seconds: Option<i64>) -> Error {
    Error::Unsettled {
        host: sending.host.clone(),
        jobs: sending.jobs.len(),
        seconds,
    }
}

fn find(observed: &[Observation], sending: &Sending, cluster: Option<&str>) -> Option<Accepted> {
    let is_ours =
        |observed: &&Observation| observed.token == Some(sending.token) && !was_refused(observed);
    observed.iter().find(is_ours).map(|observed| Accepted {
        job_id: observed.ids.number,
        cluster: cluster.map(Into::into),
    })
}

/// Looks on each cluster that a job may have gone to.
fn on_each_cluster(
    sending: &Sending,
    look: impl Fn(Option<&str>) -> Result<Option<Accepted>, Error>,
) -> Result<Option<Accepted>, Error> {
    let named = sending.clusters.iter().map(|cluster| Some(&**cluster));
    let by_default = sending.clusters.is_empty().then_some(None);
    for cluster in named.chain(by_default) {
        if let Some(accepted) = look(cluster)? {
            return Ok(Some(accepted));
        }
    }
    Ok(None)
}

/// A submission that Slurm refused leaves a record too: one of a job that failed before it began.
fn was_refused(observed: &Observation) -> bool {
    observed.state == JobState::Failed
        && observed.nodes.is_none()
        && (observed.started.is_none() || observed.started == observed.ended)
}
