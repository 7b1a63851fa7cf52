//! What hooks print.

use std::cell::Cell;
use std::rc::Rc;

use crate::config::HookOutput;

/// Passes on what hooks print, up to a limit.
#[derive(Debug)]
pub(super) struct Printer {
    /// `None` where nothing is to be seen of a call.
    sink: Option<HookOutput>,
    max_bytes: usize,
    written: Cell<usize>,
    muted: Cell<bool>,
}

impl Printer {
    pub(super) fn new(sink: HookOutput, max_bytes: usize) -> Rc<Self> {
        Self::with(Some(sink), max_bytes)
    }

    /// A printer that shows nothing.
    pub(super) fn silent() -> Rc<Self> {
        Self::with(None, 0)
    }

    fn with(sink: Option<HookOutput>, max_bytes: usize) -> Rc<Self> {
        Rc::new(Self {
            sink,
            max_bytes,
            written: Cell::new(0),
            muted: Cell::new(false),
        })
    }

    /// Whether to drop what comes, until told otherwise.
    pub(super) fn mute(&self, muted: bool) {
        self.muted.set(muted);
    }

    /// Prints one line, or nothing once the limit is reached.
    pub(super) fn line(&self, text: &str) {
        let (Some(sink), false) = (&self.sink, self.muted.get()) else {
            return;
        };
        let before = self.written.get();
        if before > self.max_bytes {
            return;
        }
        let after = before.saturating_add(text.len() + 1);
        self.written.set(after);
        if after <= self.max_bytes {
            sink.write(format!("{text}\n").as_bytes());
        } else {
            let limit = self.max_bytes;
            sink.write(
                format!("(no more output of Rhai hooks: `hooks.rhai.output_bytes` is {limit})\n")
                    .as_bytes(),
            );
        }
    }
}
