//! The search for a Python interpreter that can run the worker.

use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::time::Duration;

use super::process::{Lost, Process, ending};
use super::protocol;
use crate::config::{HookOutput, Interpreter, PythonSettings};
use crate::hook::error::{HookError, HookErrorKind};
use crate::spec::HookRef;

/// The worker's source.
const WORKER: &str = include_str!("../../../scripts/hook_worker.py");

/// Reads the worker from standard input and runs it: so the command line stays short, and user
/// code does not see the worker's names. Valid Python 2, to get a polite answer from one.
const BOOT: &str = r#"import sys
if sys.path[:1] == [""]: del sys.path[0]
import os
if sys.version_info < (3, 6):
    os.write(1, ("\n\0slurmkit-hook old %d.%d\n" % sys.version_info[:2]).encode())
    os._exit(97)
left, source = int(sys.argv[2]), b""
while left:
    part = os.read(0, left)
    if not part: os._exit(98)
    source, left = source + part, left - len(part)
exec(compile(source, "<slurmkit hook worker>", "exec"), {"__name__": "slurmkit_hook_worker"})
"#;

/// Stands before the handshake. What a start-up file prints may come before it.
const GREETING: &[u8] = b"\n\0slurmkit-hook ";
/// How long it is with what follows, at most.
const MAX_GREETING: usize = 128;
/// How much may come before it.
const MAX_NOISE: usize = 1 << 20;
/// How long an interpreter may take to start.
const START_TIME: Duration = Duration::from_secs(30);

const HELP: &str = "set one with `--python`, `SLURMKIT_PYTHON` or `python:` in the config; \
                    or write the hook in Rhai (`.rhai`), which needs none";

/// Starts the first usable interpreter of `settings`.
pub(super) fn start(
    hook: &HookRef,
    settings: &PythonSettings,
    output: &HookOutput,
) -> Result<Process, HookError> {
    start_within(START_TIME, hook, settings, output)
}

fn start_within(
    start_time: Duration,
    hook: &HookRef,
    settings: &PythonSettings,
    output: &HookOutput,
) -> Result<Process, HookError> {
    let message = "no usable Python interpreter was found";
    let mut error = HookError::new(hook, HookErrorKind::Interpreter, message).help(HELP);
    for interpreter in &settings.interpreters {
        let Interpreter {
            program,
            origin,
            required,
        } = interpreter;
        let problem = match greet(interpreter, start_time, output) {
            Ok(process) => return Ok(process),
            Err(problem) => problem,
        };
        error = error.note(format!("`{}` ({origin}): {problem}", program.display()));
        if *required {
            break;
        }
    }
    Err(error)
}

/// Starts one interpreter and waits for the worker's greeting, or says what is wrong with it.
fn greet(
    interpreter: &Interpreter,
    start_time: Duration,
    output: &HookOutput,
) -> Result<Process, String> {
    // Whatever else is printed at the start cannot be taken for the greeting.
    let nonce = format!("{:016x}", RandomState::new().hash_one(0));
    let args = ["-c", BOOT, &nonce, &WORKER.len().to_string()];
    let mut process = Process::spawn(&interpreter.program, &args, output).map_err(|error| {
        match error.kind() {
            ErrorKind::NotFound => "not found".into(),
            ErrorKind::PermissionDenied => "not executable".into(),
            _ => format!("cannot be started: {error}"),
        }
    })?;
    process.send(WORKER.as_bytes());
    let received = process
        .receive_until(start_time, MAX_NOISE, |received| {
            split_greeting(received).map(|_| received.len())
        })
        .map_err(|lost| not_greeted(&process, &lost, start_time))?;
    let (noise, greeting) = split_greeting(&received).expect("the exchange waited for it");
    if greeting == format!("{} {nonce}", protocol::VERSION) {
        process.stderr().pass_on(noise);
        return Ok(process);
    }
    Err(match greeting.strip_prefix("old ") {
        Some(version) => format!("is Python {version}; hooks need 3.6 or newer"),
        None => "is not Python".into(),
    })
}

/// What comes before the greeting, and the greeting, which is the last that comes.
fn split_greeting(received: &[u8]) -> Option<(&[u8], &str)> {
    let tail = received.len().saturating_sub(MAX_GREETING);
    let at = received[tail..]
        .windows(GREETING.len())
        .rposition(|window| window == GREETING)?;
    let at = tail + at;
    let greeting = received[at + GREETING.len()..].strip_suffix(b"\n")?;
    Some((&received[..at], std::str::from_utf8(greeting).ok()?))
}

fn not_greeted(process: &Process, lost: &Lost, start_time: Duration) -> String {
    let kept = process.stderr().take_kept();
    let printed = String::from_utf8_lossy(&kept);
    let problem = match lost {
        Lost::Closed | Lost::Oversized => "is not Python".into(),
        Lost::Ended(status) => format!("{} before it was ready", ending(*status)),
        Lost::TimedOut(_) => format!("did not answer within {} s", start_time.as_secs_f64()),
        Lost::Io(error) => format!("cannot be spoken to: {error}"),
    };
    match printed.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => format!("{problem}: {}", line.trim()),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::diagnostic::Diagnose;
    use crate::spec::Role;

    fn hook() -> HookRef {
        HookRef {
            role: Role::Filter,
            path: "f.py".into(),
            function: "include_params".into(),
            label: None,
        }
    }

    fn optional(program: impl AsRef<Path>) -> Interpreter {
        Interpreter {
            program: program.as_ref().into(),
            origin: "test".into(),
            required: false,
        }
    }

    fn settings(interpreters: Vec<Interpreter>) -> PythonSettings {
        PythonSettings {
            interpreters,
            ..PythonSettings::default()
        }
    }

    fn script(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let path = folder.join(name);
        crate::fs::write_atomic(&path, text.as_bytes()).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn an_unusable_interpreter_is_told_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name, text| script(folder.path(), name, text);
        let plain = folder.path().join("plain");
        crate::fs::write_atomic(&plain, b"").unwrap();
        let hanging = at("hanging", "#!/bin/sh\nexec sleep 60\n");
        let all = [
            (folder.path().join("absent"), "not found"),
            (plain, "not executable"),
            (folder.path().into(), "not executable"),
            (
                at("true", "#!/bin/sh\n"),
                "ended with exit code 0 before it was ready",
            ),
            (
                at("broken", "#!/bin/sh\necho 'no encodings' >&2\nexit 1\n"),
                "ended with exit code 1 before it was ready: no encodings",
            ),
            (
                at(
                    "old",
                    "#!/bin/sh\nprintf '\\n\\0slurmkit-hook old 2.7\\n'\n",
                ),
                "is Python 2.7; hooks need 3.6 or newer",
            ),
            (
                at(
                    "other",
                    "#!/bin/sh\nprintf '\\n\\0slurmkit-hook 1 guess\\n'\n",
                ),
                "is not Python",
            ),
            (at("noisy", "#!/bin/sh\nexec yes\n"), "is not Python"),
            (hanging, "did not answer within 1 s"),
        ];
        let interpreters = all.iter().map(|(program, _)| optional(program)).collect();
        let output = HookOutput::new(|_| panic!("nothing of them is shown"));
        let error = start_within(
            Duration::from_secs(1),
            &hook(),
            &settings(interpreters),
            &output,
        )
        .err()
        .unwrap();
        assert_eq!(error.kind(), HookErrorKind::Interpreter);
        assert_eq!(
            error.to_string(),
            "filter hook `f.py`: no usable Python interpreter was found"
        );
        assert!(Diagnose::help(&error).unwrap().contains("SLURMKIT_PYTHON"));
        let expected: Vec<_> = all
            .iter()
            .map(|(program, reason)| format!("`{}` (test): {reason}", program.display()))
            .collect();
        assert_eq!(error.notes(), expected);
    }

    #[test]
    fn an_optional_interpreter_is_skipped_and_a_required_one_is_not() {
        let absent = optional("/nonexistent/python");
        let good = optional("python3");
        let output = HookOutput::default();
        let start = |interpreters| start(&hook(), &settings(interpreters), &output);
        assert!(start(vec![absent.clone(), good.clone()]).is_ok());
        let required = Interpreter {
            required: true,
            ..absent
        };
        assert_eq!(start(vec![required, good]).err().unwrap().notes().len(), 1);
    }

    #[test]
    fn what_comes_before_the_greeting_is_noise() {
        assert_eq!(
            split_greeting(b"hello\n\0slurmkit-hook no\n\0slurmkit-hook 1 ab\n"),
            Some((&b"hello\n\0slurmkit-hook no"[..], "1 ab"))
        );
        assert_eq!(split_greeting(b"\n\0slurmkit-hook 1 ab"), None);
    }
}
