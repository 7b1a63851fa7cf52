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

/// The files of the collection are in the project's root, wherever jobs run.
#[test]
#[ignore = "needs a cluster: scripts/test-cluster"]
fn jobs_run_in_folders_below_the_project() {
    for options in ["--no-array", "--array"] {
        let project = Project::with("sweep", &Job::many(3, "pwd"));
        project.write("deep/below/file", "");
        let below = project.path().join("deep/below");
        let mut command = project.slurmkit("generate ../../sweep.json --collection below");
        let run = Running::start(command.current_dir(&below)).end();
        assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
        project.submit(&format!("below {options}")).complete();
        let status = project.status_at_end("below");
        assert!(status.all("COMPLETED"), "{status:?}");
        for job in &status.jobs {
            let log = project.log(job);
            assert!(log.ends_with(&format!("{}\n", below.display())), "{log}");
        }
    }
}
