use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;

use super::{Folders, JobLogs, Signature};

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
    let cells: Vec<OnceLock<Signature>> = failed.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((job, cell)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            failed.get(at).zip(cells.get(at))
        } {
            cell.get_or_init(|| job.signature(folders));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..THREADS.min(failed.len()) {
            // Where there are no more threads, this one does it all.
            std::thread::Builder::new().spawn_scoped(scope, work).ok();
        }
        work();
    });
    let read = failed.iter().zip(cells);
    read.map(|(job, cell)| cell.into_inner().unwrap_or_else(|| job.signature(folders)))
        .collect()
}
