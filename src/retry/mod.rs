//! What becomes of jobs that failed: the `retry` block of their spec, applied.
//!
//! A state with a rule follows the rule; where there is none, the hook is asked. What is decided is
//! decided once, shown, and then done for the jobs that are still as they were.

mod alike;
mod asked;
mod failure;
mod nodes;
mod queue;
mod rule;
mod stay;

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::Arc;

pub use alike::{Alike, find_alike};
pub use failure::imagined;
pub use queue::{note_in_queue, put_back};
pub use stay::Stay;

use self::asked::Asked;
use crate::Error;
use crate::collection::{Collection, Job};
use crate::config::Config;
use crate::diagnostic::Warning;
use crate::error::Failures;
use crate::hook::{Hooks, Remedy};
use crate::model::{JobName, JobState, Map, Value};
use crate::resubmit::{Again, over, spec_of};
use crate::sandbox::Stack;
use crate::spec::{HookRef, Retry, Rule};

/// What somebody asks for beside the rules.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Slurm arguments; they win over those of a rule.
    pub slurm: Map,
    /// Parameters; likewise.
    pub params: Map,
    /// Whether the state of the jobs was named, so that no rule is needed.
    pub state_named: bool,
    /// Whether rules and hooks are left aside.
    pub no_rules: bool,
}

/// What becomes of chosen jobs.
#[derive(Debug, Default)]
pub struct Retries {
    /// In the order of the collection.
    pub decisions: Vec<Decision>,
    /// Whether a rule or a hook had a say.
    pub ruled: bool,
    /// What is worth saying.
    pub warnings: Vec<Warning>,
    /// The block of each source.
    rules: Vec<Option<Retry>>,
}

/// What becomes of a job.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Its name.
    pub name: JobName,
    /// How its last attempt ended; `None` if there was none.
    pub state: Option<JobState>,
    /// How many attempts there were.
    pub attempts: usize,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What becomes of a job.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is submitted again.
    Again {
        /// What changes, beside what earlier attempts changed.
        remedy: Remedy,
        /// The same to read.
        steps: Vec<Step>,
    },
    /// It goes back into the queue under its old id.
    Requeue,
    /// Nothing, for a reason.
    Stay(Stay),
}

/// A value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The Slurm argument, or `params.NAME`.
    pub name: String,
    /// Before, if that is known.
    pub from: Option<String>,
    /// After.
    pub to: String,
}

impl Retries {
    /// Decides for `names`. `root` is the project's, absolute. Nothing is written.
    ///
    /// # Errors
    /// When a spec cannot be used, or a hook fails for any of the jobs.
    pub fn decide(
        collection: &Collection,
        config: &Config,
        root: &Path,
        names: &[JobName],
        wish: &Wish,
    ) -> Result<Self, Error> {
        let mut retries = Self::default();
        retries.load_rules(collection, config, root, names, wish)?;
        let mut for_hook: Vec<Vec<usize>> = vec![Vec::new(); collection.sources.len()];
        let jobs = names
            .iter()
            .filter_map(|name| collection.jobs.get_key_value(name));
        for (name, job) in jobs {
            let retry = retries.rules.get(job.source).and_then(Option::as_ref);
            let verdict = match retry {
                Some(retry) => rule::apply(retry, collection, root, job, wish),
                None => Some(wish.verdict(&Asked::of(collection, root, job), Remedy::default())),
            };
            if verdict.is_none() {
                for_hook[job.source].push(retries.decisions.len());
            }
            retries.decisions.push(Decision {
                name: name.clone(),
                state: job.state().cloned(),
                attempts: job.attempts.len(),
                verdict: verdict.unwrap_or(Verdict::Stay(Stay::Declined)),
            });
        }
        for (source, decisions) in for_hook.iter().enumerate() {
            let retry = retries.rules[source].as_ref();
            let hook = retry.and_then(|retry| retry.on_failure.clone());
            if let (Some(hook), false) = (hook, decisions.is_empty()) {
                let asked = Stack::run(|stack| {
                    retries.ask(&hook, decisions, collection, config, root, wish, stack)
                });
                asked.map_err(Error::Thread)??;
            }
        }
        Ok(retries)
    }

    /// Reads the specs of the sources that have one of the jobs.
    fn load_rules(
        &mut self,
        collection: &Collection,
        config: &Config,
        root: &Path,
        names: &[JobName],
        wish: &Wish,
    ) -> Result<(), Error> {
        let of = |source: usize| {
            let mut jobs = names.iter().filter_map(|name| collection.jobs.get(name));
            jobs.any(|job| job.source == source && !job.attempts.is_empty())
        };
        for (index, source) in collection.sources.iter().enumerate() {
            let wanted = !wish.no_rules && of(index);
            let spec = wanted.then(|| spec_of(source, config, root)).flatten();
            let path = root.join(&source.spec);
            let spec = match spec {
                Some(_) if !path.exists() => {
                    let path = source.spec.display();
                    self.warnings.push(Warning::new(format!(
                        "`{path}` does not exist any more, so no rules of it for jobs that failed \
                         are known"
                    )));
                    None
                }
                spec => spec.transpose()?,
            };
            let retry = spec.and_then(|spec| spec.retry);
            self.ruled |= retry.is_some();
            self.rules.push(retry);
        }
        Ok(())
    }

    /// Lets the hook of a source decide.
    #[expect(clippy::too_many_arguments, reason = "one call, across a thread")]
    fn ask(
        &mut self,
        hook: &HookRef,
        decisions: &[usize],
        collection: &Collection,
        config: &Config,
        root: &Path,
        wish: &Wish,
        stack: &Stack,
    ) -> Result<(), Error> {
        let none = Arc::new(Map::new());
        let mut hooks = Hooks::load(std::slice::from_ref(hook), &none, &config.hooks, stack)?;
        let mut failures = Failures::default();
        for index in decisions {
            let decision = &mut self.decisions[*index];
            let Some(job) = collection.jobs.get(&decision.name) else {
                continue;
            };
            let asked = Asked::of(collection, root, job);
            match hooks.on_failure(failure::of(collection, root, &decision.name, job)) {
                Ok(Some(remedy)) => decision.verdict = wish.verdict(&asked, remedy),
                Ok(None) => {}
                // The next call would most likely reach it as well.
                Err(error) if error.is_final() => return Err(error.into()),
                Err(error) => failures.push(error.into()),
            }
        }
        self.warnings.extend(hooks.take_warnings());
        hooks.settle_output();
        failures.into_result()
    }

    /// The jobs to submit again that are as they were when it was decided.
    pub fn again(&self, collection: &Collection) -> Vec<Again> {
        let again = self.decisions.iter().filter_map(|decision| {
            let Verdict::Again { remedy, .. } = &decision.verdict else {
                return None;
            };
            let job = collection.jobs.get(&decision.name)?;
            decision.is_of(job).then(|| Again {
                name: decision.name.clone(),
                slurm: remedy.slurm.clone(),
                params: remedy.params.clone(),
            })
        });
        again.collect()
    }

    /// The jobs that go again as they are.
    pub fn unchanged(&self) -> impl Iterator<Item = &JobName> {
        let unchanged = self
            .decisions
            .iter()
            .filter(|it| matches!(&it.verdict, Verdict::Again { steps, .. } if steps.is_empty()));
        unchanged.map(|it| &it.name)
    }

    /// The jobs that shall go back into the queue.
    pub fn to_requeue(&self) -> impl Iterator<Item = &JobName> {
        let requeued = |decision: &&Decision| matches!(decision.verdict, Verdict::Requeue);
        self.decisions.iter().filter(requeued).map(|it| &it.name)
    }
}

impl Decision {
    /// Whether nothing became of the job since.
    fn is_of(&self, job: &Job) -> bool {
        self.attempts == job.attempts.len() && self.state.as_ref() == job.state()
    }
}

impl Verdict {
    /// The job again, as it is.
    fn as_it_is() -> Self {
        Self::Again {
            remedy: Remedy::default(),
            steps: Vec::new(),
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Again { steps, .. } if steps.is_empty() => f.write_str("again as it is"),
            Self::Again { steps, .. } => {
                let steps: Vec<_> = steps.iter().map(Step::to_string).collect();
                write!(f, "again with {}", steps.join(", "))
            }
            Self::Requeue => f.write_str("back into the queue"),
            Self::Stay(stay) => write!(f, "stays: {stay}"),
        }
    }
}

impl Display for Step {
    /// `mem 32G -> 64G`
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, from, to } = self;
        match from {
            Some(from) => write!(f, "{name} {from} -> {to}"),
            None => write!(f, "{name} {to}"),
        }
    }
}

impl Wish {
    /// Whether anything shall be other than before.
    pub fn changes_something(&self) -> bool {
        !(self.slurm.is_empty() && self.params.is_empty())
    }

    /// The job again, with what is wished over a remedy.
    fn verdict(&self, asked: &Asked<'_>, remedy: Remedy) -> Verdict {
        let slurm = over(&asked.spelled(&remedy.slurm), &asked.spelled(&self.slurm));
        // Rhai's maps have an order of their own.
        let remedy = Remedy {
            slurm: slurm.in_order_of(asked.slurm()),
            params: over(&remedy.params, &self.params).in_order_of(&asked.params),
        };
        let of_slurm = remedy.slurm.iter().map(|(name, value)| Step {
            name: name.to_string(),
            from: asked.get(name),
            to: value.to_string(),
        });
        let of_params = remedy.params.iter().map(|(name, value)| Step {
            name: format!("params.{name}"),
            from: asked.params.get(name).map(Value::to_string),
            to: value.to_string(),
        });
        let steps = of_slurm.chain(of_params);
        let steps = steps.filter(|step| step.from.as_ref() != Some(&step.to));
        Verdict::Again {
            steps: steps.collect(),
            remedy,
        }
    }
}

impl Retry {
    /// The rule that the state of a job has.
    fn rule_for(&self, job: &Job) -> Option<&Rule> {
        self.rule(job.state()?)
    }
}
