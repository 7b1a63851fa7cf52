use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder of its own to run `slurmkit` in.
pub struct Test {
    dir: TempDir,
    python: bool,
}

/// What a run printed and how it ended.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The command that is tested: that of this build, or the one that `SLURMKIT_TEST_BINARY` names.
pub fn binary() -> PathBuf {
    let other = std::env::var_os("SLURMKIT_TEST_BINARY");
    let path = other.map_or(env!("CARGO_BIN_EXE_slurmkit").into(), PathBuf::from);
    path.canonicalize().unwrap()
}

/// Copies it to where another user can run it. Another process does that: while this one has the file
/// open for writing, children of other tests have it, too, and it cannot be run.
pub fn copy_binary(to: &Path) {
    let copied = Command::new("cp").arg(binary()).arg(to).status();
    assert!(copied.unwrap().success());
}

/// Whether it is as fast as the one that people use.
pub fn is_optimized() -> bool {
    !cfg!(debug_assertions) || std::env::var_os("SLURMKIT_TEST_BINARY").is_some()
}

impl Test {
    pub fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            python: true,
        }
    }

    /// With a copy of the project's `examples`.
    pub fn with_examples() -> Self {
        let test = Self::new();
        let copy = Command::new("cp")
            .arg("-r")
            .arg(project().join("examples"))
            .arg(test.path())
            .status();
        assert!(copy.unwrap().success());
        test
    }

    /// Hides every interpreter.
    pub fn without_python(self) -> Self {
        Self {
            python: false,
            ..self
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn file(self, path: &str, contents: &str) -> Self {
        self.write(path, contents);
        self
    }

    pub fn write(&self, path: &str, contents: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path().join(path).symlink_metadata().is_ok()
    }

    /// All files and folders below, sorted, hidden ones too.
    pub fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(
                    path.strip_prefix(self.path())
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                );
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.path()).env_clear();
        // The user's own config and environments must not matter.
        command
            .env("HOME", self.path().join("home"))
            .env("LANG", "C.UTF-8");
        if self.python {
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        } else {
            command.env("PATH", self.path().join("no-programs"));
        }
        command
    }

    pub fn run(&self, args: &str) -> Run {
        let args: Vec<&str> = args.split_whitespace().collect();
        self.run_args(&args)
    }

    pub fn run_args(&self, args: &[&str]) -> Run {
        Run::of(self.command().args(args).output().unwrap())
    }

    /// Runs, and demands success and silence on standard error; gives standard output.
    #[track_caller]
    pub fn ok(&self, args: &str) -> String {
        let run = self.run(args);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args}");
        run.stdout
    }

    /// Runs, and demands exit code 1, an error, and that nothing on disk changed; gives the error.
    #[track_caller]
    pub fn fails(&self, args: &str) -> String {
        let before = self.tree();
        let run = self.run(args);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(1), ""),
            "{args}: {}",
            run.stderr
        );
        assert_eq!(self.tree(), before, "{args}: {}", run.stderr);
        assert!(run.stderr.contains("error: "), "{args}: {}", run.stderr);
        run.stderr
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Demands that each of `parts` is in `text`.
#[track_caller]
pub fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

/// The root of the project.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A spec of two jobs without hooks.
pub const SPEC: &str = "\
template: train.job.j2
output_dir: out
parameters:
  values:
    lr: [0.1, 0.01]
";

pub const TEMPLATE: &str = "#!/bin/sh\necho {{ job_name }} {{ lr }}\n";

/// A test with [`SPEC`] and [`TEMPLATE`].
pub fn two_jobs() -> Test {
    Test::new()
        .file("spec.yaml", SPEC)
        .file("train.job.j2", TEMPLATE)
}
