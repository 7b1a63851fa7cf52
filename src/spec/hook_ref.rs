use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use crate::diagnostic::Label;
use crate::fs;

/// What a hook is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `parameters.parse`: one parameter set in, one or several out.
    Parse,
    /// `parameters.filter`: decides whether a parameter set stays.
    Filter,
    /// `slurm_args.logic`: Slurm arguments of a parameter set.
    Logic,
    /// `retry.on_failure`: whether and how a job that failed is submitted again.
    OnFailure,
}

impl Role {
    /// The function called when the spec names only a file.
    pub fn default_function(self) -> &'static str {
        match self {
            Self::Parse => "parse_params",
            Self::Filter => "include_params",
            Self::Logic => "get_slurm_args",
            Self::OnFailure => "on_failure",
        }
    }

    /// Its word in a sentence: `a filter`.
    pub fn with_article(self) -> String {
        let article = if self == Self::OnFailure { "an" } else { "a" };
        format!("{article} {self}")
    }

    /// The number of arguments the function takes.
    pub fn arguments(self) -> usize {
        match self {
            Self::Parse | Self::Filter => 1,
            Self::Logic | Self::OnFailure => 2,
        }
    }
}

impl Display for Role {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parse => "parse",
            Self::Filter => "filter",
            Self::Logic => "logic",
            Self::OnFailure => "on_failure",
        })
    }
}

/// A hook as a spec names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRef {
    /// What it is for.
    pub role: Role,
    /// The file, resolved against the spec's folder.
    pub path: PathBuf,
    /// The function in it.
    pub function: String,
    /// Where the spec names it, unless it comes from the command line or a program.
    pub label: Option<Label>,
}

impl HookRef {
    /// Reads `file` or `file:function`, with `file` relative to `folder`. An empty text is none.
    ///
    /// # Errors
    /// What is wrong with the text, as a sentence.
    pub fn parse(text: &str, role: Role, folder: &Path) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let (file, function) = match text.rsplit_once(':') {
            Some((file, function)) => (file.trim(), function.trim()),
            None => (text, role.default_function()),
        };
        if file.is_empty() || function.is_empty() {
            return Err(format!("`{text}` is neither `file` nor `file:function`"));
        }
        let path = fs::join(folder, file);
        Ok(Some(Self {
            role,
            path,
            function: function.into(),
            label: None,
        }))
    }
}
