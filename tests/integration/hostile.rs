//! Hooks that hang, crash, fill the memory, get out or lie, through the command.
//!
//! A file of the corpus says at its top, in comments, how it must end:
//!
//! * `ends:` `ok`, `error`, `limit` (an error that names the setting to raise), or `any` of them
//! * `says:` a part of the message
//! * `role:` of the hook; a filter without it
//! * `config:` instead of [`CONFIG`]
//! * `repeat:` a count and a text to put in place of `@REPEAT@`; `@N@` in it counts
//! * `memory:` more than [`MEMORY_MIB`]; `stderr: unbounded`; `leaves:` a process of the hook's own
//!   that may live on; `litter:` a file that it makes or removes

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;

use super::parallel;
use super::test::{Test, binary, is_optimized, project};

/// Low limits, so that the corpus does not take long.
const CONFIG: &str =
    "hooks: {rhai: {call_seconds: 1}, python: {call_seconds: 1, import_seconds: 3}}";

/// What a template or a document may take. Ten seconds are promised; what is not optimized takes many
/// times as long, beside other tests more still.
pub(super) fn seconds() -> u64 {
    if is_optimized() { 10 } else { 90 }
}

/// What a run may take beyond the limit of the config.
fn slack_seconds() -> u64 {
    if is_optimized() { 9 } else { 30 }
}

const MEMORY_MIB: u64 = 512;

const STDERR_BYTES: u64 = 2 << 20;

/// Runs a command, and tells how it ended and what it used. It is a process of its own, since the
/// peak of a process counts what its parent held when it forked.
const WATCH: &str = r#"
import json, os, resource, sys, time
seconds, command = float(sys.argv[1]), sys.argv[2:]
start = time.time()
child = os.fork()
if child == 0:
    # What runs away shall not take the machine with it.
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    os.setsid()
    for fd, name, mode in [(0, os.devnull, os.O_RDONLY), (1, "../stdout", 0o1101), (2, "../stderr", 0o1101)]:
        os.dup2(os.open(name, mode, 0o600), fd)
    os.execv(command[0], command)
late = False
while True:
    pid, status, usage = os.wait4(child, os.WNOHANG)
    if pid:
        break
    if not late and time.time() - start > seconds:
        late = True
        os.kill(child, 9)
    time.sleep(0.01)
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
print(json.dumps({"code": code, "late": late, "mib": usage.ru_maxrss // 1024}))
"#;

/// How a run ended.
#[derive(Debug, Deserialize)]
pub(super) struct Watched {
    pub(super) code: i32,
    pub(super) late: bool,
    pub(super) mib: u64,
}

struct Hook {
    path: PathBuf,
    header: HashMap<String, String>,
    source: String,
}

impl Hook {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let header: HashMap<_, _> = text.lines().map_while(header_line).collect();
        assert!(header.contains_key("ends"), "{}", path.display());
        let source = match header.get("repeat") {
            Some(repeat) => repeated(&text, repeat),
            None => text,
        };
        Self {
            path,
            header,
            source,
        }
    }

    fn says(&self, key: &str) -> Option<&str> {
        self.header.get(key).map(String::as_str)
    }

    fn file(&self) -> String {
        let extension = self.path.extension().unwrap().to_str().unwrap();
        format!("hook.{extension}")
    }

    fn config(&self) -> &str {
        self.says("config").unwrap_or(CONFIG)
    }

    /// The longest limit of the config, and the slack.
    fn seconds(&self) -> u64 {
        let is_python = self.path.extension().is_some_and(|it| it == "py");
        let keys: &[&str] = if is_python {
            &["call_seconds: ", "import_seconds: "]
        } else {
            &["rhai: {call_seconds: ", ", call_seconds: "]
        };
        let number = |rest: &str| rest.split(['}', ',']).next()?.parse().ok();
        let limits = keys
            .iter()
            .filter_map(|key| number(self.config().split(key).nth(1)?));
        limits.max().unwrap_or(0_u64) + slack_seconds()
    }

    fn spec(&self) -> String {
        let file = self.file();
        let (parameters, slurm_args) = match self.says("role").unwrap_or("filter") {
            "logic" => (String::new(), format!("  logic: {file}\n")),
            role => (format!("  {role}: {file}\n"), String::new()),
        };
        format!(
            "template: job.j2\noutput_dir: out\nparameters:\n  values: {{lr: [0.1, 0.01], bs: [32]}}\n\
             {parameters}slurm_args:\n  defaults: {{time: '1:00', nested: {{a: [1]}}}}\n{slurm_args}"
        )
    }
}

fn header_line(line: &str) -> Option<(String, String)> {
    let line = line
        .strip_prefix("// ")
        .or_else(|| line.strip_prefix("# "))?;
    let (key, value) = line.split_once(": ")?;
    Some((key.to_owned(), value.to_owned()))
}

fn repeated(text: &str, repeat: &str) -> String {
    let (count, piece) = repeat.split_once(' ').unwrap();
    let piece = |index: usize| piece.replace("@N@", &index.to_string());
    let pieces: String = (0..count.parse().unwrap()).map(piece).collect();
    text.replace("@REPEAT@", &pieces)
}

/// The files of one language whose names pass `SLURMKIT_HOSTILE`, a part of them, if it is set.
fn hooks(language: &str, extension: &str) -> Vec<Hook> {
    let wanted = std::env::var("SLURMKIT_HOSTILE").unwrap_or_default();
    let folder = project().join("tests/corpus/hooks/hostile").join(language);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .contains(&wanted)
        })
        .collect();
    paths.sort();
    paths.into_iter().map(Hook::read).collect()
}

#[test]
fn hostile_rhai_hooks_end_as_they_must() {
    run_all(&hooks("rhai", "rhai"));
}

#[test]
fn hostile_python_hooks_end_as_they_must() {
    run_all(&hooks("python", "py"));
}

#[track_caller]
fn run_all(hooks: &[Hook]) {
    parallel::all_ok(&parallel::map(hooks, |hook| {
        let name = hook.path.file_name().unwrap().to_str().unwrap();
        let problems = problems(hook);
        match problems.is_empty() {
            true => Ok(()),
            false => Err(format!("{name}: {}", problems.join("; "))),
        }
    }));
}

/// The folder of a run is `work` below that of the test, so that there is an outside.
fn prepare(hook: &Hook) -> Test {
    let test = Test::new()
        .file("work/spec.yaml", &hook.spec())
        .file("work/job.j2", "{{ params }} {{ slurm }}\n")
        .file("work/.slurmkit/config.yaml", hook.config())
        .file(&format!("work/{}", hook.file()), &hook.source)
        .file("outside.rhai", "fn x() { 1 }\n")
        .file("work/large.rhai", &"// comment\n".repeat(30_000));
    let work = test.path().join("work");
    let siblings = project().join("tests/corpus/hooks/hostile/rhai/siblings/.");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(siblings)
        .arg(&work)
        .status();
    assert!(copied.unwrap().success());
    fs::write(work.join("binary.rhai"), [0xff, 0xfe]).unwrap();
    symlink("/etc/hostname", work.join("outside_link.rhai")).unwrap();
    symlink("/etc", work.join("folder_link")).unwrap();
    symlink("../absent.rhai", work.join("dangling.rhai")).unwrap();
    symlink("/dev/zero", work.join("device.rhai")).unwrap();
    let pipe = Command::new("mkfifo").arg(work.join("pipe.rhai")).status();
    assert!(pipe.unwrap().success());
    drop(UnixListener::bind(work.join("socket.rhai")).unwrap());
    test
}

/// Runs the command in `work`, and ends it after `seconds`. What it prints is in `stdout` and
/// `stderr` beside that.
pub(super) fn watch(test: &Test, seconds: u64, args: &[&str]) -> Watched {
    let output = Command::new("python3")
        .args(["-c", WATCH, &seconds.to_string()])
        .arg(binary())
        .args(args)
        .current_dir(test.path().join("work"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", test.path().join("home"))
        .env("LANG", "C.UTF-8")
        .env("SLURMKIT_TEST_RUN", test.path())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn problems(hook: &Hook) -> Vec<String> {
    let test = prepare(hook);
    let before = test.tree();
    let Watched { code, late, mib } = watch(&test, hook.seconds(), &["generate", "spec.yaml"]);
    let stderr =
        String::from_utf8_lossy(&fs::read(test.path().join("stderr")).unwrap()).into_owned();
    let shown: String = stderr.chars().take(300).collect();

    let mut problems = Vec::new();
    let names_setting = stderr.contains("hooks.rhai.") || stderr.contains("hooks.python");
    let ends = hook.says("ends").unwrap();
    let as_told = match (code, ends) {
        (0, "ok" | "any") | (1, "error" | "any") => true,
        (1, "limit") => names_setting || stderr.contains("the limit can be raised"),
        _ => false,
    };
    if late {
        problems.push(format!("still ran after {} s", hook.seconds()));
    } else if !as_told {
        problems.push(format!("exit code {code} instead of `{ends}`: {shown}"));
    } else if code == 1 && !stderr.contains("error: ") {
        problems.push(format!("no error is shown: {shown}"));
    }
    if let Some(part) = hook.says("says").filter(|part| !stderr.contains(part)) {
        problems.push(format!("no {part:?} in {shown}"));
    }
    if stderr.contains("panicked at") {
        problems.push(format!("a panic shows: {shown}"));
    }
    let allowed = hook
        .says("memory")
        .map_or(MEMORY_MIB, |mib| mib.parse().unwrap());
    if mib > allowed {
        problems.push(format!("took {mib} MiB"));
    }
    if stderr.len() as u64 > STDERR_BYTES && hook.says("stderr") != Some("unbounded") {
        problems.push(format!("printed {} bytes of errors", stderr.len()));
    }
    if code != 0 {
        let after = test.tree();
        let new = after.iter().filter(|path| !before.contains(path));
        let litter = hook.says("litter").unwrap_or_default();
        let written: Vec<_> = new
            .filter(|path| !["stdout", "stderr"].contains(&path.as_str()))
            .filter(|path| litter.is_empty() || !path.ends_with(litter))
            .filter(|path| !path.contains("__pycache__"))
            .collect();
        if !written.is_empty() {
            problems.push(format!("wrote {written:?}"));
        }
    }
    let left = left_behind(test.path());
    let may_leave = hook.says("leaves");
    if left.iter().any(|line| Some(line.as_str()) != may_leave) {
        problems.push(format!("left {left:?} behind"));
    }
    problems
}

/// Ends what a run left behind, and tells its command lines.
fn left_behind(run: &Path) -> Vec<String> {
    // Processes that were killed need a moment to be gone.
    thread::sleep(Duration::from_millis(100));
    let mark = format!("SLURMKIT_TEST_RUN={}", run.display());
    let mut left = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let is_of_run = fs::read(entry.path().join("environ")).is_ok_and(|environment| {
            environment
                .split(|b| *b == 0)
                .any(|it| it == mark.as_bytes())
        });
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|pid| pid.parse().ok()) else {
            continue;
        };
        if !is_of_run {
            continue;
        }
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        left.push(line.trim_end().to_owned());
        if let Some(pid) = Pid::from_raw(pid) {
            kill_process(pid, Signal::KILL).ok();
        }
    }
    left
}
