//! The standard error of the worker, which carries all that hooks and their children print.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::mem;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStderr, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::config::HookOutput;

/// How long to read on after the worker ended: a child it left behind may hold the pipe for ever.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// What is kept of an interpreter that may turn out to be none.
const MAX_KEPT: usize = 64 << 10;

/// The thread that reads it.
///
/// The same thread starts the process: Linux sends the death signal to a child when the *thread*
/// that forked it ends, and this one lives exactly as long as it should.
pub(super) struct Stderr {
    thread: Option<JoinHandle<()>>,
    /// Dropping it ends the thread.
    stop: Option<PipeWriter>,
    /// The reading end of the pipe once more, to ask whether anything is in it.
    pipe: Option<OwnedFd>,
    sink: Arc<Sink>,
}

struct Sink {
    output: HookOutput,
    /// Whether something is on its way from the pipe to the output.
    moving: AtomicBool,
    /// What was read before it is known whether this is Python at all.
    kept: Mutex<Option<Vec<u8>>>,
}

impl Stderr {
    /// Starts `command` and reads its standard error. What comes is kept until [`Self::pass_on`].
    pub(super) fn spawn(command: Command, output: &HookOutput) -> io::Result<(Child, Self)> {
        let sink = Arc::new(Sink {
            output: output.clone(),
            moving: AtomicBool::new(false),
            kept: Mutex::new(Some(Vec::new())),
        });
        let (stopped, stop) = io::pipe()?;
        let (started, child) = mpsc::channel();
        let to = sink.clone();
        let thread = thread::Builder::new()
            .name("hook output".into())
            .spawn(move || start_and_read(command, &started, &to, &stopped))?;
        let (child, pipe) = child.recv().expect("the thread answers before it ends")?;
        Ok((
            child,
            Self {
                thread: Some(thread),
                stop: Some(stop),
                pipe,
                sink,
            },
        ))
    }

    /// Sends what was kept, and from now on everything, to the output.
    pub(super) fn pass_on(&self, noise: &[u8]) {
        let kept = self.sink.take_kept();
        for piece in [noise, &kept] {
            if !piece.is_empty() {
                self.sink.output.write(piece);
            }
        }
    }

    /// What was kept so far, which is then gone.
    pub(super) fn take_kept(&self) -> Vec<u8> {
        self.sink.take_kept()
    }

    /// Waits until what is in the pipe by now has reached the output, at most a tenth of a second.
    pub(super) fn settle(&self) {
        let until = Instant::now() + LAST_WORDS;
        let unread = || {
            let waiting = self.pipe.as_ref().map(rustix::io::ioctl_fionread);
            matches!(waiting, Some(Ok(1..))) || self.sink.moving.load(Ordering::Acquire)
        };
        while unread() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Reads the last words of a worker that ended.
    pub(super) fn finish(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the output's sink is no reason for another.
            thread.join().ok();
        }
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Sink {
    fn write(&self, piece: &[u8]) {
        match &mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(kept) => {
                let room = MAX_KEPT.saturating_sub(kept.len());
                kept.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            None => self.output.write(piece),
        }
    }

    fn take_kept(&self) -> Vec<u8> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut *kept).unwrap_or_default()
    }
}

fn start_and_read(
    mut command: Command,
    started: &mpsc::Sender<io::Result<(Child, Option<OwnedFd>)>>,
    sink: &Sink,
    stopped: &PipeReader,
) {
    let mut child = command.spawn();
    let stderr = child.as_mut().ok().and_then(|child| child.stderr.take());
    let pipe = stderr
        .as_ref()
        .and_then(|stderr| stderr.as_fd().try_clone_to_owned().ok());
    started.send(child.map(|child| (child, pipe))).ok();
    if let Some(stderr) = stderr {
        read(stderr, sink, stopped);
    }
}

fn read(mut stderr: ChildStderr, sink: &Sink, stopped: &PipeReader) {
    let mut buffer = [0; 16 << 10];
    let mut open = true;
    let mut until = None;
    loop {
        let rest = until.map(|until: Instant| until.saturating_duration_since(Instant::now()));
        if rest.is_some_and(|rest| rest.is_zero() || !open) {
            return;
        }
        // Once told to stop, only the pipe counts; once the pipe is closed, only being told.
        let mut sources = Vec::with_capacity(2);
        if open {
            sources.push(PollFd::from_borrowed_fd(stderr.as_fd(), PollFlags::IN));
        }
        if until.is_none() {
            sources.push(PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN));
        }
        let timeout = rest.and_then(|rest| Timespec::try_from(rest).ok());
        // An interrupted wait shows no events and is simply repeated.
        poll(&mut sources, timeout.as_ref()).ok();
        let readable = open && !sources[0].revents().is_empty();
        let told = until.is_none()
            && sources
                .last()
                .is_some_and(|stop| !stop.revents().is_empty());
        if readable {
            sink.moving.store(true, Ordering::Release);
            match stderr.read(&mut buffer) {
                Ok(0) | Err(_) => open = false,
                Ok(length) => sink.write(&buffer[..length]),
            }
            sink.moving.store(false, Ordering::Release);
        }
        if told {
            until = Some(Instant::now() + LAST_WORDS);
        }
    }
}
