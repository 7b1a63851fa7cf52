use crate::project::{Job, Project};

/// Waits for a file, so that the test says when it ends.
fn gate(project: &Project, end: &str) -> String {
    let gate = project.path().join("gate");
    format!("until [ -e {} ]; do sleep 0.2; done; {end}", gate.display())
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_collection_begins_after_another_has_ended() {
    for (count, options) in [(2, ""), (21, "")] {
        let project = Project::new();
        project.generate("first", &Job::many(count, &gate(&project, "true")));
        project.generate("second", &Job::many(count, "true"));
        project.submit(&format!("first {options}")).complete();
        project
            .submit(&format!("second --after first {options}"))
            .complete();
        project.status_when("first", |status| status.count("RUNNING") >= 2);
        // Slurm says why a job waits when it has tried to begin it.
        project.status_when("second", |waiting| {
            assert!(waiting.all("PENDING"), "{waiting:?}");
            let mut reasons = waiting.jobs.iter().map(|job| job.reason.as_deref());
            reasons.all(|reason| reason == Some("Dependency"))
        });

        project.write("gate", "");
        let second = project.status_at_end("second");
        assert!(second.all("COMPLETED"), "{second:?}");
        begins_after(&project, "second", "first");
    }
}

fn begins_after(project: &Project, later: &str, earlier: &str) {
    let accounted = |collection: &str| {
        let ids = project.status(collection).ids();
        crate::poll::until("the accounting to know the times", || {
            let rows = project.cluster.accounted(&ids);
            let complete = rows.len() == ids.len() && rows.values().all(|row| row.end != "Unknown");
            complete.then_some(rows)
        })
    };
    // Slurm's times compare as text.
    let ended = accounted(earlier).into_values().map(|row| row.end).max();
    let began = accounted(later).into_values().map(|row| row.start).min();
    assert!(began >= ended, "began {began:?}, ended {ended:?}");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn what_needs_success_does_not_begin_after_a_failure() {
    let project = Project::new();
    project.generate("first", &Job::many(2, &gate(&project, "exit 1")));
    project.generate("needs", &Job::many(2, "true"));
    project.generate("any", &Job::many(2, "true"));
    project.submit("first").complete();
    project
        .submit("needs --after first --type afterok")
        .complete();
    project
        .submit("any --after first --type afterany")
        .complete();
    project.write("gate", "");
    let any = project.status_at_end("any");
    assert!(any.all("COMPLETED"), "{any:?}");
    // Slurm keeps them for ever, unless it was asked to cancel them.
    project.status_when("needs", |status| {
        assert_eq!(status.count("COMPLETED"), 0);
        status.jobs.iter().all(|job| {
            job.state == "CANCELLED" || job.reason.as_deref() == Some("DependencyNeverSatisfied")
        })
    });
}
