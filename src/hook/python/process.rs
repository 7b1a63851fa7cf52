//! The worker process: started, spoken to within deadlines, and always seen to its end.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

use super::protocol::Request;
use super::stderr::Stderr;
use crate::config::HookOutput;

/// The largest answer.
const MAX_FRAME: usize = 64 << 20;
/// How often to look whether a worker ended whose forked child still holds the pipe open.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How long an interrupted worker may take to say where it was.
const INTERRUPT_GRACE: Duration = Duration::from_millis(300);
/// How long a worker may take to print where it was when it is aborted.
const ABORT_GRACE: Duration = Duration::from_millis(500);
/// How long exit handlers of hooks may take.
const BYE_GRACE: Duration = Duration::from_secs(2);

/// A worker process.
pub(super) struct Process {
    child: Child,
    pid: Pid,
    /// `None` once the worker was told to end.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: Stderr,
    received: Vec<u8>,
    ended: Option<ExitStatus>,
}

/// Why there is no answer. The process is gone.
#[derive(Debug)]
pub(super) enum Lost {
    /// It closed its end of the pipe without ending.
    Closed,
    /// It ended.
    Ended(ExitStatus),
    /// It took too long; what it said when it was interrupted.
    TimedOut(Option<Vec<u8>>),
    /// It said more than any answer may have.
    Oversized,
    /// The pipes failed.
    Io(io::Error),
}

impl Process {
    /// Starts `program` in a process group of its own, with pipes for all three streams.
    pub(super) fn spawn(program: &OsStr, args: &[&str], output: &HookOutput) -> io::Result<Self> {
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C on the terminal is for us alone; a worker would print a traceback for it.
            .process_group(0);
        #[cfg(target_os = "linux")]
        die_with_parent(&mut command);
        let (mut child, stderr) = Stderr::spawn(command, output)?;
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let process = Self {
            pid: Pid::from_child(&child),
            child,
            stdin: Some(stdin),
            stdout,
            stderr,
            received: Vec::new(),
            ended: None,
        };
        process.unblock_pipes()?;
        Ok(process)
    }

    fn unblock_pipes(&self) -> io::Result<()> {
        if let Some(stdin) = &self.stdin {
            rustix::io::ioctl_fionbio(stdin, true)?;
        }
        Ok(rustix::io::ioctl_fionbio(&self.stdout, true)?)
    }

    /// What it prints before it is known whether it is Python at all.
    pub(super) fn stderr(&self) -> &Stderr {
        &self.stderr
    }

    /// Sends `line` and returns the line that answers it. A `limit` of zero is none.
    pub(super) fn exchange(&mut self, line: &[u8], limit: Duration) -> Result<Vec<u8>, Lost> {
        self.exchange_until(line, limit, MAX_FRAME, |received| received.ends_with(b"\n"))
    }

    /// Sends `data` and returns what was received once it is `complete`.
    pub(super) fn exchange_until(
        &mut self,
        data: &[u8],
        limit: Duration,
        max_bytes: usize,
        complete: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, Lost> {
        if let Some(status) = self.ended {
            return Err(Lost::Ended(status));
        }
        let until = (!limit.is_zero()).then(|| Instant::now() + limit);
        match self.pump(data, until, max_bytes, complete) {
            Ok(()) => Ok(std::mem::take(&mut self.received)),
            Err(Pumped::Closed) => Err(self.lost_by_closing()),
            Err(Pumped::Late) => Err(Lost::TimedOut(self.interrupt())),
            Err(Pumped::Oversized) => {
                self.kill();
                Err(Lost::Oversized)
            }
            Err(Pumped::Io(error)) => {
                self.kill();
                Err(Lost::Io(error))
            }
        }
    }

    /// Writes and reads at the same time, so that neither side can wait for the other for ever.
    fn pump(
        &mut self,
        mut data: &[u8],
        until: Option<Instant>,
        max_bytes: usize,
        complete: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Pumped> {
        while !complete(&self.received) {
            if until.is_some_and(|until| until <= Instant::now()) {
                return Err(Pumped::Late);
            }
            let ready = self.wait(!data.is_empty(), until)?;
            if ready.writable {
                data = self.write(data)?;
            }
            if ready.readable {
                self.read(max_bytes)?;
            } else if !ready.writable && self.has_ended() {
                // Nothing more can come, even if a forked child holds the pipe open.
                return Err(Pumped::Closed);
            }
        }
        Ok(())
    }

    fn wait(&self, to_write: bool, until: Option<Instant>) -> Result<Ready, Pumped> {
        let rest = until.map_or(LOOK_AGAIN, |until| {
            LOOK_AGAIN.min(until.saturating_duration_since(Instant::now()))
        });
        let timeout = Timespec::try_from(rest).expect("a fraction of a second fits");
        let mut pipes = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        if let Some(stdin) = self.stdin.as_ref().filter(|_| to_write) {
            pipes.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::OUT));
        }
        match poll(&mut pipes, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Pumped::Io(error.into())),
        }
        let ready = |index: usize| {
            pipes
                .get(index)
                .is_some_and(|pipe| !pipe.revents().is_empty())
        };
        Ok(Ready {
            readable: ready(0),
            writable: ready(1),
        })
    }

    fn write<'a>(&mut self, data: &'a [u8]) -> Result<&'a [u8], Pumped> {
        let Some(stdin) = &mut self.stdin else {
            return Ok(&[]);
        };
        match stdin.write(data) {
            Ok(length) => Ok(&data[length..]),
            Err(error) if is_temporary(&error) => Ok(data),
            // It reads no more. Its last words, or its end, are on the other pipe.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(&[]),
            Err(error) => Err(Pumped::Io(error)),
        }
    }

    fn read(&mut self, max_bytes: usize) -> Result<(), Pumped> {
        let mut buffer = [0; 16 << 10];
        match self.stdout.read(&mut buffer) {
            Ok(0) => Err(Pumped::Closed),
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                if self.received.len() > max_bytes {
                    Err(Pumped::Oversized)
                } else {
                    Ok(())
                }
            }
            Err(error) if is_temporary(&error) => Ok(()),
            Err(error) => Err(Pumped::Io(error)),
        }
    }

    /// Whether it ended, without collecting it: its group must keep its number until it is killed.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error means that there is no such child any more.
        waitid(WaitId::Pid(self.pid), options).map_or(true, |status| status.is_some())
    }

    fn has_ended_within(&self, grace: Duration) -> bool {
        let until = Instant::now() + grace;
        let mut pause = Duration::from_micros(200);
        while !self.has_ended() {
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
        true
    }

    /// The worker closed its end, which mostly means that it ended.
    fn lost_by_closing(&mut self) -> Lost {
        let ended = self.has_ended_within(ABORT_GRACE);
        let status = self.kill();
        if ended {
            Lost::Ended(status)
        } else {
            Lost::Closed
        }
    }

    /// Ends a worker that takes too long, in the way that tells most about where it is: Python
    /// raises `KeyboardInterrupt`; if it cannot, its fault handler prints the line.
    fn interrupt(&mut self) -> Option<Vec<u8>> {
        self.received.clear();
        kill_process(self.pid, Signal::INT).ok();
        let until = Some(Instant::now() + INTERRUPT_GRACE);
        let told = self.pump(&[], until, MAX_FRAME, |received| received.ends_with(b"\n"));
        if matches!(told, Err(Pumped::Late)) {
            kill_process(self.pid, Signal::ABORT).ok();
            self.has_ended_within(ABORT_GRACE);
        }
        let received = std::mem::take(&mut self.received);
        self.kill();
        told.is_ok().then_some(received)
    }

    /// Kills the whole group, collects the worker and reads its last words.
    fn kill(&mut self) -> ExitStatus {
        if let Some(status) = self.ended {
            return status;
        }
        kill_process_group(self.pid, Signal::KILL).ok();
        self.collect()
    }

    fn collect(&mut self) -> ExitStatus {
        // It cannot fail for a child that nobody else collects.
        let status = self.child.wait().unwrap_or_default();
        self.ended = Some(status);
        self.stderr.finish();
        status
    }
}

impl Drop for Process {
    /// Says goodbye, so that exit handlers run, but waits for them only so long.
    fn drop(&mut self) {
        if self.ended.is_some() {
            return;
        }
        if let Some(mut stdin) = self.stdin.take() {
            // Closing the pipe says the same, if this does not get through.
            stdin.write_all(&Request::Bye.to_line()).ok();
        }
        if self.has_ended_within(BYE_GRACE) {
            self.collect();
        } else {
            self.kill();
        }
    }
}

struct Ready {
    readable: bool,
    writable: bool,
}

/// Why a conversation broke off.
enum Pumped {
    Closed,
    Late,
    Oversized,
    Io(io::Error),
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Lets the kernel kill the worker when we die without a chance to do so ourselves.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "two system calls between fork and exec, which allocate nothing"
)]
fn die_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the signal was asked for.
        if rustix::process::getppid() == Some(parent) {
            Ok(())
        } else {
            Err(io::Error::from(ErrorKind::BrokenPipe))
        }
    };
    // SAFETY: `prctl` and `getppid` are safe to call in a forked child of a threaded process, and
    // the closure touches no memory but its own.
    unsafe {
        command.pre_exec(prepare);
    }
}

/// How a process ended: `ended with exit code 7`, `was killed by signal 11 (SIGSEGV)`.
pub(super) fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("was killed by signal {signal} ({name})"),
            None => format!("was killed by signal {signal}"),
        },
        (None, None) => "ended".into(),
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    const NAMES: [(Signal, &str); 14] = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::HUP, "SIGHUP"),
        (Signal::ILL, "SIGILL"),
        (Signal::INT, "SIGINT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::TERM, "SIGTERM"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::USR2, "SIGUSR2"),
        (Signal::XCPU, "SIGXCPU"),
    ];
    NAMES
        .iter()
        .find(|(known, _)| known.as_raw() == signal)
        .map(|(_, name)| *name)
}
