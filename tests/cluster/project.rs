use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::answers::{JobStatus, Status, Submission};
use crate::cluster::Cluster;
use crate::poll::until;
use crate::running::Running;
use crate::test::{Run, Test};

/// A folder of its own with sweeps for the cluster. What is left of its jobs is cancelled at the end.
pub struct Project {
    pub cluster: Cluster,
    test: Test,
    variables: Vec<(String, String)>,
}

/// A job of a sweep: what its script does, and its Slurm arguments.
#[derive(Clone)]
pub struct Job {
    name: String,
    command: String,
    options: Map<String, Value>,
}

/// A job as `squeue` has it, ended ones too while the controller remembers them.
#[derive(Clone, Debug)]
pub struct Queued {
    pub id: String,
    pub state: String,
    pub comment: String,
    pub name: String,
}

const TEMPLATE: &str = r#"#!/bin/sh
#SBATCH --job-name={{ job_name }}
#SBATCH --output={{ logs_dir }}/{{ job_name }}.%j.out
{% for option, value in slurm.items() -%}
#SBATCH --{{ option }}{% if value is not true %}={{ value }}{% endif %}
{% endfor -%}
echo "script {{ job_name }} as $SLURM_JOB_NAME, {{ stage | default('first') }} stage"
{{ command }}
"#;

const LOGIC: &str = "\
fn get_slurm_args(params, defaults) {
    let args = defaults;
    for name in params.options.keys() { args[name] = params.options[name]; }
    args
}
";

/// The folder comes last, and nothing before it holds a bar.
const QUEUE: [&str; 6] = ["-h", "-r", "-t", "all", "-o", "%i|%T|%k|%j|%Z"];

impl Queued {
    /// The job of a row, and its folder.
    fn parse(row: &str) -> (Self, &Path) {
        let fields: Vec<&str> = row.splitn(5, '|').collect();
        let [id, state, comment, name, folder] = fields[..] else {
            panic!("squeue printed {row:?}");
        };
        let job = Self {
            id: id.to_owned(),
            state: state.to_owned(),
            comment: comment.to_owned(),
            name: name.to_owned(),
        };
        (job, Path::new(folder))
    }
}

impl Job {
    pub fn new(name: impl Into<String>, command: &str) -> Self {
        Self {
            name: name.into(),
            command: command.to_owned(),
            options: Map::new(),
        }
    }

    pub fn with(mut self, option: &str, value: impl Into<Value>) -> Self {
        self.options.insert(option.to_owned(), value.into());
        self
    }

    /// Some that wait in the queue until they are released or cancelled, and cost the cluster nothing.
    pub fn held(count: usize) -> Vec<Self> {
        Self::many(count, "true")
            .into_iter()
            .map(|job| job.with("hold", true))
            .collect()
    }

    /// Some that do the same.
    pub fn many(count: usize, command: &str) -> Vec<Self> {
        (0..count)
            .map(|index| Self::new(format!("job{index:03}"), command))
            .collect()
    }
}

impl Project {
    pub fn new() -> Self {
        Self {
            cluster: Cluster::here(),
            test: Test::new()
                .file("job.j2", TEMPLATE)
                .file("logic.rhai", LOGIC)
                .file(".slurmkit/config.yaml", "{}\n"),
            variables: Vec::new(),
        }
    }

    /// A project with one collection.
    #[track_caller]
    pub fn with(collection: &str, jobs: &[Job]) -> Self {
        let project = Self::new();
        project.generate(collection, jobs);
        project
    }

    /// Sets a variable for each `slurmkit` from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    #[track_caller]
    pub fn generate(&self, collection: &str, jobs: &[Job]) {
        let sets: Vec<Value> = jobs
            .iter()
            .map(|job| json!({"name": job.name, "command": job.command, "options": job.options}))
            .collect();
        let spec = json!({
            "template": "job.j2",
            "output_dir": format!("scripts/{collection}"),
            "logs_dir": format!("logs/{collection}"),
            "job_name_pattern": "{{ name }}",
            "parameters": {"mode": "list", "values": sets},
            "slurm_args": {"defaults": {"mem": "100M"}, "logic": "logic.rhai:get_slurm_args"},
        });
        let file = format!("{collection}.json");
        self.test.write(&file, &spec.to_string());
        self.ok(&format!("generate {file} --collection {collection}"));
    }

    pub fn path(&self) -> &Path {
        self.test.path()
    }

    pub fn write(&self, path: &str, contents: &str) {
        self.test.write(path, contents);
    }

    pub fn read(&self, path: &str) -> String {
        self.test.read(path)
    }

    pub fn exists(&self, path: &str) -> bool {
        self.test.exists(path)
    }

    /// `slurmkit` with some arguments, that are separated by blanks.
    pub fn slurmkit(&self, args: &str) -> Command {
        let mut command = self.test.command();
        command
            .env("SLURM_CONF", self.cluster.conf())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(args.split_whitespace());
        command
    }

    pub fn start(&self, args: &str) -> Running {
        Running::start(&mut self.slurmkit(args))
    }

    pub fn run(&self, args: &str) -> Run {
        self.start(args).end()
    }

    /// Runs, and demands success; gives standard output.
    #[track_caller]
    pub fn ok(&self, args: &str) -> String {
        let run = self.run(args);
        assert_eq!(run.code, Some(0), "{args}: {}{}", run.stdout, run.stderr);
        run.stdout
    }

    /// Runs `submit` with some arguments. It need not succeed, but it must say how it went.
    #[track_caller]
    pub fn submit(&self, args: &str) -> Submission {
        submission(self.run(&format!("--json submit {args} -y")))
    }

    /// Runs `resubmit`, which answers as `submit` does.
    #[track_caller]
    pub fn resubmit(&self, args: &str) -> Submission {
        submission(self.run(&format!("--json resubmit {args} -y")))
    }

    #[track_caller]
    pub fn status(&self, collection: &str) -> Status {
        let text = self.ok(&format!("--json status {collection}"));
        let status: Status =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(status.collection, collection);
        let mut counts = BTreeMap::new();
        for job in &status.jobs {
            *counts.entry(job.state.clone()).or_insert(0) += 1;
        }
        let mut told = status.counts.clone();
        told.retain(|_, count| *count > 0);
        assert_eq!(told, counts, "counts do not fit the jobs");
        status
    }

    /// The status as soon as it is as wanted.
    #[track_caller]
    #[expect(clippy::print_stderr, reason = "shown where the test fails")]
    pub fn status_when(&self, collection: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut last = None;
        until(&format!("a status of {collection}"), || {
            let status = self.status(collection);
            let counts = format!("{:?}", status.counts);
            if last.as_ref() != Some(&counts) {
                eprintln!("{collection}: {counts}");
                last = Some(counts);
            }
            wanted(&status).then_some(status)
        })
    }

    #[track_caller]
    pub fn status_at_end(&self, collection: &str) -> Status {
        self.status_when(collection, Status::ended)
    }

    /// What the job wrote.
    #[track_caller]
    pub fn log(&self, job: &JobStatus) -> String {
        let log = job.log.as_ref();
        self.read(log.unwrap_or_else(|| panic!("no log: {job:?}")))
    }

    /// The jobs of this project that the controller knows, found without slurmkit's help.
    #[track_caller]
    pub fn queue(&self) -> Vec<Queued> {
        self.queued(&self.cluster.ask("squeue", &QUEUE))
    }

    fn queued(&self, rows: &str) -> Vec<Queued> {
        rows.lines()
            .map(Queued::parse)
            .filter(|(_, folder)| folder.starts_with(self.path()))
            .map(|(job, _)| job)
            .collect()
    }

    /// How many jobs of this project the accounting has among those that have about the same numbers as
    /// the ones in the queue. Without numbers `sacct` is silent about jobs that are held.
    pub fn count_accounted(&self) -> usize {
        let queue = self.queue();
        let number = |job: &Queued| -> u32 { job.id.split('_').next().unwrap().parse().unwrap() };
        let first = queue.iter().map(number).min().unwrap_or_default();
        let last = queue.iter().map(number).max().unwrap_or_default();
        let numbers: Vec<String> = (first.saturating_sub(250).max(1)..last + 250)
            .map(|number| number.to_string())
            .collect();
        let args = ["-nXP", "-oJobID,WorkDir", "-j", &numbers.join(",")];
        let rows = self.cluster.ask("sacct", &args);
        rows.lines()
            .filter_map(|row| row.split_once('|'))
            .filter(|(_, folder)| Path::new(folder).starts_with(self.path()))
            .map(|(id, _)| count_tasks(id))
            .sum()
    }

    /// Demands that Slurm has each job of the collection once, and the collection the ids that Slurm has.
    /// There must be no other collection in the project, and no second attempts.
    #[track_caller]
    pub fn exactly_once(&self, collection: &str, count: usize, story: &str) {
        let status = self.status(collection);
        let queue = self.queue();
        let mut recorded = status.ids();
        recorded.sort();
        let mut known: Vec<String> = queue.iter().map(|job| job.id.clone()).collect();
        known.sort();
        assert_eq!(known, recorded, "{story}: Slurm's ids and the collection's");
        recorded.dedup();
        assert_eq!(recorded.len(), count, "{story}");
        for job in &queue {
            // The tasks of an array share the array's name.
            if !job.id.contains('_') {
                assert_eq!(status.job(&job.name).id(), job.id, "{story}");
            }
        }
        tokens_are_unique(&queue);
        let journal = format!(".slurmkit/collections/{collection}.journal");
        assert!(!self.exists(&journal), "{story}: {journal} is still there");
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // Without demands: this may be the end of a test that has failed.
        let queue = self.queued(&self.cluster.run("squeue", &QUEUE).stdout);
        if !queue.is_empty() {
            let ids: Vec<&str> = queue.iter().map(|job| &*job.id).collect();
            self.cluster.run("scancel", &ids);
        }
    }
}

/// How many jobs an id is: `12`, `12_3`, or tasks of an array that wait, `12_[0-4,7%2]`.
fn count_tasks(id: &str) -> usize {
    let Some((_, tasks)) = id.split_once('[') else {
        return 1;
    };
    let tasks = tasks.split(['%', ']']).next().unwrap().split(',');
    tasks
        .map(|range| match range.split_once('-') {
            Some((first, last)) => {
                last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1
            }
            None => 1,
        })
        .sum()
}

#[track_caller]
fn submission(run: Run) -> Submission {
    let answer: Submission = serde_json::from_str(&run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?} {}{}", run.code, run.stdout, run.stderr));
    Submission {
        code: run.code,
        stderr: run.stderr,
        ..answer
    }
}

/// Each submission, be it a job or an array, has a token that no other has.
#[track_caller]
fn tokens_are_unique(queue: &[Queued]) {
    let mut submissions = BTreeMap::new();
    for job in queue {
        let id = job.id.split('_').next().unwrap();
        let token = job.comment.strip_prefix("slurmkit:").unwrap_or_default();
        let is_token = token.len() == 16 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_token, "{job:?}");
        let owner = submissions.entry(token).or_insert(id);
        assert_eq!(*owner, id, "two submissions with token {token}");
    }
}
