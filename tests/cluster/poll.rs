use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes on a slow machine; only a test that fails waits so long.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// Asks again and again until there is an answer.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < DEADLINE, "not in time: {what}");
        thread::sleep(Duration::from_millis(200));
    }
}
