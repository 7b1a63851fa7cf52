//! The sandbox: what a script may do, in one place.
//!
//! Denied is what is not given here. There is no package of core functions (`sleep`, `exit`), of
//! time or of blobs, no `eval`, and no file but those that [`Resolver`] lets in.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::time::{Duration, Instant};

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{AST, Dynamic, Engine, EvalAltResult, OptimizationLevel, ParseError, Scope};

use super::files::{File, Files};
use super::import::Resolver;
use super::library;
use super::output::Printer;
use crate::config::RhaiLimits;

/// Operations between two looks at the clock.
const OPERATIONS_PER_CHECK: u64 = 256;

/// What a script calls, unseen, where its top level ends.
const TOP_LEVEL_DONE: &str = "top_level_done__";

/// An engine that user code cannot leave.
pub(super) struct Sandbox {
    pub(super) engine: Engine,
    printer: Rc<Printer>,
    deadline: Rc<Deadline>,
    top_level_done: Rc<Cell<bool>>,
    after_top_level: AST,
}

/// A compiled file.
pub(super) struct Script {
    pub(super) file: Rc<File>,
    pub(super) ast: AST,
    /// Whether there are statements besides functions; they run again for each call.
    has_top_level: bool,
    /// Whether they ran to their end before, so that what they print was seen.
    top_level_seen: Cell<bool>,
}

/// Why a call gave nothing.
pub(super) struct Failure {
    pub(super) cause: Cause,
    /// Whether the top level of the file failed, which it will for every call.
    pub(super) in_top_level: bool,
}

pub(super) enum Cause {
    Error(Box<EvalAltResult>),
    /// The engine panicked.
    Panic(String),
}

struct Deadline {
    time: Duration,
    until: Cell<Option<Instant>>,
}

impl Sandbox {
    pub(super) fn new(limits: &RhaiLimits, files: &Rc<Files>, printer: Rc<Printer>) -> Self {
        let mut engine = Engine::new_raw();
        add_packages(&mut engine);
        library::register(&mut engine);
        set_language(&mut engine);
        set_limits(&mut engine, limits);
        engine.set_module_resolver(Resolver::new(files.clone(), limits.script_bytes));
        print_to(&mut engine, &printer);

        let deadline = Rc::new(Deadline {
            time: limits.call_time,
            until: Cell::new(None),
        });
        let clock = deadline.clone();
        engine.on_progress(move |operations| {
            (operations % OPERATIONS_PER_CHECK == 0 && clock.passed()).then_some(Dynamic::UNIT)
        });

        let top_level_done = Rc::new(Cell::new(false));
        let (done, unmuted) = (top_level_done.clone(), printer.clone());
        engine.register_fn(TOP_LEVEL_DONE, move || {
            done.set(true);
            unmuted.mute(false);
        });
        let after_top_level = engine
            .compile(format!("{TOP_LEVEL_DONE}()"))
            .expect("a call without arguments is a script");
        Self {
            engine,
            printer,
            deadline,
            top_level_done,
            after_top_level,
        }
    }

    /// Compiles a file without running any of it.
    pub(super) fn compile(&self, file: Rc<File>) -> Result<Script, ParseError> {
        let mut ast = self.engine.compile(&file.source.text)?;
        let has_top_level = !ast.statements().is_empty();
        if has_top_level {
            ast = ast.merge(&self.after_top_level);
        }
        ast.set_source(file.name());
        Ok(Script {
            file,
            ast,
            has_top_level,
            top_level_seen: Cell::new(false),
        })
    }

    /// Calls a function of a script, within all limits.
    pub(super) fn call(
        &self,
        script: &Script,
        function: &str,
        arguments: Vec<Dynamic>,
    ) -> Result<Dynamic, Failure> {
        self.deadline.start();
        self.top_level_done.set(!script.has_top_level);
        self.printer
            .mute(script.has_top_level && script.top_level_seen.get());
        let call = || {
            self.engine
                .call_fn::<Dynamic>(&mut Scope::new(), &script.ast, function, arguments)
        };
        let outcome = panic::catch_unwind(AssertUnwindSafe(call));
        if self.top_level_done.get() {
            script.top_level_seen.set(true);
        }
        let cause = match outcome {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Cause::Error(error),
            Err(panic) => Cause::Panic(panic_text(&*panic)),
        };
        Err(Failure {
            cause,
            in_top_level: !self.top_level_done.get(),
        })
    }

    /// The names of the functions that every script has.
    pub(super) fn function_names(&self) -> Vec<String> {
        let mut names = self.engine.collect_fn_metadata(
            None,
            |info| Some(info.metadata.name.to_string()),
            true,
        );
        names.retain(|name| name != TOP_LEVEL_DONE && is_identifier(name));
        names.extend(["call", "type_of"].map(String::from));
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Deadline {
    fn start(&self) {
        let limited = !self.time.is_zero();
        self.until.set(
            limited
                .then(|| Instant::now().checked_add(self.time))
                .flatten(),
        );
    }

    fn passed(&self) -> bool {
        self.until
            .get()
            .is_some_and(|until| Instant::now() >= until)
    }
}

fn add_packages(engine: &mut Engine) {
    ArithmeticPackage::new().register_into_engine(engine);
    BasicArrayPackage::new().register_into_engine(engine);
    BasicFnPackage::new().register_into_engine(engine);
    BasicIteratorPackage::new().register_into_engine(engine);
    BasicMapPackage::new().register_into_engine(engine);
    BasicMathPackage::new().register_into_engine(engine);
    BasicStringPackage::new().register_into_engine(engine);
    LogicPackage::new().register_into_engine(engine);
    MoreStringPackage::new().register_into_engine(engine);
}

fn set_language(engine: &mut Engine) {
    engine.disable_symbol("eval");
    // The arguments a function keeps are in no limit: `f = f.curry(f)` doubles them each time.
    engine.disable_symbol("curry");
    engine.set_strict_variables(true);
    engine.set_optimization_level(OptimizationLevel::Simple);
    engine.set_max_strings_interned(256);
}

/// Sets every limit there is: Rhai's defaults differ between debug and release builds.
fn set_limits(engine: &mut Engine, limits: &RhaiLimits) {
    let RhaiLimits {
        operations,
        call_levels,
        expression_depth,
        string_bytes,
        array_items,
        map_entries,
        variables,
        functions,
        modules,
        script_bytes: _,
        output_bytes: _,
        call_time: _,
    } = *limits;
    engine.set_max_operations(operations);
    engine.set_max_call_levels(call_levels);
    engine.set_max_expr_depths(expression_depth, expression_depth);
    engine.set_max_string_size(string_bytes);
    engine.set_max_array_size(array_items);
    engine.set_max_map_size(map_entries);
    engine.set_max_variables(variables);
    engine.set_max_functions(functions);
    engine.set_max_modules(modules);
}

fn print_to(engine: &mut Engine, printer: &Rc<Printer>) {
    let print = printer.clone();
    engine.on_print(move |text| print.line(text));
    let debug = printer.clone();
    engine.on_debug(move |text, source, position| {
        let file = source.unwrap_or_default();
        match position.line() {
            Some(line) => debug.line(&format!("[{file}:{line}] {text}")),
            None => debug.line(&format!("[{file}] {text}")),
        }
    });
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
