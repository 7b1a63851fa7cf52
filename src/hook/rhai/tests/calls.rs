//! What hooks are called with, and what becomes of their answers.

use std::sync::Arc;

use super::fixture::{Fixture, set};
use crate::hook::Host;
use crate::model::{ParamSpace, Value};
use crate::spec::Role;

#[test]
fn a_filter_decides_for_each_set_in_order() {
    let fixture = Fixture::filter_body("params.batch_size < 64 || params.model == \"vit\"");
    assert_eq!(
        fixture.decisions(),
        [Ok(true), Ok(true), Ok(true), Ok(false)]
    );
}

#[test]
fn a_logic_hook_answers_in_the_order_of_the_defaults_and_new_keys_follow() {
    let fixture = Fixture::logic(
        r#"fn get_slurm_args(params, defaults) {
            defaults.mem = `${params.batch_size}G`;
            defaults.cpus = 1;
            defaults["a-new"] = #{b: 1, a: 2};
            defaults
        }"#,
    );
    assert_eq!(
        fixture.slurm_args()[2].as_deref(),
        Ok("{'time': '1:00', 'mem': '64G', 'a-new': {'a': 2, 'b': 1}, 'cpus': 1}")
    );
}

#[test]
fn each_logic_call_gets_its_own_defaults() {
    let fixture = Fixture::logic(
        "fn get_slurm_args(params, defaults) {
            defaults.seen = defaults.seen ?? 0;
            defaults.seen += 1;
            #{seen: defaults.seen}
        }",
    );
    assert_eq!(
        fixture.slurm_args(),
        vec![Ok::<_, String>("{'seen': 1}".to_owned()); 4]
    );
}

#[test]
fn equal_answers_are_shared() {
    let fixture = Fixture::logic("fn get_slurm_args(p, d) { #{a: p.model} }");
    let shared = fixture.run(|host, space| {
        let answers: Vec<_> = host
            .logic(space, &[0, 1, 2, 3])
            .unwrap()
            .into_iter()
            .map(Result::unwrap)
            .collect();
        (
            Arc::ptr_eq(&answers[0], &answers[2]),
            Arc::ptr_eq(&answers[0], &answers[1]),
        )
    });
    assert_eq!(shared.unwrap(), (true, false));
}

#[test]
fn a_parse_hook_returns_one_set_or_several_in_the_order_of_its_argument() {
    let one = Fixture::parse("fn parse_params(params) { params.accumulate = 2; params }");
    assert_eq!(
        one.parsed()[0],
        Ok(vec![
            "{'batch_size': 32, 'model': 'vit', 'accumulate': 2}".into()
        ])
    );
    let several = Fixture::parse(
        "fn parse_params(params) {
            if params.model == \"vit\" { return []; }
            [1, 2].map(|seed| #{model: params.model, seed: seed, batch_size: params.batch_size})
        }",
    );
    let set = |seed| format!("{{'batch_size': 32, 'model': 'resnet', 'seed': {seed}}}");
    assert_eq!(
        several.parsed()[..2],
        [Ok(vec![]), Ok(vec![set(1), set(2)])]
    );
}

#[test]
fn hooks_of_one_file_share_it_and_those_of_different_files_do_not_meet() {
    let run = |fixture: Fixture| {
        fixture
            .run(|host, space| {
                let sets = host.parse(space, 0..1).unwrap().remove(0).unwrap();
                let keep = host.filter(space, 0..1).unwrap().remove(0).unwrap();
                let args = host.logic(space, &[0]).unwrap().remove(0).unwrap();
                (sets.len(), keep, args.len())
            })
            .unwrap()
    };
    let parse = "const N = 2; fn parse_params(p) { [p, p] }\n";
    let filter = "const M = 32; fn include_params(p) { p.batch_size == global::M }\n";
    let logic = "fn get_slurm_args(p, d) { d }\n";
    let one_file = Fixture::new()
        .file("hooks.rhai", &[parse, filter, logic].concat())
        .hook(Role::Parse, "hooks.rhai")
        .hook(Role::Filter, "hooks.rhai")
        .hook(Role::Logic, "hooks.rhai");
    assert_eq!(run(one_file), (2, true, 2));
    let three_files = Fixture::new()
        .file("a.rhai", parse)
        .file("b.rhai", filter)
        .file("c.rhai", logic)
        .hook(Role::Parse, "a.rhai")
        .hook(Role::Filter, "b.rhai")
        .hook(Role::Logic, "c.rhai");
    assert_eq!(run(three_files), (2, true, 2));
}

#[test]
fn an_absent_parameter_is_unit_and_has_short_idioms() {
    for body in [
        "params.absent == ()",
        "(params.absent ?? 32) == 32",
        "get(params, \"absent\", 32) == 32",
        "params.get(\"absent\", 32) == 32",
        "params.get(\"batch_size\", 1) == params.batch_size",
        "!(\"absent\" in params) && \"model\" in params",
        "params[\"model\"].len() > 0",
    ] {
        assert_eq!(
            Fixture::filter_body(body).decisions(),
            vec![Ok(true); 4],
            "{body}"
        );
    }
}

#[test]
fn integers_and_floats_compare_and_division_of_integers_stays_rhais() {
    let body = "1 == 1.0 && 2 > 1.5 && 7 / 2 == 3 && 7 / 2.0 == 3.5";
    assert_eq!(Fixture::filter_body(body).decisions(), vec![Ok(true); 4]);
}

#[test]
fn a_hook_changes_nothing_outside_of_itself() {
    let fixture = Fixture::filter_body("params.batch_size = 0; params.model += \"x\"; true");
    let (before, after) = fixture
        .run(|host, space| {
            let texts = |space: &ParamSpace| {
                (0..space.len())
                    .map(|index| space.get(index).to_string())
                    .collect::<Vec<_>>()
            };
            let before = texts(space);
            host.filter(space, 0..4).unwrap();
            host.filter(space, 0..4).unwrap();
            (before, texts(space))
        })
        .unwrap();
    assert_eq!(before, after);
}

#[test]
fn an_axis_changed_by_another_hook_is_converted_again() {
    let fixture = Fixture::filter_body("params.batch_size == 1");
    let decisions = fixture.run(|host, space| {
        host.filter(space, 0..4).unwrap();
        space.set_axis_value(0, 1, Value::from(1));
        space.set_changed(0, set([("batch_size", Value::from(1))]));
        host.filter(space, 0..4)
            .unwrap()
            .into_iter()
            .map(Result::unwrap)
            .collect::<Vec<_>>()
    });
    assert_eq!(decisions.unwrap(), [true, false, true, true]);
}
