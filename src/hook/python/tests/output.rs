//! What hooks print, and that it never gets between host and worker.

use super::*;

#[test]
fn everything_that_is_printed_comes_out_in_order() {
    on_each(|python| {
        let python = python.filter(
            "import os, subprocess, sys, ctypes\n\
             print('import')\n\
             def include_params(p):\n    \
             print('print')\n    sys.stderr.write('stderr\\n')\n    \
             sys.__stdout__.write('dunder\\n')\n    os.write(1, b'write 1\\n')\n    \
             os.write(2, b'write 2\\n')\n    os.system('echo system')\n    \
             subprocess.call(['echo', 'child'])\n    \
             libc = ctypes.CDLL(None)\n    libc.puts(b'puts')\n    libc.fflush(None)\n    \
             print('\\ud800 \\u00e9')\n    sys.stdout.write('no newline')\n    return True\n",
        );
        let mut host = python.load();
        assert_eq!(filter_all(&mut host, &mut numbers(1)), "1");
        drop(host);
        assert_eq!(
            python.printed(),
            "import\nprint\nstderr\ndunder\nwrite 1\nwrite 2\nsystem\nchild\nputs\n\\ud800 é\n\
             no newline"
        );
    });
}

#[test]
fn a_flood_on_both_streams_blocks_nothing() {
    let python = python().filter(
        "import sys\ndef include_params(p):\n    line = 'x' * 999\n    \
         for i in range(50000): print(line, file=sys.stderr if i % 2 else sys.stdout)\n    \
         return True\n",
    );
    let mut host = python.load();
    assert_eq!(filter_all(&mut host, &mut numbers(2)), "11");
    drop(host);
    assert_eq!(python.printed().len(), 100_000_000);
}

#[test]
fn what_a_start_up_file_prints_is_not_taken_for_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    put(
        &folder.path().join("sitecustomize.py"),
        "import os\nprint('noise')\nos.write(1, b'\\n\\0slurmkit-hook 1')\nos.write(2, b'more\\n')\n",
    );
    let wrapper = folder.path().join("python");
    let line = format!(
        "PYTHONPATH='{}' exec python3 \"$@\"",
        folder.path().display()
    );
    put(&wrapper, format!("#!/bin/sh\n{line}\n"));
    make_executable(&wrapper);
    let python = Python::with(wrapper.into()).filter("def include_params(p): return 1\n");
    assert_eq!(filter_all(&mut python.load(), &mut numbers(1)), "1");
    let printed = python.printed();
    assert!(
        printed.contains("noise\n") && printed.contains("more\n"),
        "{printed}"
    );
}

#[test]
fn a_hook_that_asks_for_input_gets_none() {
    on_each(|python| {
        let python = python.filter("def include_params(p):\n    return input('sure? ')\n");
        let told = filter_failure(&python);
        assert!(told.contains("EOFError: EOF when reading a line"), "{told}");
    });
}

#[test]
fn a_child_that_keeps_the_streams_open_is_not_waited_for() {
    let python = python().filter(
        "import subprocess\n\
         child = subprocess.Popen(['sleep', '1000'])\nprint(child.pid)\n\
         def include_params(p): return True\n",
    );
    let mut host = python.load();
    assert_eq!(filter_all(&mut host, &mut numbers(1)), "1");
    drop(host);
    // It was started on purpose and outlives the run, as it would outlive a program.
    let pid = python.printed().trim().to_owned();
    assert!(exists(&pid));
    std::process::Command::new("kill")
        .arg(pid)
        .status()
        .unwrap();
}

#[test]
fn a_forked_child_does_not_speak_for_the_worker() {
    on_each(|python| {
        let python = python.filter(
            "import os\ndef include_params(p):\n    \
             pid = os.fork()\n    if pid == 0: return False\n    \
             return os.waitpid(pid, 0)[1] >> 8 == 113\n",
        );
        let (mut host, mut space) = (python.load(), numbers(1));
        assert_eq!(filter_all(&mut host, &mut space), "1");
    });
}
