use globset::Glob;

use super::Args;
use crate::Error;
use crate::collection::{Collection, Job};
use crate::diagnostic::nearest;
use crate::logs::{JobLogs, JobQuery};
use crate::model::JobName;

/// A job as somebody names it.
enum Named {
    Exactly(JobName),
    Like(globset::GlobMatcher),
    ById(JobQuery),
}

impl Args {
    /// The logs that are meant, in the order of the collection.
    ///
    /// # Errors
    /// Where no job is called as somebody says.
    pub(super) fn choose<'a>(
        &self,
        root: &std::path::Path,
        collection: &'a Collection,
    ) -> Result<Vec<JobLogs<'a>>, Error> {
        let asked = self.jobs.iter();
        let asked: Vec<Named> = asked
            .map(|text| Named::find(text, collection))
            .collect::<Result<_, _>>()?;
        let mut chosen = Vec::new();
        for (name, job) in &collection.jobs {
            let mut asked_for = asked.iter().filter(|asked| asked.is(name, job));
            let is_asked_for = asked_for.next();
            if is_asked_for.is_none() && !asked.is_empty() {
                continue;
            }
            let attempt = match (self.attempt, is_asked_for) {
                (Some(number), _) => job.attempts.get(number.get() - 1),
                (None, Some(Named::ById(query))) => job
                    .attempts
                    .iter()
                    .rev()
                    .find(|attempt| query.is_of(attempt)),
                (None, _) => job.attempts.last(),
            };
            let Some(attempt) = attempt else {
                self.check_named(is_asked_for, job)?;
                continue;
            };
            let state = &attempt.state;
            let in_state = self
                .state
                .as_ref()
                .is_none_or(|asked| asked.is(Some(state)));
            if in_state && (!self.failed || state.is_failure()) {
                let logs = JobLogs::new(root, collection, name, job, attempt);
                chosen.push(match is_asked_for {
                    Some(Named::ById(query)) => logs.of_task(&query.id),
                    _ => logs,
                });
            }
        }
        Ok(chosen)
    }

    /// Fails for a job that somebody names and that has no such attempt.
    fn check_named(&self, named: Option<&Named>, job: &Job) -> Result<(), Error> {
        let Some(Named::Exactly(name)) = named else {
            return Ok(());
        };
        let submitted = crate::text::count(job.attempts.len(), "time");
        Err(Error::NoLog {
            job: name.clone(),
            problem: match (self.attempt, job.attempts.len()) {
                (_, 0) => "it was never submitted".into(),
                (Some(number), _) => {
                    format!("there is no attempt {number}: it was submitted {submitted}")
                }
                (None, _) => "it has no attempts".into(),
            },
        })
    }
}

impl Named {
    /// The job that `text` names: exactly, by an id, or by a pattern.
    fn find(text: &str, collection: &Collection) -> Result<Self, Error> {
        if let Some((name, _)) = collection.jobs.get_key_value(text) {
            return Ok(Self::Exactly(name.clone()));
        }
        let of_id = text.parse().ok().map(Self::ById);
        let like = || {
            let glob = text.contains(['*', '?', '[', '{']).then(|| Glob::new(text));
            let glob = glob.transpose().map_err(|error| Error::Argument {
                argument: "JOB",
                problem: error.to_string(),
                help: None,
            })?;
            Ok::<_, Error>(glob.map(|glob| Self::Like(glob.compile_matcher())))
        };
        let named = match of_id {
            Some(named) => Some(named),
            None => like()?,
        };
        let is_there = |named: &Self| {
            collection
                .jobs
                .iter()
                .any(|(name, job)| named.is(name, job))
        };
        named.filter(is_there).ok_or_else(|| Error::UnknownJob {
            collection: collection.name.clone(),
            job: text.to_owned(),
            similar: {
                let names = collection.jobs.keys().map(JobName::as_str);
                nearest(text, names).and_then(|name| JobName::parse(name).ok())
            },
        })
    }

    fn is(&self, name: &JobName, job: &Job) -> bool {
        match self {
            Self::Exactly(exactly) => exactly == name,
            Self::Like(pattern) => pattern.is_match(name.as_str()),
            Self::ById(query) => job.attempts.iter().any(|attempt| query.is_of(attempt)),
        }
    }
}
