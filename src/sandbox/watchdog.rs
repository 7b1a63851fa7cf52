//! What ends a call that cannot be interrupted.
//!
//! The engine looks at the limits between operations, and lets the watchdog look at the clock. An
//! operation that takes too long or too much by itself, such as a comparison of huge values, is
//! seen from outside only, and then nothing is left but to end the process.

use std::sync::atomic::{AtomicIsize, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::budget::Exceeded;
use super::limits;
use super::memory::Usage;
use crate::config::RhaiLimits;
use crate::diagnostic::Diagnose;

/// How long after its limit a call may go on; the machine may be busy with others.
const GRACE: Duration = Duration::from_secs(5);
/// How often to look.
const INTERVAL: Duration = Duration::from_millis(10);
/// How many times its limit a call may take of memory.
const MEMORY_FACTOR: usize = 2;

/// Watches calls from a thread of its own.
#[derive(Debug)]
pub(super) struct Watchdog {
    watched: Arc<Watched>,
    /// Dropping it ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A call that can only be ended together with the process.
#[derive(Debug, Error)]
#[error("{subject}: {message}; it cannot be interrupted where it is, so slurmkit ends")]
pub(super) struct Unstoppable {
    subject: String,
    message: String,
    help: String,
}

impl Unstoppable {
    pub(super) fn new(exceeded: Exceeded, subject: String, limits: &RhaiLimits) -> Self {
        let (message, limit) = limits::exceeded(exceeded, limits, "in one go");
        Self {
            subject,
            message,
            help: limits::raise(limit),
        }
    }
}

impl Diagnose for Unstoppable {
    fn help(&self) -> Option<String> {
        Some(self.help.clone())
    }
}

/// What the watching and the watched thread know of each other.
#[derive(Debug)]
pub(super) struct Watched {
    /// What is run.
    subject: Mutex<String>,
    /// Begun and ended calls: it is odd during a call.
    turns: AtomicU64,
    /// The last turn in which a call took longer than it may.
    late: AtomicU64,
    /// How many times as long as others the call may take.
    factor: AtomicU32,
    usage: Usage,
    /// What was in use when the call began.
    before: AtomicIsize,
}

impl Watchdog {
    /// Watches a thread by its `usage`. `end` is called at most once, on another thread.
    pub(super) fn start(
        limits: &RhaiLimits,
        usage: &Usage,
        end: impl Fn(Exceeded, String) + Send + 'static,
    ) -> Self {
        let watched = Arc::new(Watched {
            subject: Mutex::default(),
            turns: AtomicU64::new(0),
            late: AtomicU64::new(0),
            factor: AtomicU32::new(1),
            usage: usage.clone(),
            before: AtomicIsize::new(0),
        });
        let (stop, stopped) = mpsc::channel();
        let seen = watched.clone();
        let time = limits.call_time;
        let bytes = limits
            .memory_bytes
            .saturating_mul(MEMORY_FACTOR)
            .cast_signed();
        let watch = move || {
            let (mut turn, mut since) = (0, Instant::now());
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let now = seen.turns.load(Ordering::Acquire);
                if now != turn {
                    (turn, since) = (now, Instant::now());
                }
                if now.is_multiple_of(2) {
                    continue;
                }
                let taken = seen.usage.bytes() - seen.before.load(Ordering::Acquire);
                let factor = seen.factor.load(Ordering::Acquire);
                let took = since.elapsed();
                // What was just read may be that of the next call, whose age is not known yet.
                if seen.turns.load(Ordering::Acquire) != now {
                    continue;
                }
                if bytes > 0 && taken > bytes {
                    return end(Exceeded::Memory, seen.subject());
                }
                let time = time.saturating_mul(factor);
                if !time.is_zero() && took > time {
                    seen.late.store(now, Ordering::Relaxed);
                    if took > time.saturating_add(GRACE) {
                        return end(Exceeded::CallTime, seen.subject());
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("watchdog".into()).spawn(watch);
        Self {
            watched,
            stop: Some(stop),
            // The limits within the engine hold without it.
            thread: thread.ok(),
        }
    }

    /// Says what the calls that follow are for.
    pub(super) fn announce(&self, subject: &str) {
        let mut known = self
            .watched
            .subject
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        subject.clone_into(&mut known);
    }

    /// What it sees.
    pub(super) fn watched(&self) -> &Arc<Watched> {
        &self.watched
    }

    /// Says that a call begins, with so many bytes in use, which may take `factor` times as long as
    /// others.
    pub(super) fn begin(&self, before: isize, factor: u32) {
        self.watched.before.store(before, Ordering::Release);
        self.watched.factor.store(factor, Ordering::Release);
        self.turn();
    }

    /// Says that the call ended.
    pub(super) fn end(&self) {
        self.turn();
    }

    fn turn(&self) {
        let turns = &self.watched.turns;
        turns.store(turns.load(Ordering::Relaxed) + 1, Ordering::Release);
    }
}

impl Watched {
    /// Whether the call at hand takes longer than it may.
    pub(super) fn is_late(&self) -> bool {
        let turn = self.turns.load(Ordering::Relaxed);
        self.late.load(Ordering::Relaxed) == turn && turn != 0
    }

    fn subject(&self) -> String {
        let subject = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        subject.clone()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It ends the process when it has something to say; a panic there says nothing here.
            thread.join().ok();
        }
    }
}
