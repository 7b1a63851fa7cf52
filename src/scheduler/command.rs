use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

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

enum Piece {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
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
            io::ErrorKind::NotFound => SlurmError::Missing { program },
            _ => SlurmError::Run { program, error },
        })?;
        watch(child, start, patience, stop_at).map_err(|error| SlurmError::Run { program, error })
    }
}

fn watch(
    mut child: Child,
    start: Instant,
    patience: Duration,
    stop_at: Option<&str>,
) -> io::Result<Ended> {
    let (sender, pieces) = mpsc::channel();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let readers = [
        stdout.map(|pipe| read(pipe, Piece::Stdout, sender.clone())),
        stderr.map(|pipe| read(pipe, Piece::Stderr, sender.clone())),
    ];
    for reader in readers.into_iter().flatten() {
        reader?;
    }
    drop(sender);
    let deadline = start + patience;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut stopped = false;
    loop {
        match pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Piece::Stdout(piece)) => stdout.extend(piece),
            Ok(Piece::Stderr(piece)) => stderr.extend(piece),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => stopped = true,
        }
        let said = stop_at.is_some_and(|sign| String::from_utf8_lossy(&stderr).contains(sign));
        if stopped || said || stdout.len() + stderr.len() > MAX_OUTPUT {
            stopped = true;
            child.kill().ok();
            break;
        }
    }
    // Both pipes are closed, or the process is killed: this does not block for long.
    let status = child.wait()?;
    let elapsed = start.elapsed();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Ended {
        status: (!stopped).then_some(status),
        elapsed,
        stdout: text(stdout),
        stderr: text(stderr),
    })
}

fn read(
    mut pipe: impl Read + Send + 'static,
    wrap: fn(Vec<u8>) -> Piece,
    sender: Sender<Piece>,
) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            if sender.send(wrap(buffer[..length].to_vec())).is_err() {
                break;
            }
        }
    })
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
