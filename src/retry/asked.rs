//! What the last attempt of a job asked for.

use std::path::Path;

use crate::collection::{Changes, Collection, Job};
use crate::fs;
use crate::model::{Map, Value, option_name};
use crate::resubmit::over;
use crate::scheduler::Directives;

/// What the last attempt of a job asked for: what it changed, over what the sweep gave, over what
/// the script says itself.
pub(super) struct Asked<'a> {
    slurm: Map,
    pub(super) params: Map,
    collection: &'a Collection,
    root: &'a Path,
    job: &'a Job,
}

impl<'a> Asked<'a> {
    pub(super) fn of(collection: &'a Collection, root: &'a Path, job: &'a Job) -> Self {
        let none = Changes::default();
        let changes = job.attempts.last().map_or(&none, |last| &last.changes);
        Self {
            slurm: over(&job.slurm_args, &changes.slurm),
            params: over(&job.parameters.to_map(), &changes.params),
            collection,
            root,
            job,
        }
    }

    /// All Slurm arguments that are known without the script.
    pub(super) fn slurm(&self) -> &Map {
        &self.slurm
    }

    /// The value of a Slurm argument, however it is spelled.
    pub(super) fn get(&self, argument: &str) -> Option<String> {
        match self.entry(argument) {
            Some((_, Value::Null | Value::Bool(false))) => None,
            Some((_, Value::Bool(true))) => Some(String::new()),
            Some((_, value)) => Some(value.to_string()),
            None => self
                .directives()
                .get(&option_name(argument))
                .map(String::from),
        }
    }

    /// Arguments as the template of the job spells them, if it does.
    pub(super) fn spelled(&self, arguments: &Map) -> Map {
        let spelled = arguments.iter().map(|(argument, value)| {
            let known = self.entry(argument).map(|(known, _)| known.clone());
            (known.unwrap_or_else(|| argument.clone()), value.clone())
        });
        spelled.collect()
    }

    fn entry(&self, argument: &str) -> Option<(&std::sync::Arc<str>, &Value)> {
        let wanted = option_name(argument);
        // The latest change may be spelled otherwise than what it changes.
        self.slurm
            .iter()
            .rev()
            .find(|(known, _)| option_name(known) == wanted)
    }

    /// What the script says itself.
    fn directives(&self) -> Directives {
        let source = self.collection.sources.get(self.job.source);
        let folder = source.map_or(Path::new(""), |source| &source.working_dir);
        let last = self.job.attempts.last();
        let changed = last.and_then(|last| last.changes.script.as_deref());
        let script = changed.unwrap_or(&self.job.script_path);
        let text = fs_err::read(fs::join(self.root, folder).join(script)).unwrap_or_default();
        Directives::parse(&String::from_utf8_lossy(&text))
    }
}
