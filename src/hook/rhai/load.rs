//! From a hook as the spec names it to a function that can be called.

use std::rc::Rc;

use rhai::{AST, Position, ScriptFuncDef};

use super::Hook;
use crate::diagnostic::{self, Label};
use crate::hook::{HookError, HookErrorKind};
use crate::sandbox::{Explained, Sandbox, Script, Trouble, is_identifier};
use crate::spec::{HookRef, Role};
use crate::text;

/// Opens files; two hooks of one file share it.
pub(super) struct Loader<'a> {
    sandbox: &'a mut Sandbox,
    scripts: Vec<Rc<Script>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(sandbox: &'a mut Sandbox) -> Self {
        Self {
            sandbox,
            scripts: Vec::new(),
        }
    }

    /// Makes sure that a hook can be called.
    pub(super) fn load(&mut self, reference: &HookRef) -> Result<Hook, HookError> {
        let script = self.script(reference)?;
        let label = check_function(reference, &script)?;
        Ok(Hook {
            reference: reference.clone(),
            script,
            label,
        })
    }

    fn script(&mut self, reference: &HookRef) -> Result<Rc<Script>, HookError> {
        let is_it = |script: &&Rc<Script>| script.file.source.path == reference.path;
        if let Some(script) = self.scripts.iter().find(is_it) {
            return Ok(script.clone());
        }
        let opened = self.sandbox.open(&reference.path, ran_as_spec(reference));
        let (script, _) = opened.map_err(|explained| {
            // Where the file says nothing, the spec that names it does.
            let label = explained.label.clone().or(reference.label.clone());
            let help = missing_argument(reference, &explained).or(explained.help);
            let explained = Explained {
                label,
                help,
                ..explained
            };
            let kind = match explained.trouble {
                Trouble::Engine => HookErrorKind::Host,
                Trouble::Limit => HookErrorKind::Limit,
                Trouble::Raised | Trouble::Unusable => HookErrorKind::Load,
            };
            HookError::explained(reference, kind, explained)
        })?;
        let script = Rc::new(script);
        self.scripts.push(script.clone());
        Ok(script)
    }
}

/// Whether the hook stands in a spec that is a program, which ran when the spec was read.
fn ran_as_spec(reference: &HookRef) -> bool {
    let named_by = reference.label.as_ref().map(|label| &label.source.path);
    named_by == Some(&reference.path)
}

/// Where the function is, which must take what a hook is called with.
fn check_function(reference: &HookRef, script: &Script) -> Result<Option<Label>, HookError> {
    let HookRef { role, function, .. } = reference;
    let own = functions(&script.ast);
    let named: Vec<_> = own.iter().filter(|known| known.name == *function).collect();
    let mut fitting = named
        .iter()
        .filter(|known| known.params.len() == role.arguments());
    if let Some(known) = fitting.next() {
        return Ok(name_label(script, known));
    }
    let Some(known) = named.first() else {
        return Err(no_function(reference, &own));
    };
    let (takes, called) = (
        text::count(known.params.len(), "parameter"),
        text::count(role.arguments(), "argument"),
    );
    let message = format!(
        "`{function}` takes {takes}, and {} hook is called with {called}: {}",
        role.with_article(),
        argument_names(*role)
    );
    Err(load_error(reference, message).at(name_label(script, known)))
}

/// What to write where the function of the hook reads an argument that it does not take.
fn missing_argument(reference: &HookRef, explained: &Explained) -> Option<String> {
    let HookRef { role, function, .. } = reference;
    let Label { source, span, .. } = explained.label.as_ref()?;
    let word = source.text.get(span.clone())?;
    let arguments = argument_names(*role);
    if explained.message != format!("the variable `{word}` is not known")
        || !arguments.split(", ").any(|argument| argument == word)
    {
        return None;
    }
    // The file does not parse, so that only its text tells what the function takes.
    let (_, definition) = source.text.split_once(&format!("fn {function}("))?;
    let (taken, _) = definition.split_once(')')?;
    let taken = taken.split(',').filter(|name| !name.trim().is_empty());
    (taken.count() != role.arguments())
        .then(|| format!("`{function}` takes `({arguments})`: write `fn {function}({arguments})`"))
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
        Role::OnFailure => "job, attempt",
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
