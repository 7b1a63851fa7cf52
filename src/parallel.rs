//! Work on several threads at once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` makes of each item, in the order of the items, on up to `threads` threads.
///
/// Where the machine gives no more threads, because of a limit on processes, fewer do it all.
pub(crate) fn map<T: Sync, R: Send + Sync>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let done: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        while let Some((item, cell)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).zip(done.get(at))
        } {
            cell.get_or_init(|| work(item));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(items.len()) {
            thread::Builder::new().spawn_scoped(scope, take).ok();
        }
        take();
    });
    let done = done.into_iter();
    done.map(|cell| cell.into_inner().expect("every item was taken"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::map;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let expected: Vec<usize> = (1..=1000).collect();
        for threads in [0, 1, 3, 2000] {
            assert_eq!(map(&items, threads, |item| item + 1), expected);
        }
        assert!(map(&[(); 0], 4, |()| 1).is_empty());
    }
}
