//! `import "lib/limits" as limits`: other files of the hook's folder, and nothing else.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use rhai::{
    Dynamic, Engine, EvalAltResult, GlobalRuntimeState, Module, ModuleResolver, Position, Scope,
    Shared,
};

use super::files::{File, Files};
use crate::diagnostic::quoted;
use crate::fs;

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// Finds, compiles and keeps imported files.
///
/// The top level of a hook file, and with it each `import`, runs again for every call, so what was
/// imported once is found without touching the file system.
pub(super) struct Resolver {
    files: Rc<Files>,
    max_bytes: u64,
    by_importer: RefCell<HashMap<String, HashMap<String, Shared<Module>>>>,
    by_file: RefCell<HashMap<PathBuf, Shared<Module>>>,
    in_progress: RefCell<Vec<Rc<File>>>,
}

/// Why an import is refused.
struct Refusal {
    message: String,
    help: Option<&'static str>,
}

impl Resolver {
    pub(super) fn new(files: Rc<Files>, max_bytes: u64) -> Self {
        Self {
            files,
            max_bytes,
            by_importer: RefCell::default(),
            by_file: RefCell::default(),
            in_progress: RefCell::default(),
        }
    }

    fn known(&self, importer: &str, path: &str) -> Option<Shared<Module>> {
        self.by_importer.borrow().get(importer)?.get(path).cloned()
    }

    fn load(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        importer: &File,
        path: &str,
        position: Position,
    ) -> Outcome<Shared<Module>> {
        let shown = shown_path(importer, path).map_err(|refusal| refusal.at(position))?;
        let canonical = inside(&shown, path, importer).map_err(|refusal| refusal.at(position))?;
        if let Some(module) = self.by_file.borrow().get(&canonical) {
            return Ok(module.clone());
        }
        self.refuse_cycle(importer, &canonical, &shown)
            .map_err(|refusal| refusal.at(position))?;
        // Rhai counts a module when it is there, so a chain of imports is for us to count.
        if self.in_progress.borrow().len() >= engine.max_modules() {
            return Err(EvalAltResult::ErrorTooManyModules(position).into());
        }
        let file = self
            .files
            .read_import(&shown, canonical.clone(), &importer.root, self.max_bytes)
            .map_err(|error| {
                Refusal::new(format!("cannot import `{path}`: {error}")).at(position)
            })?;
        let module = self.evaluate(engine, global, &file, position)?;
        self.by_file.borrow_mut().insert(canonical, module.clone());
        Ok(module)
    }

    fn evaluate(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        file: &Rc<File>,
        position: Position,
    ) -> Outcome<Shared<Module>> {
        let within = |error: Box<EvalAltResult>| match *error {
            // Limits must not become errors that a script can catch.
            EvalAltResult::ErrorParsing(..) => in_module(file, error, position).into(),
            _ if error.is_system_exception() => error,
            _ => in_module(file, error, position).into(),
        };
        let mut ast = engine
            .compile(&file.source.text)
            .map_err(|error| within(error.into()))?;
        ast.set_source(file.name());
        self.in_progress.borrow_mut().push(file.clone());
        let module = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), global, &ast);
        self.in_progress.borrow_mut().pop();
        Ok(module.map_err(within)?.into())
    }

    fn refuse_cycle(&self, importer: &File, canonical: &Path, shown: &Path) -> Result<(), Refusal> {
        let in_progress = self.in_progress.borrow();
        let start = in_progress
            .iter()
            .position(|file| file.canonical == canonical);
        let mut chain: Vec<_> = match start {
            Some(start) => in_progress[start..]
                .iter()
                .map(|file| file.name())
                .collect(),
            None if importer.canonical == canonical => vec![importer.name()],
            None => return Ok(()),
        };
        chain.push(shown.display().to_string());
        Err(Refusal::new(format!(
            "files import each other: {}",
            chain.join(" -> ")
        )))
    }
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Outcome<Shared<Module>> {
        let mut global = engine.new_global_runtime_state();
        global.source = source.map(Into::into);
        self.resolve_raw(engine, &mut global, &mut Scope::new(), path, position)
    }

    /// Evaluates within the operations of the call at hand.
    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _scope: &mut Scope,
        path: &str,
        position: Position,
    ) -> Outcome<Shared<Module>> {
        let importer = global.source().unwrap_or_default();
        if let Some(module) = self.known(importer, path) {
            return Ok(module);
        }
        let importer = importer.to_owned();
        let Some(file) = self.files.get(&importer) else {
            return Err(Refusal::new("only files can import".into())
                .at(position)
                .into());
        };
        let module = self.load(engine, global, &file, path, position)?;
        let mut by_importer = self.by_importer.borrow_mut();
        by_importer
            .entry(importer)
            .or_default()
            .insert(path.to_owned(), module.clone());
        Ok(module)
    }
}

impl Refusal {
    fn new(message: String) -> Self {
        Self {
            message,
            help: None,
        }
    }

    /// What a script could throw: an error of the file system has no position in Rhai.
    fn at(self, position: Position) -> EvalAltResult {
        let mut thrown = rhai::Map::from([("message".into(), Dynamic::from(self.message))]);
        if let Some(help) = self.help {
            thrown.insert("help".into(), help.into());
        }
        EvalAltResult::ErrorRuntime(Dynamic::from_map(thrown), position)
    }
}

/// The imported file as the user would name it: beside the importing one, with its ending.
fn shown_path(importer: &File, path: &str) -> Result<PathBuf, Refusal> {
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.is_empty() || path.contains('\0') || !Path::new(path).components().all(plain) {
        return Err(Refusal {
            message: format!("cannot import {path:?}"),
            help: Some("an import is relative to its file, and has no `..`"),
        });
    }
    let mut file = PathBuf::from(path);
    if file.extension().is_none_or(|extension| extension != "rhai") {
        file.as_mut_os_string().push(".rhai");
    }
    Ok(fs::join(fs::parent(&importer.source.path), file))
}

/// Where the file really is, if that is inside the folder of the hook.
fn inside(shown: &Path, path: &str, importer: &File) -> Result<PathBuf, Refusal> {
    let canonical = fs_err::canonicalize(shown).map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no {}", quoted(shown)),
            _ => error.to_string(),
        };
        Refusal::new(format!("cannot import `{path}`: {reason}"))
    })?;
    if canonical.starts_with(&importer.root) {
        return Ok(canonical);
    }
    Err(Refusal {
        message: format!("cannot import `{path}`: it links to {}", quoted(&canonical)),
        help: Some("imported files stay in the folder of the hook"),
    })
}

fn in_module(file: &File, error: Box<EvalAltResult>, position: Position) -> EvalAltResult {
    EvalAltResult::ErrorInModule(file.name(), error, position)
}
