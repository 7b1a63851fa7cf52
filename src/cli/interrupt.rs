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
            fs::remove_temporary();
            exit(128 + signal);
        }
    });
    // Not being able to start a thread is no reason to stop here.
    drop(listening);
}

#[expect(clippy::exit, reason = "the main thread may be inside a system call")]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}
