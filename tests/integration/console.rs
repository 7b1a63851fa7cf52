//! Pages that show commands and what they print.
//!
//! In a block of commands a line that starts with `$ ` is run by `sh`, and what follows it is what it
//! prints, both streams together; `[..]` stands for anything within a line. The blocks of a page
//! run one after the other in a folder that holds a copy of `examples`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::test::Test;

/// How a block of commands begins that run anywhere.
pub const ANYWHERE: &str = "```console";
/// How one begins that needs a cluster.
#[allow(dead_code, reason = "the other test program uses it")]
pub const CLUSTER: &str = "```console cluster";

/// A command of a page, with what it shall print.
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn steps(page: &str, fence: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (index, line) in page.lines().enumerate() {
        match (inside, line.strip_prefix("$ ")) {
            (false, _) => inside = line == fence,
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
pub fn matches(pattern: &str, line: &str) -> bool {
    match pattern.split_once("[..]") {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            (0..=line.len())
                .filter(|at| line.is_char_boundary(*at))
                .any(|at| matches(rest, &line[at..]))
        }),
    }
}

/// Runs the blocks of a page that begin with `fence`, with some variables; returns how many commands
/// did what is shown.
pub fn run_page(page: &Path, fence: &str, variables: &[(&str, &str)]) -> Result<usize, String> {
    let test = Test::with_examples();
    let binaries = Path::new(env!("CARGO_BIN_EXE_slurmkit")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    let steps = steps(&fs::read_to_string(page).unwrap(), fence);
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
            .envs(variables.iter().copied())
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
