use indexmap::IndexMap;

use super::{Folders, JobLogs, Signature};
use crate::parallel;

/// Jobs that failed in the same way.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// How; the message is that of the first.
    pub signature: Signature,
    /// The logs of each.
    pub jobs: Vec<JobLogs<'a>>,
}

/// Brings together what failed in the same way, the largest group first. The ends of logs are read by
/// a few threads: on shared file systems most of the time is waiting.
pub fn group<'a>(failed: Vec<JobLogs<'a>>) -> Vec<Group<'a>> {
    let folders = Folders::default();
    let signatures = signatures(&failed, &folders);
    let mut groups: IndexMap<Signature, Vec<JobLogs<'a>>> = IndexMap::new();
    for (job, signature) in failed.into_iter().zip(signatures) {
        groups.entry(signature).or_default().push(job);
    }
    let groups = groups.into_iter();
    let mut groups: Vec<_> = groups
        .map(|(signature, jobs)| Group { signature, jobs })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.jobs.len()));
    groups
}

/// Why each failed, in the same order.
fn signatures(failed: &[JobLogs<'_>], folders: &Folders) -> Vec<Signature> {
    const THREADS: usize = 8;
    parallel::map(failed, THREADS, |job| job.signature(folders))
}
