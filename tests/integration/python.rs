//! Python objects in templates, and what becomes of the worker when its host is killed.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::test::{Test, contains};

/// `python3`, and the oldest and newest of pyenv's that hooks may run in.
fn interpreters() -> Vec<OsString> {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
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

/// An interpreter that has numpy, if the tests were told of one or `python3` does.
fn numpy_interpreter() -> Option<OsString> {
    let program = std::env::var_os("SLURMKIT_TEST_NUMPY_PYTHON").unwrap_or("python3".into());
    let status = Command::new(&program)
        .args(["-c", "import numpy"])
        .stderr(Stdio::null())
        .status();
    status
        .is_ok_and(|status| status.success())
        .then_some(program)
}

/// Prints each value of `values`, Python source, alone, in a list and with all others, and compares
/// with what Jinja2 prints: Python's `str` and `repr`.
#[track_caller]
fn assert_printed_as_in_python(python: &OsString, values: &str) {
    let hook = format!(
        "{values}\ndef get_slurm_args(params, defaults):\n    \
         return {{'values': values, 'expected': [str(v) + '\\n' + str([v]) for v in values], \
         'all': str(values)}}\n"
    );
    let template = "{% for value in slurm['values'] %}{{ value }}\n{{ [value] }}\n{% endfor %}\
                    {{ slurm['values'] }}\n";
    let expected = "{% for text in slurm.expected %}{{ text }}\n{% endfor %}{{ slurm.all }}\n";
    let spec = |template: &str, folder: &str| {
        format!(
            "template: {template}\noutput_dir: {folder}\nparameters:\n  values: {{x: [1]}}\n\
             slurm_args:\n  logic: hook.py\n"
        )
    };
    let test = Test::new()
        .file("hook.py", &hook)
        .file("seen.j2", template)
        .file("expected.j2", expected)
        .file("seen.yaml", &spec("seen.j2", "seen"))
        .file("expected.yaml", &spec("expected.j2", "expected"));
    for spec in ["seen", "expected"] {
        let file = format!("{spec}.yaml");
        let mut command = test.command();
        command.args(["generate", &file, "--collection", spec, "--python"]);
        let output = command.arg(python).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {stderr}", python.display());
    }
    assert_eq!(
        test.read("seen/x1.job"),
        test.read("expected/x1.job"),
        "{}",
        python.display()
    );
}

#[test]
fn objects_are_printed_as_python_prints_them() {
    for python in interpreters() {
        assert_printed_as_in_python(
            &python,
            "import collections, datetime, decimal, enum, fractions, pathlib, uuid\n\
             class Color(enum.Enum):\n    red = 'r'\n\
             class Mode(str, enum.Enum):\n    fast = 'f'\n\
             class Text(str):\n    pass\n\
             class Loud(str):\n    def __str__(self): return self.upper()\n    \
             def __repr__(self): return '<loud>'\n\
             class Own:\n    def __str__(self): return 'own'\n    def __repr__(self): return 'Own()'\n\
             class Days(int):\n    def __str__(self): return '%d days' % int(self)\n    \
             def __repr__(self): return 'Days(%d)' % self\n\
             class Table(dict):\n    def __str__(self): return 'table'\n\
             class Row(list):\n    pass\n\
             Point = collections.namedtuple('Point', 'x y')\n\
             values = [None, True, False, 0, -1, 2**63, 2**64, -2**127, 1.0, -0.0, 0.1 + 0.2, 1e-05, \
             1e16, 1e22, 5e-324, float('inf'), -float('inf'), float('nan'), '', 'a', \"it's\", 'q\"', \
             'both\\'\"', 'é\\u2028\\t\\\\', '\\x07\\x00\\x7f\\xa0\\xad\\U0001F600\\ue000', [], {}, (), (1,), (1, 'a', 1.0), \
             [(1, (2,)), {'k': (None, True)}], {'a': [1.0, {'b': ()}]}, {1}, {'a'}, set(), frozenset(), \
             frozenset([2]), b'x\\xff', bytearray(b'y'), range(3), range(0, 9, 2), 1j, \
             pathlib.PurePosixPath('/x/y'), decimal.Decimal('1.50'), decimal.Decimal('1E+3'), \
             fractions.Fraction(1, 3), Color.red, Text('t'), Loud('t'), Own(), Days(3), \
             Table(a=1), Row([1]), Point(1, 'b'), datetime.date(2024, 2, 29), \
             datetime.datetime(2024, 2, 29, 1, 2, 3, 450), \
             datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc), datetime.time(1, 2), \
             datetime.timedelta(days=1), collections.OrderedDict(a=(1,)), collections.deque([1]), \
             collections.Counter('a'), uuid.UUID(int=5), {'k': 1}.keys(), {'k': Own()}.values(), \
             [Own(), Color.red, pathlib.PurePosixPath('p')], {'k': (Own(), decimal.Decimal('2'))}, \
             Mode.fast, (Mode.fast,), Ellipsis]",
        );
    }
}

/// Numbers of numpy are numbers in templates, which can be reckoned with; they are printed as such,
/// also within lists.
#[test]
fn what_numpy_makes_is_printed_as_python_prints_it() {
    let Some(python) = numpy_interpreter() else {
        // Past the capture of the test harness.
        let note = "SKIPPED: no numpy; name an interpreter in SLURMKIT_TEST_NUMPY_PYTHON";
        writeln!(std::io::stderr(), "{note}").unwrap();
        return;
    };
    assert_printed_as_in_python(
        &python,
        "import numpy as np\n\
         values = [np.float32(0.1), np.array([1, 2]), np.array([[0.5], [1e-5]]), \
         np.array([]), np.array('x'), np.datetime64('2024-02-29'), np.complex64(1j), \
         np.arange(3.0), [np.array([1])], np.array(['a', 'b']), np.dtype('int64')]",
    );
    let test = Test::new()
        .file(
            "hook.py",
            "import numpy as np\ndef include_params(params):\n    return np.bool_(params['x'] == 1)\n\
             def get_slurm_args(params, defaults):\n    \
             return {'n': np.int64(3), 'f': np.float64(0.5), 'b': np.bool_(True), 'a': np.array([1, 2])}\n",
        )
        .file(
            "t.j2",
            "{{ slurm.n }} {{ slurm.n * 2 }} {{ slurm.f + 1 }} {{ slurm.b }} {{ 1 if slurm.b }} \
             {{ slurm.a[1] }} {{ slurm.a | length }} {{ slurm.a | join(',') }}\n",
        )
        .file(
            "spec.yaml",
            "template: t.j2\noutput_dir: out\nparameters:\n  values: {x: [1, 2]}\n  filter: hook.py\n\
             slurm_args:\n  logic: hook.py\n",
        );
    let mut command = test.command();
    command.args(["generate", "spec.yaml", "--python"]);
    let output = command.arg(&python).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(test.read("out/x1.job"), "3 6 1.5 True 1 2 2 1,2\n");
    assert!(!test.exists("out/x2.job"));
}

/// Writes an interpreter that says its name and is then `python3`.
fn interpreter(test: &Test, path: &str) {
    let real = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    let text = format!(
        "#!/bin/sh\necho '{path}' >&2\nexec '{}' \"$@\"\n",
        real.trim()
    );
    test.write(path, &text);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(test.path().join(path), executable).unwrap();
}

const FILTER: &str = "template: t.j2\noutput_dir: out\nparameters:\n  values: {x: [1]}\n  \
                      filter: hook.py\n";

#[test]
fn the_interpreter_that_was_asked_for_most_directly_serves() {
    let test = Test::new()
        .file("hook.py", "def include_params(params):\n    return True\n")
        .file("t.j2", "x\n")
        .file("spec.yaml", FILTER);
    for path in [
        "flag",
        "variable",
        "configured",
        "venv/bin/python",
        "conda/bin/python",
    ] {
        interpreter(&test, path);
    }
    interpreter(&test, "path/python3");
    interpreter(&test, "other/python");
    let root = test.path().display().to_string();
    let serves = |test: &Test, args: &[&str], env: &[(&str, &str)]| {
        let mut command = test.command();
        command.args(["generate", "spec.yaml", "-q"]).args(args);
        command.env("PATH", format!("{root}/path:{root}/other"));
        command.env("VIRTUAL_ENV", format!("{root}/venv"));
        command.env("CONDA_PREFIX", format!("{root}/conda"));
        for (name, value) in env {
            command.env(name, value.replace("ROOT", &root));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let variable = ("SLURMKIT_PYTHON", "ROOT/variable");
    let (flag, configured) = (
        format!("{root}/flag"),
        format!("python: {root}/configured\n"),
    );
    test.write(".slurmkit/config.yaml", &configured);
    assert_eq!(serves(&test, &["--python", &flag], &[variable]), "flag\n");
    assert_eq!(serves(&test, &[], &[variable]), "variable\n");
    assert_eq!(serves(&test, &[], &[]), "configured\n");
    test.write(".slurmkit/config.yaml", "{}\n");
    assert_eq!(serves(&test, &[], &[]), "venv/bin/python\n");
    let gone = ("VIRTUAL_ENV", "ROOT/gone");
    assert_eq!(serves(&test, &[], &[gone]), "conda/bin/python\n");
    let base = ("CONDA_DEFAULT_ENV", "base");
    assert_eq!(serves(&test, &[], &[gone, base]), "path/python3\n");
    let path = ("PATH", "ROOT/other");
    assert_eq!(serves(&test, &[], &[gone, base, path]), "other/python\n");
}

#[test]
fn all_interpreters_that_do_not_serve_are_listed() {
    let test = Test::new()
        .file("hook.py", "def include_params(params):\n    return True\n")
        .file("t.j2", "x\n")
        .file("spec.yaml", FILTER)
        .file("venv/bin/python", "");
    let run = |args: &[&str]| {
        let mut command = test.command();
        command.args(["generate", "spec.yaml"]).args(args);
        command.env("PATH", "/nonexistent");
        command.env("VIRTUAL_ENV", test.path().join("venv"));
        command.env("CONDA_PREFIX", "/nonexistent/conda");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    contains(
        &run(&[]),
        &[
            "no usable Python interpreter was found",
            "venv/bin/python` (VIRTUAL_ENV): not executable",
            "`/nonexistent/conda/bin/python` (CONDA_PREFIX): not found",
            "`python3` (PATH): not found",
            "`python` (PATH): not found",
        ],
    );
    let told = run(&["--python", "absent"]);
    contains(
        &told,
        &["`absent` (`--python` or `SLURMKIT_PYTHON`): not found"],
    );
    assert!(!told.contains("VIRTUAL_ENV"), "{told}");
}

/// Starts a run whose hook waits, and returns it with the id of its worker.
fn waiting_run(test: &Test, python: &OsString, waiting: &str) -> (Child, String) {
    test.write(
        "hook.py",
        &format!(
            "import itertools, os, time\ndef include_params(params):\n    \
             with open('pid.new', 'w') as file: file.write(str(os.getpid()))\n    \
             os.rename('pid.new', 'pid')\n    {waiting}\n"
        ),
    );
    test.write("t.j2", "x");
    test.write(
        "spec.yaml",
        "template: t.j2\noutput_dir: out\nparameters:\n  values: {x: [1, 2]}\n  filter: hook.py\n",
    );
    let _ = fs::remove_file(test.path().join("pid"));
    let mut command = test.command();
    command
        .args(["generate", "spec.yaml", "--python"])
        .arg(python);
    let child = command.stderr(Stdio::null()).spawn().unwrap();
    until(|| test.exists("pid"));
    let worker = test.read("pid");
    (child, worker)
}

#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "nothing happens");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs; one that waits to be collected does not.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_ends_with_the_host_that_was_killed() {
    let test = Test::new();
    for python in interpreters() {
        for waiting in [
            "time.sleep(1000)",
            "while True: pass",
            "sum(itertools.repeat(0))",
        ] {
            for signal in ["-KILL", "-TERM", "-INT"] {
                let (mut host, worker) = waiting_run(&test, &python, waiting);
                assert!(runs(&worker));
                let id = host.id().to_string();
                Command::new("kill").args([signal, &id]).status().unwrap();
                host.wait().unwrap();
                until(|| !runs(&worker));
            }
        }
    }
}
