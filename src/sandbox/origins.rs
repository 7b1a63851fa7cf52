//! Where in a script the entries of its value were written.
//!
//! A value knows neither its place nor the order of its keys, because Rhai's maps sort. But most
//! maps come from a literal, and a literal has both. An entry is found by the names that lead to
//! it, as far as they stand around it in the script: `values.lr` is an `lr` in a map under `values`
//! or in a variable of that name.

use std::collections::HashMap;
use std::ops::Range;

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use super::files::File;
use super::syntax;

/// The entries that a script writes.
///
/// By their own names: a program may write ten thousand.
#[derive(Debug, Default)]
pub(crate) struct Origins(HashMap<String, Vec<Origin>>);

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The names around it, the outermost first, and its own.
    names: Vec<String>,
    /// The bytes of its key.
    pub(crate) key: Range<usize>,
    /// The bytes at which its value begins.
    pub(crate) value: Range<usize>,
}

impl Origins {
    /// Finds the entries in `ast`, the whole of what was compiled from `file`.
    pub(crate) fn of(file: &File, ast: &AST) -> Self {
        let mut origins = Self::default();
        ast.walk(&mut |path| {
            origins.node(file, path);
            true
        });
        for origins in origins.0.values_mut() {
            origins.sort_by_key(|origin| origin.key.start);
        }
        origins
    }

    /// The entry that the path of names most likely leads to: of those with the same name the one
    /// with most of the path around it, and of those the first.
    pub(crate) fn find(&self, path: &[&str]) -> Option<&Origin> {
        let matching = |origin: &Origin| {
            let pairs = origin.names.iter().rev().zip(path.iter().rev());
            pairs.take_while(|(name, part)| name == *part).count()
        };
        let mut best = None;
        for origin in self.0.get(*path.last()?)? {
            let matching = matching(origin);
            if matching > best.map_or(0, |(most, _)| most) {
                best = Some((matching, origin));
            }
        }
        best.map(|(_, origin)| origin)
    }

    fn node(&mut self, file: &File, path: &[ASTNode]) {
        let [outer @ .., node] = path else { return };
        match node {
            ASTNode::Expr(Expr::Map(entries, _)) => {
                let around = names_around(outer, node);
                for (key, value) in &entries.0 {
                    let names = around.iter().cloned().chain([key.name.to_string()]);
                    self.add(file, names.collect(), key.pos, value.start_position());
                }
            }
            ASTNode::Stmt(Stmt::Assignment(assignment)) => {
                let sides = &assignment.1;
                let mut names = Vec::new();
                if let Some(position) = assigned(&sides.lhs, &mut names) {
                    self.add(file, names, position, sides.rhs.start_position());
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, file: &File, names: Vec<String>, key: Position, value: Position) {
        let span = |position| syntax::label(&file.source, position).map(|label| label.span);
        if let Some(key) = span(key) {
            let value = span(value).unwrap_or_else(|| key.clone());
            let name = names.last().cloned().unwrap_or_default();
            let origins = self.0.entry(name).or_default();
            origins.push(Origin { names, key, value });
        }
    }
}

/// The keys, variables and assigned properties around a node, the outermost first.
fn names_around(outer: &[ASTNode], node: &ASTNode) -> Vec<String> {
    let inner = outer.iter().skip(1).chain([node]);
    let mut names = Vec::new();
    for (outer, inner) in outer.iter().zip(inner) {
        let ASTNode::Expr(inner) = inner else {
            continue;
        };
        match outer {
            ASTNode::Expr(Expr::Map(entries, _)) => {
                let is_it = |(_, value): &&(_, Expr)| std::ptr::eq(value, *inner);
                let entry = entries.0.iter().find(is_it);
                names.extend(entry.map(|(key, _)| key.name.to_string()));
            }
            ASTNode::Stmt(Stmt::Var(variable, ..)) => names.push(variable.0.name.to_string()),
            ASTNode::Stmt(Stmt::Assignment(assignment)) => {
                assigned(&assignment.1.lhs, &mut names);
            }
            _ => {}
        }
    }
    names
}

/// Adds the names in `a.b.c` or `a["b"].c`, and gives the place of the last.
fn assigned(target: &Expr, names: &mut Vec<String>) -> Option<Position> {
    match target {
        Expr::Variable(variable, _, position) => {
            names.push(variable.1.to_string());
            Some(*position)
        }
        Expr::Property(property, position) => {
            names.push(property.2.to_string());
            Some(*position)
        }
        Expr::StringConstant(text, position) => {
            names.push(text.to_string());
            Some(*position)
        }
        Expr::Dot(sides, ..) | Expr::Index(sides, ..) => {
            assigned(&sides.lhs, names)?;
            assigned(&sides.rhs, names)
        }
        _ => None,
    }
}
