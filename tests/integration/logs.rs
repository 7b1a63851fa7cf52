//! `logs` and `find`, on collections whose jobs were submitted by hand.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use slurmkit::CollectionManager;
use slurmkit::collection::Attempt;
use slurmkit::model::{JobId, JobState};

use super::test::{Run, Test, contains};

/// A project with a collection `c` of jobs `job0`, `job1`, … that have been submitted.
struct Submitted {
    test: Test,
    manager: CollectionManager,
}

fn attempt(id: &str, state: &str, log: &str) -> Attempt {
    let mut attempt = Attempt::new(JobId::new(id), JobState::parse(state));
    attempt.log = (!log.is_empty()).then(|| log.into());
    attempt.exit_code = Some("1:0".into());
    attempt
}

impl Submitted {
    /// Of each job, the attempts.
    fn new(jobs: Vec<Vec<Attempt>>) -> Self {
        let spec = format!(
            "template: t.j2\noutput_dir: out\njob_name_pattern: job{{{{ n }}}}\n\
             parameters: {{values: {{n: {:?}}}}}\n",
            (0..jobs.len()).collect::<Vec<_>>()
        );
        let test = Test::new()
            .file("t.j2", "#!/bin/sh\necho {{ n }}\n")
            .file("spec.yaml", &spec)
            .file(".slurmkit/config.yaml", "{}\n");
        test.ok("generate spec.yaml --collection c");
        let manager = CollectionManager::new(test.path().join(".slurmkit/collections"));
        let mut collection = manager.get(&"c".parse().unwrap()).unwrap();
        for (job, attempts) in collection.jobs.values_mut().zip(jobs) {
            job.attempts = attempts;
        }
        manager.save(&mut collection).unwrap();
        Self { test, manager }
    }

    /// One attempt each.
    fn once(attempts: impl IntoIterator<Item = Attempt>) -> Self {
        Self::new(attempts.into_iter().map(|attempt| vec![attempt]).collect())
    }

    fn file(self, path: &str, contents: &str) -> Self {
        self.test.write(path, contents);
        self
    }

    /// Adds to a log, as a job does.
    fn add(&self, path: &str, contents: &str) {
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .append(true)
            .open(self.test.path().join(path))
            .unwrap();
        file.write_all(contents.as_bytes()).unwrap();
    }

    /// A `squeue` that says what is in the file `squeue`, and nothing else of Slurm.
    fn with_squeue(self, jobs: &str) -> Self {
        let script = "#!/bin/sh\ncase \"$*\" in *%T*) cat \"$SQUEUE\";; esac\n";
        let no_accounting = "#!/bin/sh\necho 'Slurm accounting storage is disabled' >&2\nexit 1\n";
        let project = self.file("squeue", jobs);
        for (program, script) in [("squeue", script), ("sacct", no_accounting)] {
            let path = project.test.path().join("bin").join(program);
            project.test.write(&format!("bin/{program}"), script);
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        project
    }

    fn start(&self, args: &str) -> Child {
        let bin = self.test.path().join("bin");
        let mut command = self.test.command();
        command
            .args(args.split_whitespace())
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("SQUEUE", self.test.path().join("squeue"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

fn squeue(id: &str, state: &str) -> String {
    format!("{id}\u{1f}{state}\u{1f}N/A\u{1f}N/A\u{1f}N/A\u{1f}None\u{1f}n1\u{1f}(null)\n")
}

#[test]
fn the_log_of_one_job_is_printed_as_it_is() {
    let project = Submitted::new(vec![vec![
        attempt("7", "FAILED", "logs/a.7.out"),
        attempt("8", "COMPLETED", "logs/a.8.out"),
    ]])
    .file("logs/a.7.out", "first\n");
    let bytes = b"1\n\xff\x1b[31m2\x1b[2J\r3\nno end";
    fs::write(project.test.path().join("logs/a.8.out"), bytes).unwrap();
    let of = |args: &str| {
        let args = args.split_whitespace();
        let output = project.test.command().args(args).output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
        output.stdout
    };
    assert_eq!(of("logs c job0"), bytes);
    assert_eq!(of("logs c job0 --color always"), bytes);
    assert_eq!(of("logs c 8 --tail 1"), b"no end");
    assert_eq!(of("logs c job0 --tail 2"), &bytes[2..]);
    assert_eq!(of("logs c job0 --attempt 1"), b"first\n");
    assert_eq!(
        of("logs c 7"),
        b"first\n",
        "by the id of an earlier attempt"
    );
    assert_eq!(of("logs c job0 --follow"), bytes, "it has ended");
}

#[test]
fn several_logs_have_headings() {
    let project = Submitted::once([
        attempt("7", "COMPLETED", "a.out"),
        attempt("8", "FAILED", "b.out"),
        attempt("9", "FAILED", "c.out"),
    ])
    .file("a.out", "1\n2")
    .file("b.out", "3\n4\n")
    .file("c.out", "5\n");
    let expected = "==> job0 (COMPLETED, a.out) <==\n2\n\n==> job1 (FAILED, b.out) <==\n4\n";
    assert_eq!(project.test.ok("logs c job[01] --tail 1"), expected);
    let failed = project.test.ok("logs c --failed --tail 9");
    let expected = "==> job1 (FAILED, b.out) <==\n3\n4\n\n==> job2 (FAILED, c.out) <==\n5\n";
    assert_eq!(failed, expected);
    assert_eq!(project.test.ok("logs c * --state completed"), "1\n2");
}

#[test]
fn errors_in_a_file_of_their_own_are_shown_if_there_are_any() {
    let mut both = attempt("7", "FAILED", "a.out");
    both.error_log = Some("a.err".into());
    let project = Submitted::once([both])
        .file("a.out", "said\n")
        .file("a.err", "");
    assert_eq!(project.test.ok("logs c job0"), "said\n");
    let project = project.file("a.err", "ValueError: x\n");
    let expected =
        "==> job0 (FAILED, a.out) <==\nsaid\n\n==> job0 (FAILED, a.err) <==\nValueError: x\n";
    assert_eq!(project.test.ok("logs c job0"), expected);
}

#[test]
fn without_jobs_it_is_said_where_logs_are() {
    let project = Submitted::new(vec![
        vec![attempt("7", "COMPLETED", "logs/a.out")],
        vec![attempt("8_1", "FAILED", "logs/b.out")],
        vec![attempt("9", "FAILED", "")],
        vec![],
    ])
    .file("logs/a.out", "12345");
    let listed = project.test.ok("logs c");
    let rows: Vec<Vec<&str>> = listed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["STATE", "JOB", "ID", "SIZE", "WRITTEN", "LOG"]);
    assert_eq!(rows[1][..5], ["COMPLETED", "job0", "7", "5", "B"]);
    assert_eq!(rows[1].last(), Some(&"logs/a.out"));
    assert_eq!(rows[2], ["FAILED", "job1", "8_1", "-", "-", "logs/b.out"]);
    assert_eq!(rows[3], ["FAILED", "job2", "9", "-", "-", "-"]);
    assert_eq!(rows.len(), 4, "what was not submitted has no log");
    let json: serde_json::Value =
        serde_json::from_str(&project.test.ok("--json logs c job0 --tail 1")).unwrap();
    let file = &json["logs"][0]["files"][0];
    assert_eq!(
        (
            &json["collection"],
            &json["logs"][0]["job_id"],
            &file["path"],
            &file["bytes"],
            &file["text"]
        ),
        (
            &"c".into(),
            &"7".into(),
            &"logs/a.out".into(),
            &5.into(),
            &"12345".into()
        )
    );
}

#[test]
fn jobs_that_failed_alike_are_one_group() {
    let failed = |log: &str| attempt("7", "FAILED", log);
    let project = Submitted::once([
        failed("0.out"),
        failed("1.out"),
        failed("2.out"),
        failed("3.out"),
        failed("missing.out"),
        failed("empty.out"),
        attempt("8", "COMPLETED", "done.out"),
    ])
    .file("empty.out", "\n")
    .file("done.out", "RuntimeError: no\n");
    for n in 0..4 {
        let log = format!(
            "Traceback (most recent call last):\n  File \"/x/train.py\", line 88, in f\n\
             RuntimeError: CUDA out of memory. Tried to allocate {n}.50 GiB\n"
        );
        project.test.write(&format!("{n}.out"), &log);
    }
    let expected = "\
4 jobs: RuntimeError: CUDA out of memory. Tried to allocate 0.50 GiB (train.py:88), e.g. job0, job1, job2
    0.out
1 job: no log file, job4
    missing.out
1 job: no output, job5
    empty.out
";
    assert_eq!(project.test.ok("logs c --failed"), expected);
    let json: serde_json::Value =
        serde_json::from_str(&project.test.ok("--json logs c --failed job0 job[13]")).unwrap();
    assert_eq!(json["failed"], 3);
    let group = &json["groups"][0];
    assert_eq!(group["count"], 3);
    assert_eq!(group["place"], "train.py:88");
    assert_eq!(group["states"]["FAILED"], 3);
    assert_eq!(group["jobs"], serde_json::json!(["job0", "job1", "job3"]));
    contains(
        &project.test.ok("status c"),
        &["`slurmkit logs c --failed` shows why"],
    );
}

/// What a log says last need not have to do with the end of its job.
#[test]
fn a_last_line_is_told_with_how_the_job_ended() {
    let failed = |state: &str, code: &str, log: &str| {
        let mut attempt = attempt("7", state, log);
        attempt.exit_code = Some(code.into());
        attempt
    };
    let project = Submitted::once([
        failed("FAILED", "0:11", "a.out"),
        failed("FAILED", "0:11", "b.out"),
        failed("FAILED", "0:11", "c.out"),
        failed("FAILED", "2:0", "d.out"),
        failed("FAILED", "2:0", "e.out"),
        failed("TIMEOUT", "0:15", "e.out"),
    ])
    .file("a.out", "start vm seed 1\n")
    .file("b.out", "start vm seed 2\n")
    .file("c.out", "start vm seed 3\n")
    .file("d.out", "start vm seed 4\n")
    .file("e.out", "loss=0.1\n");
    let expected = "\
3 jobs: killed by signal 11 (SIGSEGV), last line: start vm seed 1, job0, job1, job2
    a.out
1 job: exit code 2, last line: start vm seed 4, job3
    d.out
1 job: exit code 2, last line: loss=0.1, job4
    e.out
1 job: TIMEOUT, last line: loss=0.1, job5
    e.out
";
    assert_eq!(project.test.ok("logs c --failed"), expected);
    let json: serde_json::Value =
        serde_json::from_str(&project.test.ok("--json logs c --failed")).unwrap();
    let group = &json["groups"][0];
    assert_eq!(group["message"], "start vm seed 1");
    assert_eq!(group["ending"], "killed by signal 11 (SIGSEGV)");
}

#[test]
fn of_jobs_that_never_began_it_is_said() {
    let mut cancelled = attempt("7", "CANCELLED", "t0.out");
    cancelled.reason = Some("Dependency".into());
    let project = Submitted::once([
        cancelled.clone(),
        cancelled,
        attempt("8", "CANCELLED", "t2.out"),
        attempt("9", "PENDING", "t3.out"),
    ])
    .with_squeue(&squeue("9", "PENDING"));
    let expected = "\
2 jobs: never began (Dependency), job0, job1
    t0.out
1 job: never began, job2
    t2.out
";
    let run = project.start("logs c --failed").wait_with_output();
    assert_eq!(Run::of(run.unwrap()).stdout, expected);
    for (job, why) in [
        ("job0", "it never began (Dependency)"),
        ("job3", "it has not begun yet (PENDING)"),
    ] {
        let stderr = project.test.fails(&format!("logs c {job}"));
        contains(&stderr, &[&format!("job `{job}` has no log: {why}")]);
    }
    // Slurm was not asked, and it may have begun since.
    let project = project.file("t3.out", "begun\n");
    assert_eq!(project.test.ok("logs c job3"), "begun\n");
}

#[test]
fn how_many_ended_is_said_where_not_all_completed() {
    for (states, expected) in [
        (["COMPLETED", "COMPLETED"], "100% completed\n"),
        (["COMPLETED", "FAILED"], "50% completed, 2 of 2 ended\n"),
    ] {
        let attempts = states.map(|state| attempt("7", state, ""));
        contains(&Submitted::once(attempts).test.ok("status c"), &[expected]);
    }
}

#[test]
fn numbers_are_asked_for_in_plain_words() {
    for (args, expected) in [
        ("logs c --tail x", "a number of lines is expected"),
        (
            "logs c --follow --interval 4",
            "a number of seconds is expected, at least 5",
        ),
        ("wait c --interval x", "at least 5"),
        ("status c --watch --interval 4", "at least 5"),
        ("submit c --wait-for-room --interval 9", "at least 10"),
        ("submit c --max-running 0", "at least 1"),
    ] {
        let run = Test::new().run(args);
        assert_eq!(run.code, Some(2), "{args}");
        contains(&run.stderr, &[expected]);
    }
}

#[test]
fn names_that_nobody_has_are_guessed() {
    let project = Submitted::new(vec![vec![], vec![attempt("7", "FAILED", "a.out")]]);
    for (args, parts) in [
        (
            "logs c jbo1",
            &["collection `c` has no job `jbo1`", "did you mean `job1`?"][..],
        ),
        ("logs c job9*", &["has no job `job9*`"]),
        ("logs c 12_3", &["has no job `12_3`"]),
        (
            "logs c job0",
            &["job `job0` has no log: it was never submitted"],
        ),
        (
            "logs c job1 --attempt 2",
            &["there is no attempt 2: it was submitted 1 time"],
        ),
        ("logs d", &["there is no collection `d`"]),
        ("find 99", &["no collection has job 99"]),
    ] {
        contains(&project.test.fails(args), parts);
    }
    for args in [
        "find x",
        "find 12_",
        "logs c [",
        "logs c job1 --follow --json",
    ] {
        assert_eq!(project.test.run(args).code, Some(2), "{args}");
    }
}

#[test]
fn what_cannot_be_read_is_said_of_each_job_and_the_others_are_shown() {
    let project = Submitted::once([
        attempt("1", "FAILED", "gone.out"),
        attempt("2", "FAILED", "folder"),
        attempt("3", "FAILED", "pipe"),
        attempt("4", "FAILED", "/dev/zero"),
        attempt("5", "FAILED", ""),
        attempt("6", "FAILED", "good.out"),
    ])
    .file("folder/x", "")
    .file("good.out", "good\n");
    let pipe = project.test.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    for args in ["logs c *", "logs c * --tail 5", "logs c * --follow"] {
        let run = project.test.run(args);
        assert_eq!(run.code, Some(1), "{args}");
        contains(&run.stdout, &["good\n"]);
        contains(
            &run.stderr,
            &[
                "gone.out`",
                "`folder` is not a plain file",
                "`pipe` is not a plain file",
                "`/dev/zero` is not a plain file",
                "job `job4` has no log",
            ],
        );
    }
    let groups = project.test.ok("logs c --failed");
    contains(
        &groups,
        &[
            "3 jobs: the log cannot be read: it is not a plain file",
            "2 jobs: no log file",
            "1 job: exit code 1, last line: good",
        ],
    );
}

#[test]
fn what_only_the_node_knew_is_looked_for() {
    let project = Submitted::once([
        attempt("12", "COMPLETED", "logs/%N/x.out"),
        attempt("34", "COMPLETED", "slurm-34_%a.out"),
    ])
    .file("logs/n7/x.out", "on n7\n")
    .file("slurm-34_0.out", "task 0\n")
    .file("slurm-34_1.out", "task 1\n")
    .file("slurm-345_1.out", "no\n");
    assert_eq!(project.test.ok("logs c job0"), "on n7\n");
    assert_eq!(
        project.test.ok("-q find 34"),
        "slurm-34_0.out\nslurm-34_1.out\n"
    );
    let both = project.test.ok("logs c job1");
    contains(&both, &["slurm-34_0.out) <==\ntask 0", "task 1"]);
    assert!(!both.contains("no\n"), "{both}");
    assert_eq!(project.test.ok("logs c 34_1"), "task 1\n");
    assert_eq!(project.test.ok("-q find 34_1"), "slurm-34_1.out\n");
}

#[test]
fn an_id_leads_to_its_job_and_log() {
    let project = Submitted::new(vec![
        vec![
            attempt("7", "FAILED", "logs/a.7.out"),
            attempt("8_3", "COMPLETED", "logs/a.8_3.out"),
        ],
        vec![attempt("8_4", "RUNNING", "logs/b.out")],
        vec![attempt("78", "RUNNING", "")],
    ]);
    for (id, logs, job) in [
        (
            "7",
            "logs/a.7.out\n",
            "7: job `job0` of collection `c`, FAILED, attempt 1, script out/job0.job",
        ),
        (
            "8_3.batch",
            "logs/a.8_3.out\n",
            "8_3: job `job0` of collection `c`, COMPLETED, attempt 2",
        ),
        ("8", "logs/a.8_3.out\nlogs/b.out\n", "8_4: job `job1`"),
    ] {
        let run = project.test.run(&format!("find {id}"));
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), logs), "{id}");
        contains(&run.stderr, &[job]);
    }
    let run = project.test.run("find 78");
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    contains(&run.stderr, &["job `job2`", "no log"]);
    let json: serde_json::Value =
        serde_json::from_str(&project.test.ok("--json find 8_4")).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"job_id": "8_4", "files": [], "jobs": [{
            "collection": "c", "job_name": "job1", "job_id": "8_4", "state": "RUNNING",
            "attempt": 1, "script_path": "out/job1.job", "logs": ["logs/b.out"],
        }]})
    );
    // From a folder below, paths still lead there.
    fs::create_dir(project.test.path().join("sub")).unwrap();
    let mut command = project.test.command();
    command.current_dir(project.test.path().join("sub"));
    let run = Run::of(command.args(["-q", "find", "7"]).output().unwrap());
    let path = project
        .test
        .path()
        .canonicalize()
        .unwrap()
        .join("logs/a.7.out");
    assert_eq!(run.stdout, format!("{}\n", path.display()));
}

#[test]
fn logs_of_jobs_in_no_collection_are_found_by_the_patterns_of_the_config() {
    let project = Submitted::new(vec![vec![]])
        .file("slurm-51.out", "")
        .file("slurm-511.out", "")
        .file("runs/exp.51.log", "");
    assert_eq!(project.test.ok("-q find 51"), "slurm-51.out\n");
    let config = "output_patterns: [\"runs/{job_name}.{job_id}.*\"]\n";
    let project = project.file(".slurmkit/config.yaml", config);
    let run = project.test.run("find 51");
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(0), "runs/exp.51.log\n")
    );
    contains(&run.stderr, &["no collection has job 51"]);
}

#[test]
fn a_log_is_followed_until_its_job_has_ended() {
    let project = Submitted::once([attempt("7", "PENDING", "logs/a.out")])
        .with_squeue(&squeue("7", "PENDING"));
    let mut child = project.start("logs c job0 --follow --interval 5");
    project.test.write("logs/a.out", "one\n");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    project.add("logs/a.out", "two\n");
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    project.test.write("squeue", &squeue("7", "COMPLETED"));
    project.add("logs/a.out", "three\n");
    assert_eq!(lines.next().unwrap().unwrap(), "three");
    assert!(lines.next().is_none());
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(0));
    contains(&run.stderr, &["job `job0` has ended: COMPLETED"]);
    let collection = project.manager.get(&"c".parse().unwrap()).unwrap();
    assert_eq!(collection.jobs[0].state(), Some(&JobState::Completed));
}

#[test]
fn following_ends_with_an_interrupt() {
    let project = Submitted::once([
        attempt("7", "RUNNING", "a.out"),
        attempt("8", "RUNNING", "b.out"),
    ])
    .file("a.out", "1\n2\n")
    .with_squeue(&[squeue("7", "RUNNING"), squeue("8", "RUNNING")].concat());
    let mut child = project.start("logs c --follow --tail 1");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!([next(), next()], ["==> job0 (RUNNING, a.out) <==", "2"]);
    project.test.write("b.out", "3\n4\n");
    assert_eq!(
        [next(), next(), next(), next()],
        ["", "==> job1 (RUNNING, b.out) <==", "3", "4"]
    );
    project.test.write("a.out", "5\n");
    assert_eq!(
        [next(), next(), next()],
        ["", "==> job0 (RUNNING, a.out) <==", "5"]
    );
    let id = child.id().to_string();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(kill.unwrap().success());
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(130));
    contains(&run.stderr, &["note: `a.out` was cut"]);
}
