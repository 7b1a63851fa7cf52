use std::fmt::{self, Display, Formatter};

use crate::model::JobState;

/// Why a job is not submitted again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stay {
    /// It waits or runs, as Slurm sees it.
    Alive,
    /// What would grow cannot.
    AtMaximum {
        /// The Slurm argument.
        argument: String,
        /// The most to ask for.
        max: String,
    },
    /// The hook does not want it.
    Declined,
    /// It was submitted as often as allowed.
    GivenUp {
        /// How often.
        attempts: usize,
    },
    /// The rule of its state says so.
    Never,
    /// What it asks for is no amount that could grow.
    NoAmount {
        /// The Slurm argument.
        argument: String,
        /// Its value.
        value: String,
    },
    /// Nobody knows how much it asked for.
    NotKnown {
        /// The Slurm argument.
        argument: String,
    },
    /// It cannot go back into the queue.
    NotPutBack,
    /// Its state has no rule.
    NoRule(JobState),
    /// It asks for memory in another way than the rule.
    OtherMemory {
        /// The Slurm argument of the rule.
        argument: String,
        /// That of the job.
        other: String,
        /// How much more the rule wants.
        growth: String,
    },
    /// It asks for all that its rule changes already.
    Same,
}

impl Display for Stay {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alive => f.write_str("it waits or runs"),
            Self::AtMaximum { argument, max } => {
                write!(f, "`{argument}` is at its maximum {max} already")
            }
            Self::Declined => f.write_str("the on_failure hook does not retry it"),
            Self::GivenUp { attempts } => write!(f, "given up after {attempts} attempts"),
            Self::Never => f.write_str("its rule is `never`"),
            Self::NoAmount { argument, value } => {
                write!(f, "`{argument}` is `{value}`, which cannot grow")
            }
            Self::NotKnown { argument } => write!(
                f,
                "it asks for no `{argument}` that could grow: write one into the template or \
                 `slurm_args.defaults`"
            ),
            Self::NotPutBack => f.write_str("Slurm forgot it, or will not put it back"),
            Self::NoRule(state) => write!(f, "no rule for {state}"),
            Self::OtherMemory {
                argument,
                other,
                growth,
            } => write!(
                f,
                "it asks for `{other}`, not for `{argument}`: write `{other}: {growth}` in its rule"
            ),
            Self::Same => f.write_str("it asks for all that its rule changes already"),
        }
    }
}
