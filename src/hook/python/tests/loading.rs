//! From a file to a function.

use super::*;

#[test]
fn a_missing_file_is_told_before_any_interpreter_starts() {
    let python = Python::with("/nonexistent".into()).hook_in(Role::Filter, "absent.py");
    assert_eq!(
        python.local(&python.load_error()),
        "filter hook `absent.py`: the file does not exist\n"
    );
}

#[test]
fn a_missing_function_is_guessed_or_the_others_are_listed() {
    on_each(|python| {
        let python = python.filter("from os.path import join\ndef include_param(p): pass\n");
        assert_eq!(
            python.local(&python.load_error()),
            "filter hook `filter.py`: there is no function `include_params`\n\
             help: did you mean `include_param`?\n"
        );
    });
    let python = python().filter("def a(p): pass\ndef b(p): pass\n");
    assert!(
        python
            .load_error()
            .ends_with("help: the file has `a` and `b`\n")
    );
}

#[test]
fn what_is_no_plain_function_is_refused() {
    on_each(|python| {
        let path = python.path("filter.py");
        let python = python.hook_in(Role::Filter, "filter.py");
        for (source, message) in [
            (
                "include_params = 3",
                "`include_params` is an int, not a function",
            ),
            (
                "async def include_params(p): pass",
                "`include_params` is an async function; a hook",
            ),
            (
                "def include_params(p):\n  yield p",
                "`include_params` is a generator: it contains",
            ),
            (
                "async def include_params(p):\n  yield p",
                "`include_params` is an async generator;",
            ),
            (
                "import functools\nasync def f(q, p): pass\ninclude_params = functools.partial(f, 1)",
                "`include_params` is an async function;",
            ),
            (
                "def include_params(p, q): pass",
                "`include_params` takes 2 arguments, a filter hook is called with 1",
            ),
            (
                "def include_params(): pass",
                "takes no arguments, a filter hook",
            ),
            (
                "def include_params(a, b, c=1): pass",
                "takes 2 to 3 arguments",
            ),
            (
                "def include_params(a, b, *c): pass",
                "takes at least 2 arguments",
            ),
            (
                "def include_params(p, *, q): pass",
                "needs the keyword argument `q`",
            ),
            (
                "class C:\n  def __call__(self, p, q): pass\ninclude_params = C()",
                "takes 2 arguments",
            ),
        ] {
            put(&path, source);
            let told = python.load_error();
            assert!(told.contains(message), "{source}: {told}");
        }
    });
}

#[test]
fn callables_of_every_kind_serve() {
    on_each(|python| {
        let path = python.path("filter.py");
        let python = python.hook_in(Role::Filter, "filter.py");
        for source in [
            "include_params = lambda p: p['x'] == 1",
            "def include_params(p, more=1, *rest, last=2): return p['x'] == more",
            "def include_params(*all): return all[0]['x'] == 1",
            "class C:\n  def __call__(self, p): return p['x'] == 1\ninclude_params = C()",
            "class C:\n  def f(self, p): return p['x'] == 1\ninclude_params = C().f",
            "class C:\n  @classmethod\n  def f(c, p): return p['x'] == 1\ninclude_params = C.f",
            "import functools\ndef f(a, p): return p['x'] == a\ninclude_params = functools.partial(f, 1)",
            "import functools\n@functools.lru_cache()\ndef g(x): return x == 1\n\
             def d(f):\n  @functools.wraps(f)\n  def w(p): return f(p, g)\n  return w\n\
             @d\ndef include_params(p, g): return g(p['x'])",
            "from operator import itemgetter\ninclude_params = itemgetter('x')",
        ] {
            put(&path, source);
            assert_eq!(
                filter_all(&mut python.load(), &mut numbers(2)),
                "01",
                "{source}"
            );
        }
    });
}

#[test]
fn a_syntax_error_is_shown_where_it_is() {
    on_each(|python| {
        let python = python.filter("import os\n\ndef include_params(p):\n    return p['x'] ==\n");
        let told = python.local(&python.load_error());
        assert!(told.starts_with("filter hook `filter.py`: SyntaxError: invalid syntax\nat 4: "));
    });
}

#[test]
fn files_that_are_no_python_are_errors() {
    on_each(|python| {
        let path = python.path("filter.py");
        let python = python.hook_in(Role::Filter, "filter.py");
        for (source, message) in [
            (&b"x = '\xff'\n"[..], "SyntaxError: "),
            (b"x = '\0'\n", "null bytes"),
            (b"if 1:\n\tx = 1\n        y = 2\n", "TabError: "),
            (b"# coding: nonsense\n", "SyntaxError: "),
        ] {
            put(&path, source);
            let told = python.load_error();
            assert!(told.contains(message), "{told}");
        }
        put(
            &path,
            b"# coding: latin-1\ndef include_params(p): return '\xe9' == chr(233)\n",
        );
        assert_eq!(filter_all(&mut python.load(), &mut numbers(1)), "1");
        put(&path, b"\xef\xbb\xbfdef include_params(p): return 1\n");
        assert_eq!(filter_all(&mut python.load(), &mut numbers(1)), "1");
    });
}

#[test]
fn an_exception_at_import_is_shown_where_it_is() {
    on_each(|python| {
        let python = python.logic("def f():\n    import absent_module\nf()\n");
        let told = python.local(&python.load_error());
        assert!(
            told.starts_with(
                "logic hook `logic.py`: ModuleNotFoundError: No module named 'absent_module'\n\
                 at 2: import absent_module\n\
                 note: Traceback (most recent call last):\n  File \"logic.py\", line 3, in <module>\n"
            ),
            "{told}"
        );
        assert!(
            !told.contains("importlib") && !told.contains("worker"),
            "{told}"
        );
        // With the interpreter and its version, which stood empty here once.
        assert!(told.contains("help: the hook runs in /"), "{told}");
        assert!(told.contains(" (3."), "{told}");
    });
}

#[test]
fn leaving_at_import_is_an_error() {
    let python = python().filter("import sys\nsys.exit()\n");
    let told = python.load_error();
    assert!(
        told.contains("called `sys.exit()` while it was loaded\nat 2: sys.exit()\n"),
        "{told}"
    );
}

#[test]
fn the_surroundings_of_a_hook_are_as_in_a_program() {
    on_each(|python| {
        let python = python
            .file("sibling.py", "def double(x): return 2 * x\n")
            .file("json.py", "raise Exception('shadows the real one')\n")
            .logic(
                "import sys, json, pickle, sibling\n\
                 class Own: pass\n\
                 if __name__ == '__main__': sys.exit(1)\n\
                 def get_slurm_args(p, d):\n    return {'file': __file__, 'name': __name__, \
                 'argv': sys.argv, 'main': sys.modules['__main__'].__name__, \
                 'own': type(pickle.loads(pickle.dumps(Own()))).__name__, \
                 'double': sibling.double(4), 'json': json.dumps([1]), 'in': sys.stdin.read()}\n",
            );
        let answers = logic_all(&mut python.load(), &mut numbers(1));
        assert_eq!(
            answers,
            [format!(
                "{{'file': '{}', 'name': 'slurm_args_module', 'argv': ['slurmkit'], \
                 'main': '__main__', 'own': 'Own', 'double': 8, 'json': '[1]', 'in': ''}}",
                python.path("logic.py").display()
            )]
        );
    });
}

#[test]
fn a_relative_path_is_made_absolute() {
    let python = python().filter("def include_params(p): return __file__[0] == '/'\n");
    let absolute = python.path("filter.py");
    let here = std::env::current_dir().unwrap();
    let mut relative: PathBuf = here.components().skip(1).map(|_| "..").collect();
    relative.push(absolute.strip_prefix("/").unwrap());
    let mut host = PythonHost::load(
        &[HookRef {
            path: relative,
            ..python.hooks[0].clone()
        }],
        &Arc::default(),
        &python.settings,
        &HookOutput::default(),
    )
    .unwrap();
    assert_eq!(filter_all(&mut host, &mut numbers(1)), "1");
}

#[test]
fn a_changed_file_is_never_run_from_its_old_compilation() {
    on_each(|python| {
        let path = python.path("filter.py");
        let python = python.hook_in(Role::Filter, "filter.py");
        let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for answer in ["0", "1"] {
            put(&path, format!("def include_params(p): return {answer}\n"));
            fs::File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(time)
                .unwrap();
            assert_eq!(filter_all(&mut python.load(), &mut numbers(1)), answer);
        }
        assert!(!python.path("__pycache__").exists());
    });
}

#[test]
fn unusual_names_of_files_are_no_matter() {
    on_each(|python| {
        for name in [
            "with space.py",
            "é\u{1F600}.py",
            "new\nline.py",
            "a.b.py",
            "$(x).py",
        ] {
            let path = python.path(name);
            put(
                &path,
                "def include_params(p): return __file__ and 1 / p['x']\n",
            );
            let hook = HookRef {
                role: Role::Filter,
                path,
                function: "include_params".into(),
                label: None,
            };
            let load = PythonHost::load(
                &[hook],
                &Arc::default(),
                &python.settings,
                &HookOutput::default(),
            );
            assert_eq!(
                filter_all(&mut load.unwrap(), &mut numbers(2)),
                "x1",
                "{name:?}"
            );
        }
    });
}

#[test]
fn modules_of_the_users_do_not_stand_in_for_ours() {
    for interpreter in interpreters() {
        let folder = tempfile::tempdir().unwrap();
        for module in ["json", "traceback", "inspect", "datetime"] {
            put(
                &folder.path().join(format!("{module}.py")),
                "raise Exception('not the real one')\n",
            );
        }
        let wrapper = folder.path().join("python");
        put(
            &wrapper,
            format!(
                "#!/bin/sh\ncd '{0}' && LC_ALL=C PYTHONIOENCODING=ascii PYTHONPATH='{0}' exec {1} \"$@\"\n",
                folder.path().display(),
                interpreter.display()
            ),
        );
        make_executable(&wrapper);
        let python = Python::with(wrapper.into())
            .file(
                "é.py",
                "def include_params(p):\n    print('ü')\n    return 1 / p['x']\n",
            )
            .hook_in(Role::Filter, "é.py");
        let told = filter_failure(&python);
        assert!(
            told.contains("`é.py`: ZeroDivisionError: division by zero"),
            "{told}"
        );
        assert!(told.contains("line 3, in include_params\n"), "{told}");
        assert_eq!(python.printed(), "ü\nü\nü\n");
    }
}
