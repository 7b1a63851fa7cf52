//! What hooks answer and change, and what they share.

use super::*;

#[test]
fn a_grid_is_filtered_and_given_arguments() {
    on_each(|python| {
        let python = python
            .filter("def include_params(params):\n    return params['a'] + params['b'] != 3\n")
            .logic(
                "def get_slurm_args(params, defaults):\n    \
                 defaults['mem'] = '%dG' % params['b']\n    return defaults\n",
            )
            .defaults([("time", "1:00".into())]);
        let axis = |values: [i32; 2]| values.map(Value::from).to_vec();
        let mut space = grid([("b", axis([1, 2])), ("a", axis([1, 2]))]);
        let mut host = python.load();
        assert!(
            host.interpreter().contains(" (3."),
            "{}",
            host.interpreter()
        );
        assert_eq!(filter_all(&mut host, &mut space), "1001");
        let logic = logic(&mut host, &mut space, &[0, 3]).unwrap();
        let logic: Vec<_> = logic
            .into_iter()
            .map(|map| Value::Map(map.unwrap()).to_string())
            .collect();
        assert_eq!(
            logic,
            [
                "{'time': '1:00', 'mem': '1G'}",
                "{'time': '1:00', 'mem': '2G'}"
            ]
        );
        drop(host);
        assert_eq!(python.printed(), "");
    });
}

#[test]
fn batches_of_any_size_and_place_agree() {
    let python = python()
        .filter("def include_params(p):\n    p['x'] % 5 == 4 and p.update(seen=p['x'])\n    return p['x'] % 3\n")
        .logic("def get_slurm_args(p, d):\n    return {'x': p['x'], 'y': p['y'], 'seen': p.get('seen')}\n");
    let space = || {
        grid([
            ("x", (0..700).map(Value::from).collect()),
            ("y", vec!["a".into(), "b".into()]),
        ])
    };
    let run = |sizes: &[usize]| {
        let (mut host, mut space) = (python.load(), space());
        let (mut kept, mut start) = (Vec::new(), 0);
        for size in sizes.iter().cycle() {
            let end = space.len().min(start + size);
            let answers = filter(&mut host, &mut space, start..end).unwrap();
            kept.extend(
                (start..end)
                    .zip(answers)
                    .filter(|(_, keep)| *keep.as_ref().unwrap()),
            );
            start = end;
            if end == space.len() {
                break;
            }
        }
        let kept: Vec<_> = kept.into_iter().map(|(index, _)| index).collect();
        let mut results = Vec::new();
        for chunk in kept.chunks(sizes[0]) {
            let answers = logic(&mut host, &mut space, chunk).unwrap();
            results.extend(
                answers
                    .into_iter()
                    .map(|map| Value::Map(map.unwrap()).to_string()),
            );
        }
        (kept, results, sets(&space))
    };
    let whole = run(&[1400]);
    assert_eq!(whole.0.len(), 932);
    assert_eq!(whole.1[2], "{'x': 2, 'y': 'a', 'seen': None}");
    for sizes in [&[1, 2, 255, 256][..], &[1000], &[7]] {
        assert_eq!(run(sizes), whole, "{sizes:?}");
    }
}

#[test]
fn a_space_without_sets_or_without_axes_is_fine() {
    let python = python().filter("def include_params(p):\n    return not p\n");
    let mut host = python.load();
    assert_eq!(filter_all(&mut host, &mut grid([("a", vec![])])), "");
    assert_eq!(filter_all(&mut host, &mut grid([])), "1");
}

#[test]
fn truth_is_what_python_takes_for_it() {
    on_each(|python| {
        let python = python.filter(
            "class No:\n    def __bool__(self): return False\n\
             answers = [None, 0, '', [], {}, 0.0, (), No(), False,\n           \
             1, 'no', [0], float('nan'), object(), True]\n\
             def include_params(p):\n    return answers[p['x']]\n",
        );
        let mut host = python.load();
        assert_eq!(filter_all(&mut host, &mut numbers(15)), "000000000111111");
    });
}

#[test]
fn what_a_filter_does_to_its_parameters_is_seen_by_all() {
    on_each(|python| {
        let python = python
            .filter(
                "def include_params(p):\n    x = p['x']\n    \
                 if x == 1: p['x'] = 1.0\n    if x == 2: p['new'] = None\n    \
                 if x == 3: p.clear()\n    if x == 4: p['y'] = p.pop('x')\n    \
                 if x == 5: p['x'] = True\n    return True\n",
            )
            .logic(
                "def get_slurm_args(p, d):\n    seen = str(p)\n    p.pop('new', 0)\n    \
                 return {'seen': seen}\n",
            );
        let (mut host, mut space) = (python.load(), numbers(6));
        filter_all(&mut host, &mut space);
        assert_eq!(
            sets(&space),
            ["x=0", "x=1.0", "x=2, new=None", "", "y=4", "x=True"]
        );
        let seen = logic_all(&mut host, &mut space);
        assert_eq!(seen[2], r#"{'seen': "{'x': 2, 'new': None}"}"#);
        assert_eq!(seen[3], "{'seen': '{}'}");
        assert_eq!(sets(&space)[2], "x=2");
    });
}

#[test]
fn nested_values_stay_shared_between_sets() {
    on_each(|python| {
        let python = python.filter(
            "def include_params(p):\n    p['opts'].append(p['x'])\n    \
             if p['x'] == 0: p['changed'] = True\n    return len(p['opts']) > 2\n",
        );
        let (mut host, mut space) = (
            python.load(),
            grid([("opts", vec![Value::list([])]), ("x", numbers_from_0(3))]),
        );
        assert_eq!(filter_all(&mut host, &mut space), "001");
        assert_eq!(
            sets(&space),
            [
                "opts=[0, 1, 2], x=0, changed=True",
                "opts=[0, 1, 2], x=1",
                "opts=[0, 1, 2], x=2"
            ]
        );
        // The same, when the first set is reported long before the others change it.
        let (mut host, mut space) = (
            python.load(),
            grid([("opts", vec![Value::list([])]), ("x", numbers_from_0(3))]),
        );
        for index in 0..3 {
            filter(&mut host, &mut space, index..index + 1).unwrap();
        }
        assert_eq!(sets(&space)[0], "opts=[0, 1, 2], x=0, changed=True");
    });
}

fn numbers_from_0(count: i32) -> Vec<Value> {
    (0..count).map(Value::from).collect()
}

#[test]
fn a_set_that_a_filter_holds_on_to_is_the_one_that_logic_gets() {
    on_each(|python| {
        let python = python
            .filter(
                "last = None\ndef include_params(p):\n    global last\n    \
                 if last is not None: last['next'] = p['x']\n    \
                 last = p if p['x'] % 2 == 0 else None\n    return True\n",
            )
            .logic("def get_slurm_args(p, d):\n    return {'p': str(p)}\n");
        let (mut host, mut space) = (python.load(), numbers(3000));
        filter_all(&mut host, &mut space);
        let seen = logic_all(&mut host, &mut space);
        for (index, seen) in seen.iter().enumerate() {
            let next = match index % 2 {
                0 if index < 2999 => format!(", 'next': {}", index + 1),
                _ => String::new(),
            };
            assert_eq!(*seen, format!("{{'p': \"{{'x': {index}{next}}}\"}}"));
        }
        assert_eq!(sets(&space)[2..4], ["x=2, next=3", "x=3"]);
    });
}

#[test]
fn sets_that_nobody_holds_take_no_memory_until_logic_gets_them() {
    let python = python()
        .filter(
            "import gc\ncount = 0\ndef include_params(p):\n    global count\n    count += 1\n    \
             if count == 20000:\n        p['alive'] = sum(type(o) is dict and 'x' in o for o in gc.get_objects())\n    \
             return True\n",
        )
        .logic("def get_slurm_args(p, d):\n    return {'alive': p.get('alive')}\n");
    let x = Value::list([]);
    let axes = [("x", vec![x; 20_000])];
    let (mut host, mut space) = (python.load(), grid(axes));
    filter_all(&mut host, &mut space);
    let alive = host.logic(&mut space, &[19_999]).unwrap().remove(0);
    let Value::Int(alive) = alive.unwrap()["alive"] else {
        panic!("no number")
    };
    assert!((1..3000).contains(&alive), "{alive}");
}

#[test]
fn defaults_are_a_shallow_copy_for_each_call() {
    on_each(|python| {
        let python = python
            .logic(
                "def get_slurm_args(p, defaults):\n    defaults['n'] = p['x']\n    \
                 defaults['env'].append(p['x'])\n    return {'d': str(defaults)}\n",
            )
            .defaults([("env", Value::list([]))]);
        let (mut host, mut space) = (python.load(), numbers(2));
        assert_eq!(
            logic_all(&mut host, &mut space),
            [
                r#"{'d': "{'env': [0], 'n': 0}"}"#,
                r#"{'d': "{'env': [0, 1], 'n': 1}"}"#
            ]
        );
    });
}

#[test]
fn a_result_that_is_changed_later_keeps_what_it_was() {
    let python = python().logic(
        "shared = {}\ndef get_slurm_args(p, d):\n    shared['x'] = p['x']\n    return shared\n",
    );
    let (mut host, mut space) = (python.load(), numbers(2));
    assert_eq!(logic_all(&mut host, &mut space), ["{'x': 0}", "{'x': 1}"]);
}

#[test]
fn equal_results_are_shared_and_different_ones_never() {
    on_each(|python| {
        let python = python.logic(
            "values = [1, 1.0, True, 0.0, -0.0, 0, False, '1', None, [1], [1.0], (1,), b'1', \
             bytearray(b'1'), 'a' + str(1), 'a1', float('nan'), float('nan'), {'a': 1, 'b': 2}, \
             {'b': 2, 'a': 1}]\n\
             def get_slurm_args(p, d):\n    return {'v': values[p['x'] % 20]}\n",
        );
        let (mut host, mut space) = (python.load(), numbers(40));
        let all: Vec<_> = (0..40).collect();
        let answers: Vec<_> = logic(&mut host, &mut space, &all)
            .unwrap()
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let texts: Vec<_> = answers[..20]
            .iter()
            .map(|map| map["v"].to_string())
            .collect();
        assert_eq!(
            texts,
            [
                "1",
                "1.0",
                "True",
                "0.0",
                "-0.0",
                "0",
                "False",
                "1",
                "None",
                "[1]",
                "[1.0]",
                "(1,)",
                "b'1'",
                "bytearray(b'1')",
                "a1",
                "a1",
                "nan",
                "nan",
                "{'a': 1, 'b': 2}",
                "{'b': 2, 'a': 1}"
            ]
        );
        let distinct: std::collections::HashSet<_> = answers.iter().map(Arc::as_ptr).collect();
        assert_eq!(distinct.len(), 18);
    });
}

#[test]
fn any_number_of_different_results_arrives() {
    on_each(|python| {
        let python = python.logic(
            "def get_slurm_args(p, d):\n    return {'x': p['x'] if p['x'] % 10 else None}\n",
        );
        let (mut host, mut space) = (python.load(), numbers(30_000));
        for (index, answer) in logic_all(&mut host, &mut space).iter().enumerate() {
            let x = if index % 10 == 0 {
                "None".into()
            } else {
                index.to_string()
            };
            assert_eq!(*answer, format!("{{'x': {x}}}"));
        }
        assert!(host.results.len() < 15_000, "{}", host.results.len());
    });
}

#[test]
fn module_state_lives_on_in_the_order_of_calls() {
    on_each(|python| {
        let hooks = "import builtins\nlog = builtins.__dict__.setdefault('log', [])\n\
             log.append(__name__)\ncount = 0\n\
             def parse_params(p):\n    log.append('parse %d' % p['x'])\n    return p\n\
             def include_params(p):\n    global count\n    count += 1\n    \
             log.append('filter %d' % p['x'])\n    return count <= 2\n\
             def get_slurm_args(p, d):\n    return {'log': list(log), 'count': count}\n";
        let python = python
            .file("all.py", hooks)
            .hook_in(Role::Parse, "all.py")
            .hook_in(Role::Filter, "all.py")
            .hook_in(Role::Logic, "all.py");
        let mut host = python.load();
        let mut space = parse_all(&mut host, &numbers(3));
        assert_eq!(filter_all(&mut host, &mut space), "110");
        let logic = logic(&mut host, &mut space, &[0])
            .unwrap()
            .remove(0)
            .unwrap();
        // Each role has a module object of its own.
        assert_eq!(logic["count"], Value::from(0));
        assert_eq!(
            logic["log"].to_string(),
            "['param_parse_module', 'param_filter_module', 'slurm_args_module', 'parse 0', \
             'parse 1', 'parse 2', 'filter 0', 'filter 1', 'filter 2']"
        );
    });
}

#[test]
fn a_parse_hook_makes_one_or_many_of_a_set() {
    on_each(|python| {
        let python = python
            .parse(
                "from collections import OrderedDict\n\
                 def parse_params(p):\n    x = p.pop('x')\n    \
                 if x == 0: return OrderedDict(a=x)\n    \
                 return [dict(p, b=i) for i in range(x)]\n",
            )
            .filter("def include_params(p):\n    p['seen'] = 1\n    return 'b' in p\n")
            .logic("def get_slurm_args(p, d):\n    return p\n");
        let unparsed = numbers(3);
        let mut host = python.load();
        let mut space = parse_all(&mut host, &unparsed);
        assert_eq!(sets(&space), ["a=0", "b=0", "b=0", "b=1"]);
        assert_eq!(filter_all(&mut host, &mut space), "0111");
        assert_eq!(sets(&space)[3], "b=1, seen=1");
        let logic = logic(&mut host, &mut space, &[2, 3]).unwrap();
        assert_eq!(*logic[1].as_ref().unwrap(), Arc::new(space.get(3).to_map()));
        assert_eq!(sets(&unparsed), ["x=0", "x=1", "x=2"]);
    });
}

#[test]
fn what_parsed_sets_share_stays_shared() {
    on_each(|python| {
        let python = python
            .parse("def parse_params(p):\n    p['o']['parsed'] = p['x']\n    return p\n")
            .filter("def include_params(p):\n    p['o']['n'] = p['x']\n    return True\n");
        let mut host = python.load();
        let mut space = parse_all(
            &mut host,
            &grid([("o", vec![Map::new().into()]), ("x", numbers_from_0(3))]),
        );
        filter(&mut host, &mut space, 0..1).unwrap();
        assert_eq!(sets(&space)[0], "o={'parsed': 2, 'n': 0}, x=0");
        assert_eq!(sets(&space)[2], "o={'parsed': 2, 'n': 0}, x=2");
        filter(&mut host, &mut space, 1..3).unwrap();
        assert_eq!(sets(&space)[0], "o={'parsed': 2, 'n': 2}, x=0");
    });
}

#[test]
fn listed_sets_may_differ_in_their_names_and_are_many() {
    on_each(|python| {
        let python = python
            .filter(
                "def include_params(p):\n    if 'odd' in p: p['list'].append(0)\n    \
                 return 'odd' in p\n",
            )
            .logic("def get_slurm_args(p, d):\n    return {'p': str(p)}\n");
        let set = |index: i32| match index % 2 {
            0 => [("even", Value::from(index))].into_iter().collect(),
            _ => [("odd", index.into()), ("list", Value::list([]))]
                .into_iter()
                .collect(),
        };
        let mut space = ParamSpace::list((0..2500).map(set).collect());
        let mut host = python.load();
        assert!(filter_all(&mut host, &mut space).starts_with("0101"));
        assert_eq!(sets(&space)[2498..], ["even=2498", "odd=2499, list=[0]"]);
        let answer = logic(&mut host, &mut space, &[1, 2499])
            .unwrap()
            .remove(1)
            .unwrap();
        assert_eq!(answer["p"], "{'odd': 2499, 'list': [0]}".into());
    });
}

#[test]
fn sets_parsed_elsewhere_are_taken_as_they_come() {
    let python = python()
        .parse("def parse_params(p):\n    return [p, p]\n")
        .filter("def include_params(p):\n    return p['x'] == 7\n");
    let mut host = python.load();
    parse(&mut host, &numbers(2), 0..2).unwrap();
    let mut other = ParamSpace::list(vec![[("x", Value::from(7))].into_iter().collect()]);
    assert_eq!(filter_all(&mut host, &mut other), "1");
}
