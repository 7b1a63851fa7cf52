//! What hooks print.

use super::fixture::Fixture;
use crate::hook::Host;

#[test]
fn what_hooks_print_goes_to_the_output_line_by_line() {
    let body = "print(params.model); print(0.00001 * 1.0);\ndebug([1.0, params.model]); true";
    let fixture = Fixture::filter_body(body);
    fixture
        .run(|host, space| host.filter(space, 0..1).unwrap().remove(0).unwrap())
        .unwrap();
    assert_eq!(
        fixture.printed(),
        "[filter.rhai:2] vit\n[filter.rhai:2] 1e-05\n[filter.rhai:3] [1.0, \"vit\"]\n"
    );
}

#[test]
fn output_ends_at_its_limit_with_a_word_about_it() {
    let fixture = Fixture::filter_body("print(\"12345\"); true");
    let line = format!(
        "[{}/filter.rhai:2] 12345\n",
        fixture.folder.path().display()
    );
    let fixture = fixture.limits(|limits| limits.output_bytes = line.len() * 2 + 5);
    fixture.decisions();
    let limit = fixture.limits.output_bytes;
    assert_eq!(
        fixture.printed(),
        format!(
            "[filter.rhai:2] 12345\n[filter.rhai:2] 12345\n\
             (no more output of scripts: `hooks.rhai.output_bytes` is {limit})\n"
        )
    );
}

#[test]
fn the_top_level_prints_once_and_functions_each_time() {
    let script = "import \"lib\" as lib;\nprint(\"top\"); helper();\n\
                  fn helper() { print(\"helper\"); }\n\
                  fn include_params(params) { print(lib::X); true }";
    let fixture =
        Fixture::filter(script).file("lib.rhai", "print(\"lib\"); export const X = \"call\";");
    fixture.decisions();
    assert_eq!(
        fixture.printed(),
        "[lib.rhai:1] lib\n[filter.rhai:2] top\n[filter.rhai:3] helper\n\
         [filter.rhai:4] call\n[filter.rhai:4] call\n[filter.rhai:4] call\n[filter.rhai:4] call\n"
    );
}
