//! The commands shown in the README and the book do what is shown.
//!
//! In a `console` block a line that starts with `$ ` is run by `sh`, and what follows it is what it
//! prints, both streams together; `[..]` stands for anything within a line. The blocks of a page
//! run one after the other in a folder that holds a copy of `examples`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::test::{Test, project};

/// A command of a page, with what it shall print.
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == "```console",
            (true, _) if line == "```" => inside = false,
            (true, Some(command)) => {
                let (line, command) = (index + 1, command.to_owned());
                steps.push(Step {
                    line,
                    command,
                    expected: Vec::new(),
                });
            }
            (true, None) => match steps.last_mut() {
                Some(step) => step.expected.push(line.trim_end().to_owned()),
                None => panic!("line {}: output before a command", index + 1),
            },
        }
    }
    steps
}

/// Whether `line` is what `pattern` says.
fn matches(pattern: &str, line: &str) -> bool {
    match pattern.split_once("[..]") {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            (0..=line.len())
                .filter(|at| line.is_char_boundary(*at))
                .any(|at| matches(rest, &line[at..]))
        }),
    }
}

fn run_page(page: &Path) -> Result<usize, String> {
    let test = Test::new();
    let copy = Command::new("cp")
        .arg("-r")
        .arg(project().join("examples"))
        .arg(test.path())
        .status()
        .unwrap();
    assert!(copy.success());
    let binaries = Path::new(env!("CARGO_BIN_EXE_slurmkit")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let steps = steps(&fs::read_to_string(page).unwrap());
    for Step {
        line,
        command,
        expected,
    } in &steps
    {
        let output = Command::new("sh")
            .args(["-c", &format!("({command}\n) 2>&1")])
            .current_dir(test.path())
            .env_remove("SLURMKIT_CONFIG")
            .env_remove("SLURMKIT_PYTHON")
            .env("HOME", test.path().join("home"))
            .env("PATH", &path)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let have: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
        let mut want = expected.as_slice();
        while want.last().is_some_and(String::is_empty) {
            want = &want[..want.len() - 1];
        }
        let same = have.len() == want.len() && have.iter().zip(want).all(|(h, w)| matches(w, h));
        if !same {
            return Err(format!(
                "{}:{line}: `{command}` printed\n{text}",
                page.display()
            ));
        }
    }
    Ok(steps.len())
}

#[test]
fn what_the_readme_and_the_book_show_is_true() {
    let mut pages: Vec<PathBuf> = fs::read_dir(project().join("book/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(project().join("README.md"));
    let results: Vec<_> = pages.iter().map(|page| run_page(page)).collect();
    let wrong: Vec<&String> = results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{}",
        wrong.iter().map(|it| format!("{it}\n")).collect::<String>()
    );
    let commands: usize = results.iter().flatten().sum();
    assert!(commands >= 15, "only {commands} commands are shown");
}

/// In a `rhai` block each line is an expression and, after `//`, what a template prints of it.
#[test]
fn what_the_book_says_of_expressions_is_true() {
    let page = fs::read_to_string(project().join("book/src/hooks-rhai.md")).unwrap();
    let blocks = page.split("```rhai\n").skip(1);
    let lines: Vec<(&str, &str)> = blocks
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .filter_map(|line| line.rsplit_once("// "))
        .map(|(expression, printed)| (expression.trim(), printed))
        .collect();
    assert!(lines.len() >= 30, "only {} lines", lines.len());
    let entries = lines.iter().enumerate();
    let entries = entries.map(|(index, (expression, _))| format!("e{index}: {expression},\n"));
    let template = (0..lines.len()).map(|index| format!("{{{{ slurm.e{index} }}}}\n"));
    let test = Test::new()
        .file("job.j2", &template.collect::<String>())
        .file(
            "spec.yaml",
            "template: job.j2\njob_name_pattern: job\nparameters: {}\nslurm_args: {logic: h.rhai}\n",
        )
        .file(
            "h.rhai",
            &format!("fn get_slurm_args(params, defaults) {{ #{{\n{}}} }}\n", entries.collect::<String>()),
        );
    test.ok("generate spec.yaml");
    let printed = test.read("job.job");
    for ((expression, expected), printed) in lines.iter().zip(printed.lines()) {
        assert_eq!(*expected, printed, "{expression}");
    }
}

#[test]
fn every_page_of_the_book_is_in_its_summary() {
    let folder = project().join("book/src");
    let summary = fs::read_to_string(folder.join("SUMMARY.md")).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name}"
        );
    }
    for link in summary.split("](").skip(1) {
        let page = link.split(')').next().unwrap();
        assert!(folder.join(page).exists(), "{page}");
    }
}

#[test]
fn wildcards_stand_for_anything_within_a_line() {
    assert!(matches("a [..] c [..]", "a b c d"));
    assert!(matches("a[..]", "a"));
    assert!(!matches("a [..] d", "a b c"));
}
