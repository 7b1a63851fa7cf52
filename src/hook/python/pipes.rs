//! The pipes to a worker, written and read at once, so that neither side waits for the other.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The largest answer.
const MAX_FRAME: usize = 64 << 20;
/// How often to look whether a worker ended whose forked child still holds the pipe open.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Standard input and output of a worker.
pub(super) struct Pipes {
    /// `None` once the worker was told to end.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// What is to be sent, and how much of it went into the pipe.
    outgoing: Vec<u8>,
    sent: usize,
    /// What no one asked for yet.
    received: Vec<u8>,
}

/// Why a conversation broke off.
pub(super) enum Broken {
    Closed,
    Late,
    Oversized,
    Io(io::Error),
}

impl Pipes {
    /// Takes the pipes of `child`, which must have both.
    pub(super) fn of(child: &mut Child) -> io::Result<Self> {
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        rustix::io::ioctl_fionbio(&stdin, true)?;
        rustix::io::ioctl_fionbio(&stdout, true)?;
        Ok(Self {
            stdin: Some(stdin),
            stdout,
            outgoing: Vec::new(),
            sent: 0,
            received: Vec::new(),
        })
    }

    /// Sends as much as the pipe takes; the rest goes while something is received.
    pub(super) fn send(&mut self, data: &[u8]) -> Result<(), Broken> {
        self.outgoing.extend_from_slice(data);
        self.write()
    }

    /// Says the last words. Closing the pipe says the same, if they do not get through.
    pub(super) fn close(&mut self, data: &[u8]) {
        let amid_a_request = self.is_sending();
        if let Some(mut stdin) = self.stdin.take()
            && !amid_a_request
        {
            stdin.write_all(data).ok();
        }
    }

    fn is_sending(&self) -> bool {
        self.sent < self.outgoing.len()
    }

    /// Forgets what was received.
    pub(super) fn clear(&mut self) {
        self.received.clear();
    }

    /// The next line. `ended` tells whether the worker has.
    pub(super) fn line(
        &mut self,
        until: Option<Instant>,
        ended: impl Fn() -> bool,
    ) -> Result<Vec<u8>, Broken> {
        self.frame(until, MAX_FRAME, ended, |received, start| {
            let newline = received[start..].iter().position(|byte| *byte == b'\n')?;
            Some(start + newline + 1)
        })
    }

    /// What comes before the place that `end` finds in all that was received, whose part from its
    /// second argument on is new.
    pub(super) fn frame(
        &mut self,
        until: Option<Instant>,
        max_bytes: usize,
        ended: impl Fn() -> bool,
        end: impl Fn(&[u8], usize) -> Option<usize>,
    ) -> Result<Vec<u8>, Broken> {
        let mut seen = 0;
        loop {
            if let Some(end) = end(&self.received, seen) {
                let rest = self.received.split_off(end);
                return Ok(mem::replace(&mut self.received, rest));
            }
            seen = self.received.len();
            if seen > max_bytes {
                return Err(Broken::Oversized);
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                return Err(Broken::Late);
            }
            let ready = self.wait(until)?;
            if ready.writable {
                self.write()?;
            }
            if ready.readable {
                self.read()?;
            } else if !ready.writable && ended() {
                // Nothing more can come, even if a forked child holds the pipe open.
                return Err(Broken::Closed);
            }
        }
    }

    fn wait(&self, until: Option<Instant>) -> Result<Ready, Broken> {
        let rest = until.map_or(LOOK_AGAIN, |until| {
            LOOK_AGAIN.min(until.saturating_duration_since(Instant::now()))
        });
        let timeout = Timespec::try_from(rest).expect("a fraction of a second fits");
        let mut pipes = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        if let Some(stdin) = self.stdin.as_ref().filter(|_| self.is_sending()) {
            pipes.push(PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::OUT));
        }
        match poll(&mut pipes, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Broken::Io(error.into())),
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

    fn write(&mut self) -> Result<(), Broken> {
        let Some(stdin) = &mut self.stdin else {
            return Ok(());
        };
        match stdin.write(&self.outgoing[self.sent..]) {
            Ok(length) => self.sent += length,
            Err(error) if is_temporary(&error) => {}
            // It reads no more. Its last words, or its end, are on the other pipe.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.sent = self.outgoing.len(),
            Err(error) => return Err(Broken::Io(error)),
        }
        if !self.is_sending() {
            self.outgoing.clear();
            self.sent = 0;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), Broken> {
        let mut buffer = [0; 16 << 10];
        match self.stdout.read(&mut buffer) {
            Ok(0) => Err(Broken::Closed),
            Ok(length) => {
                self.received.extend_from_slice(&buffer[..length]);
                Ok(())
            }
            Err(error) if is_temporary(&error) => Ok(()),
            Err(error) => Err(Broken::Io(error)),
        }
    }
}

struct Ready {
    readable: bool,
    writable: bool,
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
