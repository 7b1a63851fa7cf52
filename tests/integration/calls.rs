//! How many commands of Slurm a look takes, however many jobs there are.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::{Command, Stdio};

use slurmkit::collection::Attempt;
use slurmkit::model::{JobId, JobState};

use super::small_disk::SmallDisk;
use super::submitted::Project;
use super::test::{Run, contains};

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

/// As `logs` and `find` do, so that what is printed can be opened.
#[test]
fn paths_are_shown_as_they_are_seen_from_here() {
    let project = Project::new(1, "").ended(1, "FAILED", |attempt| {
        attempt.log = Some("logs/seed1.out".into());
    });
    let below = |args: &str| {
        let mut command = project.test.command();
        command.current_dir(project.test.path().join("out"));
        let output = command.args(args.split(' ')).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let root = project.test.path().canonicalize().unwrap();
    for (args, path) in [
        ("status", "logs/seed1.out"),
        ("--json status", "logs/seed1.out"),
        ("collection show default", "out/seed1.job"),
        ("--json collection show default", "out/seed1.job"),
    ] {
        let here = project.command(args).stdout;
        let there = below(args);
        let absolute = root.join(path).display().to_string();
        assert!(here.contains(path) && !here.contains(&absolute), "{here}");
        assert!(there.contains(&absolute), "{there}");
    }
}

/// What a user has set for `sbatch` must not win over what scripts say.
#[test]
fn variables_that_sbatch_does_not_get_are_named() {
    let project = Project::with_args("mem: 32G", 1, "");
    let sbatch = "#!/bin/sh\nenv | grep ^SBATCH_ > FOLDER/variables\necho 7\n";
    let folder = project.test.path().display().to_string();
    project
        .test
        .write("bin/sbatch", &sbatch.replace("FOLDER", &folder));
    let mut command = project.test.command();
    let path = format!("{folder}/bin:{}", std::env::var("PATH").unwrap());
    command
        .args(["-v", "submit", "-y"])
        .env("PATH", path)
        .env("SBATCH_MEM_PER_CPU", "1")
        .env("SBATCH_ACCOUNT", "lab")
        .env("SQUEUE_FORMAT", "%i");
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(
        &run.stderr,
        &[
            "Slurm is asked without SBATCH_ACCOUNT, SBATCH_MEM_PER_CPU, SQUEUE_FORMAT\n",
            "`sbatch` does not get SBATCH_MEM_PER_CPU\n",
        ],
    );
    assert_eq!(project.test.read("variables"), "SBATCH_ACCOUNT=lab\n");
}

/// The accounting learns of an end after the controller, mostly a moment; `status` that follows `wait`
/// must not show less than is known then.
#[test]
fn waiting_ends_when_it_is_known_how_jobs_ended() {
    const QUEUE: &str = "\
case $* in *exit_code*) echo '768 7'; exit ;; esac
now=$(date -u +%Y-%m-%dT%H:%M:%S)
printf '7\\037FAILED\\037\\037%s\\037%s\\037NonZeroExitCode\\037node1\\037\\n' $now $now
";
    const ACCOUNTING: &str = "\
echo sacct >> FOLDER/slurm.log
[ $(grep -c sacct FOLDER/slurm.log) -ge KNOWS ] || exit 0
now=$(date -u +%Y-%m-%dT%H:%M:%S)
printf '7\\037FAILED\\037%s\\037%s\\037%s\\037None\\037node1\\0374:0\\037\\n' $now $now $now
";
    // With which of its answers the accounting knows it, and how often it is asked.
    for (knows, asked, exit_code) in [(3, 3, "4:0"), (1000, 5, "3:0")] {
        let project = Project::new(1, "").ended(1, "RUNNING", |attempt| {
            attempt.job_id = JobId::from(7);
            attempt.exit_code = None;
        });
        let folder = project.test.path().display().to_string();
        for (name, script) in [("squeue", QUEUE), ("sacct", ACCOUNTING)] {
            let script = script.replace("FOLDER", &folder);
            let script = script.replace("KNOWS", &knows.to_string());
            let script = format!("#!/bin/sh\n{script}");
            project.test.write(&format!("bin/{name}"), &script);
        }
        let run = project.command("wait default --interval 5");
        assert_eq!(
            (run.code, &*run.stdout),
            (Some(1), "collection `default`: 1 FAILED\n"),
            "{}",
            run.stderr
        );
        let attempts = &project.collection().jobs[0].attempts;
        assert_eq!(attempts[0].exit_code.as_deref(), Some(exit_code));
        assert_eq!(project.test.read("slurm.log"), "sacct\n".repeat(asked));
    }
}

/// A controller that is slow, or an answer that nobody knows: the job is there all the same.
#[test]
fn a_job_that_comes_up_after_sbatch_gave_up_is_not_sent_again() {
    for (message, look) in [
        ("Socket timed out on send/recv operation", "2"),
        ("Nobody has ever heard of this error", "1"),
    ] {
        let project = Project::new(1, "");
        let folder = project.test.path().display().to_string();
        for (name, script) in [
            (
                "sbatch",
                "for word; do case $word in --comment=*) echo \"${word#*=}\" > FOLDER/token ;; esac; done
echo sbatch >> FOLDER/slurm.log
echo 'sbatch: error: Batch job submission failed: MESSAGE' >&2
exit 1
",
            ),
            (
                "squeue",
                "echo squeue >> FOLDER/slurm.log
[ $(grep -c squeue FOLDER/slurm.log) -ge SHOWN ] || exit 0
printf '7\\037PENDING\\037N/A\\037N/A\\037N/A\\037None\\037\\037%s\\n' \"$(cat FOLDER/token)\"
",
            ),
        ] {
            let script = script.replace("FOLDER", &folder).replace("MESSAGE", message);
            let script = script.replace("SHOWN", look);
            project
                .test
                .write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}"));
        }
        let run = project.command("submit -y");
        assert_eq!(run.code, Some(0), "{message}: {}", run.stderr);
        let attempts = &project.collection().jobs[0].attempts;
        assert_eq!((attempts.len(), attempts[0].job_id.as_str()), (1, "7"));
        let log = project.test.read("slurm.log");
        assert_eq!(log.matches("sbatch").count(), 1, "{log}");
        let told = "nobody saw whether 1 job arrived; looking for at most 30 s\n";
        assert_eq!(run.stderr.contains(told), look == "2", "{}", run.stderr);
    }
}

/// Where there is no accounting a job notes how it ended. Slurm may run it again by itself, and kill it
/// with its node: what is there then must not be of the run before.
#[test]
fn a_job_that_runs_again_forgets_what_it_noted() {
    let project = Project::new(1, "");
    let template = "#!/bin/sh\nls -d .slurmkit/collections/default.tasks/*.0 > seen\nexit 3\n";
    project.test.write("t.job.j2", template);
    project.test.ok("generate spec.yaml --force");
    let folder = project.test.path().display().to_string();
    for (name, script) in [
        (
            "sbatch",
            "for script; do :; done; cp \"$script\" FOLDER/script; echo 7",
        ),
        ("scontrol", "echo 'AccountingStorageType = (null)'"),
    ] {
        let script = format!("#!/bin/sh\n{}\n", script.replace("FOLDER", &folder));
        project.test.write(&format!("bin/{name}"), &script);
    }
    let run = project.command("submit -y");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for _ in 0..2 {
        let mut job = Command::new("sh");
        job.arg("script").current_dir(project.test.path());
        let ended = job.env("SLURM_JOB_ID", "7").output().unwrap();
        assert_eq!(ended.status.code(), Some(3), "{ended:?}");
        assert_eq!(
            project.test.read("seen"),
            "",
            "it was there while the job ran"
        );
        let tasks = fs::read_dir(
            project
                .test
                .path()
                .join(".slurmkit/collections/default.tasks"),
        );
        let paths = tasks.unwrap().map(|file| file.unwrap().path());
        let notes: Vec<_> = paths.filter(|path| path.extension().is_some()).collect();
        assert_eq!(fs::read_to_string(&notes[0]).unwrap(), "3\n");
    }
}

/// A cluster that does not exist is one for no command.
#[test]
fn a_refusal_stands_though_nobody_can_look() {
    let project = Project::new(1, "");
    for (name, message) in [
        ("sbatch", "Batch job submission failed: Unspecified error"),
        (
            "squeue",
            "'lbb' can't be reached now, or it is an invalid entry",
        ),
    ] {
        let script = format!("#!/bin/sh\necho \"{name}: error: {message}\" >&2\nexit 1\n");
        project.test.write(&format!("bin/{name}"), &script);
    }
    let run = project.command("submit -y");
    assert_eq!(run.code, Some(1));
    contains(
        &run.stderr,
        &["Slurm refused job `seed1`: ", "Unspecified error"],
    );
    assert_eq!(project.collection().count_unsettled(), 0);
}

/// What it is about to find out, the next submission finds out.
#[test]
fn looking_for_a_job_is_interrupted() {
    let project = Project::new(1, "");
    let folder = project.test.path().display().to_string();
    let sbatch = "#!/bin/sh\necho 'sbatch: error: Batch job submission failed: Connection reset by \
                  peer' >&2; exit 1\n";
    project.test.write("bin/sbatch", sbatch);
    let mut command = project.test.command();
    let path = format!("{folder}/bin:{}", std::env::var("PATH").unwrap());
    command
        .args(["submit", "-y"])
        .env("PATH", path)
        .stderr(Stdio::piped());
    for interrupted_by in ["sending", "recovering"] {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains("looking for at most"), "{line}");
        let id = child.id().to_string();
        let killed = Command::new("kill").args(["-INT", &id]).status();
        assert!(killed.unwrap().success());
        let told: Vec<_> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{interrupted_by}");
        let on_the_way = "1 job on the way; `slurmkit submit` finds out what became of them";
        assert_eq!(told[1..], [on_the_way, "interrupted"]);
        assert_eq!(project.collection().count_unsettled(), 1);
    }
}

/// Jobs that fill a disk are the first that somebody cancels.
#[test]
fn jobs_are_cancelled_and_shown_though_the_disk_is_full() {
    let project = Project::new(1, "").ended(1, "RUNNING", |attempt| attempt.exit_code = None);
    let folder = project.test.path().join(".slurmkit/collections");
    let file = fs::read(folder.join("default.yaml")).unwrap();
    let Some(disk) = SmallDisk::mount(&folder) else {
        return;
    };
    fs::write(folder.join("default.yaml"), file).unwrap();
    disk.leave(0);
    let row = format!("11\u{1f}RUNNING{}\n", "\u{1f}".repeat(6));
    project.test.write("queue", &row);
    let log = project.test.path().join("slurm.log");
    let scancel = format!("#!/bin/sh\necho scancel >> {}\n", log.display());
    project.test.write("bin/scancel", &scancel);
    let scancel = project.test.path().join("bin/scancel");
    fs::set_permissions(scancel, Permissions::from_mode(0o755)).unwrap();
    let run = project.command("cancel default -y");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(&run.stderr, &["note: what is new cannot be noted: "]);
    assert_eq!(project.test.read("slurm.log"), "scancel\n");
    let run = project.command("status default");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}
