//! The worker process: started, spoken to within deadlines, and always seen to its end.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

use super::pipes::{Broken, Pipes};
use super::protocol::{Request, is_stopped};
use super::stderr::Stderr;
use crate::config::HookOutput;

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
    pipes: Pipes,
    stderr: Stderr,
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
        Ok(Self {
            pid: Pid::from_child(&child),
            pipes: Pipes::of(&mut child)?,
            child,
            stderr,
            ended: None,
        })
    }

    /// What it prints before it is known whether it is Python at all.
    pub(super) fn stderr(&self) -> &Stderr {
        &self.stderr
    }

    /// Sends `line`, which is not waited for. That it cannot be sent shows when the answer is.
    pub(super) fn send(&mut self, line: &[u8]) {
        if self.ended.is_none() && self.pipes.send(line).is_err() {
            self.kill();
        }
    }

    /// The line that comes next. A `limit` of zero is none.
    pub(super) fn receive(&mut self, limit: Duration) -> Result<Vec<u8>, Lost> {
        self.receive_by(limit, |pipes, until, pid| {
            pipes.line(until, || has_ended(pid))
        })
    }

    /// What comes up to the place that `end` finds, within so many bytes.
    pub(super) fn receive_until(
        &mut self,
        limit: Duration,
        max_bytes: usize,
        end: impl Fn(&[u8]) -> Option<usize>,
    ) -> Result<Vec<u8>, Lost> {
        self.receive_by(limit, |pipes, until, pid| {
            pipes.frame(
                until,
                max_bytes,
                || has_ended(pid),
                |received, _| end(received),
            )
        })
    }

    fn receive_by(
        &mut self,
        limit: Duration,
        receive: impl FnOnce(&mut Pipes, Option<Instant>, Pid) -> Result<Vec<u8>, Broken>,
    ) -> Result<Vec<u8>, Lost> {
        if let Some(status) = self.ended {
            return Err(Lost::Ended(status));
        }
        let until = (!limit.is_zero()).then(|| Instant::now() + limit);
        receive(&mut self.pipes, until, self.pid).map_err(|broken| match broken {
            Broken::Closed => self.lost_by_closing(),
            Broken::Late => Lost::TimedOut(self.interrupt()),
            Broken::Oversized => {
                self.kill();
                Lost::Oversized
            }
            Broken::Io(error) => {
                self.kill();
                Lost::Io(error)
            }
        })
    }

    fn has_ended_within(&self, grace: Duration) -> bool {
        let until = Instant::now() + grace;
        let mut pause = Duration::from_micros(200);
        while !has_ended(self.pid) {
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
        self.pipes.clear();
        kill_process(self.pid, Signal::INT).ok();
        let until = Some(Instant::now() + INTERRUPT_GRACE);
        let told = loop {
            // It may have answered in the very moment that its time was up.
            match self.pipes.line(until, || has_ended(self.pid)) {
                Ok(line) if is_stopped(&line) => break Some(line),
                Ok(_) => {}
                Err(Broken::Late) => {
                    kill_process(self.pid, Signal::ABORT).ok();
                    self.has_ended_within(ABORT_GRACE);
                    break None;
                }
                Err(Broken::Closed | Broken::Oversized | Broken::Io(_)) => break None,
            }
        };
        self.kill();
        told
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
        self.pipes.close(&Request::Bye.to_line());
        if self.has_ended_within(BYE_GRACE) {
            self.collect();
        } else {
            self.kill();
        }
    }
}

/// Whether a child ended, without collecting it: its group must keep its number until it is killed.
fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // An error means that there is no such child any more.
    waitid(WaitId::Pid(pid), options).map_or(true, |status| status.is_some())
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
