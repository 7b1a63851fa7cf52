use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::{self, Debug, Formatter};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::Diagnose;

/// How hooks are run.
#[derive(Clone, Debug, Default)]
pub struct HookSettings {
    /// For `.rhai` files.
    pub rhai: RhaiLimits,
    /// For `.py` files.
    pub python: PythonSettings,
    /// Where hooks print to.
    pub output: HookOutput,
    /// What to do when a hook can only be ended together with the process.
    pub abort: Abort,
    /// The variables that a spec in Rhai may ask for, and their values.
    pub environment: BTreeMap<String, Option<String>>,
}

/// What one call of a Rhai hook may use; see the security page of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RhaiLimits {
    /// Operations of one call, in Rhai's own count.
    pub operations: u64,
    /// Nested function calls.
    pub call_levels: usize,
    /// Nested expressions, at the top level and in functions.
    pub expression_depth: usize,
    /// The longest string, in bytes.
    pub string_bytes: usize,
    /// The longest array, in items.
    pub array_items: usize,
    /// The largest map, in entries.
    pub map_entries: usize,
    /// Variables alive at one time.
    pub variables: usize,
    /// Functions of one file.
    pub functions: usize,
    /// Modules imported by one file.
    pub modules: usize,
    /// The largest file, in bytes.
    pub script_bytes: u64,
    /// What all calls together may print, in bytes.
    pub output_bytes: usize,
    /// What one call may take of memory beyond what was taken before, in bytes; zero for no limit.
    /// It is known only in a program whose allocator counts; see the module `sandbox`.
    pub memory_bytes: usize,
    /// The time of one call; zero for none.
    pub call_time: Duration,
    /// The time of all calls of a run together; zero for none.
    pub run_time: Duration,
}

impl RhaiLimits {
    /// The most call levels, and the deepest expression, that the stack of scripts has room for.
    pub const MAX_DEPTH: usize = 500;
}

impl Default for RhaiLimits {
    fn default() -> Self {
        Self {
            operations: 5_000_000,
            call_levels: 64,
            expression_depth: 128,
            string_bytes: 1 << 20,
            array_items: 100_000,
            map_entries: 100_000,
            variables: 1_000,
            functions: 1_000,
            modules: 64,
            script_bytes: 128 << 10,
            output_bytes: 1 << 20,
            memory_bytes: 128 << 20,
            call_time: Duration::from_secs(2),
            run_time: Duration::from_secs(600),
        }
    }
}

/// Which interpreter runs Python hooks, and for how long it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonSettings {
    /// The interpreters to try, in order.
    pub interpreters: Vec<Interpreter>,
    /// The time to load all hook files; zero for none. Large imports from a cold network file
    /// system take their time.
    pub import_time: Duration,
    /// The time of one call; zero for none.
    pub call_time: Duration,
}

impl Default for PythonSettings {
    fn default() -> Self {
        let on_path = |program: &str| Interpreter {
            program: program.into(),
            origin: "PATH".into(),
            required: false,
        };
        Self {
            interpreters: vec![on_path("python3"), on_path("python")],
            import_time: Duration::from_secs(120),
            call_time: Duration::from_secs(60),
        }
    }
}

/// A Python interpreter that may serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// A path, or a name to look for on `PATH`.
    pub program: OsString,
    /// Who named it, such as `--python`, for messages.
    pub origin: String,
    /// Whether the user asked for just this one, so that no other may stand in.
    pub required: bool,
}

/// Receives what hooks print, in pieces as they come.
#[derive(Clone)]
pub struct HookOutput(Arc<Sink>);

type Sink = dyn Fn(&[u8]) + Send + Sync;

impl HookOutput {
    /// Sends everything to `sink`.
    pub fn new(sink: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Hands a piece on.
    pub fn write(&self, piece: &[u8]) {
        (self.0)(piece);
    }
}

impl Default for HookOutput {
    /// Standard error.
    fn default() -> Self {
        Self::new(|piece| {
            // A closed standard error must not end a run.
            io::stderr().write_all(piece).ok();
        })
    }
}

/// Ends the process, after it has said why.
#[derive(Clone)]
pub struct Abort(Arc<End>);

type End = dyn Fn(&dyn Diagnose) + Send + Sync;

impl Abort {
    /// Calls `end`, which must not return, with what there is to say.
    pub fn new(end: impl Fn(&dyn Diagnose) + Send + Sync + 'static) -> Self {
        Self(Arc::new(end))
    }

    /// Ends the process.
    pub fn abort(&self, error: &dyn Diagnose) {
        (self.0)(error);
    }
}

impl Default for Abort {
    /// Writes a line to standard error and aborts.
    fn default() -> Self {
        Self::new(|error| {
            writeln!(io::stderr(), "error: {error}").ok();
            std::process::abort();
        })
    }
}

impl Debug for Abort {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Abort")
    }
}

impl Debug for HookOutput {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("HookOutput")
    }
}
