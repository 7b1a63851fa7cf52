//! Workers that die, hang or are left behind.

use std::time::Instant;

use super::*;
use crate::hook::error::HookErrorKind;

#[test]
fn a_worker_that_dies_is_told_with_how_it_died() {
    on_each(|python| {
        let path = python.path("filter.py");
        let python = python.hook_in(Role::Filter, "filter.py");
        for (death, message) in [
            ("os._exit(7)", "ended with exit code 7"),
            ("os._exit(0)", "ended with exit code 0"),
            (
                "os.kill(os.getpid(), 9)",
                "was killed by signal 9 (SIGKILL)",
            ),
            ("ctypes.string_at(0)", "was killed by signal 11 (SIGSEGV)"),
            ("os.abort()", "was killed by signal 6 (SIGABRT)"),
            (
                "(signal.setitimer(signal.ITIMER_REAL, 0.01), time.sleep(9))",
                "(SIGALRM)",
            ),
        ] {
            put(
                &path,
                format!(
                    "import os, ctypes, signal, time\ndef include_params(p):\n    \
                     p['x'] < 16 or {death}\n"
                ),
            );
            let mut host = python.load();
            filter(&mut host, &mut numbers(100), 0..16).unwrap();
            let error = filter(&mut host, &mut numbers(100), 16..32).err().unwrap();
            assert_eq!(error.kind(), HookErrorKind::Host);
            let told = python.local(&told(&error));
            assert!(told.contains(message), "{told}");
            assert!(
                told.contains(" while working on parameter sets 17 to 20 of 100\n"),
                "{told}"
            );
            // And it stays dead.
            let again = filter(&mut host, &mut numbers(100), 32..33)
                .err()
                .unwrap()
                .to_string();
            assert!(
                again.contains(message) && again.contains("set 33 of 100: x=32"),
                "{again}"
            );
        }
        assert!(
            python.printed().contains("line 3 in include_params"),
            "{}",
            python.printed()
        );
    });
}

#[test]
fn a_death_in_a_single_call_names_its_set() {
    let python = python().filter("import os\ndef include_params(p): os._exit(7)\n");
    assert_eq!(
        host_failure(&python, 1),
        "filter hook `filter.py`: the Python process ended with exit code 7 \
         (parameter set 1 of 100: x=0)\n"
    );
}

#[test]
fn a_death_at_import_is_told() {
    let python = python().filter("import os\nos._exit(3)\n");
    assert!(
        python
            .load_error()
            .contains("the Python process ended with exit code 3 while loading")
    );
}

#[test]
fn an_endless_loop_ends_at_the_deadline_and_shows_its_line() {
    on_each(|python| {
        let python = python
            .filter("def include_params(p):\n    while p['x'] == 1:\n        pass\n")
            .call_time(Duration::from_secs(1));
        let told = host_failure(&python, 3);
        assert!(
            told.starts_with(
                "filter hook `filter.py`: took longer than 1 s (parameter set 2 of 100: x=1)\nat "
            ),
            "{told}"
        );
        assert!(told.contains("in include_params\n"), "{told}");
        assert!(told.contains("KeyboardInterrupt"), "{told}");
        assert!(told.contains("help: the limit can be raised"), "{told}");
    });
}

#[test]
fn a_call_that_hangs_among_fast_ones_ends_at_its_own_deadline() {
    on_each(|python| {
        let hooks = "import time\n\
            def stop_at(p):\n    if p['x'] == 4321: time.sleep(1000)\n    return p\n\
            parse_params = include_params = stop_at\n\
            def get_slurm_args(p, d): return stop_at(p)\n";
        let mut python = python.file("h.py", hooks).call_time(Duration::from_secs(2));
        for role in [Role::Parse, Role::Filter, Role::Logic] {
            python.hooks.clear();
            python = python.hook_in(role, "h.py");
            let (mut host, mut space) = (python.load(), numbers(5000));
            let all: Vec<_> = (0..space.len()).collect();
            let start = Instant::now();
            let error = match role {
                Role::Parse => parse(&mut host, &space, 0..all.len()).err(),
                Role::Filter => filter(&mut host, &mut space, 0..all.len()).err(),
                Role::Logic => logic(&mut host, &mut space, &all).err(),
                Role::OnFailure => host.on_failure(&space).err(),
            };
            let took = start.elapsed();
            let told = error.unwrap().to_string();
            assert!(
                told.ends_with(": took longer than 2 s (parameter set 4322 of 5000: x=4321)"),
                "{told}"
            );
            // All calls together may take hours.
            assert!(took < Duration::from_secs(100), "{took:?}");
        }
    });
}

#[test]
fn calls_that_are_slow_together_are_no_matter() {
    let python = python()
        .filter(
            "import time\ndef include_params(p):\n    \
             if p['x'] >= 3000: time.sleep(0.15)\n    return True\n",
        )
        .call_time(Duration::from_secs(1));
    let answers = filter_all(&mut python.load(), &mut numbers(3010));
    assert_eq!(answers, "1".repeat(3010));
}

#[test]
fn a_loop_that_cannot_be_interrupted_is_aborted_or_killed() {
    on_each(|python| {
        let path = python.path("filter.py");
        let python = python
            .hook_in(Role::Filter, "filter.py")
            .call_time(Duration::from_secs(1));
        for source in [
            // Never looks at signals; the fault handler prints the line.
            "import itertools\ndef include_params(p):\n    sum(itertools.repeat(0))\n",
            // Catches what ends everybody else.
            "def include_params(p):\n    while True:\n        try:\n            while True: pass\n        \
             except BaseException: pass\n",
            "import signal\ndef include_params(p):\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    \
             signal.signal(signal.SIGABRT, signal.SIG_IGN)\n    while True: pass\n",
        ] {
            put(&path, source);
            let mut host = python.load();
            let error = filter(&mut host, &mut numbers(1), 0..1).err().unwrap();
            assert_eq!(error.kind(), HookErrorKind::Limit);
            assert!(
                error
                    .to_string()
                    .contains("took longer than 1 s (parameter set 1 of 1: x=0)")
            );
        }
        let printed = python.printed();
        assert!(printed.contains("Fatal Python error: Aborted"), "{printed}");
        assert!(printed.contains("line 3 in include_params"), "{printed}");
    });
}

#[test]
fn an_import_without_end_is_ended() {
    let mut python = python().logic("import time\ntime.sleep(1000)\n");
    python.settings.import_time = Duration::from_secs(2);
    let told = python.load_error();
    assert!(
        told.contains("loading took longer than 2 s\nat 2: time.sleep(1000)\n"),
        "{told}"
    );
}

#[test]
fn the_deadline_holds_while_a_worker_does_not_read() {
    let python = python()
        .filter(
            "import os, signal\ndef include_params(p):\n    return True\n\
             signal.signal(signal.SIGALRM, lambda *a: os.kill(os.getpid(), signal.SIGSTOP))\n\
             signal.setitimer(signal.ITIMER_REAL, 0.1)\n",
        )
        .call_time(Duration::from_secs(1));
    let mut host = python.load();
    let large = Value::from(vec!["x".repeat(1000); 5000]);
    // Long enough for the worker to have stopped itself.
    std::thread::sleep(Duration::from_millis(500));
    let error = filter(&mut host, &mut grid([("x", vec![large])]), 0..1)
        .err()
        .unwrap();
    assert_eq!(error.kind(), HookErrorKind::Limit);
}

#[test]
fn no_deadline_is_zero() {
    let python = python()
        .filter("import time\ndef include_params(p):\n    time.sleep(0.3)\n    return True\n")
        .call_time(Duration::ZERO);
    assert_eq!(filter_all(&mut python.load(), &mut numbers(1)), "1");
}

#[test]
fn a_hook_that_closes_or_writes_to_our_pipes_is_an_error() {
    on_each(|python| {
        let python = python.filter(
            "import os\ndef include_params(p):\n    \
             os.closerange(3, 1000)\n    return True\n",
        );
        let told = host_failure(&python, 1);
        assert!(
            told.contains("filter hook `filter.py`: the Python process "),
            "{told}"
        );
    });
    let python = python().filter(
        "import os, stat\ndef include_params(p):\n    \
         for fd in range(3, 20):\n        \
         try: os.write(fd, b'{}\\n')\n        except OSError: pass\n",
    );
    let told = host_failure(&python, 1);
    assert!(
        told.contains(" spoke nonsense\n") || told.contains(" left answers out"),
        "{told}"
    );
}

#[test]
fn no_process_is_left_behind() {
    on_each(|python| {
        let print_pid = "import os, time\nprint(os.getpid())\n";
        let path = python.path("filter.py");
        let python = python
            .hook_in(Role::Filter, "filter.py")
            .call_time(Duration::from_millis(200));
        for body in [
            "return True",
            "os._exit(1)",
            "time.sleep(1000)",
            "raise SystemExit",
        ] {
            put(&path, format!("{print_pid}def include_params(p): {body}\n"));
            python.printed.lock().unwrap().clear();
            let mut host = python.load();
            filter(&mut host, &mut numbers(1), 0..1).ok();
            drop(host);
            let printed = python.printed();
            let pid = printed.lines().next().unwrap();
            assert!(!exists(pid), "{body}: {pid}");
        }
    });
}

#[test]
fn exit_handlers_run_and_those_that_hang_are_ended() {
    on_each(|python| {
        let python = python.filter(
            "import atexit, os\natexit.register(print, 'bye')\ndef include_params(p): return 1\n",
        );
        drop(python.load());
        assert_eq!(python.printed(), "bye\n");
    });
    let python = python().filter(
        "import os, threading, time\nprint(os.getpid())\n\
         threading.Thread(target=time.sleep, args=(1000,)).start()\ndef include_params(p): return 1\n",
    );
    drop(python.load());
    assert!(!exists(python.printed().trim()));
}

#[test]
fn a_worker_may_be_used_after_the_thread_that_made_it_ended() {
    let python = python().filter("def include_params(p): return True\n");
    let mut host = std::thread::scope(|scope| scope.spawn(|| python.load()).join().unwrap());
    assert_eq!(filter_all(&mut host, &mut numbers(3)), "111");
}
