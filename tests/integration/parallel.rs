//! Runs many small cases, two at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const THREADS: usize = 2;

/// What `run` gives for each of `cases`, in their order.
pub fn map<T: Sync, R: Send>(cases: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            match cases.get(index) {
                Some(case) => done.push((index, run(case))),
                None => return done,
            }
        }
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Demands that no case gave an error; shows the first few.
#[track_caller]
pub fn all_ok(results: &[Result<(), String>]) {
    let wrong: Vec<&String> = results.iter().filter_map(|it| it.as_ref().err()).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong\n\n{}",
        wrong.len(),
        results.len(),
        wrong
            .iter()
            .take(100)
            .map(|text| format!("{text}\n\n"))
            .collect::<String>()
    );
}
