//! The host against real interpreters: the oldest and the newest there are, and `python3`.

mod calls;
mod ends;
mod failures;
mod loading;
mod objects;
mod output;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use super::PythonHost;
use crate::config::{HookOutput, Interpreter, PythonSettings};
use crate::diagnostic::Diagnose;
use crate::hook::error::HookError;
use crate::hook::{Answers, Host};
use crate::model::{Axis, Map, ParamSet, ParamSpace, Value};
use crate::spec::{HookRef, Role};

/// Hooks in a folder of their own, and what they print.
struct Python {
    folder: TempDir,
    settings: PythonSettings,
    hooks: Vec<HookRef>,
    defaults: Map,
    printed: Arc<Mutex<Vec<u8>>>,
}

/// Runs a test with the interpreter that users mostly have.
fn python() -> Python {
    Python::with("python3".into())
}

/// Runs a test with every interpreter.
fn on_each(test: impl Fn(Python)) {
    for interpreter in interpreters() {
        test(Python::with(interpreter));
    }
}

/// `python3`, and the oldest and newest of pyenv's that hooks may run in.
fn interpreters() -> Vec<OsString> {
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut found: Vec<_> = fs::read_dir(home.join(".pyenv/versions"))
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.to_owned();
            let mut numbers = name.split('.').map(str::parse::<u32>);
            let version = (numbers.next()?.ok()?, numbers.next()?.ok()?);
            (version >= (3, 6)).then(|| (version, path.join("bin/python").into_os_string()))
        })
        .collect();
    found.sort();
    let newest = found.pop();
    let oldest = found.into_iter().next();
    let named = [oldest, newest]
        .into_iter()
        .flatten()
        .map(|(_, program)| program);
    std::iter::once("python3".into()).chain(named).collect()
}

impl Python {
    fn with(program: OsString) -> Self {
        let interpreter = Interpreter {
            program,
            origin: "test".into(),
            required: true,
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            settings: PythonSettings {
                interpreters: vec![interpreter],
                ..PythonSettings::default()
            },
            hooks: Vec::new(),
            defaults: Map::new(),
            printed: Arc::default(),
        }
    }

    fn parse(self, source: &str) -> Self {
        self.hook(Role::Parse, source)
    }

    fn filter(self, source: &str) -> Self {
        self.hook(Role::Filter, source)
    }

    fn logic(self, source: &str) -> Self {
        self.hook(Role::Logic, source)
    }

    fn hook(self, role: Role, source: &str) -> Self {
        let name = format!("{role}.py");
        self.file(&name, source).hook_in(role, &name)
    }

    fn hook_in(mut self, role: Role, name: &str) -> Self {
        self.hooks.push(HookRef {
            role,
            path: self.path(name),
            function: role.default_function().into(),
            label: None,
        });
        self
    }

    fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        put(&self.path(name), text);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn defaults(mut self, defaults: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        self.defaults = defaults.into_iter().collect();
        self
    }

    fn call_time(mut self, limit: Duration) -> Self {
        self.settings.call_time = limit;
        self
    }

    fn try_load(&self) -> Result<PythonHost, HookError> {
        let printed = self.printed.clone();
        let output = HookOutput::new(move |piece| printed.lock().unwrap().extend_from_slice(piece));
        PythonHost::load(
            &self.hooks,
            &Arc::new(self.defaults.clone()),
            &self.settings,
            &output,
        )
    }

    fn load(&self) -> PythonHost {
        self.try_load()
            .unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    fn load_error(&self) -> String {
        told(&self.try_load().err().expect("the hook cannot be loaded"))
    }

    fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().unwrap()).into_owned()
    }

    /// A message without the folder of the test.
    fn local(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn put(path: &Path, text: impl AsRef<[u8]>) {
    crate::fs::write_atomic(path, text.as_ref()).unwrap();
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The whole of an error: message, underlined text, notes, help.
fn told(error: &HookError) -> String {
    let mut text = format!("{error}\n");
    if let Some(label) = error.label() {
        let source = &label.source;
        let line = 1 + source.text[..label.span.start].matches('\n').count();
        writeln!(text, "at {line}: {}", &source.text[label.span]).unwrap();
    }
    for note in error.notes() {
        writeln!(text, "note: {note}").unwrap();
    }
    if let Some(help) = Diagnose::help(error) {
        writeln!(text, "help: {help}").unwrap();
    }
    text
}

fn grid(axes: impl IntoIterator<Item = (&'static str, Vec<Value>)>) -> ParamSpace {
    let axes = axes.into_iter().map(|(name, values)| Axis {
        name: name.into(),
        values,
    });
    ParamSpace::grid(axes.collect()).unwrap()
}

/// A grid of one axis `x` with the numbers from 0.
fn numbers(count: i32) -> ParamSpace {
    grid([("x", (0..count).map(Value::from).collect())])
}

fn sets(space: &ParamSpace) -> Vec<String> {
    (0..space.len())
        .map(|index| space.get(index).to_string())
        .collect()
}

/// Asks until all of `count` sets have an answer, as the driver does.
fn in_parts<T>(
    count: usize,
    mut answer: impl FnMut(usize) -> Result<Answers<T>, HookError>,
) -> Result<Answers<T>, HookError> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(answer(all.len())?);
    }
    Ok(all)
}

fn parse(
    host: &mut PythonHost,
    space: &ParamSpace,
    sets: Range<usize>,
) -> Result<Answers<Vec<ParamSet>>, HookError> {
    in_parts(sets.len(), |done| {
        host.parse(space, sets.start + done..sets.end)
    })
}

fn filter(
    host: &mut PythonHost,
    space: &mut ParamSpace,
    sets: Range<usize>,
) -> Result<Answers<bool>, HookError> {
    in_parts(sets.len(), |done| {
        host.filter(space, sets.start + done..sets.end)
    })
}

fn logic(
    host: &mut PythonHost,
    space: &mut ParamSpace,
    sets: &[usize],
) -> Result<Answers<Arc<Map>>, HookError> {
    in_parts(sets.len(), |done| host.logic(space, &sets[done..]))
}

/// Filters all of a space; `x` stands for a failure.
fn filter_all(host: &mut PythonHost, space: &mut ParamSpace) -> String {
    let all = 0..space.len();
    let answers = filter(host, space, all).unwrap_or_else(|error| panic!("{}", told(&error)));
    answers
        .into_iter()
        .map(|answer| match answer {
            Ok(true) => '1',
            Ok(false) => '0',
            Err(_) => 'x',
        })
        .collect()
}

/// The answers of the logic hook for all of a space as text, or its errors.
fn logic_all(host: &mut PythonHost, space: &mut ParamSpace) -> Vec<String> {
    let all: Vec<_> = (0..space.len()).collect();
    let answers = logic(host, space, &all).unwrap_or_else(|error| panic!("{}", told(&error)));
    answers
        .into_iter()
        .map(|answer| match answer {
            Ok(map) => Value::Map(map).to_string(),
            Err(error) => told(&error),
        })
        .collect()
}

/// Replaces a space by what the parse hook makes of it, as the driver does.
fn parse_all(host: &mut PythonHost, space: &ParamSpace) -> ParamSpace {
    let answers = parse(host, space, 0..space.len()).unwrap();
    let mut space = ParamSpace::list(answers.into_iter().flat_map(Result::unwrap).collect());
    assert!(host.finish(Role::Parse, &mut space).unwrap().is_empty());
    space
}

/// The first failure of a filter over three sets.
fn filter_failure(python: &Python) -> String {
    let mut host = python.load();
    let answers = filter(&mut host, &mut numbers(3), 0..3).unwrap();
    let error = answers
        .into_iter()
        .find_map(Result::err)
        .expect("a call fails");
    python.local(&told(&error))
}

/// Why the whole host fails.
fn host_failure(python: &Python, count: usize) -> String {
    let mut host = python.load();
    let answers = filter(&mut host, &mut numbers(100), 0..count);
    let error = answers.expect_err("the host fails");
    python.local(&told(&error))
}

/// Whether a process runs, or waits as a zombie.
fn exists(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}
