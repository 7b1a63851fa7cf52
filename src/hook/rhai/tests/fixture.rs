//! A folder of hook files, and the host run as the driver runs it.

use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::config::{HookOutput, HookSettings, RhaiLimits};
use crate::diagnostic::{Diagnose, Label};
use crate::hook::rhai::RhaiHost;
use crate::hook::{Answers, HookError, Host};
use crate::model::{Axis, Map, ParamSet, ParamSpace, Value};
use crate::sandbox::Stack;
use crate::spec::{HookRef, Role};

/// How errors of the first set of a [`Fixture`] name it.
pub(super) const SET: &str = "(parameter set 1 of 4: batch_size=32, model=vit)";

pub(super) struct Fixture {
    pub(super) folder: TempDir,
    pub(super) limits: RhaiLimits,
    pub(super) defaults: Map,
    hooks: Vec<HookRef>,
    space: ParamSpace,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Fixture {
    /// Two parameters, `batch_size` and `model`, of two values each.
    pub(super) fn new() -> Self {
        let axes = vec![
            axis("batch_size", [Value::from(32), Value::from(64)]),
            axis("model", [Value::from("vit"), Value::from("resnet")]),
        ];
        Self {
            folder: tempfile::tempdir().unwrap(),
            limits: RhaiLimits::default(),
            defaults: [("time", Value::from("1:00")), ("mem", Value::from("4G"))]
                .into_iter()
                .collect(),
            hooks: Vec::new(),
            space: ParamSpace::grid(axes).unwrap(),
            printed: Arc::default(),
        }
    }

    /// A fixture whose only hook is a filter.
    pub(super) fn filter(script: &str) -> Self {
        Self::new()
            .file("filter.rhai", script)
            .hook(Role::Filter, "filter.rhai")
    }

    /// A fixture whose only hook is a filter with this body.
    pub(super) fn filter_body(body: &str) -> Self {
        Self::filter(&format!("fn include_params(params) {{\n{body}\n}}\n"))
    }

    pub(super) fn logic(script: &str) -> Self {
        Self::new()
            .file("logic.rhai", script)
            .hook(Role::Logic, "logic.rhai")
    }

    pub(super) fn parse(script: &str) -> Self {
        Self::new()
            .file("parse.rhai", script)
            .hook(Role::Parse, "parse.rhai")
    }

    pub(super) fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
        self
    }

    pub(super) fn hook(self, role: Role, file: &str) -> Self {
        self.hook_named(role, file, role.default_function())
    }

    pub(super) fn hook_named(mut self, role: Role, file: &str, function: &str) -> Self {
        let path = self.folder.path().join(file);
        self.hooks.push(HookRef {
            role,
            path,
            function: function.into(),
            label: None,
        });
        self
    }

    pub(super) fn space(mut self, space: ParamSpace) -> Self {
        self.space = space;
        self
    }

    pub(super) fn set(self, set: ParamSet) -> Self {
        self.space(ParamSpace::list(vec![set]))
    }

    pub(super) fn limits(mut self, change: impl FnOnce(&mut RhaiLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Loads the hooks and works with them, on a thread with a stack as it must be.
    pub(super) fn run<T: Send>(
        &self,
        work: impl FnOnce(&mut RhaiHost, &mut ParamSpace) -> T + Send,
    ) -> Result<T, HookError> {
        let printed = self.printed.clone();
        let settings = HookSettings {
            rhai: self.limits.clone(),
            output: HookOutput::new(move |piece| {
                printed.lock().unwrap().extend_from_slice(piece);
            }),
            ..HookSettings::default()
        };
        let defaults = Arc::new(self.defaults.clone());
        Stack::run(|stack| {
            let mut host = RhaiHost::load(&self.hooks, &defaults, &settings, stack)?;
            Ok(work(&mut host, &mut self.space.clone()))
        })
        .unwrap()
    }

    /// What the filter hook decides about each set.
    pub(super) fn decisions(&self) -> Vec<Result<bool, String>> {
        self.each(|host, space| host.filter(space, 0..space.len()))
    }

    /// The maps the logic hook returns.
    pub(super) fn slurm_args(&self) -> Vec<Result<String, String>> {
        let answers = self.each(|host, space| {
            let sets: Vec<_> = (0..space.len()).collect();
            host.logic(space, &sets)
        });
        answers
            .into_iter()
            .map(|answer| answer.map(|map| show(&map)))
            .collect()
    }

    /// The sets the parse hook makes of each set.
    pub(super) fn parsed(&self) -> Vec<Result<Vec<String>, String>> {
        let answers = self.each(|host, space| host.parse(space, 0..space.len()));
        let show = |sets: Vec<ParamSet>| sets.iter().map(|set| show(&set.to_map())).collect();
        answers.into_iter().map(|answer| answer.map(show)).collect()
    }

    /// The first error, wherever it comes up.
    pub(super) fn error(&self) -> String {
        let error = self.first_error().expect("a hook fails");
        format!("{:?}: {}", error.kind(), self.report(&error))
    }

    /// The first error, wherever it comes up.
    pub(super) fn first_error(&self) -> Option<HookError> {
        let role = self.hooks.last().unwrap().role;
        let outcome = self.run(|host, space| {
            let sets: Vec<_> = (0..space.len()).collect();
            Ok(match role {
                Role::Parse => first(host.parse(space, 0..space.len())?),
                Role::Filter => first(host.filter(space, 0..space.len())?),
                Role::Logic => first(host.logic(space, &sets)?),
                Role::OnFailure => first(host.on_failure(space)?),
            })
        });
        match outcome {
            Ok(Ok(none_or_inner)) => none_or_inner,
            Ok(Err(outer)) | Err(outer) => Some(outer),
        }
    }

    /// What hooks printed so far.
    pub(super) fn printed(&self) -> String {
        let printed = self.printed.lock().unwrap();
        self.without_folder(&String::from_utf8_lossy(&printed))
    }

    fn each<T: Send>(
        &self,
        work: impl FnOnce(&mut RhaiHost, &mut ParamSpace) -> Result<Answers<T>, HookError> + Send,
    ) -> Vec<Result<T, String>> {
        let report = |error: HookError| self.report(&error);
        match self.run(work) {
            Ok(Ok(answers)) => answers
                .into_iter()
                .map(|answer| answer.map_err(report))
                .collect(),
            Ok(Err(error)) | Err(error) => vec![Err(report(error))],
        }
    }

    /// Message, place, notes and help, without the role and the folder.
    fn report(&self, error: &HookError) -> String {
        let text = error.to_string();
        let mut report = text
            .split_once("`: ")
            .map_or(&*text, |(_, message)| message)
            .to_owned();
        if let Some(label) = error.label() {
            write!(report, "\n--> {}", place(&label)).unwrap();
        }
        for note in error.notes() {
            write!(report, "\nnote: {note}").unwrap();
        }
        if let Some(help) = error.help() {
            write!(report, "\nhelp: {help}").unwrap();
        }
        self.without_folder(&report)
    }

    fn without_folder(&self, text: &str) -> String {
        let canonical = fs_err::canonicalize(self.folder.path()).unwrap();
        let folder = |path: &Path| format!("{}/", path.display());
        text.replace(&folder(self.folder.path()), "")
            .replace(&folder(&canonical), "")
    }
}

/// Asserts what is said about a filter with this body; `SET` stands for [`SET`].
#[track_caller]
pub(super) fn fails(body: &str, report: &str) {
    assert_eq!(
        Fixture::filter_body(body).error(),
        report.replace("SET", SET)
    );
}

pub(super) fn set<const N: usize>(entries: [(&str, Value); N]) -> ParamSet {
    entries.into_iter().collect()
}

pub(super) fn axis(name: &str, values: impl Into<Vec<Value>>) -> Axis {
    Axis {
        name: name.into(),
        values: values.into(),
    }
}

fn first<T>(answers: Vec<Result<T, HookError>>) -> Option<HookError> {
    answers.into_iter().find_map(Result::err)
}

fn show(map: &Map) -> String {
    Value::from(map.clone()).to_string()
}

/// `file:line:column underlined`
fn place(label: &Label) -> String {
    let before = &label.source.text[..label.span.start];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let word = &label.source.text[label.span.clone()];
    format!("{}:{line}:{column} {word}", label.source.path.display())
}
