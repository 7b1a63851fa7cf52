use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::decided::Decided;
use super::interrupt::Patience;
use super::sent::Report;
use super::{Exit, Global, Printer};
use crate::Error;
use crate::collection::{Collection, CollectionManager, CollectionName};
use crate::model::{JobId, JobName, JobState};
use crate::refresh::{Scope, refresh};
use crate::scheduler::{Dependency, DependencyType, Limits, Scheduler, Slurm, SlurmError};
use crate::submit::{Arrays, Batch, Outcome, Plan, Ready, Request, Stop, Submitter};
use crate::text;

/// Chooses the jobs of a collection.
pub(super) type Choose<'a> = dyn Fn(&Collection) -> Result<Vec<Request>, Error> + 'a;

/// Jobs of a collection on their way.
pub(super) struct Dispatch {
    pub(super) manager: CollectionManager,
    pub(super) root: PathBuf,
    pub(super) slurm: Slurm,
    pub(super) name: CollectionName,
    pub(super) arrays: Arrays,
    pub(super) max_running: Option<u32>,
    /// What the jobs wait for.
    pub(super) after: Option<(CollectionName, DependencyType)>,
    pub(super) wait_for_room: Option<Duration>,
    pub(super) force: bool,
    /// What rules decided about the jobs.
    pub(super) decided: Vec<Decided>,
    /// Jobs that are back in the queue.
    pub(super) requeued: Vec<JobName>,
}

impl Dispatch {
    /// The jobs of the other collection, as of now.
    fn dependency(&self) -> Result<Option<Dependency>, Error> {
        let Some((parents, kind)) = &self.after else {
            return Ok(None);
        };
        let mut parents = self.manager.get(parents)?;
        let refreshed = refresh(&mut parents, &self.manager, &self.slurm, Scope::All)?;
        // Slurm takes a job that it has forgotten for one that completed.
        if let Some(error) = refreshed.accounting_away {
            return Err(error.into());
        }
        Dependency::on(&parents, *kind).map(Some)
    }

    /// Says what would be submitted.
    pub(super) fn show(
        &self,
        look: bool,
        choose: &Choose<'_>,
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        let mut collection = self.manager.get(&self.name)?;
        self.dependency()?;
        if look && let Err(error) = refresh(&mut collection, &self.manager, &self.slurm, Scope::All)
        {
            printer.note(&format!("note: {error}; states are those of the last look"));
        }
        let limits = match self.slurm.limits() {
            Ok(limits) => limits,
            Err(error @ (SlurmError::Missing { .. } | SlurmError::Away { .. })) => {
                printer.note(&format!("note: {error}; arrays may hold 1,001 tasks"));
                Limits {
                    array_tasks: 1001,
                    remembers_seconds: 300,
                    answers_seconds: 10,
                    accounting: true,
                }
            }
            Err(error) => return Err(error.into()),
        };
        let plan = self.plan(&collection, choose(&collection)?, &limits)?;
        self.tell_withheld(&plan, printer);
        if global.json {
            let jobs = plan.batches.iter().flat_map(Batch::jobs);
            let jobs: Vec<_> = jobs.map(Ready::name).collect();
            printer.json(&WouldSubmit {
                collection: self.name.as_str(),
                dry_run: true,
                jobs,
                arrays: plan.arrays(),
                decided: &self.decided,
            })?;
            return Ok(Exit::Done);
        }
        let mut shown = String::new();
        self.write_plan(&mut shown, &plan)
            .expect("writing to a string cannot fail");
        printer.result(&shown)?;
        Ok(Exit::Done)
    }

    fn write_plan(&self, out: &mut String, plan: &Plan) -> std::fmt::Result {
        const SHOWN: usize = 10;
        writeln!(out, "dry run, nothing is submitted\n{}", self.summary(plan))?;
        for batch in plan.batches.iter().take(SHOWN) {
            let jobs = batch.jobs();
            let first = jobs[0].name();
            match jobs.last().filter(|_| batch.is_array()) {
                Some(last) => {
                    let (count, last) = (jobs.len(), last.name());
                    writeln!(out, "  an array of {count} jobs: {first} … {last}")?;
                }
                None => writeln!(out, "  {first}")?,
            }
        }
        match plan.batches.len() {
            ..=SHOWN => Ok(()),
            many => writeln!(out, "  … and {} more", text::thousands(many - SHOWN)),
        }
    }

    fn plan(
        &self,
        collection: &Collection,
        requests: Vec<Request>,
        limits: &Limits,
    ) -> Result<Plan, Error> {
        Plan::new(
            collection,
            &self.root,
            requests,
            self.arrays,
            limits.array_tasks,
            self.force,
        )
    }

    /// Says which of the user's variables would win over the scripts.
    fn tell_withheld(&self, plan: &Plan, printer: &Printer) {
        if printer.is_verbose() {
            let jobs = plan.batches.iter().flat_map(Batch::jobs);
            let scripts: Vec<_> = jobs.map(Ready::directives).collect();
            for name in self.slurm.withheld(&scripts) {
                printer.verbose(&format!("`sbatch` does not get {name}"));
            }
        }
    }

    /// `60 jobs of collection `x` in 2 arrays and 3 single submissions`.
    fn summary(&self, plan: &Plan) -> String {
        let jobs = text::count(plan.jobs(), "job");
        let arrays = plan.arrays();
        let how = match (arrays, plan.batches.len() - arrays) {
            (0, _) => String::new(),
            (arrays, 0) => format!(" as {}", text::count(arrays, "array")),
            (arrays, singles) => format!(
                " as {} and {}",
                text::count(arrays, "array"),
                text::count(singles, "single job")
            ),
        };
        format!("{jobs} of collection `{}`{how}", self.name)
    }

    /// Submits, and goes on when there is room again, if that was asked for.
    pub(super) fn run(
        &self,
        look: bool,
        yes: bool,
        choose: &Choose<'_>,
        global: &Global,
        printer: &Printer,
    ) -> Result<Exit, Error> {
        self.manager.check_is_there(&self.name)?;
        let limits = self.slurm.limits()?;
        if !yes {
            let mut collection = self.manager.get(&self.name)?;
            if look {
                refresh(&mut collection, &self.manager, &self.slurm, Scope::All)?;
            }
            let plan = self.plan(&collection, choose(&collection)?, &limits)?;
            // Nobody is asked about what cannot be done.
            self.dependency()?;
            if plan.jobs() > 0 {
                let summary = self.summary(&plan);
                printer.confirm(
                    yes,
                    &[],
                    &format!("submit {summary}?"),
                    format!("not submitted: {summary}"),
                )?;
            }
        }
        let patience = Patience::new();
        let printer = printer.with_progress();
        let mut report = Report::default();
        let mut left: Option<HashSet<JobName>> = None;
        loop {
            let of_left = |collection: &Collection| {
                let unsettled = collection.unsettled_jobs();
                let is_free = |name: &&JobName| {
                    let state = collection.jobs.get(*name).and_then(|job| job.state());
                    !state.is_some_and(JobState::is_active) && !unsettled.contains(name.as_str())
                };
                Ok(choose(collection)?
                    .into_iter()
                    .filter(|request| {
                        left.as_ref()
                            .is_none_or(|left| left.contains(&request.name))
                    })
                    .filter(|request| is_free(&&request.name))
                    .collect())
            };
            let round = self.round(look, &of_left, &limits, &patience, &printer);
            printer.finish_progress();
            let (outcome, recovered) = match round {
                // What was sent in earlier rounds is told all the same.
                Err(error) if !report.submitted.is_empty() => {
                    report.left = left.map_or(0, |left| left.len());
                    report.stop = Some(Stop::Failed(error));
                    break;
                }
                Err(Error::Unsettled { jobs, .. }) if patience.is_asked() => {
                    report.unsettled = jobs;
                    report.stop = Some(Stop::Interrupted);
                    break;
                }
                round => round?,
            };
            report.add(&outcome, recovered);
            match (&outcome.stop, self.wait_for_room) {
                (Some(Stop::Full(_)), Some(interval)) if !patience.is_asked() => {
                    let jobs = text::count(outcome.left.len(), "job");
                    printer.note(&format!(
                        "{jobs} wait for room; next try in {} s",
                        interval.as_secs()
                    ));
                    left = Some(outcome.left.into_iter().collect());
                    patience.sleep(interval);
                    if patience.is_asked() {
                        report.left = left.map_or(0, |left| left.len());
                        report.stop = Some(Stop::Interrupted);
                        break;
                    }
                }
                _ => {
                    report.left = outcome.left.len();
                    report.unsettled = outcome.unsettled;
                    report.stop = outcome.stop;
                    break;
                }
            }
        }
        report.print(self, global, &printer)
    }

    /// Submits what there is room for, under one lock, and saves the collection.
    fn round(
        &self,
        look: bool,
        choose: &Choose<'_>,
        limits: &Limits,
        patience: &Patience,
        printer: &Printer,
    ) -> Result<(Outcome, Vec<(JobName, JobId)>), Error> {
        let lock = self.manager.lock(&self.name)?;
        let mut collection = self.manager.get(&self.name)?;
        let known = RefCell::new((Instant::now(), self.dependency()?));
        // Slurm takes a parent that it has forgotten for one that completed.
        let fresh = Duration::from_secs(limits.remembers_seconds / 2);
        let dependency = || {
            if known.borrow().0.elapsed() > fresh {
                *known.borrow_mut() = (Instant::now(), self.dependency()?);
            }
            Ok(known.borrow().1.clone())
        };
        let stop = || patience.is_asked();
        let looking = |jobs: usize, left: Duration| {
            let jobs = text::count(jobs, "job");
            let seconds = left.as_secs_f64().ceil();
            printer.note(&format!(
                "nobody saw whether {jobs} arrived; looking for at most {seconds} s"
            ));
        };
        let submitter = Submitter {
            manager: &self.manager,
            lock: &lock,
            scheduler: &self.slurm,
            limits,
            max_running: self.max_running,
            dependency: &dependency,
            stop: &stop,
            looking: &looking,
        };
        let recovered = submitter.recover(&mut collection)?;
        if look {
            refresh(&mut collection, &self.manager, &self.slurm, Scope::All)?;
        }
        let plan = self.plan(&collection, choose(&collection)?, limits)?;
        self.tell_withheld(&plan, printer);
        let total = plan.jobs();
        let mut outcome = submitter.send(&mut collection, plan, &mut |done| {
            printer.advance("submitting", done, total);
        });
        // Whatever happened, what was sent is in the journal; here it goes into the collection.
        let saved = self
            .manager
            .stage(&lock, &mut collection)
            .and_then(|staged| self.manager.commit(staged, &mut collection));
        if let Err(error) = saved
            && !matches!(outcome.stop, Some(Stop::Failed(_)))
        {
            outcome.stop = Some(Stop::Failed(error.into()));
        }
        Ok((outcome, recovered))
    }
}

#[derive(Serialize)]
struct WouldSubmit<'a> {
    collection: &'a str,
    dry_run: bool,
    jobs: Vec<&'a JobName>,
    arrays: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    decided: &'a [Decided],
}
