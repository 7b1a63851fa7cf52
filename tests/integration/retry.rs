//! `slurmkit resubmit` with a `retry` block: collections written by hand, and commands of Slurm that
//! take notes.
//!
//! That Slurm takes what it is told is shown by `tests/cluster`.

use std::fs;

use serde_json::Value as Json;
use slurmkit::collection::Attempt;
use slurmkit::model::{JobId, JobName, JobState, Token};

use super::submitted::{Project, nothing};
use super::test::contains;

const RULES: &str = "  OUT_OF_MEMORY: {mem: x2, max: 128G}
  TIMEOUT: {time: x1.5, max: \"72:00:00\"}
  NODE_FAIL: exclude-node
  PREEMPTED: requeue
  max_attempts: 3
";

#[test]
fn each_state_follows_its_rule() {
    let project = Project::new(6, RULES)
        .ended(1, "OUT_OF_MEMORY", nothing)
        .ended(2, "TIMEOUT", nothing)
        .ended(3, "NODE_FAIL", |it| it.nodes = Some("node[3-4]".into()))
        .ended(4, "PREEMPTED", nothing)
        .ended(5, "FAILED", nothing)
        .ended(6, "COMPLETED", nothing);
    assert_eq!(
        project.resubmit("--dry-run"),
        "\
JOB    STATE          ATTEMPTS  DECISION
seed1  OUT_OF_MEMORY  1         again with mem 32G -> 64G
seed2  TIMEOUT        1         again with time 24:00:00 -> 1-12:00:00
seed3  NODE_FAIL      1         again with exclude node3,node4
seed4  PREEMPTED      1         back into the queue
seed5  FAILED         1         stays: no rule for FAILED
dry run, nothing is submitted
3 jobs of collection `default`
  seed1
  seed2
  seed3
"
    );
    assert!(project.submissions().is_empty());
    let told = project.resubmit("-y");
    // Slurm does not remember job 41, which so is submitted again as well.
    assert_eq!(
        told,
        "\
job `seed1`, OUT_OF_MEMORY: again with mem 32G -> 64G
job `seed2`, TIMEOUT: again with time 24:00:00 -> 1-12:00:00
job `seed3`, NODE_FAIL: again with exclude node3,node4
job `seed4`, PREEMPTED: back into the queue
job `seed5`, FAILED: stays: no rule for FAILED
submitted 4 jobs of collection `default`: 100, 101, 102, 103
"
    );
    assert_eq!(
        project.submissions(),
        [
            "./out/seed4.job",
            "./out/seed1.2.job",
            "./out/seed2.2.job",
            "./out/seed3.2.job",
        ]
    );
    contains(
        &project.test.read("out/seed1.2.job"),
        &["--mem=64G\n", "--time=24:00:00\n"],
    );
    contains(
        &project.test.read("out/seed2.2.job"),
        &["--mem=32G\n", "--time=1-12:00:00\n"],
    );
    contains(
        &project.test.read("out/seed3.2.job"),
        &["--exclude=node3,node4\n"],
    );
    let collection = project.collection();
    let changes = |name: &str| {
        let job = &collection.jobs[&JobName::parse(name).unwrap()];
        assert_eq!(job.attempts.len(), 2, "{name}");
        serde_json::to_string(&job.attempts[1].changes.slurm).unwrap()
    };
    assert_eq!(changes("seed1"), r#"{"mem":"64G"}"#);
    assert_eq!(changes("seed3"), r#"{"exclude":"node3,node4"}"#);
}

#[test]
fn arguments_grow_from_the_last_attempt_up_to_their_maximum() {
    let asked = |mem: &'static str| {
        move |it: &mut Attempt| {
            it.changes.slurm.insert("mem".into(), mem.into());
        }
    };
    let rules = "  oom: {mem: x2, max: 128G}\n  max_attempts: 9\n";
    for (mem, decision) in [
        ("64G", "again with mem 64G -> 128G"),
        ("100G", "again with mem 100G -> 128G"),
        ("128G", "stays: `mem` is at its maximum 128G already"),
        ("200G", "stays: `mem` is at its maximum 128G already"),
        ("0", "stays: `mem` is `0`, which cannot grow"),
        ("much", "stays: `mem` is `much`, which cannot grow"),
    ] {
        let project = Project::new(1, rules)
            .ended(1, "OUT_OF_MEMORY", nothing)
            .ended(1, "OUT_OF_MEMORY", asked(mem));
        assert_eq!(project.decision(1), decision, "{mem}");
    }
}

#[test]
fn arguments_are_found_however_they_are_spelled_and_wherever_they_are_said() {
    let oom = |args: &str, rule: &str| {
        let rules = format!("  oom: {{{rule}}}\n");
        Project::with_args(args, 1, &rules).ended(1, "OUT_OF_MEMORY", nothing)
    };
    for (args, rule, decision) in [
        (
            "mem_per_cpu: 4000",
            "mem-per-cpu: x2",
            "again with mem_per_cpu 4000 -> 8000M",
        ),
        (
            "mem-per-cpu: 4G",
            "mem_per_cpu: +1G",
            "again with mem-per-cpu 4G -> 5G",
        ),
        (
            "cpus-per-task: 4",
            "cpus_per_task: x2",
            "again with cpus-per-task 4 -> 8",
        ),
        (
            "mem-per-cpu: 4G",
            "mem: x2",
            "stays: it asks for `mem-per-cpu`, not for `mem`: write `mem-per-cpu: x2` in its rule",
        ),
        (
            "time: 60",
            "mem: x2",
            "stays: it asks for no `mem` that could grow: write one into the template or \
             `slurm_args.defaults`",
        ),
        ("time: 60", "time: +30", "again with time 60 -> 01:30:00"),
        ("time: 60", "partition: big", "again with partition big"),
        (
            "partition: big",
            "partition: big",
            "stays: it asks for all that its rule changes already",
        ),
        (
            "mem: 4G, gpus: 1",
            "mem: x2, gpus: +1, max: {mem: 4.5G}",
            "again with mem 4G -> 4608M, gpus 1 -> 2",
        ),
    ] {
        assert_eq!(oom(args, rule).decision(1), decision, "{args} {rule}");
    }
    // In the script only.
    let project = Project::with_args("", 1, "  oom: {mem: x2}\n").ended(1, "OOM", |it| {
        it.state = JobState::OutOfMemory;
    });
    let script = project.test.read("out/seed1.job");
    project.test.write(
        "out/seed1.job",
        &script.replace("\necho", "\n#SBATCH --mem 3G\necho"),
    );
    assert_eq!(project.decision(1), "again with mem 3G -> 6G");
}

#[test]
fn jobs_that_were_submitted_often_enough_are_given_up_and_the_others_go() {
    let project = Project::new(2, RULES)
        .ended(1, "TIMEOUT", nothing)
        .ended(1, "TIMEOUT", nothing)
        .ended(1, "TIMEOUT", nothing)
        .ended(2, "TIMEOUT", nothing);
    let told = project.resubmit("-y");
    contains(
        &told,
        &[
            "job `seed1`, TIMEOUT: stays: given up after 3 attempts\n",
            "submitted 1 job of collection `default`: 100\n",
        ],
    );
    // Nobody said otherwise: `--set` changes what is asked for, not how often.
    contains(
        &project.resubmit("--dry-run --set mem=64G"),
        &["given up after 3 attempts"],
    );
    contains(
        &project.resubmit("-y --no-rules --again"),
        &["submitted 1 job"],
    );
}

#[test]
fn a_state_without_a_rule_needs_a_word() {
    let rules = "  TIMEOUT: {time: x2}\n  CANCELLED: never\n";
    let project = Project::new(3, rules)
        .ended(1, "OUT_OF_MEMORY", nothing)
        .ended(2, "CANCELLED", nothing)
        .ended(3, "TIMEOUT", nothing);
    let decided = |args: &str| -> Vec<String> {
        let json = project.dry_run(args);
        let jobs = json["decided"].as_array().cloned().unwrap_or_default();
        let action = |job: &Json| job["action"].as_str().unwrap().to_owned();
        jobs.iter().map(action).collect()
    };
    assert_eq!(decided(""), ["stay", "stay", "submit"]);
    assert_eq!(decided("--filter oom"), ["submit"]);
    assert_eq!(decided("--set mem=64G"), ["submit", "stay", "submit"]);
    assert_eq!(
        decided("--extra-params batch_size=8"),
        ["submit", "stay", "submit"]
    );
    assert_eq!(decided("--filter cancelled"), ["stay"]);
    assert_eq!(decided("--no-rules"), ["submit", "submit", "submit"]);
    // What stays does not count.
    assert_eq!(decided("--limit 1"), ["stay", "stay", "submit"]);
    assert_eq!(decided("--limit 1 --set mem=64G"), ["submit", "stay"]);
    assert_eq!(
        project.dry_run("--no-rules")["jobs"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn what_somebody_sets_wins_over_the_rule() {
    let project = Project::new(1, RULES).ended(1, "OUT_OF_MEMORY", nothing);
    let told = project.resubmit("-y --set mem=48G --set partition=big --extra-params batch_size=8");
    contains(
        &told,
        &["again with mem 32G -> 48G, partition big, params.batch_size 8\n"],
    );
    assert_eq!(project.submissions(), ["./out/seed1.2.job"]);
    contains(
        &project.test.read("out/seed1.2.job"),
        &["--mem=48G\n", "--partition=big\n", "echo 1 8\n"],
    );
}

#[test]
fn nodes_are_excluded_with_those_before_and_once() {
    let project = Project::new(1, "  NODE_FAIL: exclude-node\n  max_attempts: 9\n").ended(
        1,
        "NODE_FAIL",
        |it| {
            it.nodes = Some("node3".into());
            it.changes.slurm.insert("exclude".into(), "gpu[1-2]".into());
        },
    );
    assert_eq!(
        project.decision(1),
        "again with exclude gpu[1-2] -> gpu[1-2],node3"
    );
    let project = project.ended(1, "NODE_FAIL", |it| {
        it.nodes = Some("gpu2".into());
        it.changes
            .slurm
            .insert("exclude".into(), "gpu[1-2],node3".into());
    });
    assert_eq!(project.decision(1), "again as it is");
}

/// A line of `squeue`.
fn queued(id: usize, state: &str) -> String {
    let fields = [&*id.to_string(), state, "x", "N/A", "N/A", "None", "", ""];
    format!("{}\n", fields.join("\u{1f}"))
}

fn preempted() -> Project {
    let project = Project::new(3, "  PREEMPTED: requeue\n");
    let project = (1..=3).fold(project, |project, seed| {
        project.ended(seed, "PREEMPTED", nothing)
    });
    let remembered: String = [11, 21].map(|id| queued(id, "PREEMPTED")).concat();
    project.test.write("queue", &remembered);
    project
}

#[test]
fn jobs_go_back_into_the_queue_while_slurm_remembers_them() {
    let project = preempted();
    let told = project.resubmit("-y");
    contains(
        &told,
        &[
            "3 jobs such as `seed1`, PREEMPTED: back into the queue\n",
            "submitted 1 job of collection `default`: 100\n",
            "put 2 jobs of collection `default` back into the queue\n",
        ],
    );
    contains(
        &project.test.read("slurm.log"),
        &["scontrol requeue 11,21\n"],
    );
    assert_eq!(project.submissions(), ["./out/seed3.job"]);
    for (job, id) in project.collection().jobs.values().zip(["11", "21", "100"]) {
        let last = job.attempts.last().unwrap();
        assert_eq!((job.attempts.len(), last.job_id.as_str()), (2, id));
        assert_eq!(last.state, JobState::Pending);
    }
}

#[test]
fn what_slurm_will_not_put_back_is_submitted_again() {
    let project = preempted();
    let after = format!("{}{}", queued(11, "PREEMPTED"), queued(21, "PENDING"));
    project.test.write("refuses", &after);
    contains(
        &project.resubmit("-y"),
        &["submitted 2 jobs", "put 1 job of"],
    );
    assert_eq!(
        project.submissions(),
        ["./out/seed1.job", "./out/seed3.job"]
    );
    let ids: Vec<_> = project
        .collection()
        .jobs
        .values()
        .map(|job| job.attempts.last().unwrap().job_id.to_string())
        .collect();
    assert_eq!(ids, ["100", "21", "101"]);
}

/// The attempts of each job of three.
fn attempts(project: &Project) -> Vec<usize> {
    let collection = project.collection();
    collection
        .jobs
        .values()
        .map(|it| it.attempts.len())
        .collect()
}

#[test]
fn a_dry_run_puts_nothing_back_into_the_queue() {
    let project = preempted();
    let shown = project.resubmit("--requeue --dry-run");
    contains(&shown, &["seed1", "back into the queue"]);
    assert_eq!(project.test.read("slurm.log"), "");
    assert_eq!(attempts(&project), [1, 1, 1]);
}

/// What Slurm did is known, whatever else it would not do.
#[test]
fn jobs_that_cannot_go_back_are_told_and_those_that_did_are_noted() {
    let project = preempted();
    let after = format!("{}{}", queued(11, "PREEMPTED"), queued(21, "PENDING"));
    project.test.write("refuses", &after);
    let run = project.command("--json resubmit default --requeue -y");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    contains(
        &run.stderr,
        &["2 jobs could not go back into the queue, such as `seed1`"],
    );
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["requeued"], serde_json::json!(["seed2"]));
    assert_eq!(report["submitted"], serde_json::json!([]));
    assert_eq!(report["left"], 2);
    assert_eq!(attempts(&project), [1, 2, 1]);
    assert_eq!(project.submissions(), Vec::<String>::new());
}

/// Ids begin anew after `MaxJobId`, and when the controller's state is lost.
#[test]
fn a_job_of_another_that_has_the_id_now_is_not_put_back() {
    let project = Project::new(1, "  PREEMPTED: requeue\n");
    let project = project.ended(1, "PREEMPTED", |it| it.token = Some(Token::new()));
    let theirs = queued(11, "PREEMPTED").replace('\n', &format!("{}\n", Token::new()));
    project.test.write("queue", &theirs);
    contains(&project.resubmit("-y"), &["submitted 1 job"]);
    assert!(!project.test.read("slurm.log").contains("requeue"));
}

/// Jobs back in the queue wait for nothing, and are no new submission.
#[test]
fn what_only_a_submission_heeds_does_not_go_with_requeue() {
    for option in ["--after other", "--array", "--no-array", "--max-running 2"] {
        let run = preempted().command(&format!("resubmit default --requeue {option}"));
        assert_eq!(run.code, Some(2), "{option}");
        contains(&run.stderr, &["'--requeue' cannot be used with '"]);
    }
    let told = preempted().resubmit("--dry-run --after default --type afterany");
    let waits = "what goes back into the queue does not wait for `default`: 3 jobs";
    contains(&told, &[waits]);
}

#[test]
fn failures_that_are_all_alike_stop_and_ask() {
    let failed = |jobs, rules: &str, code: &'static str| {
        (1..=jobs).fold(Project::new(jobs + 1, rules), |project, seed| {
            project.ended(seed, "FAILED", |it| it.exit_code = Some(code.into()))
        })
    };
    for rules in ["", "  FAILED: again\n", "  FAILED: {mem: x2}\n"] {
        let project = failed(5, rules, "3:0");
        assert_eq!(
            project.refused("-y"),
            "\
error: 5 jobs failed alike (exit code 3, no log file), and no job of collection `default` completed
 |
 = help: nothing was submitted; `slurmkit logs default --failed` shows why, `--set` changes what they ask for, `--only` chooses others, `--again` submits them all the same
"
        );
        contains(&project.resubmit("-y --again"), &["submitted 5 jobs"]);
    }
    // Too few; a change; one that completed; failures that differ; a rule that says how many.
    contains(&failed(4, "", "3:0").resubmit("-y"), &["submitted 4 jobs"]);
    contains(
        &failed(5, "", "0:9").refused("-y"),
        &["(signal 9, no log file)"],
    );
    contains(
        &failed(5, "", "3:0").resubmit("-y --set mem=1G"),
        &["submitted 5 jobs"],
    );
    let project = failed(5, "", "3:0").ended(6, "COMPLETED", nothing);
    contains(&project.resubmit("-y"), &["submitted 5 jobs"]);
    let project = failed(4, "", "3:0").ended(5, "FAILED", nothing);
    contains(&project.resubmit("-y"), &["submitted 5 jobs"]);
    let two = "  FAILED: again\n  stop_after_alike: 2\n";
    contains(
        &failed(2, two, "3:0").refused("-y"),
        &["2 jobs failed alike"],
    );
    // One exit code, for reasons of which their logs tell.
    let with_logs = |says: fn(usize) -> String| {
        (1..=5).fold(Project::new(6, ""), |project, seed| {
            let log = format!("{seed}.out");
            project.test.write(&log, &says(seed));
            project.ended(seed, "FAILED", |it| it.log = Some(log.into()))
        })
    };
    let alike = with_logs(|seed| format!("MemoryError: {seed} GiB\n"));
    contains(
        &alike.refused("-y"),
        &["5 jobs failed alike (exit code 1, last line: MemoryError: 1 GiB)"],
    );
    let apart = with_logs(|seed| {
        let errors = ["KeyError", "ValueError", "OSError", "TypeError", "EOFError"];
        format!("{}: bad\n", errors[seed - 1])
    });
    contains(&apart.resubmit("-y"), &["submitted 5 jobs"]);
    // Nobody who ran out of time has a bug.
    let late = (1..=5).fold(Project::new(5, "  TIMEOUT: again\n"), |project, seed| {
        project.ended(seed, "TIMEOUT", nothing)
    });
    contains(&late.resubmit("-y"), &["submitted 5 jobs"]);
}

#[test]
fn a_spec_that_is_gone_has_no_rules_and_a_broken_one_is_an_error() {
    let project = Project::new(1, RULES).ended(1, "TIMEOUT", nothing);
    let spec = project.test.read("spec.yaml");
    project.test.write("spec.yaml", &spec.replace("x1.5", "x0"));
    contains(&project.refused("-y"), &["the factor `0` is not above 1"]);
    contains(&project.resubmit("--dry-run --no-rules"), &["seed1"]);
    fs::remove_file(project.test.path().join("spec.yaml")).unwrap();
    contains(
        &project.resubmit("-y"),
        &["`spec.yaml` does not exist any more", "submitted 1 job"],
    );
}

#[test]
fn a_script_of_another_attempt_is_written_over_no_file() {
    let project = Project::new(1, "").ended(1, "FAILED", nothing);
    project
        .test
        .write("out/seed1.2.job", "the script of job `seed1.2`\n");
    project.resubmit("-y --again --set mem=64G");
    assert_eq!(
        project.test.read("out/seed1.2.job"),
        "the script of job `seed1.2`\n"
    );
    assert!(project.test.read("out/seed1.3.job").contains("--mem=64G"));
}

#[test]
fn an_edited_script_goes_again_only_by_force() {
    let project = Project::new(1, "").ended(1, "FAILED", nothing);
    project
        .test
        .write("out/seed1.job", "#!/bin/sh\necho edited\n");
    contains(&project.refused("-y"), &["out/seed1.job", "`--force`"]);
    contains(&project.resubmit("-y --force"), &["submitted 1 job"]);
}

#[test]
fn a_new_parameter_that_is_called_almost_as_an_old_one_is_warned_of() {
    let project = Project::new(1, "").ended(1, "FAILED", nothing);
    contains(
        &project.resubmit("--dry-run --extra-params sed=1"),
        &[
            "warning: no job of collection `default` has a parameter `sed`",
            "did you mean `seed`?",
        ],
    );
    let told = project.resubmit("--dry-run --extra-params batch_size=1");
    assert!(!told.contains("warning"), "{told}");
}

#[test]
fn one_job_that_cannot_go_back_keeps_no_other_from_it() {
    let project = Project::new(1500, "").change(|collection| {
        for (id, job) in (1..).zip(collection.jobs.values_mut()) {
            let mut attempt = Attempt::new(JobId::from(id), JobState::Failed);
            attempt.exit_code = Some("1:0".into());
            job.attempts.push(attempt);
        }
    });
    let rows: String = (1..=1500).map(|id| queued(id, "FAILED")).collect();
    project.test.write("queue", &rows);
    project
        .test
        .write("refuses", &rows.replacen("FAILED", "PENDING", 1499));
    project.command("resubmit default --requeue -y --again");
    let log = project.test.read("slurm.log");
    let calls = log
        .lines()
        .filter(|line| line.starts_with("scontrol requeue"));
    assert_eq!(calls.count(), 2);
}
