//! Scalars that do not mean their text.

use super::fixture::{lines, root, value};
use crate::diagnostic::{Diagnose, Source};
use crate::yaml::{Level, Schema, Target, Trap, parse as parse_by, quote_traps, traps};

/// Level, path, typed text and what scripts get, of each trap.
fn told(text: &str, schema: Schema, target: Target) -> Vec<String> {
    let root = parse_by(&Source::new("f", text), schema).unwrap().unwrap();
    let shown = |trap: &Trap| {
        let Trap {
            level,
            path,
            text,
            value,
            ..
        } = trap;
        let level = match level {
            Level::Info => 'i',
            Level::Warning => 'w',
        };
        format!("{level} {path} {text} {value}")
    };
    traps(&root, "p", schema, target)
        .iter()
        .map(shown)
        .collect()
}

#[test]
fn traps_are_told_once_for_each_place() {
    let text = "time: 24:00:00\nquoted: \"24:00:00\"\nok: [1, 1e-3, 1e3, 1.0e3, y, n, 08, 0o10, 2024-01-01, 04:00:00, 08:00]\n\
                list: &l [010, 'on', 1:30.5, Off, 2024-01-01T10:00:00Z]\nagain: *l\n\
                same: 2024-01-01 10:00:00\nblock: |-\n  yes\ntagged: [!!int 010, ! 010, !!str 010]\n";
    assert_eq!(
        told(text, Schema::PyYaml, Target::Parameters),
        [
            "w p.time 24:00:00 86400",
            "w p.list[0] 010 8",
            "w p.list[2] 1:30.5 90.5",
            "w p.list[3] Off False",
            "w p.list[4] 2024-01-01T10:00:00Z 2024-01-01 10:00:00+00:00",
        ]
    );
}

#[test]
fn what_only_prints_otherwise_is_told_when_asked_for() {
    let text = "[1.0e-3, 0.00001, 0.10, 3.10, 5., .5, 1_000, 0x1F, 0b11, +1, -0, .inf, .nan, true, FALSE, ~, null, ]\n";
    assert_eq!(
        told(text, Schema::PyYaml, Target::Parameters),
        [
            "i p[0] 1.0e-3 0.001",
            "i p[1] 0.00001 1e-05",
            "i p[2] 0.10 0.1",
            "i p[3] 3.10 3.1",
            "i p[4] 5. 5.0",
            "i p[5] .5 0.5",
            "i p[6] 1_000 1000",
            "i p[7] 0x1F 31",
            "i p[8] 0b11 3",
            "i p[9] +1 1",
            "i p[10] -0 0",
            "i p[11] .inf inf",
            "i p[12] .nan nan",
            "i p[13] true True",
            "i p[14] FALSE False",
            "i p[15] ~ None",
            "i p[16] null None",
        ]
    );
}

#[test]
fn numbers_that_yaml_1_1_takes_for_text_are_told_where_hooks_compute_with_them() {
    let text = "[1e-3, 1E5, 1.5e3, 1.0e3, 08, 0o10, +.5, '1e-3', x1, 24, 04:00:00, 1.2.3]\n";
    let silent = [""; 0];
    assert_eq!(told(text, Schema::PyYaml, Target::Parameters), silent);
    assert_eq!(
        told(text, Schema::PyYaml, Target::Hooks),
        [
            "i p[0] 1e-3 1e-3",
            "i p[1] 1E5 1E5",
            "i p[2] 1.5e3 1.5e3",
            "i p[3] 1.0e3 1.0e3",
            "i p[4] 08 08",
            "i p[5] 0o10 0o10",
            "i p[6] +.5 +.5",
        ]
    );
    let traps = traps(&root(text), "p", Schema::PyYaml, Target::Hooks);
    assert_eq!(
        traps[0].to_string(),
        "`p[0]`: `1e-3` is text in YAML 1.1, so hooks get no number"
    );
    let helps: Vec<_> = traps.iter().map(|trap| trap.help().unwrap()).collect();
    assert_eq!(
        helps[0],
        "write 1.0e-3 for the number, or quote it to show that text is meant"
    );
    assert_eq!(
        helps[1],
        "write 1.0e+5 for the number, or quote it to show that text is meant"
    );
    assert_eq!(helps[4], "quote it to show that text is meant");
    assert!(traps.iter().all(|trap| trap.quoted().is_none()));
}

#[test]
fn nothing_is_a_trap_for_slurm() {
    let text = "a: null\nb: ~\nc:\nd: [~]\n";
    let paths = ["p.a null", "p.b ~", "p.c ", "p.d[0] ~"];
    let all = |level| paths.map(|path| format!("{level} {path} None"));
    assert_eq!(told(text, Schema::PyYaml, Target::SlurmArgs), all('w'));
    assert_eq!(told(text, Schema::PyYaml, Target::Parameters), all('i'));
}

#[test]
fn yaml_1_2_has_no_traps_to_warn_of() {
    let text =
        "[24:00:00, 1:30.5, yes, off, 2024-01-01T10:00:00Z, 1_000, 010, 1e-3, 0o17, ~, true]\n";
    assert_eq!(
        told(text, Schema::Core, Target::SlurmArgs),
        [
            "i p[6] 010 10",
            "i p[7] 1e-3 0.001",
            "i p[8] 0o17 15",
            "i p[9] ~ None",
            "i p[10] true True"
        ]
    );
}

#[test]
fn a_trap_says_what_was_typed_what_scripts_get_and_what_to_write() {
    let text = "time: 24:00:00\nt: 1:30\ntime_min: 010\nother: 30:00\ndate: 2024-01-01\n  10:00:00Z\ngres:\nn: 0.10\n";
    let traps = traps(
        &root(text),
        "slurm_args.defaults",
        Schema::PyYaml,
        Target::SlurmArgs,
    );
    let messages: Vec<_> = traps.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "`slurm_args.defaults.time`: `24:00:00` is the integer 86400 in YAML 1.1, so scripts get \
             `86400`, which Slurm reads as 86400 minutes (60 days)",
            "`slurm_args.defaults.t`: `1:30` is the integer 90 in YAML 1.1, so scripts get `90`, \
             which Slurm reads as 90 minutes (1 hour 30 minutes)",
            "`slurm_args.defaults.time_min`: `010` is the octal integer 8 in YAML 1.1, so scripts get \
             `8`, which Slurm reads as 8 minutes",
            "`slurm_args.defaults.other`: `30:00` is the integer 1800 in YAML 1.1, so scripts get `1800`",
            "`slurm_args.defaults.date`: `2024-01-01 10:00:00Z` is a timestamp in YAML 1.1, so \
             scripts get `2024-01-01 10:00:00+00:00`",
            "`slurm_args.defaults.gres` has no value, so scripts get `None`",
            "`slurm_args.defaults.n`: `0.10` is the number 0.1, so scripts get `0.1`",
        ]
    );
    let helps: Vec<_> = [0, 5, 6].map(|at: usize| traps[at].help().unwrap()).into();
    assert_eq!(
        helps,
        [
            "write \"24:00:00\" to keep the text; `slurmkit spec fix` does it",
            "leave the key out, or give it a value",
            "write \"0.10\" to keep the text",
        ]
    );
    assert_eq!(&text[traps[0].label.span.clone()], "24:00:00");
    let quoted = quote_traps(text, &traps[..5]);
    assert_eq!(
        value(&quoted),
        "{'time': '24:00:00', 't': '1:30', 'time_min': '010', 'other': '30:00', \
         'date': '2024-01-01 10:00:00Z', 'gres': None, 'n': 0.1}"
    );
}

#[test]
fn of_very_many_traps_the_first_are_told() {
    let root = root(&lines(0..60, |n| format!("a{n}: yes")));
    let warnings = Trap::warnings(&traps(&root, "p", Schema::PyYaml, Target::Parameters));
    assert_eq!(warnings.len(), 51);
    assert_eq!(warnings[50].message, "there are 10 more such values");
}

#[test]
fn of_two_traps_at_one_place_the_louder_is_told() {
    let root = root("a: &x ~\nb: *x\n");
    let by = |target| traps(&root, "p", Schema::PyYaml, target);
    let merged = Trap::merge(
        by(Target::Parameters)
            .into_iter()
            .chain(by(Target::SlurmArgs)),
    );
    assert_eq!(merged.len(), 1);
    assert_eq!(merged[0].level, Level::Warning);
}
