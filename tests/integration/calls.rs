//! How many commands of Slurm a look takes, however many jobs there are.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use slurmkit::collection::Attempt;
use slurmkit::model::{JobId, JobState};

use super::submitted::Project;

const JOBS: usize = 10_000;

/// Ten thousand jobs waited when somebody looked last, and are gone from the queue now.
fn gone(first_id: u64) -> Project {
    let project = Project::new(JOBS, "").change(|collection| {
        for (id, job) in (first_id..).zip(collection.jobs.values_mut()) {
            job.attempts
                .push(Attempt::new(JobId::from(id), JobState::Pending));
        }
    });
    for name in ["sbatch", "squeue", "sacct", "scontrol", "scancel"] {
        let log = project.test.path().join("slurm.log");
        let script = format!("#!/bin/sh\necho {name} >> {log}\n", log = log.display());
        let program = project.test.path().join("bin").join(name);
        fs::write(&program, script).unwrap();
        fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
    }
    project
}

#[test]
fn a_look_at_ten_thousand_jobs_takes_two_calls() {
    // Numbers that an argument has room for, and longer ones.
    for first_id in [1_000_000, 4_000_000_000_000] {
        let project = gone(first_id);
        let run = project.command("status default");
        assert_eq!((run.code, &*run.stderr), (Some(0), ""));
        assert!(
            run.stdout.contains("UNKNOWN          10,000"),
            "{}",
            run.stdout
        );
        assert_eq!(project.test.read("slurm.log"), "squeue\nsacct\n");
        // What is known by then is not asked again.
        project.command("status default");
        assert_eq!(project.test.read("slurm.log"), "squeue\nsacct\n");
    }
}

#[test]
fn of_somebody_elses_collection_the_owners_jobs_are_looked_at_and_nothing_is_saved() {
    let project = gone(1000);
    let path = project
        .test
        .path()
        .join(".slurmkit/collections/default.yaml");
    // Only root can give a file away.
    if chown(&path, Some(1234), None).is_err() {
        return;
    }
    let squeue = format!(
        "#!/bin/sh\necho \"$*\" > {}/asked\n",
        project.test.path().display()
    );
    project.test.write("bin/squeue", &squeue);
    let before = fs::read(&path).unwrap();
    let run = project.command("status default");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let asked = project.test.read("asked");
    assert!(asked.contains("--user=1234"), "{asked}");
    assert_eq!(fs::read(&path).unwrap(), before);
}
