use std::fmt::Display;
use std::str::FromStr;

use crate::Error;
use crate::collection::{Collection, Job};
use crate::diagnostic::{any_of, did_you_mean};
use crate::model::{JobName, JobState, ParamSet, Value};

/// Which jobs of a collection are meant.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// By what became of them.
    pub filter: Filter,
    /// By their parameters: each of these names must have one of the values given for it.
    pub only: Vec<(String, String)>,
    /// By name; all where none is given.
    pub names: Vec<String>,
    /// At most so many, in the order of the collection.
    pub limit: Option<usize>,
}

/// What became of jobs. Those that wait or run are never meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Never submitted.
    #[default]
    Unsubmitted,
    /// Over, and not completed, for whatever reason.
    Failed,
    /// In this state, which is that of a job that failed.
    State(JobState),
    /// All that do not wait or run, those that completed included.
    All,
}

impl Filter {
    /// Whether a job that does not wait or run is meant.
    fn takes(&self, state: Option<&JobState>) -> bool {
        match (self, state) {
            (Self::All, _) | (Self::Unsubmitted, None) => true,
            (Self::Failed, Some(state)) => state.is_failure(),
            (Self::State(asked), Some(state)) => asked == state,
            (Self::Unsubmitted, Some(_)) | (Self::Failed | Self::State(_), None) => false,
        }
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        const WORDS: [&str; 3] = ["unsubmitted", "failed", "all"];
        match &*word.to_lowercase() {
            "unsubmitted" => Ok(Self::Unsubmitted),
            "failed" => Ok(Self::Failed),
            "all" => Ok(Self::All),
            lower => match JobState::typed(word) {
                Ok(state) if state.is_failure() => Ok(Self::State(state)),
                Ok(state) => Err(format!("a job that is {state} did not fail")),
                Err(problem) => {
                    let guess = did_you_mean(lower, WORDS).map(|guess| format!("; {guess}"));
                    let problem =
                        guess.map_or(problem, |guess| format!("there is no such state{guess}"));
                    let words = WORDS.map(|word| format!("`{word}`")).join(", ");
                    Err(format!(
                        "{problem} (it is {words} or the state of a job that failed, such as `timeout`)"
                    ))
                }
            },
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsubmitted => f.write_str("unsubmitted"),
            Self::Failed => f.write_str("failed"),
            Self::All => f.write_str("all"),
            Self::State(state) => f.write_str(&state.word().to_lowercase()),
        }
    }
}

impl Selection {
    /// Refuses parameters that no job of the collection has.
    pub fn check(&self, collection: &Collection) -> Result<(), Error> {
        if self.only.is_empty() || collection.jobs.is_empty() {
            return Ok(());
        }
        let known = collection.parameter_names();
        let stranger = self.only.iter().find(|(key, _)| !known.contains(&**key));
        let Some((key, _)) = stranger else {
            return Ok(());
        };
        let all = || {
            format!(
                "they have {}",
                any_of(known.iter()).replace(" or ", " and ")
            )
        };
        Err(Error::Argument {
            argument: "--only",
            problem: format!(
                "no job of collection `{}` has a parameter `{key}`",
                collection.name
            ),
            help: did_you_mean(key, known.iter().copied()).or_else(|| Some(all())),
        })
    }

    /// The jobs that are meant, in the order of the collection.
    pub fn choose(&self, collection: &Collection) -> Vec<JobName> {
        let unsettled = collection.unsettled_jobs();
        let chosen = collection
            .jobs
            .iter()
            .filter(|(name, job)| !unsettled.contains(name.as_str()) && self.takes(name, job));
        let limit = self.limit.unwrap_or(usize::MAX);
        chosen.map(|(name, _)| name.clone()).take(limit).collect()
    }

    fn takes(&self, name: &JobName, job: &Job) -> bool {
        let state = job.state();
        !state.is_some_and(JobState::is_active)
            && self.filter.takes(state)
            && (self.names.is_empty() || self.names.iter().any(|asked| asked == name.as_str()))
            && self.has_parameters(&job.parameters)
    }

    /// Whether a set has what is asked for: of each name one of its values.
    pub fn has_parameters(&self, set: &ParamSet) -> bool {
        let has = |key: &str, text: &str| set.get(key).is_some_and(|value| is(value, text));
        self.only.iter().all(|(key, _)| {
            let mut of_key = self.only.iter().filter(|(other, _)| other == key);
            of_key.any(|(_, text)| has(key, text))
        })
    }
}

/// Whether a value is what somebody typed: its text, or the same number.
fn is(value: &Value, typed: &str) -> bool {
    let number = match value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "integers are compared by text first"
        )]
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    };
    let same_number = || number.is_some() && typed.parse().ok() == number;
    let text = value.to_string();
    text == typed
        || text.eq_ignore_ascii_case(typed) && matches!(value, Value::Bool(_))
        || same_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_words_and_states_of_jobs_that_failed() {
        for (typed, shown) in [
            ("unsubmitted", "unsubmitted"),
            ("failed", "failed"),
            ("all", "all"),
            ("oom", "out_of_memory"),
            ("NODE-FAIL", "node_fail"),
            ("boot_fail", "boot_fail"),
        ] {
            assert_eq!(typed.parse::<Filter>().unwrap().to_string(), shown);
        }
        for (typed, part) in [
            ("fialed", "did you mean `failed`?"),
            ("unsubmited", "did you mean `unsubmitted`?"),
            ("running", "a job that is RUNNING did not fail"),
            ("x", "or the state of a job that failed"),
        ] {
            let error = typed.parse::<Filter>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn parameters_are_chosen_by_what_somebody_types() {
        let set: ParamSet = [
            ("lr", Value::from(1e-5)),
            ("bs", Value::from(32)),
            ("amp", Value::from(true)),
        ]
        .into_iter()
        .collect();
        for (only, takes) in [
            (&[("lr", "1e-05")][..], true),
            (&[("lr", "0.00001")], true),
            (&[("bs", "32"), ("amp", "true")], true),
            (&[("bs", "64"), ("bs", "32")], true),
            (&[("bs", "64")], false),
            (&[("bs", "32"), ("amp", "no")], false),
            (&[("x", "32")], false),
        ] {
            let only = only
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()));
            let selection = Selection {
                only: only.collect(),
                ..Selection::default()
            };
            assert_eq!(
                selection.has_parameters(&set),
                takes,
                "{:?}",
                selection.only
            );
        }
    }
}
