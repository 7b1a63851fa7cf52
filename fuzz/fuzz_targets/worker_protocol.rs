//! Any bytes as what the Python worker answers.
//!
//! The host starts this very program for an interpreter. As such it greets as the worker does and
//! answers each request with the next piece of the input, or goes on unasked where that says so; what
//! follows the last piece is the end.
//! Whatever it says, the host must come to an answer or an error; nothing panics or hangs.

#![no_main]
#![allow(
    clippy::disallowed_methods,
    reason = "what the crate forbids itself, its users need not"
)]

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use slurmkit::config::{HookOutput, HookSettings, Interpreter};
use slurmkit::diagnostic::Diagnose;
use slurmkit::hook::{Failure, HookError, Hooks};
use slurmkit::model::{Axis, Map, ParamSpace, Value};
use slurmkit::sandbox::Stack;
use slurmkit::spec::{HookRef, Role};
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: slurmkit::sandbox::CountingAllocator = slurmkit::sandbox::CountingAllocator;

/// Names the file of answers, and says that this is the worker.
const ANSWERS: &str = "SLURMKIT_FUZZ_ANSWERS";
/// Stand between two answers; JSON has no such bytes. After the second kind no request is awaited.
const SEPARATORS: [u8; 2] = [0xff, 0xfe];

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

fuzz_target!(
    init: {
        if let Some(answers) = std::env::var_os(ANSWERS) {
            work(Path::new(&answers));
            std::process::exit(0);
        }
        // A program whose `main` is Rust's does so: writing to a worker that ended is an error.
        // SAFETY: no handler is installed.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    },
    |answers: &[u8]| {
        let (role, answers) = match answers.split_first() {
            Some((byte, answers)) => (byte % 4, answers),
            None => return,
        };
        let role = [
            Role::Parse,
            Role::Filter,
            Role::Logic,
            Role::OnFailure,
        ][usize::from(role)];
        let folder = put(answers);
        if let Err(error) = converse(role, &folder) {
            // What is shown of an error must not fail either.
            let _ = (error.to_string(), error.label(), error.notes(), error.help());
        }
    }
);

/// The worker's side.
fn work(answers: &Path) {
    let nonce = std::env::args().nth(3).unwrap_or_default();
    let mut source = std::env::args()
        .nth(4)
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let (mut requests, mut replies) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut send = |bytes: &[u8]| replies.write_all(bytes).and_then(|()| replies.flush());
    // The worker's source comes first.
    while source > 0 {
        let read = requests.fill_buf().map_or(0, <[u8]>::len).min(source);
        if read == 0 {
            return;
        }
        requests.consume(read);
        source -= read;
    }
    send(format!("\n\0slurmkit-hook 1 {nonce}\n").as_bytes()).ok();
    let answers = fs::read(answers).unwrap_or_default();
    let mut rest = &answers[..];
    let mut asked = true;
    while !rest.is_empty() {
        let end = rest
            .iter()
            .position(|byte| SEPARATORS.contains(byte))
            .unwrap_or(rest.len());
        let mut request = Vec::new();
        if asked && !matches!(requests.read_until(b'\n', &mut request), Ok(1..)) {
            return;
        }
        if send(&rest[..end]).is_err() || send(b"\n").is_err() {
            return;
        }
        asked = rest.get(end) == Some(&SEPARATORS[0]);
        rest = rest.get(end + 1..).unwrap_or_default();
    }
}

/// The answers as a file, and a hook beside it.
fn put(answers: &[u8]) -> PathBuf {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| {
            std::panic::set_hook(Box::new(|_| {}));
            let memory = PathBuf::from("/dev/shm");
            let parent = if memory.is_dir() {
                memory
            } else {
                std::env::temp_dir()
            };
            let folder = TempDir::new_in(parent).expect("a folder can be made");
            fs::write(folder.path().join("hook.py"), "def f(x):\n    pass\n")
                .expect("it can be written");
            // SAFETY: no other thread of this process reads the environment meanwhile.
            unsafe { std::env::set_var(ANSWERS, folder.path().join("answers")) };
            folder
        });
        let path = folder.path().join("answers");
        fs::write(path, answers).expect("a file can be written");
        folder.path().into()
    })
}

/// The host's side.
fn converse(role: Role, folder: &Path) -> Result<(), HookError> {
    let mut settings = HookSettings {
        output: HookOutput::new(|_| {}),
        ..HookSettings::default()
    };
    let program: OsString = std::env::current_exe().expect("it is known").into();
    settings.python.interpreters = vec![Interpreter {
        program,
        origin: "fuzz".into(),
        required: true,
    }];
    settings.python.call_time = Duration::from_millis(100);
    settings.python.import_time = Duration::from_secs(2);
    let hook = HookRef {
        role,
        path: folder.join("hook.py"),
        function: "f".into(),
        label: None,
    };
    let axis = |name: &str, values: Vec<Value>| Axis {
        name: name.into(),
        values,
    };
    let axes = vec![
        axis("lr", vec![Value::from(0.1), Value::from(1e-5)]),
        axis("x", vec![Value::list([Value::from(1)]), Value::from("a")]),
    ];
    let defaults: Map = [("mem", Value::from("4G"))].into_iter().collect();
    let done = Stack::run(|stack| {
        let mut space = ParamSpace::grid(axes).expect("a small grid");
        let mut hooks = Hooks::load(&[hook], &Arc::new(defaults), &settings, stack)?;
        match role {
            Role::Parse => hooks.parse(&mut space, &mut |_| {})?,
            Role::Filter => drop(hooks.filter(&mut space, &mut |_| {})?),
            Role::Logic => {
                let mut start = 0;
                while start < space.len() {
                    let sets: Vec<usize> = (start..space.len()).collect();
                    start += hooks.logic(&mut space, &sets)?.len().max(1);
                }
            }
            Role::OnFailure => {
                let attempt = [("state", Value::from("FAILED"))].into_iter().collect();
                let job = [("name", Value::from("a"))].into_iter().collect();
                drop(hooks.on_failure(Failure { job, attempt })?);
            }
        }
        for index in 0..space.len() {
            let _ = space.get(index).to_string();
        }
        Ok(())
    });
    done.expect("a thread can be started")
}
