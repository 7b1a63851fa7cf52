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
mod verdict;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

pub use alike::{Alike, find_alike};
pub use failure::imagined;
pub use queue::put_back;
pub use stay::Stay;
pub use verdict::{Decision, Step, Verdict, Wish};

use self::asked::Asked;
use crate::Error;
use crate::collection::{Collection, Job};
use crate::config::Config;
use crate::diagnostic::Warning;
use crate::error::Failures;
use crate::hook::{Hooks, Remedy};
use crate::model::{JobName, Map};
use crate::resubmit::{Again, spec_of};
use crate::sandbox::Stack;
use crate::spec::{HookRef, Retry};

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

/// What is to be decided, and with what.
struct Question<'a> {
    collection: &'a Collection,
    config: &'a Config,
    /// The project's, absolute.
    root: &'a Path,
    wish: &'a Wish,
}

impl<'a> Question<'a> {
    /// What the last attempt of a job asked for.
    fn asked(&self, job: &'a Job) -> Asked<'a> {
        Asked::of(self.collection, self.root, job)
    }
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
        let question = Question {
            collection,
            config,
            root,
            wish,
        };
        let mut retries = Self::default();
        retries.load_rules(&question, names)?;
        let mut for_hook: Vec<Vec<usize>> = vec![Vec::new(); collection.sources.len()];
        let jobs = names
            .iter()
            .filter_map(|name| collection.jobs.get_key_value(name));
        for (name, job) in jobs {
            let retry = retries.rules.get(job.source).and_then(Option::as_ref);
            let verdict = match retry {
                Some(retry) => rule::apply(retry, &question, job),
                None => Some(wish.verdict(&question.asked(job), &Remedy::default())),
            };
            if let (None, Some(of_source)) = (&verdict, for_hook.get_mut(job.source)) {
                of_source.push(retries.decisions.len());
            }
            retries.decisions.push(Decision {
                by_hook: verdict.is_none(),
                name: name.clone(),
                state: job.state().cloned(),
                attempts: job.attempts.len(),
                verdict: verdict.unwrap_or(Verdict::Stay(Stay::Declined)),
            });
        }
        for (source, decisions) in for_hook.iter().enumerate() {
            let retry = retries.rules.get(source).and_then(Option::as_ref);
            let hook = retry.and_then(|retry| retry.on_failure.clone());
            if let (Some(hook), false) = (hook, decisions.is_empty()) {
                Stack::run(|stack| retries.ask(&hook, decisions, &question, stack))
                    .map_err(Error::Thread)??;
            }
        }
        Ok(retries)
    }

    /// Reads the specs of the sources that have one of the jobs.
    fn load_rules(&mut self, question: &Question<'_>, names: &[JobName]) -> Result<(), Error> {
        let Question {
            collection,
            config,
            root,
            wish,
        } = question;
        let jobs = names.iter().filter_map(|name| collection.jobs.get(name));
        let tried = jobs.filter(|job| !job.attempts.is_empty());
        let wanted: HashSet<usize> = tried.map(|job| job.source).collect();
        for (index, source) in collection.sources.iter().enumerate() {
            let wanted = !wish.no_rules && wanted.contains(&index);
            let spec = match wanted.then(|| spec_of(source, config, root)).flatten() {
                Some(_) if !root.join(&source.spec).exists() => {
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
    fn ask(
        &mut self,
        hook: &HookRef,
        decisions: &[usize],
        question: &Question<'_>,
        stack: &Stack,
    ) -> Result<(), Error> {
        let none = Arc::new(Map::new());
        let settings = &question.config.hooks;
        let mut hooks = Hooks::load(std::slice::from_ref(hook), &none, settings, stack)?;
        let mut failures = Failures::default();
        for index in decisions {
            let decision = &mut self.decisions[*index];
            let Some(job) = question.collection.jobs.get(&decision.name) else {
                continue;
            };
            match hooks.on_failure(failure::of(question, &decision.name, job)) {
                Ok(Some(remedy)) => {
                    decision.verdict = question.wish.verdict(&question.asked(job), &remedy);
                }
                Ok(None) => {}
                Err(error) if error.is_final() => return Err(error.into()),
                Err(error) => failures.push(error.into()),
            }
        }
        self.warnings.extend(hooks.take_warnings());
        hooks.settle_output();
        failures.into_result()
    }

    /// Leaves out what goes beyond the first `most` that do.
    pub fn limit(&mut self, most: usize) {
        let mut going = 0;
        self.decisions.retain(|decision| {
            let stays = matches!(decision.verdict, Verdict::Stay(_));
            going += usize::from(!stays);
            stays || going <= most
        });
    }

    /// The jobs to submit again that are as they were when it was decided.
    pub fn again(&self, collection: &Collection) -> Vec<Again> {
        let unsettled = collection.unsettled_jobs();
        let again = self.decisions.iter().filter_map(|decision| {
            let Verdict::Again { remedy, .. } = &decision.verdict else {
                return None;
            };
            let job = collection.jobs.get(&decision.name)?;
            let is_free = decision.is_of(job) && !unsettled.contains(decision.name.as_str());
            is_free.then(|| Again {
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

    /// All jobs shall go back into the queue, because somebody says so.
    pub fn requeue_all(&mut self) {
        self.ruled = true;
        for decision in &mut self.decisions {
            decision.verdict = Verdict::Requeue;
        }
    }

    /// The jobs that could not, where nothing else shall become of them.
    pub fn not_put_back(&self) -> impl Iterator<Item = &JobName> {
        let kept = |it: &&Decision| matches!(it.verdict, Verdict::Stay(Stay::NotPutBack));
        self.decisions.iter().filter(kept).map(|it| &it.name)
    }

    /// The jobs that shall go back into the queue.
    pub fn to_requeue(&self) -> impl Iterator<Item = &JobName> {
        let requeued = |decision: &&Decision| matches!(decision.verdict, Verdict::Requeue);
        self.decisions.iter().filter(requeued).map(|it| &it.name)
    }
}
