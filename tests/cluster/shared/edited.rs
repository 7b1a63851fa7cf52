use crate::project::{Job, Project};

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_script_edited_since_generation_goes_only_by_force() {
    let project = Project::with("sweep", &Job::many(2, "true"));
    let script = "scripts/sweep/job001.job";
    let edited = project.read(script) + "echo by hand\n";
    project.write(script, &edited);

    let run = project.run("submit sweep -y");
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stderr.contains("job001"), "{}", run.stderr);

    project.submit("sweep --force").complete();
    let status = project.status_at_end("sweep");
    let log = project.log(status.job("job001"));
    assert!(log.contains("by hand"), "{log}");
    project.exactly_once("sweep", 2, "edited");
}

#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn a_script_that_is_missing_is_told_by_name() {
    let project = Project::with("sweep", &Job::many(2, "true"));
    std::fs::remove_file(project.path().join("scripts/sweep/job000.job")).unwrap();
    let run = project.run("submit sweep -y");
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stderr.contains("job000"), "{}", run.stderr);
}
