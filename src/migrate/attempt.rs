//! Submissions, as the Python tool records them.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as WordError;

use super::old::{Lost, Old, is_empty};
use crate::collection::{Attempt, CollectionError};
use crate::model::{JobId, JobState};
use crate::yaml::Node;

/// The keys that an attempt carries, and those that say nothing beyond the others.
const CARRIED: [&str; 4] = ["job_id", "state", "kind", "regenerated"];

/// States that `sacct` may have cut to a narrow column.
const WORDS: [&str; 9] = [
    "CANCELLED",
    "COMPLETED",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PENDING",
    "PREEMPTED",
    "RUNNING",
    "TIMEOUT",
];

/// The attempt of a submission; `None` for a job that was not submitted.
///
/// What an attempt has no room for is counted in `lost`. `same` are the entries that repeat those
/// of the job.
pub(super) fn attempt(
    old: &Old,
    node: &Node,
    same: &[(&str, Option<&Node>)],
    lost: &mut Lost,
) -> Result<Option<Attempt>, CollectionError> {
    let repeats = |key: &str, value: &Node| {
        let of_job = same.iter().find(|(known, _)| *known == key);
        of_job.is_some_and(|(_, job)| {
            job.is_some_and(|job| job.to_value().stored() == value.to_value().stored())
        })
    };
    for (key, value) in old.entries(node)? {
        if !CARRIED.contains(&key) && !is_empty(value) && !repeats(key, value) {
            lost.add(&format!("attempts.{key}"));
        }
    }
    let Some(job_id) = old.text(node, "job_id")? else {
        return Ok(None);
    };
    if !is_job_id(job_id) {
        let problem = format!("`{job_id}` cannot be a job id");
        return Err(old.wrong(node.get("job_id").unwrap_or(node), problem));
    }
    let state = state(old.text(node, "state")?);
    Ok(Some(Attempt::new(JobId::new(job_id), state)))
}

/// Whether Slurm may have printed it: `12`, `12_3`, `12_[0-4]`, `12+1`, `12;cluster`.
fn is_job_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_[]-,%+;.".contains(c))
}

/// The state a word stands for. Without one nobody has looked since the job was submitted.
fn state(word: Option<&str>) -> JobState {
    // `CANCELLED by 1000`, and `OUT_OF_ME+` of a narrow column.
    let word = word.and_then(|text| text.split_whitespace().next());
    let word = word.unwrap_or("UNKNOWN").to_ascii_uppercase();
    let stem = word.trim_end_matches('+');
    let mut longer = WORDS.iter().filter(|known| known.starts_with(stem));
    let word = match (longer.next(), longer.next()) {
        (Some(known), None) if stem.len() < word.len() => known,
        _ => stem,
    };
    let read = JobState::deserialize(IntoDeserializer::<WordError>::into_deserializer(word));
    read.unwrap_or_else(|_| JobState::Other(word.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_slurms_words_and_others_are_kept() {
        for (word, expected) in [
            ("COMPLETED", JobState::Completed),
            ("completed", JobState::Completed),
            ("CANCELLED by 1000", JobState::Cancelled),
            ("CANCELLED+", JobState::Cancelled),
            ("OUT_OF_ME+", JobState::OutOfMemory),
            ("P+", JobState::Other("P".into())),
            ("REQUEUED", JobState::Other("REQUEUED".into())),
        ] {
            assert_eq!(state(Some(word)), expected, "{word}");
        }
        assert_eq!(state(None), JobState::Other("UNKNOWN".into()));
    }

    #[test]
    fn an_id_cannot_be_taken_for_an_option() {
        for id in ["4101", "4101_7", "4101_[0-4%2]", "4101+1", "42;cluster"] {
            assert!(is_job_id(id), "{id}");
        }
        for id in ["", "--user=me", "12 13", "12\n", "../1"] {
            assert!(!is_job_id(id), "{id}");
        }
    }
}
