//! The names of variables for minijinja, which looks them up while a template runs.

use std::collections::HashSet;

use super::super::symbols::{self, Begins, Scope, ScopeKind};
use super::super::{Known, Surroundings};

/// A global in which there is nothing: `_nothing.x` is undefined, whatever `x` is elsewhere.
pub(in crate::render) const NOTHING: &str = "_nothing";
/// The `loop` of the template that includes this one, or the job's.
pub(super) const OUTER_LOOP: &str = "loop·";
/// Begins the names of the objects that count the rounds of loops.
pub(in crate::render) const LOOP: &str = "_loop";
/// The names that a template imports and does not hand on when it is imported itself.
pub(in crate::render) const HIDDEN: &str = "hidden·";
/// Stands in names that are not as in the template. Identifiers may have it, those of templates do
/// not.
pub(super) const MARK: char = '·';

/// Names that are neither variables nor assigned.
const SPECIAL: [&str; 4] = ["caller", "loop", "self", "super"];

/// The variable that a template reads from outside by that written name.
pub(in crate::render) fn outer_name(written: &str) -> Option<&str> {
    written.strip_suffix(MARK)
}

/// `text` with the names as they are in the template.
pub(in crate::render) fn source_name(text: &str) -> String {
    let mut parts = text.split(MARK);
    let mut source = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        source.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    source
}

/// The scopes of a template while it is written.
pub(super) struct Names<'a> {
    known: &'a dyn Known,
    surroundings: &'a Surroundings,
    scopes: &'a [Scope],
    open: Vec<usize>,
    begun: usize,
    /// Names that were assigned, by scope.
    assigned: HashSet<(usize, &'a str)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        scopes: &'a [Scope],
        known: &'a dyn Known,
        surroundings: &'a Surroundings,
    ) -> Self {
        Self {
            known,
            surroundings,
            scopes,
            open: vec![0],
            begun: 1,
            assigned: HashSet::new(),
        }
    }

    /// The next scope begins.
    pub(super) fn begin(&mut self) {
        self.open.push(self.begun);
        self.begun += 1;
    }

    pub(super) fn end(&mut self) -> usize {
        self.open.pop().unwrap_or(0)
    }

    /// Goes on in a scope that was ended.
    pub(super) fn resume(&mut self, scope: usize) {
        self.open.push(scope);
    }

    fn current(&self) -> usize {
        self.open.last().copied().unwrap_or(0)
    }

    pub(super) fn scope(&self) -> &'a Scope {
        &self.scopes[self.current()]
    }

    pub(super) fn is_module(&self) -> bool {
        self.surroundings.module.is_some()
    }

    /// The names that come from outside of a module.
    fn given(&self) -> Option<&'a [String]> {
        self.surroundings.module.as_deref()
    }

    /// What a variable is called here.
    pub(super) fn read(&self, name: &str) -> String {
        self.read_in(self.current(), name)
    }

    /// Whether a variable has another name here than in the template.
    pub(super) fn is_local(&self, name: &str) -> bool {
        self.read(name).contains(MARK)
    }

    /// Whether a variable is `loop` and never anything else.
    pub(super) fn is_loop(&self, name: &str) -> bool {
        let mut around = symbols::around(self.scopes, self.current());
        let assigning = around.find(|scope| self.scopes[*scope].assigns(name));
        assigning.is_some_and(|scope| self.scopes[scope].is_loop(name))
    }

    /// The number of the innermost loop around.
    fn open_loop(&self) -> Option<usize> {
        let mut around = symbols::around(self.scopes, self.current());
        around.find_map(|scope| self.scopes[scope].number)
    }

    /// What a variable is called around the scope that just began.
    pub(super) fn read_outside(&self, name: &str) -> String {
        match self.scope().parent {
            Some(parent) => self.read_in(parent, name),
            None => self.context(name),
        }
    }

    fn read_in(&self, scope: usize, name: &str) -> String {
        let mut around = symbols::around(self.scopes, scope);
        match around.find(|scope| self.scopes[*scope].assigns(name)) {
            Some(0) if scope != 0 && self.has_twin(name) => local(name, 0),
            Some(0) => name.to_owned(),
            Some(assigning) => local(name, self.scopes[assigning].depth),
            None => self.context(name),
        }
    }

    /// What is assigned to.
    pub(super) fn assign(&mut self, name: &str) -> String {
        let scope = self.current();
        if let Some(name) = self.scopes[scope].assigned().find(|known| *known == name) {
            self.assigned.insert((scope, name));
        }
        match scope {
            0 => name.to_owned(),
            _ => local(name, self.scopes[scope].depth),
        }
    }

    /// A variable of the context, in which are the job's and those that the templates assign
    /// outside of all scopes.
    pub(super) fn context(&self, name: &str) -> String {
        let is_known = SPECIAL.contains(&name)
            || self.scopes[0].assigns(name)
            || self.known.globals().contains(&name)
            || self.is_given(name);
        match is_known {
            true => name.to_owned(),
            false => format!("{NOTHING}.{name}"),
        }
    }

    fn is_given(&self, name: &str) -> bool {
        let given = self.given();
        given.is_none_or(|given| given.iter().any(|known| known == name))
    }

    /// A name that comes from outside the template.
    pub(super) fn outer(&self, name: &str) -> String {
        match self.is_given(name) {
            true => format!("{name}{MARK}"),
            false => format!("{NOTHING}.{name}"),
        }
    }

    /// What the names of the scope that just began are at first, where something reads that:
    /// pairs of the name and the expression.
    pub(super) fn begins(&self) -> Vec<(String, String)> {
        let scope = self.scope();
        let begins = |name: &str| symbols::begins(self.scopes, self.current(), name);
        let nothing = |name: &str| format!("{NOTHING}.{name}");
        if scope.kind == ScopeKind::Root {
            let twins = scope.assigned().filter(|name| self.has_twin(name));
            let twins = twins.map(|name| (local(name, 0), nothing(name)));
            let hidden = scope.assigned().filter(|name| !self.is_given(name));
            let hidden = hidden.filter(|name| scope.shared || begins(name) != Begins::Assigned);
            let hidden = hidden.map(|name| (name.to_owned(), nothing(name)));
            return twins.chain(hidden).collect();
        }
        let own = |name: &str| local(name, scope.depth);
        let mut pairs = Vec::new();
        for name in scope.assigned() {
            match begins(name) {
                Begins::Assigned => {}
                Begins::Outer => pairs.push((own(name), self.read_outside(name))),
                Begins::Undefined => pairs.push((own(name), nothing(name))),
            }
        }
        pairs
    }

    /// Whether a name of the template is undefined in its scopes before it is assigned, while the
    /// context may have it.
    fn has_twin(&self, name: &str) -> bool {
        self.is_given(name)
            && self.scopes[0].assigns(name)
            && symbols::begins(self.scopes, 0, name) == Begins::Undefined
    }

    /// The twin of a name that was assigned here, and the name.
    pub(super) fn twin(&self, name: &str) -> Option<(String, String)> {
        let has_twin = self.current() == 0 && self.has_twin(name);
        has_twin.then(|| (local(name, 0), name.to_owned()))
    }

    /// The local names that another template gets here: pairs of its name for them and ours.
    pub(super) fn locals(&self) -> Vec<(String, String)> {
        let mut locals: Vec<(String, String)> = Vec::new();
        for index in symbols::around(self.scopes, self.current()) {
            let scope = &self.scopes[index];
            if scope.kind == ScopeKind::Root {
                break;
            }
            let mut add = |theirs: &str, ours: String| {
                if locals.iter().all(|(known, _)| known != theirs) {
                    locals.push((theirs.to_owned(), ours));
                }
            };
            for name in scope.assigned() {
                let has_value = self.assigned.contains(&(index, name))
                    || symbols::begins(self.scopes, index, name) == Begins::Outer;
                if has_value {
                    add(name, local(name, scope.depth));
                }
            }
            if let Some(number) = scope.shared_loop() {
                add(OUTER_LOOP, format!("{LOOP}{number}"));
            }
        }
        locals
    }

    /// The names that the template only imports.
    pub(super) fn imported(&self) -> Vec<&'a str> {
        self.scopes[0].imported.iter().map(String::as_str).collect()
    }

    /// Names that the engine must be told that the macro reads which just began.
    pub(super) fn captured(&self) -> Vec<String> {
        let scope = self.scope();
        let is_variable = |name: &&str| !SPECIAL.contains(name) && !name.starts_with(NOTHING);
        let mut captured: Vec<String> = (scope.captured.iter().map(String::as_str))
            .filter(is_variable)
            .map(|name| self.read_outside(name))
            .collect();
        if scope.captured.contains("loop") {
            captured.extend(self.open_loop().map(|number| format!("{LOOP}{number}")));
        }
        if scope.shared {
            let own = self.scopes[0].assigned();
            let outer: Vec<&str> = match self.given() {
                Some(given) => given.iter().map(String::as_str).collect(),
                None => (self.surroundings.assigned.iter().map(String::as_str)).collect(),
            };
            captured.extend(own.chain(outer).filter(is_variable).map(String::from));
            captured.push(OUTER_LOOP.to_owned());
        }
        captured.sort();
        captured.dedup();
        captured
    }

    /// The names that templates get which a module includes or extends.
    pub(super) fn handed_on(&self) -> Vec<String> {
        let mut names: Vec<String> = self.given().unwrap_or_default().to_vec();
        names.extend(self.scopes[0].assigned().map(String::from));
        let locals = self.locals();
        names.extend(locals.into_iter().map(|(theirs, _)| match &*theirs {
            OUTER_LOOP => "loop".to_owned(),
            _ => theirs,
        }));
        names.sort();
        names.dedup();
        names
    }
}

fn local(name: &str, depth: usize) -> String {
    format!("{name}{MARK}{depth}")
}
