//! How much memory a thread has taken, as its allocator counts it.
//!
//! No limit of Rhai's bounds memory, so the sandbox looks at a count of its own. Counting must not
//! cost what it saves: a thread counts for itself, without locked instructions, and only if asked.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

thread_local! {
    /// Where this thread counts. Without a destructor, so that it can be read at any time.
    static COUNT: Cell<*const AtomicIsize> = const { Cell::new(ptr::null()) };
}

/// The system's allocator, which also counts what hooks take.
///
/// A program that runs hooks from strangers makes it its global allocator, as the `slurmkit`
/// command does. Without it, everything works but `hooks.rhai.memory_bytes`.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: slurmkit::sandbox::CountingAllocator = slurmkit::sandbox::CountingAllocator;
/// ```
#[derive(Debug)]
pub struct CountingAllocator;

/// The bytes that a thread has allocated and not freed; other threads may look.
#[derive(Clone, Debug)]
pub(super) struct Usage(Arc<AtomicIsize>);

/// Counts for the thread it was made on, until it is dropped there.
#[derive(Debug)]
pub(super) struct Meter {
    usage: Usage,
    before: *const AtomicIsize,
    /// It stands for a thread, and must not leave it.
    here: PhantomData<*const ()>,
}

impl Usage {
    /// Bytes, which are fewer than none where memory of other threads was freed.
    pub(super) fn bytes(&self) -> isize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Meter {
    pub(super) fn start() -> Self {
        let usage = Usage(Arc::default());
        let before = COUNT.replace(Arc::as_ptr(&usage.0));
        Self {
            usage,
            before,
            here: PhantomData,
        }
    }

    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        COUNT.set(self.before);
    }
}

#[expect(
    unsafe_code,
    reason = "the pointer is set by a `Meter`, which keeps its target alive"
)]
fn count(bytes: isize) {
    let count = COUNT.get();
    // SAFETY: a `Meter` sets the pointer to an atomic it owns, and takes it back when it is
    // dropped, on the same thread.
    if let Some(count) = unsafe { count.as_ref() } {
        // Only this thread writes: no need for a locked addition.
        count.store(count.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
    }
}

/// A size as the counter has it; no allocation is larger than `isize::MAX`.
fn signed(size: usize) -> isize {
    size.cast_signed()
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: all memory comes from and goes to `System`; counting allocates nothing.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_counts_what_it_takes_and_gives_back() {
        let meter = Meter::start();
        let usage = meter.usage().clone();
        let before = usage.bytes();
        let mut taken: Vec<u8> = Vec::with_capacity(1000);
        assert_eq!(usage.bytes() - before, 1000);
        taken.reserve_exact(3000);
        assert_eq!(usage.bytes() - before, 3000);
        drop(taken);
        assert_eq!(usage.bytes(), before);
        let other = std::thread::scope(|scope| {
            let thread = scope.spawn(|| vec![0u8; 5000]);
            thread.join().unwrap()
        });
        assert!(
            usage.bytes() - before < 5000,
            "another thread counts for itself"
        );
        drop(meter);
        let after = usage.bytes();
        drop(other);
        assert_eq!(usage.bytes(), after, "nobody counts any more");
    }
}
