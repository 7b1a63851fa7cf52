use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::test::{Run, project};

/// The cluster that `scripts/test-cluster` started.
pub struct Cluster {
    run: PathBuf,
}

/// A row of `sacct`.
#[derive(Debug, PartialEq)]
pub struct Accounted {
    pub state: String,
    pub exit_code: String,
    pub memory: String,
    pub start: String,
    pub end: String,
}

impl Cluster {
    pub fn here() -> Self {
        let run = env::var_os("SLURMKIT_TEST_CLUSTER")
            .expect("`SLURMKIT_TEST_CLUSTER` names no cluster: run `scripts/test-cluster`");
        Self { run: run.into() }
    }

    pub fn conf(&self) -> PathBuf {
        self.run.join("etc/slurm.conf")
    }

    /// Runs a command of Slurm's.
    pub fn run(&self, program: &str, args: &[&str]) -> Run {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap())
            .env("SLURM_CONF", self.conf());
        Run::of(command.args(args).output().unwrap())
    }

    /// Runs a command of Slurm's, and demands success; gives what it printed.
    #[track_caller]
    pub fn ask(&self, program: &str, args: &[&str]) -> String {
        let run = self.run(program, args);
        assert_eq!(run.code, Some(0), "{program} {args:?}: {}", run.stderr);
        run.stdout
    }

    /// Breaks and repairs daemons.
    #[track_caller]
    pub fn slurm_up(&self, args: &[&str]) {
        let run = self.try_slurm_up(args);
        assert_eq!(run.code, Some(0), "slurm-up {args:?}: {}", run.stderr);
    }

    pub fn try_slurm_up(&self, args: &[&str]) -> Run {
        let mut command = Command::new(project().join("scripts/slurm-up"));
        command.args(args).env("SLURMLAB_RUN", &self.run);
        Run::of(command.output().unwrap())
    }

    /// Whether the kernel ends a job that takes too much memory, or Slurm's own sampling does.
    pub fn limits_memory_by_cgroup(&self) -> bool {
        let config = self.ask("scontrol", &["show", "config"]);
        config
            .lines()
            .any(|line| line.starts_with("TaskPlugin ") && line.contains("cgroup"))
    }

    /// What the accounting has of `ids`, as far as it has something.
    pub fn accounted(&self, ids: &[String]) -> BTreeMap<String, Accounted> {
        assert!(
            !ids.is_empty(),
            "without ids `sacct` lists everything of today"
        );
        let fields = "-oJobID,State,ExitCode,ReqMem,Start,End";
        let rows = self.ask("sacct", &["-nXP", fields, "-j", &ids.join(",")]);
        rows.lines().map(Accounted::parse).collect()
    }
}

impl Accounted {
    fn parse(row: &str) -> (String, Self) {
        let fields: Vec<&str> = row.split('|').collect();
        let [id, state, exit_code, memory, start, end] = fields[..] else {
            panic!("sacct printed {row:?}");
        };
        // `CANCELLED by 0`
        let state = state.split(' ').next().unwrap();
        let accounted = Self {
            state: state.to_owned(),
            exit_code: exit_code.to_owned(),
            memory: memory.to_owned(),
            start: start.to_owned(),
            end: end.to_owned(),
        };
        (id.to_owned(), accounted)
    }
}
