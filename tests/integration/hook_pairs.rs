//! Rules that are written in both languages, and what the book shows of them.
//!
//! A folder of the corpus holds `hooks.py`, `hooks.rhai` and a spec that names `hooks.LANG`.

use std::fs;
use std::path::{Path, PathBuf};

use super::parallel;
use super::test::{Run, Test, project};

const TEMPLATE: &str = "\
{% for key, value in params.items() %}{{ key }}: {{ value }}\n{% endfor %}\
{% for key, value in slurm.items() %}#SBATCH --{{ key }}={{ value }}\n{% endfor %}";

fn pairs() -> Vec<PathBuf> {
    let folder = fs::read_dir(project().join("tests/corpus/hooks/pairs")).unwrap();
    let mut pairs: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    pairs.sort();
    pairs
}

#[test]
fn a_rule_gives_the_same_plan_in_both_languages() {
    let pairs = pairs();
    assert!(pairs.len() >= 30, "only {} pairs", pairs.len());
    let results = parallel::map(&pairs, |pair| {
        let spec = fs::read_to_string(pair.join("spec.yaml")).unwrap();
        check(pair, &spec).map_err(|problem| format!("{}: {problem}", pair.display()))
    });
    parallel::all_ok(&results);
}

/// What one language made of a rule.
#[derive(Debug, PartialEq)]
enum Outcome {
    Plan {
        report: String,
        scripts: Vec<(String, String)>,
    },
    /// The failing sets that the error shows, and the number of errors.
    Failure(Vec<String>),
}

fn check(pair: &Path, spec: &str) -> Result<(), String> {
    let python = outcome(pair, spec, "py")?;
    let rhai = outcome(pair, spec, "rhai")?;
    if python != rhai {
        return Err(format!("Python gives {python:#?}\nRhai gives {rhai:#?}"));
    }
    Ok(())
}

fn outcome(pair: &Path, spec: &str, language: &str) -> Result<Outcome, String> {
    let test = Test::new().file("job.j2", TEMPLATE).file(
        "spec.yaml",
        &spec.replace("hooks.LANG", &format!("hooks.{language}")),
    );
    for entry in fs::read_dir(pair).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(&format!(".{language}")) {
            test.write(name, &fs::read_to_string(&path).unwrap());
        }
    }
    let run = test.run("--json generate spec.yaml --rename-duplicates");
    if run.code == Some(0) && run.stderr.is_empty() {
        let scripts = test.tree().into_iter();
        let scripts = scripts.filter(|path| path.starts_with("out/"));
        return Ok(Outcome::Plan {
            report: run.stdout.clone(),
            scripts: scripts
                .map(|path| (path.clone(), test.read(&path)))
                .collect(),
        });
    }
    let sets = failing_sets(&run);
    if run.code != Some(1) || sets.is_empty() {
        return Err(format!("{language}: {:?} {}", run.code, run.stderr));
    }
    Ok(Outcome::Failure(sets))
}

/// `parameter set 1 of 4: lr=0.1` of each error that is shown, and the count at the end.
fn failing_sets(run: &Run) -> Vec<String> {
    let lines = run.stderr.lines().filter_map(|line| {
        let set = line.find("parameter set ").map(|start| &line[start..]);
        set.or_else(|| line.contains("nothing was written").then_some(line))
    });
    lines.map(str::to_owned).collect()
}

/// Lines of code without what surrounds them.
fn normalized(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(String::from)
        .collect()
}

fn holds(file: &[String], fragment: &[String]) -> bool {
    file.windows(fragment.len()).any(|lines| lines == fragment)
}

#[test]
fn the_page_for_those_who_come_from_python_shows_code_of_the_pairs() {
    let page = fs::read_to_string(project().join("book/src/coming-from-python.md")).unwrap();
    let files = |name: &str| -> Vec<Vec<String>> {
        let text = |pair: &PathBuf| fs::read_to_string(pair.join(name)).unwrap();
        // Hooks on failures, whose tests are those of `resubmit`.
        let failures = project().join("tests/corpus/hooks/failures");
        let folders = pairs().into_iter().chain([failures]);
        folders.map(|pair| normalized(&text(&pair))).collect()
    };
    let mut shown = 0;
    for (fence, name) in [("```python\n", "hooks.py"), ("```rust\n", "hooks.rhai")] {
        let files = files(name);
        for block in page.split(fence).skip(1) {
            let fragment = normalized(block.split("```").next().unwrap());
            assert!(
                files.iter().any(|file| holds(file, &fragment)),
                "no {name} of the pairs holds\n{}",
                fragment.join("\n")
            );
            shown += 1;
        }
    }
    assert!(shown >= 40, "only {shown} fragments are shown");
}
