use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::batch::Ready;
use super::plan::log_folders;
use super::settle::{Answer, Settler};
use super::{Batch, Plan, array};
use crate::Error;
use crate::collection::{
    Collection, CollectionLock, CollectionManager, CollectionName, Journal, Sending, SendingJob,
};
use crate::fs;
use crate::model::{JobId, JobName, Token};
use crate::scheduler::{
    Accepted, ArrayOf, Dependency, Limits, Scheduler, SlurmError, Submission, SubmitError,
};

/// Sends jobs of a collection, which is locked meanwhile.
pub struct Submitter<'a> {
    /// The collections of the project.
    pub manager: &'a CollectionManager,
    /// The right to change the collection.
    pub lock: &'a CollectionLock,
    /// Where jobs go.
    pub scheduler: &'a dyn Scheduler,
    /// What the cluster allows.
    pub limits: &'a Limits,
    /// How many tasks of an array may run at a time.
    pub max_running: Option<u32>,
    /// What a batch waits for, if it is sent now.
    pub dependency: &'a dyn Fn() -> Result<Option<Dependency>, Error>,
    /// Whether somebody wants an end: then no other batch is sent.
    pub stop: &'a dyn Fn() -> bool,
    /// Called when it takes a while to find out whether jobs arrived: with their number, and how long
    /// it may take.
    pub looking: &'a dyn Fn(usize, Duration),
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The jobs that Slurm took.
    pub submitted: Vec<(JobName, JobId)>,
    /// Jobs that it will not have, and why.
    pub refused: Vec<Refusal>,
    /// Jobs that were not sent at all.
    pub left: Vec<JobName>,
    /// How many jobs were sent while nobody could note what became of them; the next run asks Slurm.
    pub unsettled: usize,
    /// Why not.
    pub stop: Option<Stop>,
}

/// Jobs that Slurm will not have.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The first of them.
    pub name: JobName,
    /// How many.
    pub jobs: usize,
    /// What `sbatch` said.
    pub message: String,
}

/// Why a run ended before all was sent.
#[derive(Debug)]
pub enum Stop {
    /// Somebody asked for it.
    Interrupted,
    /// There is no room for more.
    Full(String),
    /// Slurm refused one after another.
    Refused,
    /// Something failed.
    Failed(Error),
}

/// How many batches may be refused one after another before nobody wants to know the next.
const REFUSALS: usize = 3;
/// How often a submission that did not arrive is tried again.
const TRIES: usize = 3;

/// What came of a batch.
enum Sent {
    Accepted(Vec<(JobName, JobId)>),
    Refused(String),
    Full(String),
}

/// That a submission got lost on its way, as what `sbatch` said shows.
struct Lost(String);

impl Submitter<'_> {
    /// Finds out what became of submissions whose end nobody saw; returns the jobs that are there.
    pub fn recover(&self, collection: &mut Collection) -> Result<Vec<(JobName, JobId)>, Error> {
        let mut recovered = Vec::new();
        for sending in collection.unsettled.clone() {
            let settled = self.settler().settle(&sending, Answer::Unseen)?;
            let mut journal = self.manager.journal(self.lock, collection)?;
            match settled {
                Some(accepted) => {
                    recovered.extend(note(&mut journal, sending.token, &accepted)?);
                }
                None => self.forget(&mut journal, sending.token)?,
            }
        }
        Ok(recovered)
    }

    /// Sends a plan, batch by batch. `progress` gets the number of jobs that are done.
    ///
    /// What was sent is in the journal, whatever went wrong; saving the collection is left to the
    /// caller.
    pub fn send(
        &self,
        collection: &mut Collection,
        plan: Plan,
        progress: &mut dyn FnMut(usize),
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut batches = VecDeque::from(plan.batches);
        let (mut done, mut in_a_row) = (0, 0);
        while let Some(batch) = batches.pop_front() {
            if (self.stop)() {
                batches.push_front(batch);
                outcome.stop = Some(Stop::Interrupted);
                break;
            }
            let jobs = batch.jobs().len();
            match self.send_batch(collection, &batch) {
                Ok(Sent::Accepted(submitted)) => {
                    outcome.submitted.extend(submitted);
                    in_a_row = 0;
                }
                Ok(Sent::Refused(message)) => {
                    let name = batch.jobs()[0].name().clone();
                    outcome.refused.push(Refusal {
                        name,
                        jobs,
                        message,
                    });
                    in_a_row += 1;
                }
                // There may be room for half of it.
                Ok(Sent::Full(_)) if jobs > 1 => {
                    let [first, second] = batch.split();
                    batches.push_front(second);
                    batches.push_front(first);
                    continue;
                }
                Ok(Sent::Full(message)) => {
                    batches.push_front(batch);
                    outcome.stop = Some(Stop::Full(message));
                    break;
                }
                Err(error) => {
                    if collection.is_unsettled(batch.jobs()[0].name()) {
                        outcome.unsettled = jobs;
                    } else {
                        batches.push_front(batch);
                    }
                    outcome.stop = Some(match error {
                        Error::Unsettled { .. } if (self.stop)() => Stop::Interrupted,
                        error => Stop::Failed(error),
                    });
                    break;
                }
            }
            done += jobs;
            progress(done);
            if in_a_row == REFUSALS && !batches.is_empty() {
                outcome.stop = Some(Stop::Refused);
                break;
            }
        }
        let left = batches.iter().flat_map(Batch::jobs);
        outcome.left = left.map(|job| job.name().clone()).collect();
        outcome
    }

    /// Sends a batch, again if it surely did not arrive.
    fn send_batch(&self, collection: &mut Collection, batch: &Batch) -> Result<Sent, Error> {
        let mut journal = self.manager.journal(self.lock, collection)?;
        for folder in log_folders(batch) {
            fs_err::create_dir_all(folder)?;
        }
        for job in batch.jobs() {
            if let Some(script) = &job.request.script {
                fs::write_atomic(&job.script, script)?;
            }
        }
        let mut tries = 0;
        loop {
            let sent = self.try_batch(&mut journal, batch)?;
            tries += 1;
            match sent {
                Err(Lost(_)) if tries < TRIES => {}
                Err(Lost(message)) => {
                    return Err(Error::Slurm(SlurmError::Away {
                        message: format!("{TRIES} submissions did not arrive: {message}"),
                    }));
                }
                Ok(sent) => return Ok(sent),
            }
        }
    }

    fn try_batch(
        &self,
        journal: &mut Journal<'_>,
        batch: &Batch,
    ) -> Result<Result<Sent, Lost>, Error> {
        let token = Token::new();
        let first = &batch.jobs()[0];
        let name = journal.collection().name.clone();
        let prepared = Prepared::new(self, &name, batch, token)?;
        let clusters = self.scheduler.clusters(&first.directives);
        let dependency = (self.dependency)()?;
        let sending = journal.sending(
            token,
            batch.is_array(),
            clusters,
            batch.jobs().iter().map(sending_job).collect(),
        )?;
        let submission = Submission {
            script: &prepared.script,
            directives: &first.directives,
            working_dir: &first.working_dir,
            token,
            array: prepared.array,
            dependency: dependency.as_ref(),
            options: &prepared.options,
        };
        let submitted = self.scheduler.submit(&submission);
        drop(prepared.temporary);
        let (answer, sent) = match submitted {
            Ok(accepted) => return Ok(Ok(Sent::Accepted(note(journal, token, &accepted)?))),
            Err(SubmitError::Refused { message }) => (Answer::Told, Ok(Sent::Refused(message))),
            Err(SubmitError::Full { message, certain }) => {
                let answer = if certain {
                    Answer::Told
                } else {
                    Answer::Unseen
                };
                (answer, Ok(Sent::Full(message)))
            }
            Err(SubmitError::Uncertain { message }) => (Answer::Unseen, Err(Lost(message))),
            Err(SubmitError::Slurm(error)) => {
                self.forget(journal, token)?;
                return Err(error.into());
            }
        };
        if let Some(accepted) = self.settler().settle(&sending, answer)? {
            return Ok(Ok(Sent::Accepted(note(journal, token, &accepted)?)));
        }
        self.forget(journal, token)?;
        Ok(sent)
    }

    /// Notes that a submission did not arrive.
    fn forget(&self, journal: &mut Journal<'_>, token: Token) -> Result<(), Error> {
        journal.refused(token)?;
        let name = &journal.collection().name;
        // One that stays is removed when the collection is looked at again.
        fs_err::remove_file(self.manager.tasks_path(name, token)).ok();
        Ok(())
    }

    fn settler(&self) -> Settler<'_> {
        Settler {
            scheduler: self.scheduler,
            limits: self.limits,
            stop: self.stop,
            looking: self.looking,
        }
    }

    /// The share of an array in the tasks that may run at a time.
    fn array_of(&self, jobs: usize) -> ArrayOf {
        ArrayOf {
            tasks: u32::try_from(jobs).unwrap_or(u32::MAX),
            max_running: self.max_running,
        }
    }
}

/// What `sbatch` is given for a batch.
struct Prepared {
    script: PathBuf,
    array: Option<ArrayOf>,
    options: Vec<(String, String)>,
    /// The script of an array, which Slurm copies.
    temporary: Option<tempfile::TempPath>,
}

impl Prepared {
    fn new(
        submitter: &Submitter<'_>,
        collection: &CollectionName,
        batch: &Batch,
        token: Token,
    ) -> Result<Self, Error> {
        let first = &batch.jobs()[0];
        let mut options = first.options.to_vec();
        if !batch.is_array() {
            options.extend(array::name_of_single(first));
        }
        let jobs = batch.jobs();
        // The exit code of a job is lost with the controller's memory of it, unless it is noted.
        let accounting = submitter.limits.accounting;
        if !batch.is_array() && (accounting || !batch.can_be_wrapped()) {
            return Ok(Self {
                script: first.script.clone(),
                array: None,
                options,
                temporary: None,
            });
        }
        // Jobs run in folders of their own.
        let tasks = std::path::absolute(submitter.manager.tasks_path(collection, token))?;
        array::write_tasks(&tasks, jobs)?;
        let head = fs_err::read(&first.script)?;
        let script = array::script(&tasks, first, &String::from_utf8_lossy(&head), accounting);
        let temporary = write_temporary(fs::parent(&tasks), &script)?;
        let mut prepared = Self {
            script: temporary.to_path_buf(),
            array: None,
            options,
            temporary: Some(temporary),
        };
        if batch.is_array() {
            let name = collection.as_str().rsplit('/').next().unwrap_or_default();
            prepared.options.extend(array::options(first, name));
            prepared.array = Some(submitter.array_of(jobs.len()));
        }
        Ok(prepared)
    }
}

fn write_temporary(folder: &Path, script: &str) -> std::io::Result<tempfile::TempPath> {
    use std::io::Write;
    let mut file = tempfile::Builder::new()
        .prefix(".slurmkit-")
        .suffix(".sh")
        .tempfile_in(folder)?;
    file.write_all(script.as_bytes())?;
    Ok(file.into_temp_path())
}

fn sending_job(job: &Ready) -> SendingJob {
    SendingJob {
        name: job.name().to_string(),
        log: job.logs.output_path(&job.directives),
        error_log: job.logs.error_path(&job.directives),
        changes: job.request.changes.clone(),
    }
}

/// Notes that a submission arrived; returns its jobs.
fn note(
    journal: &mut Journal<'_>,
    token: Token,
    accepted: &Accepted,
) -> std::io::Result<Vec<(JobName, JobId)>> {
    let of = |sending: &&Sending| sending.token == token;
    let open = journal.collection().unsettled.iter().find(of).cloned();
    journal.sent(token, accepted.job_id, accepted.cluster.clone())?;
    let jobs = open
        .into_iter()
        .flat_map(|open| open.job_ids(accepted.job_id));
    Ok(jobs.collect())
}
