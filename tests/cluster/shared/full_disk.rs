use crate::answers::Submission;
use crate::project::{Job, Project};
use crate::small_disk::SmallDisk;

const JOBS: usize = 30;

/// Submits where the folder of the collections has some free pages, then where it has room again.
/// Gives what came of the first, or `None` without the right to mount.
fn submit_with(pages: u64, padding: usize, options: &str) -> Option<Submission> {
    let story = format!("{pages} pages, names {padding} longer, {options}");
    let project = Project::new();
    let collections = project.path().join(".slurmkit/collections");
    let disk = SmallDisk::mount(&collections)?;
    let padding = "x".repeat(padding);
    let jobs: Vec<Job> = (0..JOBS)
        .map(|index| Job::new(format!("{padding}{index:03}"), "true").with("hold", true))
        .collect();
    project.generate("full", &jobs);
    disk.leave(pages);
    let run = project.run(&format!("--json submit full -y {options}"));
    assert_eq!(run.code, Some(1), "{story}: {}", run.stderr);
    assert!(
        run.stderr.contains("No space left on device"),
        "{story}: {}",
        run.stderr
    );
    // Without a lock nothing began.
    let first: Option<Submission> = serde_json::from_str(&run.stdout).ok();
    let (submitted, unsettled) = first.as_ref().map_or((0, 0), |first| {
        let all = first.submitted.len() + first.unsettled + first.left;
        assert_eq!(all, JOBS, "{story}: {first:?}");
        (first.submitted.len(), first.unsettled)
    });
    let known = project.queue().len();
    assert_eq!(known, submitted + unsettled, "{story}: {first:?}");
    disk.make_room();
    let second = project.submit(&format!("full {options}")).complete();
    assert_eq!(second.recovered.len(), unsettled, "{story}: {second:?}");
    assert_eq!(second.submitted.len(), JOBS - known, "{story}: {second:?}");
    project.exactly_once("full", JOBS, &story);
    first
}

/// The journal ends in the middle of a line, before a job is sent or after it, and in the end there is
/// no room for the collection.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_full_disk_ends_a_submission_of_which_nothing_is_lost() {
    // Names of other lengths put the end elsewhere in a line.
    let rounds = [0, 2, 2, 2, 3, 3, 3, 4, 5].into_iter().enumerate();
    let runs: Vec<Submission> = rounds
        .filter_map(|(round, pages)| submit_with(pages, round * 11, "--no-array"))
        .collect();
    let halfway = |run: &Submission| !run.submitted.is_empty() && run.left > 0;
    let at_the_end = |run: &Submission| run.left == 0;
    assert!(runs.is_empty() || runs.iter().any(halfway) && runs.iter().any(at_the_end));
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_full_disk_ends_a_submission_of_arrays_too() {
    for pages in 0..6 {
        submit_with(pages, 0, "--array");
    }
}
