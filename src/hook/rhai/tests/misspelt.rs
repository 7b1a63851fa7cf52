//! Parameters that hooks read and no set has.

use super::fixture::Fixture;
use crate::hook::Host;
use crate::spec::Role;

/// What is said about a filter with this body, a line each with the underlined word.
fn warnings(body: &str) -> Vec<String> {
    of_script(&format!("fn include_params(params) {{ {body} }}"))
}

fn of_script(script: &str) -> Vec<String> {
    let fixture = Fixture::filter(script);
    fixture
        .run(|host, space| {
            let warnings = host.warnings(Role::Filter, space).into_iter();
            let shown = warnings.map(|warning| {
                let label = warning.label.unwrap();
                let word = &label.source.text[label.span];
                format!("{word}: {}", warning.help.unwrap())
            });
            shown.collect()
        })
        .unwrap()
}

#[test]
fn a_parameter_that_no_set_has_is_named_with_a_guess() {
    assert_eq!(
        warnings("params.batch_sise > 64 && params.model == \"vit\""),
        ["batch_sise: did you mean `batch_size`?"]
    );
    assert_eq!(
        warnings("params[\"modle\"].len() > 3 || params.workers > 2"),
        [
            "\"modle\": did you mean `model`?",
            "workers: if it may be absent, say what holds then: `params.workers ?? …`"
        ]
    );
    assert_eq!(
        warnings("params.x.y == 1 || params.x > 2").len(),
        1,
        "once each"
    );
    assert_eq!(
        of_script("fn include_params(p) { if p.lr > 1 { helper(p) } else { true } }\nfn helper(p) { p.zz > 1 }").len(),
        2,
        "functions that are handed the parameters are looked at"
    );
    let others = "fn include_params(p) { p.lr > 1 }\nfn other(p) { p.zz > 1 }";
    assert_eq!(
        of_script(others).len(),
        1,
        "functions that are not called are not"
    );
}

#[test]
fn what_may_be_absent_by_its_own_words_is_not_named() {
    for body in [
        "(params.workers ?? 4) > 2",
        "params?.workers == 3",
        "params.workers == () || params.workers != ()",
        "get(params, \"workers\", 4) > 2",
        "\"workers\" in params",
        "params.workers = 3; params.workers > 2",
        "params.batch_size > 2 && params.model.len() > 1 && params.len() == 2",
        "type_of(params.workers) == \"()\"",
        "let other = #{}; other.workers = 1; other.workers > 0",
    ] {
        assert_eq!(warnings(body), [""; 0], "{body}");
    }
}
