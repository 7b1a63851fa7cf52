//! What a call has left of time and memory.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rhai::Dynamic;

use super::memory::Usage;
use super::watchdog::Watched;
use crate::config::RhaiLimits;

/// Operations between two looks at the clock. The watchdog looks more often, and is asked each time.
const OPERATIONS_PER_CHECK: u64 = 256;

/// Limits that the engine itself does not know.
#[derive(Debug)]
pub(super) struct Budget {
    /// 0 for no limit.
    memory_bytes: isize,
    /// What may be in use while the call runs.
    memory_end: Cell<isize>,
    call_time: Duration,
    run_time: Duration,
    usage: Usage,
    watched: Arc<Watched>,
    /// How many times as long as others the call may take.
    factor: Cell<u32>,
    /// What calls took and did not give back, which only values that hold themselves do.
    lost: Cell<isize>,
    /// What was in use when the call began.
    before: Cell<isize>,
    /// When the call ends.
    call_end: Cell<Option<Instant>>,
    /// When the batch of calls ends.
    batch_end: Cell<Option<Instant>>,
    /// What is left for batches to come.
    run_left: Cell<Duration>,
}

/// A limit that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceeded {
    CallTime,
    Memory,
    RunTime,
}

impl Exceeded {
    const ALL: [Self; 3] = [Self::CallTime, Self::Memory, Self::RunTime];

    /// What goes through the engine, which knows only its own limits.
    pub(super) fn token(self) -> Dynamic {
        Dynamic::from_int(self as i64)
    }

    /// What came through the engine.
    pub(super) fn of_token(token: &Dynamic) -> Option<Self> {
        let int = token.as_int().ok()?;
        Self::ALL.into_iter().find(|reason| *reason as i64 == int)
    }
}

impl Budget {
    pub(super) fn new(limits: &RhaiLimits, usage: &Usage, watched: &Arc<Watched>) -> Rc<Self> {
        Rc::new(Self {
            memory_bytes: limits.memory_bytes.cast_signed(),
            memory_end: Cell::new(isize::MAX),
            call_time: limits.call_time,
            run_time: limits.run_time,
            usage: usage.clone(),
            watched: watched.clone(),
            factor: Cell::new(1),
            lost: Cell::new(0),
            before: Cell::new(0),
            call_end: Cell::new(None),
            batch_end: Cell::new(None),
            run_left: Cell::new(limits.run_time),
        })
    }

    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Begins a call, which may take `factor` times as long as others.
    pub(super) fn begin(&self, factor: usize) {
        let factor = u32::try_from(factor).unwrap_or(u32::MAX);
        self.factor.set(factor);
        let before = self.usage.bytes();
        self.before.set(before);
        if self.memory_bytes > 0 {
            self.memory_end
                .set(before.saturating_add(self.memory_bytes));
        }
        let end = (!self.call_time.is_zero())
            .then(|| Instant::now().checked_add(self.call_time.saturating_mul(factor)))
            .flatten();
        self.call_end.set(end);
    }

    /// Counts bytes that a call took and did not give back.
    pub(super) fn lose(&self, bytes: isize) {
        self.lost.set(self.lost.get().saturating_add(bytes.max(0)));
    }

    /// Whether all calls together lost more than one may take.
    pub(super) fn has_lost_too_much(&self) -> bool {
        self.memory_bytes > 0 && self.lost.get() > self.memory_bytes
    }

    /// What was in use when the call began, in bytes.
    pub(super) fn before(&self) -> isize {
        self.before.get()
    }

    /// How many times as long as others the call may take.
    pub(super) fn factor(&self) -> u32 {
        self.factor.get()
    }

    /// Begins a batch of calls; returns when.
    pub(super) fn begin_batch(&self) -> Instant {
        let now = Instant::now();
        let limited = !self.run_time.is_zero();
        let end = limited
            .then(|| now.checked_add(self.run_left.get()))
            .flatten();
        self.batch_end.set(end);
        now
    }

    /// Ends a batch that began at `started`.
    pub(super) fn end_batch(&self, started: Instant) {
        let left = self.run_left.get().saturating_sub(started.elapsed());
        self.run_left.set(left);
        self.batch_end.set(None);
    }

    /// The limit that was passed, if any, after so many operations.
    ///
    /// It is asked at each operation, so the usual case is a few comparisons.
    pub(super) fn exceeded(&self, operations: u64) -> Option<Exceeded> {
        if self.usage.bytes() > self.memory_end.get() {
            return Some(Exceeded::Memory);
        }
        if self.watched.is_late() {
            return Some(Exceeded::CallTime);
        }
        if !operations.is_multiple_of(OPERATIONS_PER_CHECK) {
            return None;
        }
        self.late()
    }

    #[cold]
    fn late(&self) -> Option<Exceeded> {
        let now = Instant::now();
        let passed = |end: &Cell<Option<Instant>>| end.get().is_some_and(|end| now >= end);
        if passed(&self.batch_end) {
            Some(Exceeded::RunTime)
        } else if passed(&self.call_end) {
            Some(Exceeded::CallTime)
        } else {
            None
        }
    }
}
