//! What hooks on failures are called with, and what they ask for.

use crate::diagnostic::{any_of, did_you_mean};
use crate::model::{Map, ParamSet, ParamSpace, Value};
use crate::text;

/// A job that failed, as a hook gets to know it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The first argument: `name`, `params`, `slurm` and the like.
    pub job: Map,
    /// The second: `state`, `exit_code`, `log_tail` and the like.
    pub attempt: Map,
}

/// How a job that failed is to be submitted again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// Slurm arguments that change.
    pub slurm: Map,
    /// Parameters that change.
    pub params: Map,
}

const KEYS: [&str; 2] = ["slurm", "params"];

impl Failure {
    /// Both arguments as one set: what hosts hand over.
    pub(super) fn into_space(self) -> ParamSpace {
        let Self { job, attempt } = self;
        let set = [("job", Value::from(job)), ("attempt", attempt.into())];
        ParamSpace::list(vec![set.into_iter().collect()])
    }

    /// The name of the job in such a set.
    pub(super) fn job_name(set: &ParamSet) -> String {
        match set.get("job") {
            Some(Value::Map(job)) => job.get("name").map_or(String::new(), Value::to_string),
            _ => String::new(),
        }
    }
}

impl Remedy {
    /// Reads what a hook returned.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(super) fn read(map: &Map) -> Result<Self, (String, Option<String>)> {
        let mut remedy = Self::default();
        for (key, value) in map {
            let part = match &**key {
                "slurm" => &mut remedy.slurm,
                "params" => &mut remedy.params,
                other => {
                    let message = format!("returned the key `{}`", text::cut(other, 100));
                    let guess = did_you_mean(other, KEYS);
                    let rule = || format!("a hook on failures may change {}", any_of(KEYS));
                    return Err((message, guess.or_else(|| Some(rule()))));
                }
            };
            let Value::Map(entries) = value else {
                return Err((format!("returned {}, not a map", shown(key, value)), None));
            };
            *part = entries.stored();
        }
        let single = |value: &Value| {
            !matches!(
                value,
                Value::Null | Value::List(_) | Value::Map(_) | Value::Object(_)
            )
        };
        match remedy.slurm.iter().find(|(_, value)| !single(value)) {
            None => Ok(remedy),
            Some((key, value)) => Err((
                format!("returned {}", shown(&format!("slurm.{key}"), value)),
                Some("Slurm arguments are text, numbers and booleans".into()),
            )),
        }
    }
}

/// `slurm.mem = [1], which is a list`
fn shown(key: &str, value: &Value) -> String {
    let mut repr = String::new();
    text::write_repr(&mut repr, value).expect("writing to a string cannot fail");
    format!(
        "{} = {}, which is {}",
        text::cut(key, 100),
        text::cut(&repr, 100),
        value.kind()
    )
}
