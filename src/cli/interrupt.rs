use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::fs;

/// On Ctrl-C and its like, removes what is temporary and ends the process.
///
/// What is in its place already is whole; Python workers end with the process that started them.
pub(super) fn listen() {
    // Without the handler a signal ends the process all the same, and the next run cleans up.
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else {
        return;
    };
    let listener = std::thread::Builder::new().name("signals".into());
    let listening = listener.spawn(move || {
        for signal in signals.forever() {
            let patient = PATIENT.load(Ordering::SeqCst);
            if !patient || ASKED.swap(true, Ordering::SeqCst) {
                end(128 + signal);
            }
            writeln!(io::stderr(), "{STOPPING}").ok();
        }
    });
    // Not being able to start a thread is no reason to stop here.
    drop(listening);
}

const STOPPING: &str = "stopping after what is being submitted; once more to stop at once";

/// Whether what is under way may end first.
static PATIENT: AtomicBool = AtomicBool::new(false);
/// Whether somebody asked to stop.
static ASKED: AtomicBool = AtomicBool::new(false);

/// While it lives, the first signal ends nothing, but is there to be asked about.
pub(super) struct Patience(());

impl Patience {
    pub(super) fn new() -> Self {
        PATIENT.store(true, Ordering::SeqCst);
        Self(())
    }

    /// Whether somebody wants us to stop.
    #[expect(clippy::unused_self, reason = "without patience nobody lives to ask")]
    pub(super) fn is_asked(&self) -> bool {
        ASKED.load(Ordering::SeqCst)
    }

    /// Waits, unless somebody wants us to stop.
    pub(super) fn sleep(&self, time: Duration) {
        let start = Instant::now();
        while !self.is_asked() && start.elapsed() < time {
            let left = time.saturating_sub(start.elapsed());
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        PATIENT.store(false, Ordering::SeqCst);
    }
}

/// Removes what is temporary and ends the process, whatever its other threads are doing.
#[expect(
    clippy::exit,
    reason = "the main thread may be where it cannot be interrupted"
)]
pub(super) fn end(code: i32) -> ! {
    fs::remove_temporary();
    std::process::exit(code)
}
