use crate::project::{Job, Project};
use crate::running::Running;

/// Log paths in scripts are relative to the folder where the spec was generated.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn logs_come_to_their_place_from_whichever_folder_jobs_are_submitted() {
    for (count, options) in [(2, "--no-array"), (3, "--array")] {
        let project = Project::with("sweep", &Job::many(count, "pwd"));
        project.write("deep/below/file", "");
        let args = format!("submit sweep -y {options}");
        let mut command = project.slurmkit(&args);
        let run = Running::start(command.current_dir(project.path().join("deep/below"))).end();
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        let status = project.status_at_end("sweep");
        assert!(status.all("COMPLETED"), "{status:?}");
        let logs = std::fs::read_dir(project.path().join("logs/sweep")).unwrap();
        assert_eq!(logs.count(), count);
        for job in &status.jobs {
            let log = project.log(job);
            let place = format!("{}\n", project.path().display());
            assert!(log.ends_with(&place), "{log}");
        }
        assert!(!project.exists("deep/below/logs"));
    }
}
