//! Requests that are sent before their time, so that the worker need not wait for the host.

use std::collections::VecDeque;

/// The requests for calls that are on their way: one that is being answered, and one beyond it.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// In the order they were sent.
    requests: VecDeque<Batch>,
    /// How many sets the request had that was answered last, and in how many parts.
    last: Batch,
}

#[derive(Clone, Copy, Debug, Default)]
struct Batch {
    sets: usize,
    answered: usize,
    parts: usize,
}

impl Ahead {
    const REQUESTS: usize = 2;
    const MAX_SETS: usize = 1024;

    /// The sets to ask for next, if it is time; `sets` begins with those that were asked for.
    pub(super) fn next<'a>(&mut self, sets: &'a [usize]) -> Option<&'a [usize]> {
        let asked: usize = self.requests.iter().map(Batch::left).sum();
        let rest = &sets[asked..];
        if rest.is_empty() || self.requests.len() == Self::REQUESTS {
            return None;
        }
        let batch = &rest[..rest.len().min(self.size())];
        self.requests.push_back(Batch {
            sets: batch.len(),
            ..Batch::default()
        });
        Some(batch)
    }

    /// How many sets to ask for at once.
    ///
    /// A request saves round trips, but a slow hook shall be called one by one: what ends the
    /// interpreter is then known to the set. The worker answers in parts when calls are slow.
    fn size(&self) -> usize {
        let Batch { sets, parts, .. } = self.last;
        if parts > 1 {
            sets.div_ceil(2)
        } else {
            (sets * 2).clamp(1, Self::MAX_SETS)
        }
    }

    /// The most sets that the next answer can have.
    pub(super) fn answered_next(&self) -> usize {
        self.requests.front().map_or(0, Batch::left)
    }

    /// Notes an answer for so many sets.
    pub(super) fn answered(&mut self, sets: usize) {
        if let Some(batch) = self.requests.front_mut() {
            batch.answered += sets;
            batch.parts += 1;
            if batch.left() == 0 {
                self.last = *batch;
                self.requests.pop_front();
            }
        }
    }
}

impl Batch {
    fn left(&self) -> usize {
        self.sets - self.answered
    }
}
