use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use super::Failure;
use crate::diagnostic::{Diagnose, Label};
use crate::model::ParamSet;
use crate::sandbox::Explained;
use crate::spec::{HookRef, Role};
use crate::text;

/// Why a hook gave no usable answer.
#[derive(Debug)]
pub struct HookError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: HookErrorKind,
    role: Role,
    path: PathBuf,
    message: String,
    set: Option<String>,
    label: Option<Label>,
    notes: Vec<String>,
    help: Option<String>,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookErrorKind {
    /// The file is missing, does not parse, fails when loaded, or lacks the function.
    Load,
    /// The function raised an error.
    Raised,
    /// The function returned something of the wrong kind.
    Returned,
    /// A limit was reached.
    Limit,
    /// There is no usable interpreter.
    Interpreter,
    /// The process that runs the hook ended or spoke nonsense.
    Host,
}

impl HookError {
    pub(crate) fn new(hook: &HookRef, kind: HookErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            role: hook.role,
            path: hook.path.clone(),
            message: message.into(),
            set: None,
            label: None,
            notes: Vec::new(),
            help: None,
        }))
    }

    /// What the sandbox says of a script of `hook`.
    pub(super) fn explained(hook: &HookRef, kind: HookErrorKind, explained: Explained) -> Self {
        let Explained {
            message,
            label,
            notes,
            help,
            trouble: _,
        } = explained;
        let mut error = Self::new(hook, kind, message);
        (error.0.label, error.0.notes, error.0.help) = (label, notes, help);
        error
    }

    /// Says which parameter set the hook was called for.
    #[must_use]
    pub(crate) fn for_set(mut self, index: usize, of: usize, set: &ParamSet) -> Self {
        self.0.set = Some(match self.0.role {
            Role::OnFailure => format!("job `{}`", text::cut(&Failure::job_name(set), 160)),
            Role::Parse | Role::Filter | Role::Logic => describe(index, of, set),
        });
        self
    }

    /// Points at a place in the hook, or in the spec that names it.
    #[must_use]
    pub(crate) fn at(mut self, label: Option<Label>) -> Self {
        self.0.label = label;
        self
    }

    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Whether another set failed at the same place for the same reason.
    pub(crate) fn has_cause_of(&self, other: &Self) -> bool {
        let cause = |error: &Self| {
            let Inner {
                kind, role, label, ..
            } = &*error.0;
            (*kind, *role, label.clone())
        };
        cause(self) == cause(other) && self.0.message == other.0.message
    }

    /// Whether another call would most likely fail as well: a limit was reached, or nobody is left
    /// to call.
    pub fn is_final(&self) -> bool {
        matches!(self.0.kind, HookErrorKind::Limit | HookErrorKind::Host)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> HookErrorKind {
        self.0.kind
    }
}

/// `parameter set 17 of 432: lr=0.1, model=resnet18`, cut where it gets long.
fn describe(index: usize, of: usize, set: &ParamSet) -> String {
    const MAX_CHARS: usize = 160;
    let text = set.to_string().replace('\n', " ");
    let text = text::cut(&text, MAX_CHARS);
    format!("parameter set {} of {of}: {text}", index + 1)
}

impl Display for HookError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Inner {
            role,
            path,
            message,
            set,
            ..
        } = &*self.0;
        write!(f, "{role} hook `{}`: {message}", path.display())?;
        match set {
            Some(set) => write!(f, " ({set})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for HookError {}

impl Diagnose for HookError {
    fn label(&self) -> Option<Label> {
        self.0.label.clone()
    }

    fn notes(&self) -> Vec<String> {
        self.0.notes.clone()
    }

    fn help(&self) -> Option<String> {
        self.0.help.clone()
    }
}
