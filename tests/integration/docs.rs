//! The commands shown in the README and the book do what is shown.

use std::fs;
use std::path::PathBuf;

use super::console::{ANYWHERE, matches, run_page};
use super::test::{Test, project};

#[test]
fn what_the_readme_and_the_book_show_is_true() {
    let mut pages: Vec<PathBuf> = fs::read_dir(project().join("book/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(project().join("README.md"));
    let results: Vec<_> = pages
        .iter()
        .map(|page| run_page(page, ANYWHERE, &[]))
        .collect();
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
