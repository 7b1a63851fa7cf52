//! Hooks that raise.

use super::*;
use crate::hook::error::HookErrorKind;

#[test]
fn a_failure_of_one_set_does_not_stop_the_others() {
    on_each(|python| {
        let python = python.filter("def include_params(p):\n    return 6 / p['x'] > 3\n");
        let (mut host, mut space) = (python.load(), numbers(4));
        assert_eq!(filter_all(&mut host, &mut space), "x100");
    });
}

#[test]
fn an_exception_points_at_the_users_own_line() {
    on_each(|python| {
        let python =
            python.filter("def include_params(p):\n    if p['x'] == 1:\n        return 1 / 0\n");
        let host = python.load();
        let has_columns = !["(3.6.", "(3.7.", "(3.8.", "(3.9.", "(3.10."]
            .iter()
            .any(|old| host.interpreter().contains(old));
        let underlined = if has_columns { "1 / 0" } else { "return 1 / 0" };
        let told = filter_failure(&python);
        let carets = told
            .lines()
            .find(|line| line.contains("~^~"))
            .map_or_else(String::new, |line| format!("{line}\n"));
        assert_eq!(carets.is_empty(), !has_columns);
        assert_eq!(
            told,
            format!(
                "filter hook `filter.py`: ZeroDivisionError: division by zero (parameter set 2 \
                 of 3: x=1)\n\
                 at 3: {underlined}\n\
                 note: Traceback (most recent call last):\n  \
                 File \"filter.py\", line 3, in include_params\n    return 1 / 0\n{carets}\
                 ZeroDivisionError: division by zero\n"
            )
        );
    });
}

#[test]
fn columns_count_the_bytes_of_the_users_line() {
    let python = python()
        .filter("def include_params(p):\n\n    s = 'é\u{1F600}'; return s + p['x'] + 1  # ü\n");
    let told = filter_failure(&python);
    assert!(
        told.contains("at 3: s + p['x']\n") || told.contains("at 3: s = "),
        "{told}"
    );
}

#[test]
fn causes_are_told_and_frames_of_siblings_lead_to_the_hook() {
    on_each(|python| {
        let python = python
            .file("deep.py", "def fail():\n    try:\n        {}['k']\n    except KeyError as e:\n        raise ValueError('no k') from e\n")
            .filter("import deep\ndef include_params(p):\n    deep.fail()\n");
        let told = filter_failure(&python);
        assert!(
            told.contains("ValueError: no k (parameter set 1 of 3: x=0)\n"),
            "{told}"
        );
        assert!(told.contains("at 3: deep.fail()\n"), "{told}");
        assert!(told.contains("KeyError: 'k'\n"), "{told}");
        assert!(told.contains("direct cause"), "{told}");
        assert!(!told.contains("slurmkit hook worker"), "{told}");
    });
}

#[test]
fn exceptions_of_any_kind_are_told() {
    on_each(|python| {
        let python = python.filter(
            "class Own(Exception): pass\n\
             class Mute(Exception):\n    def __str__(self): raise KeyError\n\
             class Base(BaseException): pass\n\
             def deep(): return deep()\n\
             def bad(p): raise [Own('é\\ud800'), Mute(), Base('b'), AssertionError()][p['x']]\n\
             def include_params(p):\n    return deep() if p['x'] == 4 else bad(p)\n",
        );
        let (mut host, mut space) = (python.load(), numbers(5));
        let answers = filter(&mut host, &mut space, 0..5).unwrap();
        let texts: Vec<_> = answers
            .iter()
            .map(|answer| answer.as_ref().unwrap_err().to_string())
            .collect();
        for (text, expected) in texts.iter().zip([
            ": Own: é\\ud800 (",
            ": Mute: <its text cannot be made> (",
            ": Base: b (",
            ": AssertionError (",
            ": RecursionError: maximum recursion depth exceeded",
        ]) {
            assert!(text.contains(expected), "{text}");
        }
    });
}

#[test]
fn leaving_the_interpreter_is_an_error_and_no_success() {
    on_each(|python| {
        let python = python.filter("import sys\ndef include_params(p):\n    sys.exit(0)\n");
        let told = filter_failure(&python);
        assert!(
            told.contains(": called `sys.exit(0)` (parameter set 1 of 3"),
            "{told}"
        );
        assert!(told.contains("at 3: sys.exit(0)\n"), "{told}");
        assert!(told.contains("help: leave a hook with `return`"), "{told}");
    });
}

#[test]
fn only_the_first_failures_are_told_in_full() {
    let python = python().filter("def include_params(p):\n    raise ValueError(p['x'])\n");
    let (mut host, mut space) = (python.load(), numbers(12));
    let errors: Vec<_> = filter(&mut host, &mut space, 0..12)
        .unwrap()
        .into_iter()
        .map(Result::unwrap_err)
        .collect();
    let in_full = errors
        .iter()
        .filter(|error| !error.notes().is_empty())
        .count();
    assert_eq!(in_full, 10);
    assert!(
        errors[11]
            .to_string()
            .contains("ValueError: 11 (parameter set 12 of 12: x=11)")
    );
    assert!(
        errors
            .iter()
            .all(|error| error.kind() == HookErrorKind::Raised)
    );
}

#[test]
fn an_answer_without_truth_or_that_is_always_true_is_an_error() {
    on_each(|python| {
        let python = python.filter(
            "class Array:\n    __bool__ = lambda self: len(7)\n\
             def include_params(p):\n    return [Array(), (i for i in []), include_params][p['x']]\n",
        );
        let (mut host, mut space) = (python.load(), numbers(3));
        let answers = filter(&mut host, &mut space, 0..3).unwrap();
        let texts: Vec<_> = answers
            .iter()
            .map(|answer| answer.as_ref().unwrap_err().to_string())
            .collect();
        assert!(
            texts[0].contains("TypeError: object of type 'int' has no len()"),
            "{texts:?}"
        );
        assert!(texts[1].contains("returned a generator, which always counts as true"));
        assert!(texts[2].contains("returned a function, which always counts as true"));
    });
}

#[test]
fn a_logic_hook_fails_for_its_own_sets_only() {
    let python = python().logic(
        "def get_slurm_args(p, d):\n    if p['x'] == 5: raise KeyError('gpus')\n    return {'x': 1}\n",
    );
    let (mut host, mut space) = (python.load(), numbers(8));
    let answers = logic(&mut host, &mut space, &[1, 5, 7]).unwrap();
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let error = answers[1].as_ref().unwrap_err().to_string();
    assert!(
        error.contains("KeyError: 'gpus' (parameter set 6 of 8: x=5)"),
        "{error}"
    );
}
