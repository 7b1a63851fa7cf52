//! From a config file to settings, one file over the other.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{Config, ConfigError, Entry, JinjaOptions, PythonSettings, RhaiLimits};
use crate::diagnostic::{Source, Warning, any_of, did_you_mean, nearest};
use crate::fs;
use crate::model::Value;
use crate::text;
use crate::yaml::{self, Fields, Misfit, Node, Schema, Target, YamlError};

/// The largest config, in bytes.
const MAX_BYTES: u64 = 1 << 20;

const KEYS: [&str; 8] = [
    "jobs_dir",
    "collections_dir",
    "output_patterns",
    "slurm_defaults",
    "yaml",
    "jinja",
    "python",
    "hooks",
];

/// Sets in `config` what the file at `path` says.
pub(super) fn apply(config: &mut Config, path: &Path) -> Result<(), Vec<ConfigError>> {
    let source = yaml::read(path, MAX_BYTES);
    let root = match source.and_then(|source| root(&source, config.yaml)) {
        Ok(Some(root)) => root,
        Ok(None) => return Ok(()),
        Err(YamlError::Read(error)) if error.kind() == io::ErrorKind::NotFound => {
            let similar = fs::similar_file(path, &["yaml", "yml"]);
            return Err(vec![ConfigError::Missing {
                path: path.into(),
                similar: similar.map(|name| path.with_file_name(name)),
            }]);
        }
        Err(YamlError::Read(error)) => return Err(vec![error.into()]),
        Err(error) => {
            return Err(vec![ConfigError::Yaml {
                path: path.into(),
                error,
            }]);
        }
    };
    let mut misfits = Vec::new();
    read(config, &root, &mut misfits);
    let misfit = |misfit| ConfigError::Misfit {
        path: path.into(),
        misfit,
    };
    if misfits.is_empty() {
        Ok(())
    } else {
        Err(misfits.into_iter().map(misfit).collect())
    }
}

/// The root of a config, read as it says itself under `yaml`, or else as the ones before it do.
fn root(source: &Arc<Source>, inherited: Schema) -> Result<Option<Node>, YamlError> {
    let other = match inherited {
        Schema::Core => Schema::PyYaml,
        Schema::PyYaml => Schema::Core,
    };
    let asks_for_other = |root: &Option<Node>| {
        let asked = root.as_ref().and_then(|root| root.get("yaml")?.as_str());
        asked == Some(other.word())
    };
    match yaml::parse(source, inherited) {
        Ok(root) if asks_for_other(&root) => yaml::parse(source, other),
        // What is an error by one schema may be fine by the one it is written for.
        Err(error) => match yaml::parse(source, other) {
            Ok(root) if asks_for_other(&root) => Ok(root),
            _ => Err(error),
        },
        root => root,
    }
}

fn read(config: &mut Config, root: &Node, misfits: &mut Vec<Misfit>) {
    let Some(entries) = root.as_mapping() else {
        misfits.push(Misfit::new(
            root,
            format!("it must be a map, not {}", root.kind()),
        ));
        return;
    };
    let keys: Vec<&str> = entries.iter().filter_map(|(key, _)| key.as_str()).collect();
    // All keys are known to `Fields`, because foreign ones are no error here.
    let Some(fields) = Fields::read(root, "a config", &keys, misfits) else {
        return;
    };
    if let Some(folder) = fields.text("jobs_dir", misfits) {
        config.jobs_dir = Some(folder.into());
    }
    if let Some(folder) = fields.text("collections_dir", misfits) {
        config.collections_dir = folder.into();
    }
    if let Some(node) = fields.get("output_patterns") {
        read_patterns(config, node, misfits);
    }
    if let Some(node) = fields.get("yaml") {
        read_schema(config, node, misfits);
    }
    if let Some(node) = fields.get("slurm_defaults") {
        read_slurm_defaults(config, node, misfits);
    }
    if let Some(node) = fields.get("jinja") {
        config.jinja = JinjaOptions::read_config(node, misfits).or(config.jinja);
    }
    if let Some(python) = fields.text("python", misfits) {
        // A path is relative to the project, as a name is looked for on `PATH`.
        config.python = Some(match python.contains('/') && !python.starts_with('~') {
            true => fs::join(&config.root, python).display().to_string(),
            false => python.into(),
        });
    }
    if let Some(node) = fields.get("hooks") {
        read_hooks(config, node, misfits);
    }
    for (key, value) in entries {
        record(config, key, value);
    }
}

fn read_schema(config: &mut Config, node: &Node, misfits: &mut Vec<Misfit>) {
    let text = node.as_scalar().map_or("", |scalar| &scalar.text);
    match Schema::WORDS.iter().find(|(word, _)| *word == text) {
        Some((_, schema)) => config.yaml = *schema,
        None => {
            let words = || Schema::WORDS.iter().map(|(word, _)| *word);
            let message = format!("`yaml` must be {}, not `{text}`", any_of(words()));
            let help = did_you_mean(text, words()).unwrap_or_else(|| {
                "`pyyaml` is YAML 1.1 as Python reads it, `core` is YAML 1.2".into()
            });
            misfits.push(Misfit::new(node, message).help(help));
        }
    }
}

fn read_patterns(config: &mut Config, node: &Node, misfits: &mut Vec<Misfit>) {
    let one = std::slice::from_ref(node);
    let items = node.as_sequence().unwrap_or(one);
    let mut patterns = Vec::with_capacity(items.len());
    for item in items {
        match item.as_str() {
            Some(pattern) => patterns.push(pattern.to_owned()),
            None => misfits.push(Misfit::kind(item, "output_patterns", "a list of strings")),
        }
    }
    config.output_patterns = patterns;
}

fn read_slurm_defaults(config: &mut Config, node: &Node, misfits: &mut Vec<Misfit>) {
    let traps = yaml::traps(node, "slurm_defaults", config.yaml, Target::SlurmArgs);
    config.traps.extend(traps);
    match node.to_value() {
        Value::Map(map) => {
            for (key, value) in map.iter() {
                config.slurm_defaults.insert(key.clone(), value.clone());
            }
        }
        _ => misfits.push(Misfit::kind(
            node,
            "slurm_defaults",
            "a map of Slurm arguments",
        )),
    }
}

fn read_hooks(config: &mut Config, node: &Node, misfits: &mut Vec<Misfit>) {
    let Some(fields) = Fields::read(node, "`hooks`", &["rhai", "python"], misfits) else {
        return;
    };
    if let Some(node) = fields.get("rhai") {
        read_rhai(config, node, misfits);
    }
    if let Some(node) = fields.get("python") {
        read_python(&mut config.hooks.python, node, misfits);
    }
}

fn read_rhai(config: &mut Config, node: &Node, misfits: &mut Vec<Misfit>) {
    let known = [
        "operations",
        "call_levels",
        "expression_depth",
        "string_bytes",
        "array_items",
        "map_entries",
        "variables",
        "functions",
        "modules",
        "script_bytes",
        "output_bytes",
        "memory_bytes",
        "call_seconds",
        "run_seconds",
        "env",
    ];
    let Some(fields) = Fields::read(node, "`hooks.rhai`", &known, misfits) else {
        return;
    };
    if let Some(node) = fields.get("env") {
        read_environment(config, node, misfits);
    }
    let limits = &mut config.hooks.rhai;
    for (key, limit) in [
        ("operations", &mut limits.operations),
        ("script_bytes", &mut limits.script_bytes),
    ] {
        if let Some(count) = fields.count(key, misfits) {
            *limit = count;
        }
    }
    for (key, limit) in [
        ("call_levels", &mut limits.call_levels),
        ("expression_depth", &mut limits.expression_depth),
        ("string_bytes", &mut limits.string_bytes),
        ("array_items", &mut limits.array_items),
        ("map_entries", &mut limits.map_entries),
        ("variables", &mut limits.variables),
        ("functions", &mut limits.functions),
        ("modules", &mut limits.modules),
        ("output_bytes", &mut limits.output_bytes),
        ("memory_bytes", &mut limits.memory_bytes),
    ] {
        if let Some(count) = fields.count(key, misfits) {
            *limit = usize::try_from(count).unwrap_or(usize::MAX);
        }
    }
    for (key, limit) in [
        ("call_levels", limits.call_levels),
        ("expression_depth", limits.expression_depth),
    ] {
        if let Some(node) = fields.get(key)
            && (limit > RhaiLimits::MAX_DEPTH || limit == 0)
        {
            let most = text::thousands(RhaiLimits::MAX_DEPTH);
            let message = format!("`{key}` must be from 1 to {most}: more could outgrow the stack");
            misfits.push(Misfit::new(node, message));
        }
    }
    for (key, time) in [
        ("call_seconds", &mut limits.call_time),
        ("run_seconds", &mut limits.run_time),
    ] {
        if let Some(seconds) = fields.seconds(key, misfits) {
            *time = seconds;
        }
    }
}

/// The variables a spec may ask for; the command line looks them up.
fn read_environment(config: &mut Config, node: &Node, misfits: &mut Vec<Misfit>) {
    let one = std::slice::from_ref(node);
    config.hooks.environment.clear();
    for item in node.as_sequence().unwrap_or(one) {
        match item.as_str() {
            Some(name) => {
                config.hooks.environment.insert(name.into(), None);
            }
            None => misfits.push(Misfit::kind(item, "env", "a list of names")),
        }
    }
}

fn read_python(settings: &mut PythonSettings, node: &Node, misfits: &mut Vec<Misfit>) {
    let known = ["import_seconds", "call_seconds"];
    let Some(fields) = Fields::read(node, "`hooks.python`", &known, misfits) else {
        return;
    };
    for (key, time) in [
        ("import_seconds", &mut settings.import_time),
        ("call_seconds", &mut settings.call_time),
    ] {
        if let Some(seconds) = fields.seconds(key, misfits) {
            *time = seconds;
        }
    }
}

/// Notes where each value comes from; a foreign key as a whole, near misses with a warning.
fn record(config: &mut Config, key: &Node, value: &Node) {
    let name = key.as_str().unwrap_or_default();
    let foreign = !KEYS.contains(&name);
    if foreign && let Some(guess) = nearest(name, KEYS) {
        let message = format!("the config has no key `{name}`");
        let help = format!("did you mean `{guess}`?");
        config
            .warnings
            .push(Warning::new(message).at(key.label()).help(help));
    }
    record_entries(&mut config.entries, name, value, foreign);
}

fn record_entries(entries: &mut Vec<Entry>, key: &str, node: &Node, foreign: bool) {
    if let Some(inner) = node.as_mapping().filter(|inner| !inner.is_empty()) {
        for (part, node) in inner {
            let key = format!("{key}.{}", part.as_str().unwrap_or_default());
            record_entries(entries, &key, node, foreign);
        }
        return;
    }
    let label = node.label();
    let line = label.source.line(label.span.start);
    let origin = format!("{}:{line}", label.source.path.display());
    let entry = Entry {
        key: key.into(),
        value: node.to_value(),
        origin,
        foreign,
    };
    match entries.iter_mut().find(|known| known.key == entry.key) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}
