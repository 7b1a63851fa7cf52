//! The sandbox: what a script may do, in one place.
//!
//! Denied is what is not given here. There is no package of core functions (`sleep`, `exit`), of
//! time or of blobs, no `eval`, and no file but those that [`Resolver`] lets in.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::time::Duration;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    AST, ASTFlags, CallFnOptions, Dynamic, Engine, EvalAltResult, Expr, FuncArgs,
    OptimizationLevel, ParseError, Scope, Stmt,
};

use super::budget::{Budget, Exceeded};
use super::error::{Explained, Trouble};
use super::files::{File, Files};
use super::import::Resolver;
use super::library;
use super::limits;
use super::output::Printer;
use super::stack::Stack;
use super::watchdog::{Unstoppable, Watchdog};
use crate::config::{HookSettings, RhaiLimits};

/// How much more the top level of a file may take than a call: it runs once.
pub(super) const TOP_LEVEL_FACTOR: usize = 10;

/// An engine that user code cannot leave.
pub(crate) struct Sandbox {
    engine: Engine,
    files: Rc<Files>,
    limits: RhaiLimits,
    /// Whether the limits are lower than they were set, for want of address space.
    pub(super) is_cramped: bool,
    environment: Rc<BTreeMap<String, Option<String>>>,
    budget: Rc<Budget>,
    printer: Rc<Printer>,
    watchdog: Rc<Watchdog>,
}

/// A file whose functions can be called.
pub(crate) struct Script {
    pub(crate) file: Rc<File>,
    /// The functions, and as statements only what they may need: imports, and constants as values.
    pub(crate) ast: AST,
    has_statements: bool,
}

/// Why there is no value.
pub(crate) enum Failure {
    Error(Box<EvalAltResult>),
    /// The engine panicked.
    Panic(String),
    /// It does not parse.
    Parse(ParseError),
}

impl From<Box<EvalAltResult>> for Failure {
    fn from(error: Box<EvalAltResult>) -> Self {
        Self::Error(error)
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

impl Sandbox {
    /// An engine for the thread of `stack`. `abort` is called when a call can only be ended from
    /// outside.
    pub(crate) fn new(stack: &Stack, settings: &HookSettings) -> Self {
        let limits = stack.limits(&settings.rhai);
        let abort = settings.abort.clone();
        let unstoppable = limits.clone();
        let watchdog = Watchdog::start(&limits, stack.usage(), move |exceeded, subject| {
            abort.abort(&Unstoppable::new(exceeded, subject, &unstoppable));
        });
        let sandbox = Self::with(
            Rc::default(),
            limits.clone(),
            Rc::new(settings.environment.clone()),
            Budget::new(&limits, stack.usage(), watchdog.watched()),
            Printer::new(settings.output.clone(), limits.output_bytes),
            Rc::new(watchdog),
        );
        Self {
            is_cramped: stack.is_small(),
            ..sandbox
        }
    }

    /// Another engine for the same files, within the same limits but for the time of a call, that
    /// shows nothing.
    pub(super) fn silent(&self, call_time: Duration) -> Self {
        let Self {
            engine: _,
            files,
            limits,
            is_cramped: _,
            environment,
            budget,
            printer: _,
            watchdog,
        } = self;
        let limits = RhaiLimits {
            call_time,
            ..limits.clone()
        };
        Self::with(
            files.clone(),
            limits.clone(),
            environment.clone(),
            Budget::new(&limits, budget.usage(), watchdog.watched()),
            Printer::silent(),
            watchdog.clone(),
        )
    }

    fn with(
        files: Rc<Files>,
        limits: RhaiLimits,
        environment: Rc<BTreeMap<String, Option<String>>>,
        budget: Rc<Budget>,
        printer: Rc<Printer>,
        watchdog: Rc<Watchdog>,
    ) -> Self {
        let mut engine = Engine::new_raw();
        add_packages(&mut engine);
        library::register(&mut engine, &printer, &environment);
        set_language(&mut engine);
        set_limits(&mut engine, &limits);
        engine.set_module_resolver(Resolver::new(files.clone(), limits.script_bytes));
        let progress = budget.clone();
        engine.on_progress(move |operations| progress.exceeded(operations).map(Exceeded::token));
        Self {
            engine,
            files,
            limits,
            is_cramped: false,
            environment,
            budget,
            printer,
            watchdog,
        }
    }

    /// Whether what scripts print is dropped from now on.
    pub(super) fn mute(&self, muted: bool) {
        self.printer.mute(muted);
    }

    /// What scripts may use.
    pub(crate) fn limits(&self) -> &RhaiLimits {
        &self.limits
    }

    /// What the top level of a file may use.
    pub(super) fn limits_of_top_level(&self) -> RhaiLimits {
        of_top_level(&self.limits)
    }

    /// The files read so far.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    pub(super) fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Compiles a file without running any of it. The parser has no limit but the size of the file,
    /// so the watchdog watches it.
    pub(crate) fn compile(&self, file: &File) -> Result<AST, Failure> {
        self.budget.begin(1);
        let mut ast = self.guard(|| self.engine.compile(&file.source.text))?;
        ast.set_source(file.name());
        Ok(ast)
    }

    /// Runs the top level of a file, once. Gives its value, and what its functions need to be
    /// called.
    pub(crate) fn run(&mut self, file: &Rc<File>, ast: &AST) -> Result<(Dynamic, Script), Failure> {
        let mut scope = Scope::new();
        let value = if ast.statements().is_empty() {
            Dynamic::UNIT
        } else {
            set_limits(&mut self.engine, &of_top_level(&self.limits));
            self.budget.begin(TOP_LEVEL_FACTOR);
            let run = || self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, ast);
            let value = self.guard(run);
            set_limits(&mut self.engine, &self.limits);
            value?
        };
        let statements = lasting_statements(ast, &scope);
        let script = Script {
            file: file.clone(),
            has_statements: !statements.is_empty(),
            ast: AST::new_with_source(statements, ast.shared_lib().clone(), file.name()),
        };
        Ok((value, script))
    }

    /// Calls a function of a script, within all limits.
    pub(crate) fn call(
        &self,
        script: &Script,
        function: &str,
        arguments: impl FuncArgs,
    ) -> Result<Dynamic, Failure> {
        self.budget.begin(1);
        let options = CallFnOptions::new().eval_ast(script.has_statements);
        self.guard(|| {
            self.engine.call_fn_with_options(
                options,
                &mut Scope::new(),
                &script.ast,
                function,
                arguments,
            )
        })
    }

    /// Says what is run next, should it have to be ended from outside.
    pub(crate) fn announce(&self, subject: &str) {
        self.watchdog.announce(subject);
    }

    /// What the thread has allocated, in bytes.
    pub(crate) fn usage(&self) -> isize {
        self.budget.usage().bytes()
    }

    /// Counts bytes that a call took and did not give back.
    pub(crate) fn lose(&self, bytes: isize) {
        self.budget.lose(bytes);
    }

    /// What to say if calls lost too much together.
    pub(crate) fn has_lost_too_much(&self) -> Option<Explained> {
        self.budget.has_lost_too_much().then(|| {
            let limit = limits::bytes(self.limits.memory_bytes);
            Explained {
                help: Some(format!(
                    "a closure must not be put into a variable that it uses; or {}",
                    limits::raise("memory_bytes")
                )),
                ..Explained::new(
                    Trouble::Limit,
                    format!(
                        "more than {limit} kept after calls, by values that hold themselves or by \
                         imports"
                    ),
                )
            }
        })
    }

    /// Runs many calls, whose time together is limited.
    pub(crate) fn batch<T>(&self, calls: impl FnOnce() -> T) -> T {
        let started = self.budget.begin_batch();
        let done = calls();
        self.budget.end_batch(started);
        done
    }

    /// Lets the engine work, watched, with its panics caught.
    fn guard<T, E: Into<Failure>>(&self, run: impl FnOnce() -> Result<T, E>) -> Result<T, Failure> {
        self.watchdog
            .begin(self.budget.before(), self.budget.factor());
        let outcome = panic::catch_unwind(AssertUnwindSafe(run));
        self.watchdog.end();
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(error.into()),
            Err(panic) => Err(Failure::Panic(panic_text(&*panic))),
        }
    }

    /// The names of the functions that every script has.
    pub(super) fn function_names(&self) -> Vec<String> {
        let mut names = self.engine.collect_fn_metadata(
            None,
            |info| Some(info.metadata.name.to_string()),
            true,
        );
        names.retain(|name| is_identifier(name));
        names.extend(["call", "type_of"].map(String::from));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// What the functions of a file see of its top level once it ran: its imports, and its constants
/// with the values they came to.
fn lasting_statements(ast: &AST, scope: &Scope) -> Vec<Stmt> {
    let lasting = |statement: &Stmt| match statement {
        Stmt::Import(..) => Some(statement.clone()),
        Stmt::Var(variable, flags, position) if flags.contains(ASTFlags::CONSTANT) => {
            let (name, ..) = &**variable;
            let value = scope.get_value::<Dynamic>(&name.name)?;
            let value = Expr::DynamicConstant(Box::new(value), name.pos);
            let variable = (name.clone(), value, None);
            Some(Stmt::Var(Box::new(variable), *flags, *position))
        }
        _ => None,
    };
    ast.statements().iter().filter_map(lasting).collect()
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
    // What is worked out when a file is compiled is written as Rhai writes it: `0.00001`. Hooks
    // depend on their arguments, so there is next to nothing to work out.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_strings_interned(256);
}

/// The limits of a top level.
fn of_top_level(limits: &RhaiLimits) -> RhaiLimits {
    let more = |limit: usize| limit.saturating_mul(TOP_LEVEL_FACTOR);
    RhaiLimits {
        operations: limits.operations.saturating_mul(TOP_LEVEL_FACTOR as u64),
        string_bytes: more(limits.string_bytes),
        array_items: more(limits.array_items),
        map_entries: more(limits.map_entries),
        call_time: limits
            .call_time
            .saturating_mul(more(1).try_into().unwrap_or(u32::MAX)),
        ..limits.clone()
    }
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
        memory_bytes: _,
        call_time: _,
        run_time: _,
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
