//! Which names each scope assigns.
//!
//! Jinja2 decides it before a template runs: a name that a scope assigns anywhere is its own from
//! its start on, and begins with the value from outside only where it is read before. minijinja
//! looks names up while it runs, through all scopes that are open, those of other templates as
//! well. So what a scope assigns gets a name of its own when it is written. Source of the rules:
//! Jinja2's `idtracking.py` and `compiler.py`.

mod analysis;

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};

pub(super) use analysis::scopes;

/// A part of a template with names of its own.
#[derive(Debug)]
pub(super) struct Scope {
    /// The scope around it whose names it sees. Blocks see none.
    pub(super) parent: Option<usize>,
    pub(super) kind: ScopeKind,
    /// Scopes around it, so that names within each other differ.
    pub(super) depth: usize,
    /// The names that it reads or assigns itself, by what it does first.
    first: IndexMap<String, First>,
    assigned: IndexSet<String>,
    /// Names that may be read before they are assigned for sure.
    early: HashSet<String>,
    /// Names that the engine must be told that a macro reads.
    pub(super) captured: IndexSet<String>,
    /// The names that it assigns by imports only.
    pub(super) imported: IndexSet<String>,
    /// Whether other templates read its names.
    pub(super) shared: bool,
    /// The number of the loop whose rounds it is of.
    pub(super) number: Option<usize>,
    /// Whether Jinja2 makes a `loop` for it.
    has_loop: bool,
    /// Names that it assigns something else than `loop`.
    others: HashSet<String>,
    /// The `if` tags that are open in it.
    branches: usize,
    settled: HashSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Block,
    /// Of a macro or a `call`.
    Macro,
    Loop,
    Root,
    /// Of `with`, `filter`, `set`, `autoescape` and the `else` of a loop.
    Plain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Assigned,
    AssignedInBranch,
    Given,
    Read,
}

/// What a name of a scope is when the scope begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// It gets its value before anything reads it.
    Assigned,
    /// As the name is outside.
    Outer,
    Undefined,
}

/// The scopes around one, itself first.
pub(super) fn around(scopes: &[Scope], scope: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(scope), |scope| scopes[*scope].parent)
}

/// What `name`, which `scope` assigns, is when the scope begins.
pub(super) fn begins(scopes: &[Scope], scope: usize, name: &str) -> Begins {
    let Scope { first, early, .. } = &scopes[scope];
    if !early.contains(name) {
        return Begins::Assigned;
    }
    let known_outside = || {
        around(scopes, scope)
            .skip(1)
            .any(|outer| scopes[outer].knows(name))
    };
    match first.get(name) {
        Some(First::Given) => Begins::Assigned,
        Some(First::Assigned) if !known_outside() => Begins::Undefined,
        _ => Begins::Outer,
    }
}

impl Scope {
    fn new(kind: ScopeKind, parent: Option<usize>, depth: usize) -> Self {
        Self {
            parent,
            kind,
            depth,
            first: IndexMap::new(),
            assigned: IndexSet::new(),
            early: HashSet::new(),
            captured: IndexSet::new(),
            imported: IndexSet::new(),
            shared: false,
            number: None,
            has_loop: false,
            others: HashSet::new(),
            branches: 0,
            settled: HashSet::new(),
        }
    }

    /// The names that it assigns, in order.
    pub(super) fn assigned(&self) -> impl Iterator<Item = &str> {
        self.assigned.iter().map(String::as_str)
    }

    pub(super) fn assigns(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    fn knows(&self, name: &str) -> bool {
        self.first.contains_key(name)
    }

    /// The name is assigned, though perhaps not yet.
    fn meet(&mut self, name: &str, how: First) {
        let how = match self.branches {
            0 => how,
            _ => First::AssignedInBranch,
        };
        self.first.entry(name.to_owned()).or_insert(how);
    }

    /// Whether a name that it assigns is `loop` and never anything else.
    pub(super) fn is_loop(&self, name: &str) -> bool {
        self.assigns(name) && !self.others.contains(name)
    }

    /// The number of the loop if other templates get its `loop`.
    pub(super) fn shared_loop(&self) -> Option<usize> {
        self.number.filter(|_| self.has_loop && self.shared)
    }

    fn assign(&mut self, name: &str, how: First) {
        self.others.insert(name.to_owned());
        self.assign_any(name, how);
    }

    fn assign_any(&mut self, name: &str, how: First) {
        self.meet(name, how);
        // What the template itself assigns later, others do not see before.
        let read = self.shared && self.kind != ScopeKind::Root && how != First::Given;
        if read && !self.settled.contains(name) {
            self.early.insert(name.to_owned());
        }
        self.assigned.insert(name.to_owned());
        if self.branches == 0 {
            self.settled.insert(name.to_owned());
        }
    }
}
