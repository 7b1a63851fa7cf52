//! A spec as a map again.

use std::path::Path;

use super::{HookRef, OutputDir, Parameters, Pattern, Spec};
use crate::fs;
use crate::model::{Map, ParamSpace, Value};

pub(super) fn to_map(spec: &Spec) -> Map {
    let Spec {
        path,
        name,
        description,
        template,
        template_label: _,
        output_dir,
        logs_dir,
        job_name_pattern,
        parameters,
        slurm_args,
        retry,
        jinja,
        warnings: _,
        traps: _,
    } = spec;
    let folder = path.as_deref().map_or(Path::new(""), fs::parent);
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let (output_dir, job_subdir) = match output_dir {
        OutputDir::Unset => (None, None),
        OutputDir::Folder(path) => (Some(relative(path, folder)), None),
        OutputDir::JobSubdir(path) => (None, Some(relative(path, Path::new("")))),
    };
    let pattern = job_name_pattern.as_ref();
    let entries = [
        ("name", text(name)),
        ("description", text(description)),
        ("template", Some(relative(template, folder))),
        ("output_dir", output_dir),
        ("job_subdir", job_subdir),
        (
            "logs_dir",
            logs_dir.as_deref().map(|path| relative(path, folder)),
        ),
        (
            "job_name_pattern",
            pattern.map(|Pattern { text, .. }| text.as_str().into()),
        ),
        (
            "parameters",
            Some(parameters_map(parameters, folder).into()),
        ),
        (
            "slurm_args",
            Some(Value::from(map_of([
                ("defaults", Some(slurm_args.defaults.clone().into())),
                (
                    "logic",
                    slurm_args.logic.as_ref().map(|hook| hook_map(hook, folder)),
                ),
            ]))),
        ),
        (
            "retry",
            retry
                .as_ref()
                .map(|retry| retry.to_map(|hook| hook_map(hook, folder)).into()),
        ),
        (
            "jinja",
            Some(jinja.to_map())
                .filter(|map| !map.is_empty())
                .map(Value::from),
        ),
    ];
    map_of(entries)
}

fn parameters_map(parameters: &Parameters, folder: &Path) -> Map {
    let Parameters {
        mode,
        space,
        parse,
        filter,
        warnings: _,
        axis_labels: _,
        traps: _,
    } = parameters;
    let hook = |hook: &Option<HookRef>| hook.as_ref().map(|hook| hook_map(hook, folder));
    map_of([
        ("mode", Some(mode.word().into())),
        ("values", Some(values(space))),
        ("parse", hook(parse)),
        ("filter", hook(filter)),
    ])
}

fn values(space: &ParamSpace) -> Value {
    match space.axes() {
        Some(axes) => Value::map(
            axes.iter()
                .map(|axis| (axis.name.clone(), Value::list(axis.values.iter().cloned()))),
        ),
        None => Value::list((0..space.len()).map(|index| space.get(index).to_map().into())),
    }
}

fn hook_map(hook: &HookRef, folder: &Path) -> Value {
    Value::map([
        ("file", relative(&hook.path, folder)),
        ("function", hook.function.as_str().into()),
    ])
}

/// A path as it stands in a spec in `folder`.
fn relative(path: &Path, folder: &Path) -> Value {
    let path = path.strip_prefix(folder).unwrap_or(path);
    match path.as_os_str().is_empty() {
        true => ".".into(),
        false => path.display().to_string().into(),
    }
}

/// The entries that have a value.
fn map_of<const N: usize>(entries: [(&str, Option<Value>); N]) -> Map {
    entries
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}
