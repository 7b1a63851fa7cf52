//! What templates see and how they are printed.

use std::fs;

use super::test::{SPEC, Test, contains, project, two_jobs};

/// Renders `template` for one job with the YAML flow map `values`.
#[track_caller]
fn render(jinja: &str, values: &str, template: &str) -> String {
    let spec = format!(
        "template: t.j2\njob_name_pattern: j\njinja: {jinja}\nparameters:\n  mode: list\n  \
         values: [{values}]\nslurm_args: {{defaults: {{mem: 4G, gpus: 1}}}}\n"
    );
    let test = Test::new().file("spec.yaml", &spec).file("t.j2", template);
    let run = test.run("generate spec.yaml");
    if run.code == Some(0) {
        test.read("j.job")
    } else {
        run.stderr
    }
}

#[test]
fn the_context_holds_job_slurm_logs_and_parameters() {
    assert_eq!(
        render(
            "{}",
            "{lr: 0.1, model: m}",
            "{{ job_name }} {{ slurm.mem }} {{ logs_dir }} {{ params }} {{ lr }} {{ model }}"
        ),
        "j 4G . {'lr': 0.1, 'model': 'm'} 0.1 m"
    );
}

#[test]
fn a_parameter_wins_over_a_name_of_ours() {
    assert_eq!(
        render("{}", "{slurm: mine, params: 2}", "{{ slurm }} {{ params }}"),
        "mine 2"
    );
}

#[test]
fn numbers_are_printed_as_python_prints_them() {
    assert_eq!(
        render(
            "{}",
            "{a: 1.0e-5, b: 1.0e+16, c: 1.0, d: -0.0, e: .nan, f: -.inf, g: 12345678901234567890123, \
             h: [1.0e-5, {x: 2.5e-7}], i: true, j: null}",
            "{{ a }} {{ b }} {{ c }} {{ d }} {{ e }} {{ f }} {{ g }} {{ h }} {{ i }} {{ j }} \
             {{ a * 2 }} {{ 7 / 2 }} {{ 7 // 2 }} {{ 2 ** 3 }}"
        ),
        "1e-05 1e+16 1.0 -0.0 nan -inf 12345678901234567890123 [1e-05, {'x': 2.5e-07}] True None \
         2e-05 3.5 3 8"
    );
}

#[test]
fn python_methods_work() {
    assert_eq!(
        render(
            "{}",
            "{name: ResNet18, d: {b: 1, a: 2}}",
            "{{ name.lower() }} {% for k, v in d.items() %}{{ k }}={{ v }} {% endfor %}\
             {{ name.startswith('Res') }} {{ '{:>4}'.format(7) }} {{ d.get('c', 3) }}"
        ),
        "resnet18 b=1 a=2 True    7 3"
    );
}

#[test]
fn undefined_names_are_errors_where_they_are_used() {
    assert_eq!(
        render(
            "{}",
            "{a: 1}",
            "{{ x is defined }}{{ x | default('d') }}{% if x %}{% else %}no{% endif %}\
             {% if slurm.account %}{% endif %}{% if slurm.gpus is defined %}g{% endif %}"
        ),
        "Falsednog"
    );
    for template in [
        "{{ x }}",
        "{% for i in x %}{% endfor %}",
        "{{ slurm.account }}",
        "{{ x.y }}",
    ] {
        contains(&render("{}", "{a: 1}", template), &["is undefined"]);
    }
}

#[test]
fn undefined_names_print_nothing_when_lenient() {
    let template = "[{{ x }}{{ slurm.account }}{% for i in x %}{% endfor %}]";
    assert_eq!(render("{undefined: lenient}", "{a: 1}", template), "[]");
    contains(
        &render("{undefined: strict}", "{a: 1}", "{% if x %}{% endif %}"),
        &["undefined"],
    );
}

#[test]
fn white_space_is_kept_unless_asked_otherwise() {
    let template = "a\n  {% if true %}\n  b\n  {% endif %}\nc\n";
    assert_eq!(render("{}", "{a: 1}", template), "a\n  \n  b\n  \nc\n");
    let trimmed = "{trim_blocks: true, lstrip_blocks: true}";
    assert_eq!(render(trimmed, "{a: 1}", template), "a\n  b\nc\n");
}

#[test]
fn the_config_sets_template_options_for_a_project() {
    let test = two_jobs()
        .file(
            ".slurmkit/config.yaml",
            "jinja: {undefined: lenient, trim_blocks: true}\n",
        )
        .file("train.job.j2", "{{ nope }}{% if true %}\nx\n{% endif %}\n");
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/lr0.1.job"), "x\n");
    test.write(
        "spec.yaml",
        &format!("{SPEC}jinja: {{undefined: strict}}\n"),
    );
    contains(&test.fails("generate spec.yaml"), &["`nope` is undefined"]);
}

#[test]
fn includes_imports_and_inheritance_work() {
    let test = two_jobs()
        .file("train.job.j2", "{% extends 'base.j2' %}{% block body %}{% include 'parts/run.j2' %}{% endblock %}")
        .file("base.j2", "#!/bin/sh\n{% from 'macros.j2' import echo %}{{ echo('hi') }}\n{% block body %}{% endblock %}\n")
        .file("macros.j2", "{% macro echo(text) %}echo {{ text }}{% endmacro %}")
        .file("parts/run.j2", "run {{ lr }}");
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/lr0.1.job"), "#!/bin/sh\necho hi\nrun 0.1\n");
}

#[test]
fn nothing_is_escaped_and_line_ends_are_unix() {
    let test = Test::new()
        .file("spec.yaml", &SPEC.replace("train.job.j2", "t.html"))
        .file("t.html", "<{{ '<&>' }}>\r\n{{ lr }}\r\n");
    test.ok("generate spec.yaml");
    assert_eq!(test.read("out/lr0.1.job"), "<<&>>\n0.1\n");
}

#[test]
fn a_template_that_makes_the_engine_fail_is_an_error() {
    contains(
        &render(
            "{}",
            "{a: 1}",
            "{% for i in [1] %}{{ loop.cycle() }}{% endfor %}",
        ),
        &["error"],
    );
}

#[test]
fn a_length_of_the_shell_that_is_a_comment_is_warned_of() {
    let template = "n=${#files[@]} # all of them\necho {# a note #} $n\n";
    let test = two_jobs().file("train.job.j2", template);
    let run = test.run("generate spec.yaml");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    contains(
        &run.stderr,
        &[
            "warning: `${#files[@]} # all of them` begins a comment of Jinja",
            "train.job.j2:1:3",
            "{% raw %}",
        ],
    );
}

/// Each row of the book's table of differences does what its last column says.
#[test]
fn the_differences_from_jinja2_in_the_book_are_true() {
    let page = fs::read_to_string(project().join("book/src/templates.md")).unwrap();
    let (_, table) = page.split_once("## Jinja2 features that differ").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut count = 0;
    for row in rows {
        let row = row.replace("\\|", "\u{1}");
        let cells: Vec<_> = row
            .split('|')
            .map(|cell| cell.trim().replace('\u{1}', "|"))
            .collect();
        let (template, here) = (cells[1].trim_matches('`'), &cells[3]);
        let script = render("{}", "{}", template);
        match here.strip_prefix("error: ") {
            Some(message) => contains(&script, &["error: cannot render", message]),
            None => assert_eq!(here, &format!("prints `{script}`"), "{template}"),
        }
        count += 1;
    }
    assert!(count >= 18, "only {count} rows");
}
