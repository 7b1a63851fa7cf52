//! From a hook as the spec names it to a function that can be called.

use std::io;
use std::rc::Rc;

use rhai::{AST, Position, ScriptFuncDef};

use super::Hook;
use super::engine::{Sandbox, Script, is_identifier};
use super::files::{File, Files};
use super::limits::raise;
use super::syntax;
use crate::config::RhaiLimits;
use crate::diagnostic::{self, Label};
use crate::hook::{HookError, HookErrorKind};
use crate::spec::{HookRef, Role};
use crate::text;

/// Reads and compiles files; two hooks of one file share it.
pub(super) struct Loader<'a> {
    sandbox: &'a Sandbox,
    files: &'a Files,
    limits: &'a RhaiLimits,
    scripts: Vec<Rc<Script>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(sandbox: &'a Sandbox, files: &'a Files, limits: &'a RhaiLimits) -> Self {
        Self {
            sandbox,
            files,
            limits,
            scripts: Vec::new(),
        }
    }

    /// Makes sure that a hook can be called, without running any of it.
    pub(super) fn load(&mut self, reference: &HookRef) -> Result<Hook, HookError> {
        let script = self.script(reference)?;
        check_function(reference, &script)?;
        Ok(Hook {
            reference: reference.clone(),
            script,
        })
    }

    fn script(&mut self, reference: &HookRef) -> Result<Rc<Script>, HookError> {
        let is_it = |script: &&Rc<Script>| script.file.source.path == reference.path;
        if let Some(script) = self.scripts.iter().find(is_it) {
            return Ok(script.clone());
        }
        let file = self
            .files
            .read_hook(&reference.path, self.limits.script_bytes)
            .map_err(|error| unreadable(reference, self.limits, &error))?;
        let script = Rc::new(self.compile(reference, file)?);
        self.scripts.push(script.clone());
        Ok(script)
    }

    fn compile(&self, reference: &HookRef, file: Rc<File>) -> Result<Script, HookError> {
        let source = file.source.clone();
        self.sandbox.compile(file).map_err(|error| {
            let complaint = syntax::complaint(&error.0, &source, error.1);
            // The end of the file has no position.
            let end = || Label::new(&source, source.text.trim_end().len()..source.text.len());
            let label = syntax::label(&source, error.1).unwrap_or_else(end);
            let error = load_error(reference, complaint.message).at(Some(label));
            with_help(error, complaint.help)
        })
    }
}

fn unreadable(reference: &HookRef, limits: &RhaiLimits, error: &io::Error) -> HookError {
    let path = &reference.path;
    let too_large =
        fs_err::metadata(path).is_ok_and(|metadata| metadata.len() > limits.script_bytes);
    let (message, help) = match error.kind() {
        io::ErrorKind::NotFound => ("the file does not exist".into(), None),
        _ if too_large => (error.to_string(), Some(raise("script_bytes"))),
        _ => (error.to_string(), None),
    };
    with_help(
        load_error(reference, message).at(reference.label.clone()),
        help,
    )
}

fn check_function(reference: &HookRef, script: &Script) -> Result<(), HookError> {
    let HookRef { role, function, .. } = reference;
    let own = functions(&script.ast);
    let named: Vec<_> = own.iter().filter(|known| known.name == *function).collect();
    if named
        .iter()
        .any(|known| known.params.len() == role.arguments())
    {
        return Ok(());
    }
    let Some(known) = named.first() else {
        return Err(no_function(reference, &own));
    };
    let (takes, called) = (
        text::count(known.params.len(), "parameter"),
        text::count(role.arguments(), "argument"),
    );
    let message = format!(
        "`{function}` takes {takes}, and a {role} hook is called with {called}: {}",
        argument_names(*role)
    );
    Err(load_error(reference, message).at(name_label(script, known)))
}

fn no_function(reference: &HookRef, own: &[&ScriptFuncDef]) -> HookError {
    let mut names: Vec<_> = own.iter().map(|known| known.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let function = &reference.function;
    let error = load_error(reference, format!("the file has no function `{function}`"))
        .at(reference.label.clone());
    if names.is_empty() {
        let arguments = argument_names(reference.role);
        return error.help(format!("define it: `fn {function}({arguments}) {{ … }}`"));
    }
    let error = error.note(format!("the file has {}", all_of(&names)));
    with_help(error, diagnostic::did_you_mean(function, names))
}

/// The functions of a file that can be called without an object.
fn functions(ast: &AST) -> Vec<&ScriptFuncDef> {
    let functions = ast
        .shared_lib()
        .iter_script_fn_info()
        .map(|(.., function)| &**function);
    // Closures have names too, which nobody can write.
    functions
        .filter(|function| function.this_type.is_none() && is_identifier(&function.name))
        .collect()
}

/// The name where it is defined: Rhai knows the place of the body only.
fn name_label(script: &Script, function: &ScriptFuncDef) -> Option<Label> {
    let source = &script.file.source;
    let body: Position = function.body.start_position();
    let body = source.offset(body.line()?, body.position().unwrap_or(1));
    let parenthesis = source.text[..body].rfind('(')?;
    let start = source.text[..parenthesis].rfind(function.name.as_str())?;
    Some(Label::new(source, start..start + function.name.len()))
}

fn argument_names(role: Role) -> &'static str {
    match role {
        Role::Parse | Role::Filter => "params",
        Role::Logic => "params, defaults",
    }
}

/// `` `a`, `b`, `c` ``
fn all_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn load_error(reference: &HookRef, message: String) -> HookError {
    HookError::new(reference, HookErrorKind::Load, message)
}

fn with_help(error: HookError, help: Option<String>) -> HookError {
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}
