use std::fmt::{self, Display, Formatter};

use super::Stay;
use super::asked::Asked;
use crate::collection::Job;
use crate::hook::Remedy;
use crate::model::{JobName, JobState, Map, Value};
use crate::resubmit::over;

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

/// What becomes of a job.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Its name.
    pub name: JobName,
    /// How its last attempt ended; `None` if there was none.
    pub state: Option<JobState>,
    /// How many attempts there were.
    pub attempts: usize,
    /// Whether the hook was asked.
    pub by_hook: bool,
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

impl Decision {
    /// Whether nothing became of the job since.
    pub(super) fn is_of(&self, job: &Job) -> bool {
        self.attempts == job.attempts.len() && self.state.as_ref() == job.state()
    }
}

impl Verdict {
    /// The job again, as it is.
    pub fn as_it_is() -> Self {
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
    pub(super) fn verdict(&self, asked: &Asked<'_>, remedy: &Remedy) -> Verdict {
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
