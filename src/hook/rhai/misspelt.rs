//! Parameters that a hook reads and no parameter set has.
//!
//! In Rhai `params.batch_sise` is `()`, and `() > 64` is false: a slip would drop sets, or keep
//! them, without a word. Rhai's own cure (`fail_on_invalid_map_property`) would also refuse
//! `params.workers ?? 4`, so the hook's text is looked at before it runs.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexSet;
use rhai::{AST, ASTFlags, ASTNode, Expr, Position, ScriptFnMetadata, Stmt};

use super::Hook;
use crate::diagnostic::{Label, Source, Warning, did_you_mean};
use crate::model::{ParamSpace, Value};
use crate::spec::Role;
use crate::text;

/// A warning for each parameter that `hook` reads outside `??`, `?.` and comparisons with `()`,
/// and that no set of `space` has. Of a hook on failures, that no job or no attempt has.
pub(super) fn warnings(hook: &Hook, space: &ParamSpace) -> Vec<Warning> {
    if hook.reference.role != Role::OnFailure {
        let owner = format!("none of {}", text::count(space.len(), "parameter set"));
        return of_argument(hook, 0, &space.names(), &owner);
    }
    let owners = ["job", "attempt"].into_iter().enumerate();
    let warnings = owners.map(|(argument, owner)| {
        let maps = (0..space.len()).filter_map(|index| match space.get(index).get(owner) {
            Some(Value::Map(map)) => Some(map.clone()),
            _ => None,
        });
        let names = maps.flat_map(|map| map.keys().cloned().collect::<Vec<_>>());
        of_argument(hook, argument, &names.collect(), &format!("no {owner}"))
    });
    warnings.flatten().collect()
}

/// The warnings about one argument of `hook`: a map with `names`, of which `owner` says whose.
fn of_argument(
    hook: &Hook,
    argument: usize,
    names: &IndexSet<Arc<str>>,
    owner: &str,
) -> Vec<Warning> {
    let Hook {
        reference, script, ..
    } = hook;
    let is_hook = |function: &ScriptFnMetadata| {
        function.name == reference.function && function.params.len() == reference.role.arguments()
    };
    let hook = script.ast.iter_functions().find(is_hook);
    let Some(variable) = hook.and_then(|hook| hook.params.get(argument).copied()) else {
        return Vec::new();
    };
    let reads = Reads::of(&script.ast, &reference.function, variable);
    let known = |name: &str| names.contains(name) || reads.written.contains(name);
    let mut warnings = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, position) in &reads.read {
        if known(name) || !seen.insert(name) {
            continue;
        }
        let source = &script.file.source;
        let (Some(line), Some(column)) = (position.line(), position.position()) else {
            continue;
        };
        let guess = did_you_mean(name, names.iter().map(|name| &**name));
        warnings.push(
            Warning::new(format!(
                "the {} hook reads `{variable}.{name}`, which {owner} has: it is `()`",
                reference.role
            ))
            .at(property_label(source, line, column, name))
            .help(guess.unwrap_or_else(|| {
                format!("if it may be absent, say what holds then: `{variable}.{name} ?? …`")
            })),
        );
    }
    warnings
}

/// The property at a place, in quotes or not.
fn property_label(source: &Arc<Source>, line: usize, column: usize, name: &str) -> Label {
    let start = source.offset(line, column);
    let quotes = if source.text[start..].starts_with('"') {
        2
    } else {
        0
    };
    Label::new(
        source,
        start..source.text.len().min(start + name.len() + quotes),
    )
}

/// What functions do to one of their parameters, a map.
#[derive(Default)]
struct Reads {
    read: Vec<(String, Position)>,
    /// What they put into it themselves.
    written: BTreeSet<String>,
}

impl Reads {
    /// What `function` and the functions it calls do to their parameter `variable`: one that is
    /// handed the parameters mostly calls them by the same name.
    fn of(ast: &AST, function: &str, variable: &str) -> Self {
        let mut reads = Self::default();
        let mut called = vec![function.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(name) = called.pop() {
            let has_it = |function: ScriptFnMetadata| {
                function.name == name && function.params.contains(&variable)
            };
            if !seen.insert(name.clone()) || !ast.iter_functions().any(has_it) {
                continue;
            }
            let mut alone = ast.clone();
            alone.clear_statements();
            alone.retain_functions(|_, _, it, _| it == name);
            alone.walk(&mut |path| {
                called.extend(path.last().and_then(callee));
                reads.node(path, variable);
                true
            });
        }
        reads
    }

    fn node(&mut self, path: &[ASTNode], variable: &str) {
        let [outer @ .., node] = path else { return };
        if let ASTNode::Stmt(Stmt::Assignment(assignment)) = node {
            let (operator, sides) = &**assignment;
            if let Some((name, _)) = property(&sides.lhs, variable)
                && !operator.is_op_assignment()
            {
                self.written.insert(name.into());
            }
            return;
        }
        let ASTNode::Expr(expression) = node else {
            return;
        };
        if let Some((name, position)) = property(expression, variable)
            && !outer
                .last()
                .is_some_and(|outer| expects_absence(outer, expression))
        {
            self.read.push((name.into(), position));
        }
    }
}

/// The name of the function that a node calls.
fn callee(node: &ASTNode) -> Option<String> {
    let (ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
    | ASTNode::Stmt(Stmt::FnCall(call, _))) = node
    else {
        return None;
    };
    Some(call.name.to_string())
}

/// The property and its place, if `expression` is `variable.property` or `variable["property"]`
/// or begins with it.
fn property<'a>(expression: &'a Expr, variable: &str) -> Option<(&'a str, Position)> {
    let (Expr::Dot(sides, flags, _) | Expr::Index(sides, flags, _)) = expression else {
        return None;
    };
    let is_variable =
        matches!(&sides.lhs, Expr::Variable(it, ..) if it.1 == variable && it.2.is_empty());
    // `params?.x` says that it may be absent.
    if !is_variable || flags.contains(ASTFlags::NEGATED) {
        return None;
    }
    let first = match &sides.rhs {
        Expr::Dot(rest, ..) | Expr::Index(rest, ..) => {
            if matches!(&sides.rhs, Expr::Dot(_, flags, _) | Expr::Index(_, flags, _)
                if flags.contains(ASTFlags::NEGATED))
            {
                return None;
            }
            &rest.lhs
        }
        only => only,
    };
    match first {
        Expr::Property(name, position) => Some((&name.2, *position)),
        Expr::StringConstant(name, position) => Some((name, *position)),
        _ => None,
    }
}

/// Whether the expression around a property expects that it may be absent, or sets it.
fn expects_absence(outer: &ASTNode, inner: &Expr) -> bool {
    match outer {
        ASTNode::Expr(Expr::Coalesce(operands, _)) => operands
            .last()
            .is_none_or(|last| !std::ptr::eq(last, inner)),
        ASTNode::Expr(Expr::FnCall(call, _)) => {
            matches!(&*call.name, "==" | "!=" | "type_of")
                && (call.args.len() == 1
                    || call.args.iter().any(|arg| matches!(arg, Expr::Unit(_))))
        }
        ASTNode::Stmt(Stmt::Assignment(assignment)) => {
            std::ptr::eq(&raw const assignment.1.lhs, inner) && !assignment.0.is_op_assignment()
        }
        _ => false,
    }
}
