use crate::project::{Job, Project};

/// What a user, or a job that runs slurmkit, may have set for Slurm's commands.
const INHERITED: [(&str, &str); 9] = [
    ("SBATCH_ARRAY_INX", "0-3"),
    ("SBATCH_DEBUG", "2"),
    ("SBATCH_WAIT", "1"),
    ("SLURM_EXIT_ERROR", "0"),
    ("SLURM_TIME_FORMAT", "relative"),
    ("SACCT_FORMAT", "User"),
    ("SQUEUE_FORMAT", "%u"),
    ("SQUEUE_STATES", "SUSPENDED"),
    ("SQUEUE_SORT", "u"),
];

fn inheriting(jobs: &[Job]) -> Project {
    let mut project = Project::with("sweep", jobs);
    for (name, value) in INHERITED {
        project.set(name, value);
    }
    project
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn inherited_variables_of_slurm_change_nothing() {
    let mut jobs = Job::held(1);
    jobs.push(Job::new("bad", "exit 3"));
    jobs.push(Job::new("good", "true"));
    let project = inheriting(&jobs);
    // `SBATCH_WAIT` would wait for the held job.
    let sent = project.submit("sweep").complete();
    assert_eq!(sent.submitted.len(), 3);
    project.exactly_once("sweep", 3, "with variables");
    let status = project.status_when("sweep", |status| {
        let bad = status.job("bad");
        status.count("COMPLETED") == 1 && bad.state == "FAILED" && bad.exit_code.is_some()
    });
    assert_eq!(status.count("PENDING"), 1);
    assert!(
        status.ids().iter().all(|id| !id.contains('_')),
        "{status:?}"
    );
    assert_eq!(status.job("good").state, "COMPLETED");
    assert_eq!(status.job("bad").exit_code.as_deref(), Some("3:0"));
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_refused_job_is_not_taken_for_a_sent_one() {
    let project = inheriting(&[Job::new("lost", "true").with("partition", "nosuch")]);
    let sent = project.submit("sweep");
    assert_eq!((sent.code, sent.left), (Some(1), 1), "{sent:?}");
    assert_eq!(project.status("sweep").count("UNSUBMITTED"), 1);
}
