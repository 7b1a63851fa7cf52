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
        if let Some(signal) = signals.forever().next() {
            end(128 + signal);
        }
    });
    // Not being able to start a thread is no reason to stop here.
    drop(listening);
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
