//! How the scopes of a template are found: its tags, read in order.

use std::ops::Range;

use super::super::SyntaxError;
use super::super::expression::{Expression, Kind};
use super::super::loops::Loop;
use super::super::statement::{End, Node, Parameter, Tag, Target};
use super::{First, Scope, ScopeKind, around};

/// All scopes of a template, in the order in which they begin. The first is the template itself.
pub(in crate::render::syntax) fn scopes(
    nodes: &[Node],
    loops: &[Loop],
) -> Result<Vec<Scope>, SyntaxError> {
    let mut analysis = Analysis {
        loops,
        scopes: vec![Scope::new(ScopeKind::Root, None, 0)],
        open: vec![Open::Scope(0)],
    };
    for node in nodes {
        match node {
            Node::Data(_) => {}
            Node::Output(values) => {
                for value in values {
                    analysis.read(value)?;
                }
            }
            Node::Tag(tag, span) => analysis.tag(tag, span)?,
        }
    }
    Ok(analysis.scopes)
}

struct Analysis<'a> {
    loops: &'a [Loop],
    scopes: Vec<Scope>,
    open: Vec<Open>,
}

enum Open {
    If,
    Scope(usize),
    /// Of a `set`, with the names that get what it captures.
    Set(usize, Vec<String>),
}

impl Analysis<'_> {
    fn tag(&mut self, tag: &Tag, span: &Range<usize>) -> Result<(), SyntaxError> {
        match tag {
            Tag::AutoEscape(value) => {
                self.read_captured(value)?;
                self.begin(ScopeKind::Plain);
            }
            Tag::Block { scoped, .. } => {
                if *scoped {
                    self.share();
                    self.note_loop();
                }
                self.begin(ScopeKind::Block);
            }
            Tag::Call(parameters, call) => {
                self.read(call)?;
                self.begin_macro(parameters)?;
            }
            Tag::Elif(test) => self.read(test)?,
            Tag::Else => {}
            Tag::ElseFor(_) => self.begin_else(),
            Tag::End(end) => self.end(end),
            Tag::Extends(template) => self.read_captured(template)?,
            Tag::Filter(filters) => {
                self.read_captured(filters)?;
                self.begin(ScopeKind::Plain);
            }
            Tag::For {
                number,
                target,
                items,
                condition,
            } => self.for_loop(*number, target, items, condition.as_ref())?,
            Tag::From {
                template,
                names,
                with_context,
            } => {
                self.read_captured(template)?;
                if *with_context {
                    self.share();
                }
                for (name, alias) in names {
                    self.import(alias.as_ref().unwrap_or(name));
                }
            }
            Tag::If(test) => {
                self.read(test)?;
                self.scope().branches += 1;
                self.open.push(Open::If);
            }
            Tag::Import {
                template,
                name,
                with_context,
            } => {
                self.read_captured(template)?;
                if *with_context {
                    self.share();
                }
                self.import(name);
            }
            Tag::Include {
                template,
                with_context,
                ..
            } => {
                self.read_captured(template)?;
                if *with_context {
                    self.share();
                }
            }
            Tag::Macro(name, parameters) => {
                self.assign(name);
                self.begin_macro(parameters)?;
            }
            Tag::Set(target, value) => {
                self.read(value)?;
                match (target, &value.kind) {
                    (Target::Name(name), Kind::Loop(_)) => self.assign_loop(name),
                    _ => self.assign_target(target, span)?,
                }
            }
            Tag::SetBlock(target, filters) => self.set_block(target, filters.as_ref(), span)?,
            Tag::With(values) => {
                for (_, value) in values {
                    self.read(value)?;
                }
                self.begin(ScopeKind::Plain);
                for (target, _) in values {
                    self.give(target);
                }
            }
        }
        Ok(())
    }

    fn for_loop(
        &mut self,
        number: usize,
        target: &Target,
        items: &Expression,
        condition: Option<&Expression>,
    ) -> Result<(), SyntaxError> {
        self.read(items)?;
        let scope = self.begin(ScopeKind::Loop);
        self.scopes[scope].number = Some(number);
        self.scopes[scope].has_loop = self.loops[number].recursive;
        self.give(target);
        if let Some(condition) = condition {
            let inner = self.open.pop();
            self.begin(ScopeKind::Plain);
            self.give(target);
            self.read(condition)?;
            self.open.pop();
            self.open.extend(inner);
        }
        Ok(())
    }

    fn set_block(
        &mut self,
        target: &Target,
        filters: Option<&Expression>,
        span: &Range<usize>,
    ) -> Result<(), SyntaxError> {
        if let Some(filters) = filters {
            self.read_captured(filters)?;
        }
        self.read_namespaces(target, span)?;
        let mut names = Vec::new();
        target.names(&mut |name| names.push(name.to_owned()));
        for name in &names {
            self.scope().meet(name, First::Assigned);
        }
        let scope = self.begin(ScopeKind::Plain);
        self.open.pop();
        self.open.push(Open::Set(scope, names));
        Ok(())
    }

    fn current(&self) -> usize {
        let scopes = self.open.iter().rev();
        let mut scopes = scopes.filter_map(|open| match open {
            Open::If => None,
            Open::Scope(scope) | Open::Set(scope, _) => Some(*scope),
        });
        scopes.next().unwrap_or(0)
    }

    fn scope(&mut self) -> &mut Scope {
        let current = self.current();
        &mut self.scopes[current]
    }

    fn begin(&mut self, kind: ScopeKind) -> usize {
        let current = self.current();
        let parent = (kind != ScopeKind::Block).then_some(current);
        let depth = self.scopes[current].depth + 1;
        self.scopes.push(Scope::new(kind, parent, depth));
        let scope = self.scopes.len() - 1;
        self.open.push(Open::Scope(scope));
        scope
    }

    fn begin_macro(&mut self, parameters: &[Parameter]) -> Result<(), SyntaxError> {
        let scope = self.begin(ScopeKind::Macro);
        for Parameter { name, .. } in parameters {
            self.scopes[scope].assign(name, First::Given);
        }
        for default in parameters.iter().filter_map(|known| known.default.as_ref()) {
            self.read(default)?;
        }
        Ok(())
    }

    /// The `else` of a loop is a scope beside that of the loop.
    fn begin_else(&mut self) {
        self.open.pop();
        self.begin(ScopeKind::Plain);
    }

    fn end(&mut self, end: &End) {
        let open = self.open.pop();
        if *end == End::If {
            self.scope().branches -= 1;
        }
        if let Some(Open::Set(_, names)) = open {
            for name in &names {
                self.assign(name);
            }
        }
    }

    /// The expression reads names where it stands.
    fn read(&mut self, value: &Expression) -> Result<(), SyntaxError> {
        self.read_names(value, false)
    }

    /// The same where the engine does not see that it reads them.
    fn read_captured(&mut self, value: &Expression) -> Result<(), SyntaxError> {
        self.read_names(value, true)
    }

    fn read_names(&mut self, value: &Expression, capture: bool) -> Result<(), SyntaxError> {
        let mut names = Vec::new();
        value.names(&mut |name, span| names.push((name.to_owned(), span.clone())));
        for (name, span) in names {
            self.read_name(&name, &span)?;
            if capture {
                self.capture(&name);
            }
        }
        Ok(())
    }

    fn read_name(&mut self, name: &str, span: &Range<usize>) -> Result<(), SyntaxError> {
        match name {
            "loop" => self.note_loop(),
            "self" => self.check_self(span)?,
            _ => {}
        }
        let scope = self.current();
        let first = &mut self.scopes[scope].first;
        first.entry(name.to_owned()).or_insert(First::Read);
        for scope in self.around() {
            let scope = &mut self.scopes[scope];
            if scope.settled.contains(name) {
                break;
            }
            scope.early.insert(name.to_owned());
        }
        Ok(())
    }

    fn around(&self) -> Vec<usize> {
        around(&self.scopes, self.current()).collect()
    }

    fn capture(&mut self, name: &str) {
        for scope in self.around() {
            let scope = &mut self.scopes[scope];
            if scope.kind == ScopeKind::Macro {
                scope.captured.insert(name.to_owned());
            }
        }
    }

    fn note_loop(&mut self) {
        for scope in self.around() {
            let scope = &mut self.scopes[scope];
            scope.has_loop |= scope.kind == ScopeKind::Loop;
        }
    }

    /// Another template gets all names that are known here.
    fn share(&mut self) {
        for scope in self.around() {
            self.scopes[scope].shared = true;
        }
    }

    /// A block sees the names of the template, not those of a macro that prints it. The engine
    /// has only what the macro reads, and its parameters.
    fn check_self(&mut self, span: &Range<usize>) -> Result<(), SyntaxError> {
        self.share();
        let around = self.around();
        let mut macros = around.iter().map(|scope| &self.scopes[*scope]);
        match macros.any(|scope| {
            scope.kind == ScopeKind::Macro
                && (scope.first.values()).any(|first| *first == First::Given)
        }) {
            false => Ok(()),
            true => Err(SyntaxError::new(
                "`self` within a macro that has parameters",
                span.clone(),
            )
            .help("set the block's text as a variable first: `{% set text = self.…() %}`")),
        }
    }

    fn assign(&mut self, name: &str) {
        let scope = self.scope();
        scope.imported.shift_remove(name);
        scope.assign(name, First::Assigned);
    }

    fn assign_loop(&mut self, name: &str) {
        let scope = self.scope();
        scope.imported.shift_remove(name);
        scope.assign_any(name, First::Assigned);
    }

    fn import(&mut self, name: &str) {
        self.assign(name);
        self.scope().imported.insert(name.to_owned());
    }

    /// The scope begins with values for these.
    fn give(&mut self, target: &Target) {
        let scope = self.scope();
        target.names(&mut |name| scope.assign(name, First::Given));
    }

    fn assign_target(&mut self, target: &Target, span: &Range<usize>) -> Result<(), SyntaxError> {
        self.read_namespaces(target, span)?;
        target.names(&mut |name| self.assign(name));
        Ok(())
    }

    fn read_namespaces(&mut self, target: &Target, span: &Range<usize>) -> Result<(), SyntaxError> {
        let mut namespaces = Vec::new();
        target.namespaces(&mut |name| namespaces.push(name.to_owned()));
        for name in namespaces {
            self.read_name(&name, span)?;
        }
        Ok(())
    }
}
