//! Submissions, as the Python tool records them.

use std::path::Path;

use super::old::{Lost, Old, is_empty};
use crate::collection::{Attempt, CollectionError};
use crate::model::{JobId, JobState};
use crate::yaml::Node;

/// The keys that an attempt carries, and those that say nothing beyond the others.
const CARRIED: [&str; 8] = [
    "job_id",
    "state",
    "submitted_at",
    "started_at",
    "completed_at",
    "output_path",
    "kind",
    "regenerated",
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
    // As `sbatch --parsable` prints it.
    let (job_id, cluster) = match job_id.split_once(';') {
        Some((job_id, cluster)) => (job_id, Some(cluster)),
        None => (job_id, None),
    };
    let submitted = old.time(node, "submitted_at")?;
    let state = match old.text(node, "state")? {
        Some(word) => JobState::parse(&word.to_ascii_uppercase()),
        // Nobody has looked since it was submitted; the next look finds out.
        None if submitted.is_some() => JobState::Pending,
        None => JobState::Unknown,
    };
    Ok(Some(Attempt {
        submitted,
        started: old.time(node, "started_at")?,
        ended: old.time(node, "completed_at")?,
        log: old
            .text(node, "output_path")?
            .map(|log| Path::new(log).into()),
        cluster: cluster.map(Into::into),
        ..Attempt::new(JobId::new(job_id), state)
    }))
}

/// Whether Slurm may have printed it: `12`, `12_3`, `12_[0-4]`, `12+1`, `12;cluster`.
fn is_job_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_[]-,%+;.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

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
