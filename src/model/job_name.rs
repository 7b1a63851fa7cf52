use std::borrow::Borrow;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;

/// A job name that is safe as a file name and as `#SBATCH --job-name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct JobName(Box<str>);

/// Why a text cannot be a job name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobNameProblem {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// A slash would put the script into another folder.
    #[error("it contains `/`")]
    Slash,
    /// No file system or terminal takes them well.
    #[error("it contains a control character (U+{0:04X})")]
    Control(u32),
    /// Hidden files, `.` and `..`, and what commands take for an option.
    #[error("it begins with `{0}`")]
    Start(char),
    /// File systems end at 255 bytes, with the suffix and a temporary name.
    #[error("it is {0} bytes long, and {max} are allowed", max = JobName::MAX_BYTES)]
    Length(usize),
}

impl JobName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 200;

    /// Checks a name.
    pub fn parse(name: &str) -> Result<Self, JobNameProblem> {
        if let Some(control) = name.chars().find(|c| c.is_control()) {
            return Err(JobNameProblem::Control(control.into()));
        }
        match name.chars().next() {
            None => Err(JobNameProblem::Empty),
            Some(first @ ('.' | '-')) => Err(JobNameProblem::Start(first)),
            Some(_) if name.contains('/') => Err(JobNameProblem::Slash),
            Some(_) if name.len() > Self::MAX_BYTES => Err(JobNameProblem::Length(name.len())),
            Some(_) => Ok(Self(name.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first character that a shell would not take as it is, white space included.
    ///
    /// The name is usable, but whoever types it must quote it.
    pub fn needs_quotes(&self) -> Option<char> {
        const SPECIAL: &str = "!\"#$&'()*;<>?[\\]^`{|}~";
        let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let special = |c: &char| c.is_whitespace() || SPECIAL.contains(*c);
        self.0.chars().find(|c| !plain(c) && special(c))
    }
}

impl Display for JobName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for JobName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_name_is_a_safe_file_name() {
        for (name, problem) in [
            ("", JobNameProblem::Empty),
            ("a/b", JobNameProblem::Slash),
            ("..", JobNameProblem::Start('.')),
            ("-n", JobNameProblem::Start('-')),
            ("a\nb", JobNameProblem::Control(10)),
            ("a\0", JobNameProblem::Control(0)),
            (&"é".repeat(101), JobNameProblem::Length(202)),
        ] {
            assert_eq!(JobName::parse(name), Err(problem), "{name:?}");
        }
        assert_eq!(JobName::parse("lr0.1_ü").unwrap().as_str(), "lr0.1_ü");
    }

    #[test]
    fn names_that_a_shell_would_split_are_seen() {
        let quotes = |name| JobName::parse(name).unwrap().needs_quotes();
        assert_eq!(quotes("lr0.1_bs=32+x,y:z@w%"), None);
        assert_eq!(quotes("a b"), Some(' '));
        assert_eq!(quotes("a$b"), Some('$'));
    }
}
