use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use super::SlurmError;

/// The most that a command may print, in bytes: a million jobs have 200 MB.
const MAX_OUTPUT: usize = 1 << 30;

/// A command of Slurm's, with its arguments as a list: no shell ever sees them.
pub(super) struct SlurmCommand<'a> {
    pub(super) program: &'static str,
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) working_dir: Option<&'a Path>,
    /// How long it may take.
    pub(super) patience: Duration,
    /// What it must not say on standard error, or it is ended.
    pub(super) stop_at: Option<&'static str>,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None` when we ended it.
    pub(super) status: Option<ExitStatus>,
    /// How long it ran.
    pub(super) elapsed: Duration,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl SlurmCommand<'_> {
    pub(super) fn run(self) -> Result<Ended, SlurmError> {
        let Self {
            program,
            arguments,
            variables,
            working_dir,
            patience,
            stop_at,
        } = self;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for us: a command that is half done with a submission must end it.
            .process_group(0);
        if let Some(folder) = working_dir {
            command.current_dir(folder);
        }
        let start = Instant::now();
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if working_dir.is_none_or(Path::is_dir) => {
                SlurmError::Missing { program }
            }
            _ => SlurmError::Run { program, error },
        })?;
        Ok(watch(child, start, patience, stop_at))
    }
}

/// Reads what a command prints until it ends. Whatever goes wrong in here, the command was started:
/// then it is ended, with all that it started itself, and what it did is not known.
fn watch(mut child: Child, start: Instant, patience: Duration, stop_at: Option<&str>) -> Ended {
    let mut output = Output {
        stdout: child.stdout.take(),
        stderr: child.stderr.take(),
        said: Vec::new(),
        complained: Vec::new(),
    };
    let deadline = start + patience;
    let ended = loop {
        match output.read(deadline) {
            Ok(true) => {}
            // Both pipes are closed: the end is near.
            Ok(false) => break child.wait().ok(),
            Err(_) => break None,
        }
        let is_sign = |sign: &str| String::from_utf8_lossy(&output.complained).contains(sign);
        if stop_at.is_some_and(is_sign) || output.bytes() > MAX_OUTPUT {
            break None;
        }
    };
    if ended.is_none() {
        // It leads a group of its own; where `sbatch` is a script of the site, the real one is in it.
        if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
            rustix::process::kill_process_group(group, Signal::KILL).ok();
        }
        child.wait().ok();
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended {
        status: ended,
        elapsed: start.elapsed(),
        stdout: text(output.said),
        stderr: text(output.complained),
    }
}

/// The pipes of a command, and what came through them.
struct Output {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    complained: Vec<u8>,
}

impl Output {
    fn bytes(&self) -> usize {
        self.said.len() + self.complained.len()
    }

    /// Reads what is there, and waits for it until `deadline`; `false` when there will be no more.
    fn read(&mut self, deadline: Instant) -> io::Result<bool> {
        let mut pipes = Vec::new();
        pipes.extend(
            self.stdout
                .iter()
                .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
        );
        pipes.extend(
            self.stderr
                .iter()
                .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
        );
        if pipes.is_empty() {
            return Ok(false);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).ok();
        match poll(&mut pipes, timeout.as_ref()) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        let mut ready = pipes.iter().map(|pipe| !pipe.revents().is_empty());
        let stdout_ready = self.stdout.is_some() && ready.next() == Some(true);
        let stderr_ready = self.stderr.is_some() && ready.next() == Some(true);
        drop(pipes);
        if stdout_ready {
            read_some(&mut self.stdout, &mut self.said)?;
        }
        if stderr_ready {
            read_some(&mut self.stderr, &mut self.complained)?;
        }
        Ok(true)
    }
}

/// Reads what a pipe has, and forgets the pipe at its end.
fn read_some(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 1 << 14];
    let length = match pipe.as_mut().map(|pipe| pipe.read(&mut buffer)) {
        Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
        length => length.transpose()?.unwrap_or(0),
    };
    into.extend_from_slice(&buffer[..length]);
    if length == 0 {
        *pipe = None;
    }
    Ok(())
}

/// Whether a process of this host has `text` among its arguments.
pub(super) fn is_running_with(text: &str) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let is_number = |name: &OsStr| {
        let name = name.to_str().unwrap_or_default();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
    };
    processes
        .flatten()
        .filter(|entry| is_number(&entry.file_name()))
        .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|arguments| String::from_utf8_lossy(&arguments).contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, patience: u64, stop_at: Option<&'static str>) -> Ended {
        let command = SlurmCommand {
            program: "sh",
            arguments: vec!["-c".into(), script.into()],
            variables: std::env::vars_os().collect(),
            working_dir: None,
            patience: Duration::from_secs(patience),
            stop_at,
        };
        command.run().unwrap()
    }

    #[test]
    fn both_pipes_are_read_whatever_their_length() {
        let long = "head -c 300000 /dev/zero | tr '\\0' x";
        let ended = run(&format!("{long}; {long} >&2; exit 3"), 60, None);
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
        assert_eq!((ended.stdout.len(), ended.stderr.len()), (300_000, 300_000));
    }

    /// Where `sbatch` is a script, the real one must not go on.
    #[test]
    fn what_is_ended_is_ended_with_all_that_it_started() {
        for (patience, stop_at) in [(60, Some("sleeping")), (5, None)] {
            let script = "sleep 1000 & echo $!; echo sleeping >&2; wait";
            let ended = run(script, patience, stop_at);
            assert_eq!(ended.status, None);
            let child: i32 = ended.stdout.trim().parse().unwrap();
            let stat = format!("/proc/{child}/stat");
            // Until somebody takes note of its end, it is a zombie.
            let is_alive = || fs_err::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z"));
            for _ in 0..500 {
                if is_alive() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            assert!(!is_alive());
        }
    }

    #[test]
    fn a_folder_that_is_gone_is_not_a_command_that_is_missing() {
        let in_folder = |folder: &str| {
            let command = SlurmCommand {
                program: "no-such-command",
                arguments: Vec::new(),
                variables: Vec::new(),
                working_dir: Some(Path::new(folder)),
                patience: Duration::from_secs(1),
                stop_at: None,
            };
            command.run().unwrap_err()
        };
        assert!(matches!(
            in_folder("/no/such/folder"),
            SlurmError::Run { .. }
        ));
        assert!(matches!(in_folder("/"), SlurmError::Missing { .. }));
    }
}
