//! `slurmkit resubmit` with a `retry` block: collections written by hand, and commands of Slurm that
//! take notes.
//!
//! That Slurm takes what it is told is shown by `tests/cluster`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;
use slurmkit::CollectionManager;
use slurmkit::collection::{Attempt, Collection};
use slurmkit::model::{JobId, JobName, JobState};

use super::test::{Run, Test, contains};

/// Notes its arguments, and numbers jobs from 100.
const SBATCH: &str = "\
echo \"sbatch $*\" >> LOG
count=$(grep -c ^sbatch LOG)
echo $((99 + count))
";
/// Prints the file `queue`.
const SQUEUE: &str = "[ ! -e FOLDER/queue ] || cat FOLDER/queue\n";
const SACCT: &str = "echo 'Slurm accounting storage is disabled' >&2; exit 1\n";
/// Puts jobs back unless a file `refuses` says otherwise; that becomes the queue then.
const SCONTROL: &str = "\
case $1 in
show) echo 'MaxArraySize = 1001'; echo 'MinJobAge = 300 sec' ;;
requeue)
    echo \"scontrol $*\" >> LOG
    if [ -e FOLDER/refuses ]; then
        mv FOLDER/refuses FOLDER/queue
        echo 'Job violates accounting/QOS policy for job 11' >&2
        exit 1
    fi
    [ ! -e FOLDER/queue ] || sed -i s/PREEMPTED/PENDING/ FOLDER/queue ;;
esac
";

/// A project whose jobs were submitted.
struct Project {
    test: Test,
    manager: CollectionManager,
}

impl Project {
    /// Jobs with the seeds from 1 to `jobs`; `retry` is the block, indented by two.
    fn new(jobs: usize, retry: &str) -> Self {
        Self::with_args("mem: 32G, time: '24:00:00'", jobs, retry)
    }

    fn with_args(args: &str, jobs: usize, retry: &str) -> Self {
        let seeds: Vec<_> = (1..=jobs).map(|seed| seed.to_string()).collect();
        let retry = match retry {
            "" => String::new(),
            retry => format!("retry:\n{retry}"),
        };
        let spec = format!(
            "template: t.job.j2\noutput_dir: out\nlogs_dir: logs\nparameters:\n  values:\n    \
             seed: [{}]\nslurm_args:\n  defaults: {{{args}}}\n{retry}",
            seeds.join(", ")
        );
        let template = "#!/bin/sh\n{% for key, value in slurm.items() %}\
                        #SBATCH --{{ key }}={{ value }}\n{% endfor %}\
                        echo {{ seed }} {{ batch_size | default(64) }}\n";
        let test = Test::new()
            .file("spec.yaml", &spec)
            .file("t.job.j2", template);
        let bin = test.path().join("bin");
        let log = test.path().join("slurm.log");
        for (name, script) in [
            ("sbatch", SBATCH),
            ("squeue", SQUEUE),
            ("sacct", SACCT),
            ("scontrol", SCONTROL),
        ] {
            let script = script.replace("LOG", log.to_str().unwrap());
            let script = script.replace("FOLDER", test.path().to_str().unwrap());
            test.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}"));
            fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
        }
        test.write("slurm.log", "");
        test.ok("generate spec.yaml");
        let manager = CollectionManager::new(test.path().join(".slurmkit/collections"));
        Self { test, manager }
    }

    fn collection(&self) -> Collection {
        self.manager.get(&"default".parse().unwrap()).unwrap()
    }

    /// Another attempt of the job with this seed; as it is at the end.
    fn ended(self, seed: usize, state: &str, change: impl FnOnce(&mut Attempt)) -> Self {
        let mut collection = self.collection();
        let name = JobName::parse(&format!("seed{seed}")).unwrap();
        let job = collection.jobs.get_mut(&name).unwrap();
        let id = 10 * seed + job.attempts.len() + 1;
        let mut attempt = Attempt::new(JobId::from(id as u64), JobState::parse(state));
        attempt.exit_code = Some("1:0".into());
        change(&mut attempt);
        job.attempts.push(attempt);
        self.manager.save(&mut collection).unwrap();
        self
    }

    fn command(&self, args: &str) -> Run {
        let path = format!(
            "{}:{}",
            self.test.path().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = self.test.command();
        command.env("PATH", path);
        Run::of(command.args(args.split_whitespace()).output().unwrap())
    }

    /// Runs `resubmit` on the collection; gives what it printed.
    #[track_caller]
    fn resubmit(&self, args: &str) -> String {
        let run = self.command(&format!("resubmit default {args}"));
        assert_eq!(run.code, Some(0), "{args}: {}", run.stderr);
        format!("{}{}", run.stderr, run.stdout)
    }

    #[track_caller]
    fn refused(&self, args: &str) -> String {
        let run = self.command(&format!("resubmit default {args}"));
        assert_eq!((run.code, &*run.stdout), (Some(1), ""), "{args}");
        assert_eq!(self.submissions(), Vec::<String>::new(), "{}", run.stderr);
        run.stderr
    }

    #[track_caller]
    fn dry_run(&self, args: &str) -> Json {
        let run = self.command(&format!("--json resubmit default --dry-run {args}"));
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{args}");
        serde_json::from_str(&run.stdout).unwrap()
    }

    /// What becomes of the job with a seed: a line of the table of a dry run.
    #[track_caller]
    fn decision(&self, seed: usize) -> String {
        let shown = self.resubmit("--dry-run");
        let name = format!("seed{seed} ");
        let mut lines = shown.lines();
        let line = lines.find(|line| line.starts_with(&name));
        let line = line.unwrap_or_else(|| panic!("no seed{seed} in {shown}"));
        let words: Vec<_> = line.split_whitespace().skip(3).collect();
        words.join(" ")
    }

    /// The options of each `sbatch` but those that tell jobs apart.
    fn submissions(&self) -> Vec<String> {
        let log = self.test.read("slurm.log");
        let sbatch = log.lines().filter_map(|line| line.strip_prefix("sbatch "));
        let own = |word: &&str| {
            let ours = ["--parsable", "--comment", "--job-name", "--output"];
            !ours.iter().any(|option| word.starts_with(option))
        };
        let options = |line: &str| {
            let words: Vec<_> = line.split_whitespace().filter(own).collect();
            let path = self.test.path().to_str().unwrap();
            words.join(" ").replace(path, ".")
        };
        sbatch.map(options).collect()
    }
}

const RULES: &str = "  OUT_OF_MEMORY: {mem: x2, max: 128G}
  TIMEOUT: {time: x1.5, max: \"72:00:00\"}
  NODE_FAIL: exclude-node
  PREEMPTED: requeue
  max_attempts: 3
";

fn nothing(_: &mut Attempt) {}

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
    // Without rules everything is as it ever was.
    let json = project.dry_run("--no-rules");
    assert_eq!(
        (&json["jobs"].as_array().unwrap().len(), &json["decided"]),
        (&3, &Json::Null)
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

#[test]
fn failures_that_are_all_alike_stop_and_ask() {
    let failed = |jobs, rules: &str, code: &'static str| {
        (1..=jobs).fold(Project::new(jobs + 1, rules), |project, seed| {
            project.ended(seed, "FAILED", |it| it.exit_code = Some(code.into()))
        })
    };
    for rules in ["", "  FAILED: again\n"] {
        let project = failed(5, rules, "3:0");
        assert_eq!(
            project.refused("-y"),
            "\
error: 5 jobs failed alike (exit code 3) of collection `default`, of which no job completed
 |
 = help: `slurmkit logs` shows why; `--set` changes what they ask for, `--again` submits them all the same
"
        );
        contains(&project.resubmit("-y --again"), &["submitted 5 jobs"]);
    }
    // Too few; a change; one that completed; failures that differ; a rule that says how many.
    contains(&failed(4, "", "3:0").resubmit("-y"), &["submitted 4 jobs"]);
    contains(&failed(5, "", "0:9").refused("-y"), &["(signal 9)"]);
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
    // Nobody who ran out of time has a bug.
    let late = (1..=5).fold(Project::new(5, "  TIMEOUT: again\n"), |project, seed| {
        project.ended(seed, "TIMEOUT", nothing)
    });
    contains(&late.resubmit("-y"), &["submitted 5 jobs"]);
}

const RHAI: &str = include_str!("../corpus/hooks/failures/hooks.rhai");
const PYTHON: &str = include_str!("../corpus/hooks/failures/hooks.py");

/// A project with a hook in a language, and a rule for one state.
fn with_hook(language: &str, hook: &str, jobs: usize) -> Project {
    let retry = format!("  TIMEOUT: {{time: x2}}\n  on_failure: hook.{language}\n");
    let project = Project::new(jobs, &retry);
    project.test.write(&format!("hook.{language}"), hook);
    project
}

#[test]
fn hooks_in_both_languages_decide_where_no_rule_does() {
    for (language, hook) in [("rhai", RHAI), ("py", PYTHON)] {
        let project = with_hook(language, hook, 5)
            .ended(1, "FAILED", |it| {
                it.log = Some("logs/1.out".into());
                it.changes.params.insert("batch_size".into(), 64.into());
            })
            .ended(2, "FAILED", |it| {
                it.exit_code = Some("75:0".into());
                it.nodes = Some("node7".into());
            })
            .ended(3, "FAILED", |it| it.exit_code = Some("0:9".into()))
            .ended(4, "FAILED", nothing)
            .ended(5, "TIMEOUT", nothing);
        project.test.write(
            "logs/1.out",
            "step 1\nRuntimeError: CUDA out of memory.\n\u{fffd}\n",
        );
        let told = project.resubmit("-y");
        assert_eq!(
            told,
            "\
job `seed1`, FAILED: again with params.batch_size 64 -> 32
job `seed2`, FAILED: again with mem 32G -> 64G, exclude node7
job `seed3`, FAILED: again as it is
job `seed4`, FAILED: stays: the on_failure hook does not retry it
job `seed5`, TIMEOUT: again with time 24:00:00 -> 2-00:00:00
submitted 4 jobs of collection `default`: 100, 101, 102, 103
",
            "{language}"
        );
        contains(&project.test.read("out/seed1.2.job"), &["echo 1 32\n"]);
        contains(&project.test.read("out/seed2.2.job"), &["--mem=64G\n"]);
    }
}

#[test]
fn hooks_are_told_everything_and_always_under_the_same_names() {
    let rhai = "fn on_failure(job, attempt) { print(`${job.keys()} ${attempt.keys()}`); \
                print(`${job.name} ${job.collection} ${attempt.number} ${attempt.job_id} \
                ${attempt.state} ${attempt.reason} ${attempt.elapsed}`); }";
    let python = "def on_failure(job, attempt):\n    print(sorted(job), sorted(attempt))\n    \
                  print(job['name'], job['collection'], attempt['number'], attempt['job_id'], \
                  attempt['state'], attempt['reason'], attempt['elapsed'])\n";
    for (language, hook) in [("rhai", rhai), ("py", python)] {
        let project = with_hook(language, hook, 1).ended(1, "NODE_FAIL", |it| {
            it.exit_code = None;
            it.reason = Some("NodeDown".into());
            it.started = Some("2026-01-01T00:00:00Z".parse().unwrap());
            it.ended = Some("2026-01-01T00:01:30Z".parse().unwrap());
        });
        let told = project.resubmit("--dry-run").replace('\'', "\"");
        contains(
            &told,
            &[
                r#"["collection", "name", "params", "script", "slurm"]"#,
                r#"["elapsed", "exit_code", "job_id", "log", "log_tail", "nodes", "number", "reason", "signal", "state"]"#,
                "seed1 default 1 11 NODE_FAIL NodeDown 90\n",
            ],
        );
    }
}

#[test]
fn the_end_of_a_long_log_is_enough() {
    let hook = "fn on_failure(job, attempt) { print(attempt.log_tail.len()); \
                if attempt.log_tail.contains(\"begin\") { throw \"all of it\" } #{} }";
    let project = with_hook("rhai", hook, 1).ended(1, "FAILED", |it| {
        it.log = Some("long.out".into());
    });
    let log = format!("begin\n{}end\n", "x".repeat(1 << 20));
    project.test.write("long.out", &log);
    contains(
        &project.resubmit("--dry-run"),
        &["65536\n", "again as it is"],
    );
}

#[test]
fn what_hooks_return_is_checked() {
    for (rhai, python, says) in [
        (
            "#{slurm: #{mem: [1, 2]}}",
            "{'slurm': {'mem': [1, 2]}}",
            "returned slurm.mem = [1, 2], which is a list (job `seed1`)",
        ),
        (
            "#{slurm: 3}",
            "{'slurm': 3}",
            "returned slurm = 3, which is an integer, not a map (job `seed1`)",
        ),
        (
            "#{slrum: #{}}",
            "{'slrum': {}}",
            "returned the key `slrum` (job `seed1`)",
        ),
        ("#{slrum: #{}}", "{'slrum': {}}", "did you mean `slurm`?"),
        ("true", "True", "(job `seed1`)"),
        ("[]", "[]", "(job `seed1`)"),
    ] {
        for (language, hook) in [
            ("rhai", format!("fn on_failure(job, attempt) {{ {rhai} }}")),
            (
                "py",
                format!("def on_failure(job, attempt):\n    return {python}\n"),
            ),
        ] {
            let project = with_hook(language, &hook, 1).ended(1, "FAILED", nothing);
            let error = project.refused("-y");
            contains(
                &error,
                &[
                    says,
                    &format!(
                        "error: on_failure hook `{}",
                        project_path(&project, language)
                    ),
                ],
            );
        }
    }
}

fn project_path(project: &Project, language: &str) -> String {
    let path = project.test.path().join(format!("hook.{language}"));
    path.display().to_string()
}

#[test]
fn hooks_that_misbehave_stop_before_anything_is_submitted() {
    let endless = "fn on_failure(job, attempt) { loop {} }";
    let endless_py = "def on_failure(job, attempt):\n    while True: pass\n";
    let huge = "fn on_failure(job, attempt) { let x = \"x\"; loop { x += x } }";
    let huge_py = "def on_failure(job, attempt):\n    return {'params': {'x': 'x' * (80 << 20)}}\n";
    let raises = "fn on_failure(job, attempt) { throw \"no idea\" }";
    let raises_py = "def on_failure(job, attempt):\n    raise ValueError('no idea')\n";
    let dies_py = "import os\ndef on_failure(job, attempt):\n    os._exit(7)\n";
    let one = "fn on_failure(job) { }";
    let one_py = "def on_failure(job):\n    pass\n";
    for (language, hook, says) in [
        ("rhai", endless, "(job `seed1`)"),
        ("py", endless_py, "took longer than 1 s (job `seed1`)"),
        ("rhai", huge, "(job `seed1`)"),
        ("py", huge_py, "(job `seed1`)"),
        ("rhai", raises, "no idea (job `seed1`)"),
        ("py", raises_py, "ValueError: no idea (job `seed1`)"),
        ("py", dies_py, "ended with exit code 7 (job `seed1`)"),
        (
            "rhai",
            one,
            "an on_failure hook is called with 2 arguments: job, attempt",
        ),
        ("py", one_py, "an on_failure hook is called with 2"),
        (
            "rhai",
            "fn other() {}",
            "the file has no function `on_failure`",
        ),
    ] {
        let project = with_hook(language, hook, 2)
            .ended(1, "FAILED", nothing)
            .ended(2, "FAILED", nothing);
        let limits = "hooks: {rhai: {call_seconds: 1}, python: {call_seconds: 1}}\n";
        project.test.write(".slurmkit/config.yaml", limits);
        contains(&project.refused("-y"), &[says]);
    }
}

#[test]
fn hooks_get_copies() {
    let rhai = "fn on_failure(job, attempt) { job.params.seed = 9; job.slurm.mem = \"1T\"; #{} }";
    let python = "def on_failure(job, attempt):\n    job['params']['seed'] = 9\n    \
                  job['slurm']['mem'] = object()\n    return {}\n";
    for (language, hook) in [("rhai", rhai), ("py", python)] {
        let project = with_hook(language, hook, 1).ended(1, "FAILED", nothing);
        assert_eq!(project.decision(1), "again as it is", "{language}");
    }
}

#[test]
fn a_slip_in_what_a_hook_reads_is_warned_of() {
    let hook = "fn on_failure(job, attempt) { if attempt.exitcode == 75 { #{} } else { () } }";
    let project = with_hook("rhai", hook, 1).ended(1, "FAILED", nothing);
    contains(
        &project.resubmit("--dry-run"),
        &[
            "warning: the on_failure hook reads `attempt.exitcode`, which no attempt has: it is `()`",
            "did you mean `exit_code`?",
        ],
    );
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
fn rules_are_checked_where_the_spec_is_read() {
    let wrong = |rules: &str| {
        let test = Test::new().file(
            "spec.yaml",
            &format!(
                "template: t.j2\nparameters: {{}}\nslurm_args:\n  defaults: {{mem: 256G}}\n\
                 retry:\n  {rules}\n"
            ),
        );
        test.fails("spec show spec.yaml")
    };
    for (rules, says) in [
        (
            "OUT_OF_MEMRY: again",
            [
                "no key `OUT_OF_MEMRY`",
                "6:3",
                "did you mean `OUT_OF_MEMORY`?",
            ],
        ),
        (
            "COMPLETED: again",
            [
                "no key `COMPLETED`",
                "6:3",
                "jobs that completed are not retried",
            ],
        ),
        (
            "max_attempt: 3",
            [
                "no key `max_attempt`",
                "6:3",
                "did you mean `max_attempts`?",
            ],
        ),
        (
            "max_attempts: 0",
            ["must be a whole number from 1", "6:17", ""],
        ),
        (
            "FAILED: exclude_nodes",
            [
                "not `exclude_nodes`",
                "6:11",
                "did you mean `exclude-node`?",
            ],
        ),
        ("FAILED: {}", ["changes nothing", "6:11", "write `again`"]),
        (
            "FAILED: [x2]",
            ["not a list", "6:11", "{mem: x2, max: 128G}"],
        ),
        (
            "oom: {mem: x0}",
            [
                "the factor `0` is not above 1",
                "6:14",
                "write `x2` or `+8G`",
            ],
        ),
        (
            "oom: {mem: [x2]}",
            ["`mem` must be a single value, not a list", "6:14", ""],
        ),
        (
            "oom: {mem: 64Q}",
            ["`64Q` is not an amount of memory", "6:14", ""],
        ),
        (
            "oom: {time: +8G}",
            ["`8G` is not an amount of time", "6:15", "`+1:00:00`"],
        ),
        (
            "oom: {partition: x2}",
            ["`partition` is no amount", "6:9", "amounts are `mem`"],
        ),
        (
            "oom: {mme: x2}",
            ["`mme` is no amount", "6:9", "did you mean `mem`?"],
        ),
        (
            "oom: {mem: x2, max: 128G}",
            ["`max` is 128G", "6:23", "raise `max`"],
        ),
        (
            "oom: {mem: x2, max: much}",
            ["the `max` of `mem` must be", "6:23", ""],
        ),
        (
            "oom: {mem: 64G, max: 1T}",
            [
                "`max` bounds nothing",
                "6:24",
                "where the argument shall grow",
            ],
        ),
        (
            "oom: {mem: x2, time: x2, max: 1T}",
            ["`mem` and `time` grow", "6:33", "`max: {mem: 1T}`"],
        ),
        (
            "oom: {mem: x2, max: {time: 9}}",
            ["`max` bounds `time`", "6:30", "`time: x2`"],
        ),
        (
            "{oom: again, OUT_OF_MEMORY: again}",
            ["`OUT_OF_MEMORY` has two rules", "6:16", ""],
        ),
    ] {
        contains(&wrong(rules), &says);
    }
}

#[test]
fn rules_are_shown_as_a_spec_that_says_the_same() {
    let retry = "  oom: {mem: x2, max: 128G}\n  timeout: {time: +1:00:00, max: 72:00:00}\n  \
                 node-fail: exclude_node\n  FAILED: {partition: big, cpus_per_task: x1.50, \
                 mem: +8G, max: {mem: 1024G}}\n  on_failure: hooks.py\n";
    let test = Project::new(1, retry).test;
    let shown = test.ok("spec show spec.yaml");
    let block = shown.split("retry:\n").nth(1).unwrap();
    assert_eq!(
        block,
        "  OUT_OF_MEMORY:\n    mem: x2\n    max: \"128G\"\n  TIMEOUT:\n    time: \"+01:00:00\"\n    \
         max: \"3-00:00:00\"\n  NODE_FAIL: exclude-node\n  FAILED:\n    partition: big\n    \
         cpus_per_task: x1.5\n    mem: \"+8G\"\n    max:\n      mem: \"1T\"\n  max_attempts: 3\n  \
         stop_after_alike: 5\n  on_failure:\n    file: hooks.py\n    function: on_failure\n"
    );
    test.write("again.yaml", &shown);
    assert_eq!(test.ok("spec show again.yaml"), shown);
    let json = test.ok("--json spec show spec.yaml");
    test.write("again.json", &json);
    assert_eq!(test.ok("spec show again.json"), shown);
}

#[test]
fn programs_have_rules_and_hooks_of_their_own() {
    let program = "fn on_failure(job, attempt) { #{slurm: #{mem: mem(job.slurm.mem) * 2}} }\n\
                   #{template: \"t.job.j2\", output_dir: \"out\", parameters: #{values: #{seed: [1, 2]}}, \
                   slurm_args: #{defaults: #{mem: mem(\"4G\")}}, \
                   retry: #{TIMEOUT: #{mem: \"+1G\", max: mem(\"8G\")}, on_failure: on_failure}}";
    let project = Project::new(2, "");
    for made in [".slurmkit/collections", "out"] {
        fs::remove_dir_all(project.test.path().join(made)).unwrap();
    }
    project.test.write("spec.rhai", program);
    project.test.ok("generate spec.rhai");
    let project = project
        .ended(1, "FAILED", nothing)
        .ended(2, "TIMEOUT", nothing);
    assert_eq!(project.decision(1), "again with mem 4G -> 8G");
    assert_eq!(project.decision(2), "again with mem 4G -> 5G");
}

#[test]
fn hooks_on_failures_are_tried_without_a_failure() {
    for (language, hook) in [("rhai", RHAI), ("py", PYTHON)] {
        let test = with_hook(language, hook, 1).test;
        let spec = test.read("spec.yaml");
        let spec = spec.replace("seed: [1]", "seed: [1]\n    batch_size: [32]");
        test.write("spec.yaml", &spec);
        let tried = |how: &str| {
            let args = "hook test spec.yaml --params batch_size=64 --on-failure";
            let args: Vec<_> = args.split(' ').chain([how]).collect();
            test.run_args(&args)
        };
        let run = tried("exit_code=9,log_tail=CUDA out of memory");
        assert_eq!((run.code, &*run.stderr), (Some(0), ""));
        contains(
            &run.stdout,
            &[
                "on_failure: hook.",
                "returned: the job is submitted again\n    params.batch_size: 32\n",
            ],
        );
        contains(
            &tried("oom").stdout,
            &["state=OUT_OF_MEMORY", "returned nothing: the job stays"],
        );
        let run = tried("exitcode=9");
        assert_eq!(run.code, Some(2));
        contains(
            &run.stderr,
            &[
                "--on-failure",
                "an attempt has no `exitcode`",
                "did you mean `exit_code`?",
            ],
        );
    }
}
