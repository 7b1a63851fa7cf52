use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

use super::{Global, Printer};
use crate::Error;
use crate::collection::CollectionManager;
use crate::config::{Config, FILE_NAME, Interpreter};
use crate::diagnostic::quoted;
use crate::error::Failures;
use crate::scheduler::{Environment, Slurm};
use crate::spec::Spec;
use crate::yaml::{Level, Trap};

/// Reads the config that holds here.
pub(super) fn load(global: &Global, printer: &Printer) -> Result<Config, Error> {
    let working_dir = env::current_dir()?;
    let user = ProjectDirs::from("", "", "slurmkit").map(|dirs| dirs.config_dir().join(FILE_NAME));
    let config = Config::load(&working_dir, user.as_deref(), global.config.as_deref())?;
    printer.verbose(&format!("project: {}", quoted(&config.root)));
    Ok(config)
}

/// How the scalars of a spec are to be taken.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Strictness {
    /// Fail where a value without quotes does not mean its text, such as `24:00:00` or `yes`
    #[arg(long)]
    strict: bool,
}

impl Strictness {
    /// Fails for the traps that are otherwise warnings, if that was asked for. Tells the others.
    pub(super) fn check(
        self,
        config: &Config,
        spec: &Spec,
        printer: &Printer,
    ) -> Result<(), Error> {
        const SHOWN: usize = 100;
        let traps = || config.traps.iter().chain(spec.all_traps());
        for trap in traps().filter(|trap| trap.level == Level::Info) {
            printer.verbose_note(trap);
        }
        if !self.strict {
            return Ok(());
        }
        let mut failures = Failures::default();
        for trap in traps().filter(|trap| trap.level == Level::Warning) {
            if failures.total < SHOWN {
                failures.shown.push(Error::Trap { trap: trap.clone() });
            }
            failures.total += 1;
        }
        failures.into_result()
    }
}

/// What is worth saying about a spec and the config it is read by.
pub(super) fn warn(config: &Config, spec: &Spec, printer: &Printer) {
    printer.warnings(&spec.warnings);
    printer.warnings(&spec.parameters.warnings);
    printer.warnings(&Trap::warnings(config.traps.iter().chain(spec.all_traps())));
}

/// The collections of the project.
pub(super) fn collections(config: &Config) -> CollectionManager {
    CollectionManager::new(config.collections_folder())
}

/// Slurm, as the environment leads to it.
pub(super) fn slurm(printer: &Printer) -> Slurm {
    let environment = Environment::new(env::vars_os());
    let unheeded = environment.unheeded();
    if !unheeded.is_empty() {
        let names = unheeded.join(", ");
        printer.verbose(&format!("Slurm is asked without {names}"));
    }
    Slurm::new(environment)
}

/// The project's root, absolute, for commands that run in other folders.
pub(super) fn absolute_root(config: &Config) -> Result<PathBuf, Error> {
    Ok(crate::fs::join(&std::path::absolute(&config.root)?, ""))
}

/// Makes the config's hooks fit to run: with an interpreter, a place to print to, and the variables
/// that the config opens to them.
pub(super) fn prepare_hooks(config: &mut Config, python: Option<OsString>, printer: &Printer) {
    config.hooks.python.interpreters = interpreters(python, config);
    config.hooks.output = printer.hook_output();
    config.hooks.abort = printer.abort();
    for (name, value) in &mut config.hooks.environment {
        *value = env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    }
}

/// The interpreters to try, in order: what was asked for alone, or an active environment and then
/// what is on `PATH`.
fn interpreters(python: Option<OsString>, config: &Config) -> Vec<Interpreter> {
    let asked = |program: OsString, origin: &str| {
        vec![Interpreter {
            program,
            origin: origin.into(),
            required: true,
        }]
    };
    if let Some(program) = python {
        return asked(program, "`--python` or `SLURMKIT_PYTHON`");
    }
    if let Some(program) = &config.python {
        return asked(expand_home(program), "`python:` in the config");
    }
    let environment = |variable: &str| {
        let folder = env::var_os(variable).filter(|folder| !folder.is_empty())?;
        let program = Path::new(&folder).join("bin/python").into_os_string();
        Some(Interpreter {
            program,
            origin: variable.into(),
            required: false,
        })
    };
    // Conda's base environment is active on many clusters without anybody having chosen it.
    let base = env::var_os("CONDA_DEFAULT_ENV").is_some_and(|name| name == "base");
    let conda = environment("CONDA_PREFIX").filter(|_| !base);
    let on_path = config.hooks.python.interpreters.iter().cloned();
    environment("VIRTUAL_ENV")
        .into_iter()
        .chain(conda)
        .chain(on_path)
        .collect()
}

fn expand_home(program: &str) -> OsString {
    match (program.strip_prefix("~/"), BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest).into(),
        _ => PathBuf::from(program).into(),
    }
}
