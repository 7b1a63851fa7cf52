//! Templates that hang, fill the memory or get out, through the command.

use std::fmt::Write as _;
use std::process::Command;

use super::hostile::{Watched, seconds, watch};
use super::parallel;
use super::test::Test;

/// The most that one may have in memory, and what it may print.
const MEMORY_MIB: u64 = 384;
const STDERR_BYTES: usize = 64 << 10;

/// A template, and what its error says; none must render.
type Case = (String, Option<&'static str>);

const STEPS: &str = "it takes more than 1,000,000 steps";
/// Whichever limit is reached first.
const GROWS: &str = "more than";
const TEXT: &str = "the text would have more than 16,777,216 bytes";
const ITEMS: &str = "the list would have more than 1,000,000 items";
const LEVELS: &str = "levels within each other";

/// Enters a template, and what its error says.
type Add<'a> = &'a mut dyn FnMut(&str, Option<&'static str>);

/// A value that grows in a loop.
fn grow(name: &str, how: &str) -> String {
    format!(
        "{{% set ns = namespace(v={name}) %}}{{% for i in range(60) %}}\
         {{% set ns.v = {how} %}}{{% endfor %}}{{{{ ns.v|length }}}}"
    )
}

fn many(count: usize, piece: &str) -> String {
    piece.repeat(count)
}

fn nested(count: usize, open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", many(count, open), many(count, close))
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |template: &str, says| cases.push((template.to_owned(), says));
    loops_and_recursion(&mut add);
    growing_texts(&mut add);
    wide_fields(&mut add);
    growing_lists(&mut add);
    deep_and_long_templates(&mut add);
    other_files(&mut add);
    cases
}

/// Loops and recursion.
fn loops_and_recursion(add: Add<'_>) {
    add(
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        Some(STEPS),
    );
    add(
        "{% for i in range(9999) %}{% for j in range(9999) %}{{ 'x' * 99 }}{% endfor %}{% endfor %}",
        Some(STEPS),
    );
    add(
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        Some("recursion limit"),
    );
    add(
        "{% macro f(x) %}{{ f(x + 1) }}{% endmacro %}{{ f(1) }}",
        Some("recursion limit"),
    );
    add(
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        Some("recursion limit"),
    );
    add(
        "{% block b %}{{ self.b() }}{% endblock %}",
        Some("recursion limit"),
    );
    add("{% include 'job.j2' %}", Some("recursion limit"));
    add("{% import 'job.j2' as m %}", Some("recursion limit"));
    add("{% extends 'job.j2' %}", Some("cycle"));
    add("{{ loop.cycle() }}", Some("undefined"));
    add("{% for x in [1] %}{{ loop.cycle() }}{% endfor %}", Some(""));
    add("{{ 1 is divisibleby 0 }}", Some("division by zero"));
}

/// Texts that grow.
fn growing_texts(add: Add<'_>) {
    add("{{ 'a' * 10000000000 }}", Some(TEXT));
    add("{{ 'a' * 10 ** 30 }}", Some(TEXT));
    add(&grow("'ab'", "ns.v ~ ns.v"), Some(GROWS));
    add(&grow("'ab'", "ns.v + ns.v"), Some(GROWS));
    add(&grow("'ab'", "[ns.v, ns.v]|join"), Some(GROWS));
    add(
        &grow("'ab'", "ns.v|replace('a', 'aa')|replace('b', 'bb')"),
        Some(GROWS),
    );
    add(&grow("'ab'", "ns.v.replace('', 'xxx')"), Some(GROWS));
    add(&grow("'ab'", "'%s%s' % (ns.v, ns.v)"), Some(GROWS));
    add(&grow("'ab'", "'{0}{0}'.format(ns.v)"), Some(GROWS));
    add(&grow("'ab'", "ns.v|tojson|tojson"), Some(GROWS));
    add(&grow("'a\nb'", "(ns.v ~ ns.v)|indent(3)"), Some(GROWS));
    add(&grow("'<&>'", "ns.v|e|string|e|string"), None);
    add(
        "{% set ns = namespace(v='ab') %}{% for i in range(60) %}{% set x %}{{ ns.v }}{{ ns.v }}{% endset %}\
         {% set ns.v = x %}{% endfor %}",
        Some(STEPS),
    );
}

/// Fields that are too wide.
fn wide_fields(add: Add<'_>) {
    for width in ["999999999", "99999999999", "9999999999999999999999999"] {
        for template in [
            "{{ '%Wd' % 1 }}",
            "{{ '%.Wf' % 1 }}",
            "{{ '%0Wd' % 1 }}",
            "{{ '%*d' % (W, 1) }}",
            "{{ '{:>W}'.format(1) }}",
            "{{ '{:.Wf}'.format(1.0) }}",
            "{{ '{:0W,}'.format(1) }}",
            "{{ 'x'.center(W) }}",
            "{{ 'x'.zfill(W) }}",
            "{{ 'x'.ljust(W) }}",
            "{{ 'x'|center(W) }}",
            "{{ 'a\tb'.expandtabs(W) }}",
            "{{ 'x\ny'|indent(W) }}",
            "{{ [1]|tojson(W) }}",
        ] {
            add(&template.replace('W', width), Some(""));
        }
        for template in [
            "{{ [1]|batch(W, 0)|list }}",
            "{{ [1]|slice(W)|list }}",
            "{{ range(W) }}",
            "{{ [0] * W }}",
        ] {
            add(&template.replace('W', width), Some(""));
        }
    }
}

/// Lists that grow, and lists in lists.
fn growing_lists(add: Add<'_>) {
    add("{{ range(1000000000)|list }}", Some(ITEMS));
    add(&grow("[1, 2]", "ns.v + ns.v"), Some(""));
    add(&grow("[1, 2]", "[ns.v, ns.v]"), None);
    add(
        "{% set ns = namespace(v=[1], w=[1]) %}{% for i in range(60) %}{% set ns.v = [ns.v, ns.v] %}\
         {% set ns.w = [ns.w, ns.w] %}{% endfor %}{{ ns.v == ns.w }}",
        Some(""),
    );
    add(
        "{% set ns = namespace(v=[1]) %}{% for i in range(60) %}{% set ns.v = [ns.v, ns.v] %}{% endfor %}{{ ns.v }}",
        Some(TEXT),
    );
    add(
        "{% set ns = namespace(v=(1, 1)) %}{% for i in range(60) %}{% set ns.v = (ns.v, ns.v) %}{% endfor %}{{ {ns.v: 1} }}",
        Some(""),
    );
    add(
        "{% set ns = namespace(v=[1]) %}{% for i in range(60) %}{% set ns.v = [ns.v, ns.v] %}{% endfor %}{{ ns.v|tojson }}",
        Some(""),
    );
    add(
        "{% set ns = namespace(v=[1]) %}{% for i in range(60) %}{% set ns.v = [ns.v, ns.v] %}{% endfor %}{{ ns.v|pprint }}",
        Some(""),
    );
    add(
        "{% set ns = namespace(v=[]) %}{% for i in range(100000) %}{% set ns.v = [ns.v] %}{% endfor %}",
        None,
    );
    add(
        "{% set ns = namespace(v=[]) %}{% for i in range(100000) %}{% set ns.v = [ns.v] %}{% endfor %}{{ ns.v }}",
        None,
    );
    add(
        "{% set ns = namespace(v=[]) %}{% for i in range(100000) %}{% set ns.v = [ns.v] %}{% endfor %}{{ ns.v in [1] }}",
        Some(LEVELS),
    );
    for inside in [
        "{% set l = [] %}{% set _ = l.append(l) %}",
        "{% set l = [] %}{% set m = [[l]] %}{% set _ = l.extend(m) %}",
        "{% set d = {} %}{% set _ = d.update({'d': [d]}) %}",
        "{% set d = {} %}{% set _ = d.setdefault('d', d) %}",
    ] {
        add(inside, Some("cannot be put into itself"));
    }
    add(
        "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}{{ l|length }}",
        Some("more than 1,000,000 steps"),
    );
    add(
        "{% set l = range(900000)|list %}{% for i in range(100000) %}{% if l|reverse|sort|first %}{% endif %}{% endfor %}",
        Some(STEPS),
    );
    add(
        "{% set l = range(90000)|list %}{% for i in range(100000) %}{{ -1 in l }}{% endfor %}",
        Some(STEPS),
    );
    add(
        "{% set l = range(90000)|list %}{% for i in range(100000) %}{{ l.count(-1) }}{% endfor %}",
        Some(STEPS),
    );
    add(
        "{% set l = range(90000)|list %}{% for i in range(100000) %}{{ l|unique|sum }}{% endfor %}",
        Some(STEPS),
    );
    add(
        "{% set t = 'a' * 9999999 %}{% for i in range(100000) %}{{ 'b' in t }}{% endfor %}",
        Some(STEPS),
    );
    add("{{ 2 ** 1000000000 }}", Some("more than 16,384 bits"));
    add(
        "{% set ns = namespace(v=3) %}{% for i in range(99) %}{% set ns.v = ns.v * ns.v %}{% endfor %}",
        Some("more than 16,384 bits"),
    );
    add("{{ ('9' * 9999999)|int }}", Some("bits"));
}

/// Texts that are deep or long themselves.
fn deep_and_long_templates(add: Add<'_>) {
    add(
        &format!("{{{{ {} }}}}", nested(5_000, "(", "1", ")")),
        Some(""),
    );
    add(
        &format!("{{{{ {} }}}}", nested(400, "[", "1", "]")),
        Some(LEVELS),
    );
    add(
        &format!("{{{{ {} }}}}", nested(100, "a[", "1", "]")),
        Some(LEVELS),
    );
    add(&format!("{{{{ {} }}}}", nested(55, "[", "1", "]")), None);
    add(&format!("{{{{ {}1 }}}}", many(1_000, "not ")), Some(LEVELS));
    add(
        &format!("{{{{ {}1 }}}}", many(300_000, "-")),
        Some("100,000 words and signs"),
    );
    add(&format!("{{{{ 1{} }}}}", many(900, " + 1")), None);
    add(&format!("{{{{ 'a'{} }}}}", many(900, " ~ 'a'")), None);
    add(&format!("{{{{ 'a'{} }}}}", many(900, "|upper")), None);
    add(
        &format!("{{{{ x{} }}}}", many(900, ".x")),
        Some("undefined"),
    );
    add(
        &format!("{{{{ 1{} }}}}", many(40_000, " + 1")),
        Some("1,000 operators and filters"),
    );
    add(&format!("{{{{ 1{} }}}}", many(900, " and 1")), None);
    add(
        &format!("{{{{ 1{} }}}}", many(40_000, " or 1")),
        Some("1,000 operators and filters"),
    );
    add(&format!("{{{{ 0{} }}}}", many(900, " < 1")), None);
    add(
        &format!("{{% for w in [{}] %}}{{% endfor %}}", many(40_000, "'w',")),
        None,
    );
    add(
        &format!("{{{{ 1{} }}}}", many(300, " if 1 else 1")),
        Some(LEVELS),
    );
    add(
        &format!(
            "{}{}",
            many(5_000, "{% if 1 %}"),
            many(5_000, "{% endif %}")
        ),
        Some("tags within each other"),
    );
    add(
        &format!("{}{}", many(99, "{% if 1 %}"), many(99, "{% endif %}")),
        None,
    );
    add(
        &format!("{{% if 0 %}}{}{{% endif %}}", many(20_000, "{% elif 0 %}")),
        Some("branches"),
    );
    add(
        &format!("{{% if 0 %}}{}{{% endif %}}", many(990, "{% elif 0 %}")),
        None,
    );
    add(
        &format!(
            "{{% for {} in [] %}}{{% endfor %}}",
            nested(500, "(", "a", ")")
        ),
        None,
    );
    add(&many(100_000, "{{ 1 }}"), None);
    add(&many(1_100_000, "x"), Some("1048576 are allowed"));
    add("{{ '\\N{SNOWMAN}' }}", Some("by their names"));
}

/// Other files.
fn other_files(add: Add<'_>) {
    for name in [
        "/etc/passwd",
        "../outside.j2",
        "sub/../../outside.j2",
        "..\\\\outside.j2",
        "",
        "folder",
        "pipe",
        "link",
        "device",
        "a\\x00b",
        "//etc/passwd",
        "./../outside.j2",
    ] {
        add(&format!("{{% include '{name}' %}}"), Some(""));
        add(&format!("{{% import '{name}' as m %}}"), Some(""));
        add(&format!("{{% extends '{name}' %}}"), Some(""));
    }
}

#[test]
fn hostile_templates_end_as_they_must() {
    parallel::all_ok(&parallel::map(&cases(), |(template, says)| {
        let problems = problems(template, *says);
        let shown: String = template.chars().take(120).collect();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(format!("{shown}: {problems}")),
        }
    }));
}

fn problems(template: &str, says: Option<&str>) -> String {
    let test = Test::new()
        .file("outside.j2", "outside")
        .file("work/job.j2", template)
        .file("work/folder/x.j2", "x")
        .file(
            "work/spec.yaml",
            "template: job.j2\noutput_dir: out\njinja: {undefined: lenient}\n\
             parameters:\n  values: {a: [1]}\n",
        );
    let work = test.path().join("work");
    std::os::unix::fs::symlink("../outside.j2", work.join("link")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", work.join("device")).unwrap();
    let pipe = Command::new("mkfifo").arg(work.join("pipe")).status();
    assert!(pipe.unwrap().success());

    let Watched { code, late, mib } = watch(&test, seconds(), &["generate", "spec.yaml"]);
    let stderr = fs_err::read(test.path().join("stderr")).unwrap();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    let shown: String = stderr.chars().take(300).collect();
    let mut problems = String::new();
    let mut problem = |problem: String| {
        write!(problems, "{problem}; ").unwrap();
    };
    match says {
        _ if late => problem(format!("still ran after {} s", seconds())),
        None if code != 0 => problem(format!("exit code {code}: {shown}")),
        Some(_) if code != 1 => problem(format!("exit code {code}, not an error: {shown}")),
        Some(part) if !stderr.contains(part) || !stderr.contains("error: ") => {
            problem(format!("no {part:?} in {shown}"));
        }
        _ => {}
    }
    if stderr.contains("panicked at") {
        problem(format!("a panic shows: {shown}"));
    }
    if mib > MEMORY_MIB {
        problem(format!("took {mib} MiB"));
    }
    if stderr.len() > STDERR_BYTES {
        problem(format!("printed {} bytes of errors", stderr.len()));
    }
    if code != 0 && work.join("out").exists() {
        problem("wrote scripts".into());
    }
    problems
}

#[test]
fn the_steps_of_a_template_are_set_in_the_config_only() {
    let test = Test::new()
        .file("job.j2", "{% for i in range(1000) %}{{ i }}{% endfor %}")
        .file(
            "spec.yaml",
            "template: job.j2\nparameters:\n  values: {a: [1]}\n",
        );
    test.ok("generate spec.yaml --dry-run");
    test.write(".slurmkit/config.yaml", "jinja: {steps: 500}\n");
    let error = test.fails("generate spec.yaml --dry-run");
    assert!(error.contains("it takes more than 500 steps"), "{error}");
    assert!(
        error.contains("raise `jinja.steps` in the config"),
        "{error}"
    );
    test.write(
        "spec.yaml",
        "template: job.j2\njinja: {steps: 99999}\nparameters:\n  values: {a: [1]}\n",
    );
    assert!(test.fails("generate spec.yaml").contains("`steps`"));
}
