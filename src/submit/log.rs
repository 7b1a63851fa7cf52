use std::path::{Path, PathBuf};

use crate::model::JobName;
use crate::scheduler::{Directives, user_name};

/// Where the output of a job goes; see `man sbatch`, "filename pattern".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logs {
    /// Standard output, and errors where they have no file of their own. `%j` stands for the id, `%4j`
    /// for one with zeros; what only the node knows is left in.
    pub(super) output: String,
    /// Standard error.
    pub(super) error: Option<String>,
    /// Whether everything in both is known but the id.
    pub(super) known: bool,
}

impl Logs {
    pub(super) fn of(directives: &Directives, name: &JobName) -> Self {
        let own_array = directives.get("array").is_some();
        let default = if own_array {
            "slurm-%A_%a.out"
        } else {
            "slurm-%j.out"
        };
        let job_name = directives.get("job-name").unwrap_or(name.as_str());
        let output = directives.get("output").unwrap_or(default);
        let mut known = !own_array;
        let mut fill = |pattern: &str| fill(pattern, job_name, own_array, &mut known);
        Self {
            output: fill(output),
            error: directives.get("error").map(&mut fill),
            known,
        }
    }

    /// The paths that are files.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::once(&*self.output).chain(self.error.as_deref());
        all.filter(|path| *path != "/dev/null")
    }

    /// Where standard output is, relative to where the script was generated.
    pub(super) fn output_path(&self, directives: &Directives) -> Option<PathBuf> {
        path(&self.output, directives)
    }

    /// Where standard error is, likewise, if it has a file of its own.
    pub(super) fn error_path(&self, directives: &Directives) -> Option<PathBuf> {
        let error = self.error.as_deref();
        path(error.filter(|error| *error != self.output)?, directives)
    }
}

fn path(log: &str, directives: &Directives) -> Option<PathBuf> {
    if log == "/dev/null" {
        return None;
    }
    let folder = directives.get("chdir").unwrap_or_default();
    Some(Path::new(folder).join(log))
}

/// Puts in what is known before submission.
fn fill(pattern: &str, job_name: &str, own_array: bool, known: &mut bool) -> String {
    // A backslash turns all patterns off.
    if pattern.contains('\\') {
        *known = false;
        return pattern.replace('\\', "");
    }
    let mut filled = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            filled.push(c);
            continue;
        }
        let mut width = String::new();
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            width.push(digit);
        }
        match chars.next() {
            Some('%') => filled.push('%'),
            Some('x') => filled.push_str(job_name),
            // Each task of an array that the script makes itself has an id of its own.
            Some('j') if own_array => {
                *known = false;
                filled.push_str("%J");
            }
            // `%A` of a job that is no array is its id; of one that is, that of the array.
            Some('j' | 'A') if width.is_empty() => filled.push_str("%j"),
            Some('u') if user_name().is_some() => filled.extend(user_name()),
            other => {
                *known = false;
                filled.push('%');
                filled.push_str(&width);
                filled.extend(other);
            }
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(head: &str) -> Logs {
        let name = JobName::parse("lr0.1").unwrap();
        Logs::of(&Directives::parse(&format!("#!/bin/sh\n{head}")), &name)
    }

    #[test]
    fn patterns_are_filled_with_what_is_known() {
        for (head, output, known) in [
            ("", "slurm-%j.out", true),
            ("#SBATCH -o logs/%x-%A.out\n", "logs/lr0.1-%j.out", true),
            ("#SBATCH -J n -o %x%%.out\n", "n%.out", true),
            ("#SBATCH -o %N/%4j.out\n", "%N/%4j.out", false),
            ("#SBATCH -o %4A%4x.out\n", "%4Alr0.1.out", false),
            ("#SBATCH --array=0-3\n", "slurm-%j_%a.out", false),
            ("#SBATCH -a 0-3 -o %A-%j-%4j.o\n", "%j-%J-%J.o", false),
            // `sbatch` takes one backslash away itself, also between quotes.
            ("#SBATCH --output='a\\%j'\n", "a%j", true),
            ("#SBATCH --output='a\\\\%j'\n", "a%j", false),
        ] {
            let logs = logs(head);
            assert_eq!((&*logs.output, logs.known), (output, known), "{head}");
        }
    }

    #[test]
    fn the_name_of_the_user_is_known_before_submission() {
        let logs = logs("#SBATCH -o logs/%u/%x-%j.out\n");
        let user = user_name().unwrap();
        assert_eq!(logs.output, format!("logs/{user}/lr0.1-%j.out"));
        assert!(logs.known);
    }

    #[test]
    fn errors_have_a_path_if_they_have_a_file_of_their_own() {
        for (head, path) in [
            ("", None),
            ("#SBATCH -e x-%j.err -D run\n", Some("run/x-%j.err")),
            ("#SBATCH -e /dev/null\n", None),
            ("#SBATCH -o %x.log -e lr0.1.log\n", None),
        ] {
            let directives = Directives::parse(&format!("#!/bin/sh\n{head}"));
            let found = logs(head).error_path(&directives);
            assert_eq!(found.as_deref(), path.map(Path::new), "{head}");
        }
    }
}
