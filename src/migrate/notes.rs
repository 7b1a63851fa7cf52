//! What the Python tool does without being told.

use super::Planned;
use super::convert::Converted;
use super::settings::Settings;
use crate::config::Config;

/// Its built-in Slurm arguments.
const SLURM_DEFAULTS: [(&str, &str); 5] = [
    ("partition", "compute"),
    ("time", "\"24:00:00\""),
    ("mem", "16G"),
    ("nodes", "1"),
    ("ntasks", "1"),
];

/// What would make the next scripts differ from those there are; nothing when nothing is migrated.
pub(super) fn notes(
    config: &Config,
    collections: &[Planned<Converted>],
    configs: &[Planned<Settings>],
) -> Vec<String> {
    let converted = || {
        collections
            .iter()
            .filter_map(|planned| planned.step.converted())
    };
    let moved = configs
        .iter()
        .any(|planned| planned.step.converted().is_some());
    let mut notes = Vec::new();
    if converted().next().is_none() && !moved {
        return notes;
    }
    let missing: Vec<String> = SLURM_DEFAULTS
        .iter()
        .filter(|(key, _)| config.slurm_defaults.get(*key).is_none())
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    if !missing.is_empty() {
        notes.push(format!(
            "the Python tool asks Slurm for this unless told otherwise, slurmkit does not; to keep it, \
             add to `slurm_defaults` in the config: {}",
            missing.join(", ")
        ));
    }
    let is_set = |key: &str| {
        let entry = config.entries.iter().find(|entry| entry.key == key);
        entry.is_some_and(|entry| entry.origin != "default")
    };
    if !["undefined", "trim_blocks", "lstrip_blocks"]
        .iter()
        .any(|key| is_set(&format!("jinja.{key}")))
    {
        notes.push(
            "the Python tool prints nothing for an undefined name and, from 0.1.2 on, trims lines \
             that hold a block tag only; to keep it, add to the config: \
             jinja: {undefined: lenient, trim_blocks: true, lstrip_blocks: true}"
                .into(),
        );
    }
    let sorted: Vec<String> = converted()
        .filter(|converted| converted.default_names && is_unsorted(converted))
        .map(|converted| format!("`{}`", converted.collection.name))
        .collect();
    if !sorted.is_empty() {
        notes.push(format!(
            "the jobs of {} have names without a pattern, for which the Python tool sorts the \
             parameters and slurmkit does not; set `job_name_pattern` in the spec to keep them",
            sorted.join(", ")
        ));
    }
    notes
}

/// Whether names without a pattern would come out otherwise.
fn is_unsorted(converted: &Converted) -> bool {
    converted
        .collection
        .jobs
        .values()
        .any(|job| !job.parameters.names().is_sorted())
}
