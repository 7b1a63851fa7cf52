//! What hooks print.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rhai::Position;

use crate::config::HookOutput;

/// Passes on what hooks print, up to a limit.
#[derive(Debug)]
pub(super) struct Printer {
    /// `None` where nothing is to be seen of a call.
    sink: Option<HookOutput>,
    max_bytes: usize,
    written: Cell<usize>,
    muted: Cell<bool>,
    /// Where the `print` stands that is going on.
    place: RefCell<(String, Position)>,
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
            place: RefCell::new((String::new(), Position::NONE)),
        })
    }

    /// Whether to drop what comes from now on.
    pub(super) fn mute(&self, muted: bool) {
        self.muted.set(muted);
    }

    /// Says where the next [`print`](Self::print) stands.
    pub(super) fn at(&self, file: Option<&str>, position: Position) {
        let (name, place) = &mut *self.place.borrow_mut();
        file.unwrap_or_default().clone_into(name);
        *place = position;
    }

    /// Prints a line with the place that [`at`](Self::at) said.
    pub(super) fn print(&self, text: &str) {
        let (file, position) = &*self.place.borrow();
        self.line(Some(file), *position, text);
    }

    /// Prints one line with its place, or nothing once the limit is reached.
    pub(super) fn line(&self, file: Option<&str>, position: Position, text: &str) {
        let (Some(sink), false) = (&self.sink, self.muted.get()) else {
            return;
        };
        let file = file.unwrap_or_default();
        let place = match position.line() {
            Some(line) => format!("[{file}:{line}]"),
            None => format!("[{file}]"),
        };
        let text = format!("{place} {text}\n");
        let before = self.written.get();
        if before > self.max_bytes {
            return;
        }
        let after = before.saturating_add(text.len());
        self.written.set(after);
        if after <= self.max_bytes {
            sink.write(text.as_bytes());
        } else {
            let limit = self.max_bytes;
            sink.write(
                format!("(no more output of scripts: `hooks.rhai.output_bytes` is {limit})\n")
                    .as_bytes(),
            );
        }
    }
}
