//! Values across the border.

use super::*;
use crate::model::Object;

#[test]
fn values_arrive_in_python_as_what_they_are() {
    on_each(|python| {
        let python =
            python.logic("def get_slurm_args(p, d):\n    return {'r': repr(p['v']), 't': type(p['v']).__name__}\n");
        let date = |type_name: &str, text: &str| {
            Value::Object(Arc::new(Object {
                type_name: type_name.into(),
                text: text.into(),
                repr: String::new(),
                plain: None,
            }))
        };
        let cases = [
            (Value::Null, "None", "NoneType"),
            (true.into(), "True", "bool"),
            (1.into(), "1", "int"),
            (1.0.into(), "1.0", "float"),
            ((-0.0).into(), "-0.0", "float"),
            (1e22.into(), "1e+22", "float"),
            ((0.1 + 0.2).into(), "0.30000000000000004", "float"),
            (f64::NAN.into(), "nan", "float"),
            (f64::NEG_INFINITY.into(), "-inf", "float"),
            (Value::Int(u64::MAX.into()), "18446744073709551615", "int"),
            (
                Value::Int(i128::MIN),
                "-170141183460469231731687303715884105728",
                "int",
            ),
            ("é\u{0}\n\u{1F600}".into(), "'é\\x00\\n😀'", "str"),
            (
                Value::list([Value::map([("$", 1.into()), ("b", Value::Null)])]),
                "[{'$': 1, 'b': None}]",
                "list",
            ),
            (
                date("datetime.date", "2024-02-29"),
                "datetime.date(2024, 2, 29)",
                "date",
            ),
            (
                date("datetime.datetime", "2024-02-29 01:02:03.000450"),
                "datetime.datetime(2024, 2, 29, 1, 2, 3, 450)",
                "datetime",
            ),
            (
                date("datetime.datetime", "2024-02-29 01:02:03+00:00"),
                "datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc)",
                "datetime",
            ),
            (date("pathlib.PosixPath", "/x"), "'/x'", "str"),
        ];
        let values = cases.iter().map(|(value, ..)| value.clone()).collect();
        let (mut host, mut space) = (python.load(), grid([("v", values)]));
        let all: Vec<_> = (0..space.len()).collect();
        for (answer, (_, repr, kind)) in logic(&mut host, &mut space, &all)
            .unwrap()
            .iter()
            .zip(&cases)
        {
            let map = answer.as_ref().unwrap();
            assert_eq!(
                (map["r"].as_str(), map["t"].as_str()),
                (Some(*repr), Some(*kind))
            );
        }
    });
}

#[test]
fn times_of_other_zones_keep_their_offset() {
    on_each(|python| {
        let python = python.logic("def get_slurm_args(p, d):\n    return {'s': str(p['v'])}\n");
        let texts = ["2024-02-29 01:02:03-05:30", "0001-01-01 00:00:00+14:00"];
        let values = texts.map(|text| {
            Value::Object(Arc::new(Object {
                type_name: "datetime.datetime".into(),
                text: text.into(),
                repr: String::new(),
                plain: None,
            }))
        });
        let (mut host, mut space) = (python.load(), grid([("v", values.to_vec())]));
        let answers = logic_all(&mut host, &mut space);
        assert_eq!(answers, texts.map(|text| format!("{{'s': '{text}'}}")));
    });
}

#[test]
fn values_come_back_as_what_they_are() {
    on_each(|python| {
        let python = python.logic(
            "def get_slurm_args(p, d):\n    return {'v': [None, True, 1, 1.0, -0.0, 0.1 + 0.2, \
             1e22, 5e-324, float('inf'), 2**63, 2**64 - 1, 2**64, -2**127, 2**127 - 1, \
             'é\\0\\U0001F600', [], {}, {'$': 'int', 'v': '1'}]}\n",
        );
        let (mut host, mut space) = (python.load(), numbers(1));
        let answer = logic(&mut host, &mut space, &[0])
            .unwrap()
            .remove(0)
            .unwrap();
        let expected = Value::list([
            Value::Null,
            true.into(),
            1.into(),
            1.0.into(),
            (-0.0).into(),
            (0.1 + 0.2).into(),
            1e22.into(),
            5e-324.into(),
            f64::INFINITY.into(),
            Value::Int(1 << 63),
            Value::Int(u64::MAX.into()),
            Value::Int(1 << 64),
            Value::Int(i128::MIN),
            Value::Int(i128::MAX),
            "é\u{0}\u{1F600}".into(),
            Value::list([]),
            Map::new().into(),
            Value::map([("$", Value::from("int")), ("v", "1".into())]),
        ]);
        assert_eq!(answer["v"], expected);
    });
}

#[test]
fn objects_come_back_with_their_text_and_nearest_value() {
    on_each(|python| {
        let python = python.logic(
            "import collections, datetime, decimal, enum, pathlib\n\
             class Color(enum.Enum):\n    red = 'r'\n\
             class Level(enum.IntEnum):\n    high = 3\n\
             class Text(str):\n    pass\n\
             class Own:\n    def __str__(self): return 'own'\n\
             Point = collections.namedtuple('Point', 'x y')\n\
             values = [(1, 'a'), {3, 1, 2}, frozenset(), Point(1, 2), pathlib.Path('/x/y'), \
             decimal.Decimal('1.50'), Color.red, Text('t'), b'x', range(3), \
             datetime.date(2024, 2, 29), collections.OrderedDict(a=(1,)), Own(), \
             datetime.timedelta(1), {'k': 1}.keys(), 1j]\n\
             def get_slurm_args(p, d):\n    return {'v': values, 'level': Level.high}\n",
        );
        let (mut host, mut space) = (python.load(), numbers(1));
        let answer = logic(&mut host, &mut space, &[0])
            .unwrap()
            .remove(0)
            .unwrap();
        let Value::List(values) = &answer["v"] else {
            panic!("{:?}", answer["v"])
        };
        let seen: Vec<_> = values
            .iter()
            .map(|value| {
                let Value::Object(object) = value else {
                    panic!("{value:?}")
                };
                let plain = object.plain.as_ref().map(ToString::to_string);
                (
                    object.type_name.as_str(),
                    object.text.as_str(),
                    plain.unwrap_or_default(),
                )
            })
            .take(11)
            .collect();
        let expected = [
            ("tuple", "(1, 'a')", "[1, 'a']"),
            ("set", "{1, 2, 3}", "[1, 2, 3]"),
            ("frozenset", "frozenset()", "[]"),
            ("Point", "Point(x=1, y=2)", "[1, 2]"),
            ("pathlib.PosixPath", "/x/y", "/x/y"),
            ("decimal.Decimal", "1.50", "1.5"),
            ("Color", "Color.red", ""),
            ("Text", "t", "t"),
            ("bytes", "b'x'", ""),
            ("range", "range(0, 3)", "[0, 1, 2]"),
            ("datetime.date", "2024-02-29", ""),
        ];
        let is_path = |name: &str| name.starts_with("pathlib.");
        for (seen, (name, text, plain)) in seen.iter().zip(expected) {
            assert!(
                seen.0 == name || is_path(seen.0) && is_path(name),
                "{seen:?}"
            );
            assert_eq!((seen.1, seen.2.as_str()), (text, plain));
        }
        let Value::Object(ordered) = &values[11] else {
            panic!("{:?}", values[11])
        };
        assert_eq!(ordered.plain.as_ref().unwrap().to_string(), "{'a': (1,)}");
        assert_eq!(values[12].to_string(), "own");
        let Value::Object(level) = &answer["level"] else {
            panic!("{:?}", answer["level"])
        };
        assert_eq!(level.plain, Some(Value::from(3)));
    });
}

#[test]
fn dataclasses_and_numpy_scalars_have_their_fields_and_items() {
    let python = python().logic(
        "import dataclasses\n\
         @dataclasses.dataclass\nclass Res:\n    cpus: int\n    mem: str = '1G'\n\
         class Scalar:\n    dtype = 'float32'\n    def tolist(self): return 0.5\n    \
         def __repr__(self): return '0.5'\n\
         def get_slurm_args(p, d):\n    return {'res': Res(2), 'scalar': Scalar()}\n",
    );
    let (mut host, mut space) = (python.load(), numbers(1));
    let answer = logic(&mut host, &mut space, &[0])
        .unwrap()
        .remove(0)
        .unwrap();
    let Value::Object(res) = &answer["res"] else {
        panic!("{:?}", answer["res"])
    };
    assert_eq!(res.text, "Res(cpus=2, mem='1G')");
    assert_eq!(
        res.plain.as_ref().unwrap().to_string(),
        "{'cpus': 2, 'mem': '1G'}"
    );
    let Value::Object(scalar) = &answer["scalar"] else {
        panic!("{:?}", answer["scalar"])
    };
    assert_eq!(scalar.plain, Some(0.5.into()));
}

#[test]
fn what_cannot_be_handed_over_is_named_with_its_place() {
    on_each(|python| {
        let python = python.logic(
            "import sys\nloop = []\nloop.append(loop)\n\
             class Bare: pass\n\
             class Bad:\n    def __str__(self): return 1 / 0\n\
             values = [None, [], {1: 2}, {'a': {'b': [0, print]}}, {'m': sys}, \
             {'g': (i for i in [])}, {'l': lambda: 0}, {'i': 2**127}, {'s': '\\ud800'}, \
             {'r': loop}, {'b': Bare()}, {'c': Bare}, {'k': {(): 0}}, {'t': (1, print)}, \
             {'e': Bad()}, {'f': sys.stdout}]\n\
             def get_slurm_args(p, d):\n    return values[p['x']]\n",
        );
        let (mut host, mut space) = (python.load(), numbers(16));
        let answers = logic_all(&mut host, &mut space);
        let message = |text: &String| {
            let text = text.lines().next().unwrap().split_once(": ").unwrap().1;
            let text = text.split(" (parameter set").next().unwrap();
            text.replace(
                "; values are None, bools, numbers, text, lists and dicts",
                "; …",
            )
        };
        let messages: Vec<_> = answers.iter().map(message).collect();
        assert_eq!(
            messages,
            [
                "returned None; a logic hook returns a dict",
                "returned a list; a logic hook returns a dict",
                "returned a dict with the key 1, an int (keys are text)",
                "returned a builtin_function_or_method at `a.b[1]`; …",
                "returned a module at `m`; …",
                "returned a generator at `g`; …",
                "returned a function at `l`; …",
                "returned an int of more than 128 bits at `i`; …",
                "returned text that is not valid Unicode at `s`; …",
                "returned a value nested more than 100 levels (or that contains itself) at \
                 `r[0][0][0][0][0][0][0][0][0][0][0][0][0]…`; …",
                "returned a Bare, which has no text of its own at `b`; …",
                "returned a type at `c`; …",
                "returned a dict with the key (), a tuple (keys are text) at `k`; …",
                "returned a builtin_function_or_method at `t[1]`; …",
                "returned a Bad whose str() fails with ZeroDivisionError: division by zero at \
                 `e`; …",
                "returned a _io.TextIOWrapper at `f`; …",
            ]
        );
    });
}

#[test]
fn a_parse_hook_that_returns_something_else_is_told_what_it_returns() {
    let python = python().parse(
        "answers = [(1, 2), None, [{}, 1], {'a': print}]\n\
         def parse_params(p):\n    return answers[p['x']]\n",
    );
    let mut host = python.load();
    let answers = parse(&mut host, &numbers(4), 0..4).unwrap();
    let told: Vec<_> = answers
        .into_iter()
        .map(|answer| told(&answer.unwrap_err()))
        .collect();
    let expected = [
        "returned a tuple; a parse hook returns a dict or a list of dicts",
        "returned None; a parse hook returns a dict or a list of dicts",
        "returned a list with an int at [1]; a parse hook returns a dict or a list of dicts",
        "returned a builtin_function_or_method at `a`; values are",
    ];
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(&format!(": {expected}")), "{told}");
        assert!(told.contains("at 2: def parse_params(p):\n"), "{told}");
    }
}

#[test]
fn parameters_that_cannot_be_handed_over_are_an_error_of_their_set() {
    let python = python().filter("def include_params(p):\n    p['f'] = print\n    return p['x']\n");
    assert!(filter_failure(&python).starts_with(
        "filter hook `filter.py`: left a builtin_function_or_method at `f` in `params`; values"
    ));
}

#[test]
fn nan_results_and_large_answers_arrive() {
    let python = python().logic("def get_slurm_args(p, d):\n    return {'v': 'x' * 20000000}\n");
    let (mut host, mut space) = (python.load(), numbers(1));
    let answer = logic(&mut host, &mut space, &[0])
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(answer["v"].as_str().unwrap().len(), 20_000_000);
}
