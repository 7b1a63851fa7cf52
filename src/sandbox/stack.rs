//! The thread that scripts run on.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::memory::{Meter, Usage};
use crate::config::RhaiLimits;

/// The stack of the thread that scripts run on, and what may run on it.
///
/// The engine recurses once per level of a value or of a chain of closures, and no limit of its own
/// keeps it from overflowing a small stack. So a script needs a `Stack`, and only [`Stack::run`]
/// has one.
#[derive(Debug)]
pub struct Stack {
    bytes: usize,
    meter: Meter,
}

/// The sizes that are tried. Memory is taken only as far as a script goes, but login nodes may
/// limit the address space.
const SIZES: [usize; 2] = [512 << 20, 64 << 20];

/// Operations of a call on the smaller one.
const MAX_OPERATIONS: u64 = 1_000_000;

impl Stack {
    /// Runs `work` on a thread of its own, and waits for it. Panics go through.
    ///
    /// # Errors
    /// When no such thread can be started.
    pub fn run<T: Send>(work: impl FnOnce(&Self) -> T + Send) -> io::Result<T> {
        // A thread that cannot be started takes its work with it.
        let work = Mutex::new(Some(work));
        let take = &|| work.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread::scope(|scope| {
            let start = |bytes| {
                let run = move || {
                    let stack = Self {
                        bytes,
                        meter: Meter::start(),
                    };
                    take().map(|work| work(&stack))
                };
                thread::Builder::new()
                    .name("hooks".into())
                    .stack_size(bytes)
                    .spawn_scoped(scope, run)
            };
            let [large, small] = SIZES;
            let thread = start(large).or_else(|_| start(small))?;
            let done = thread.join();
            let done = done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(done.expect("one thread is started, and takes the work"))
        })
    }

    /// Its size, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the address space left no room for the stack that scripts are meant to have.
    pub(super) fn is_small(&self) -> bool {
        self.bytes < SIZES[0]
    }

    /// `limits`, or less where they would let a script outgrow this stack.
    ///
    /// Measured per level: up to 2 KiB for a value, of which a second nests some thousands, and
    /// 300 bytes for a chain of closures, each of which takes ten operations.
    pub(super) fn limits(&self, limits: &RhaiLimits) -> RhaiLimits {
        if !self.is_small() {
            return limits.clone();
        }
        let time = match limits.call_time {
            Duration::ZERO => Duration::MAX,
            time => time,
        };
        RhaiLimits {
            operations: match limits.operations {
                0 => MAX_OPERATIONS,
                operations => operations.min(MAX_OPERATIONS),
            },
            call_levels: limits.call_levels.min(64),
            expression_depth: limits.expression_depth.min(128),
            call_time: time.min(Duration::from_secs(5)),
            ..limits.clone()
        }
    }

    /// What the thread allocates.
    pub(super) fn usage(&self) -> &Usage {
        self.meter.usage()
    }
}
