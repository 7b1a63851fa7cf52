//! From nodes to a spec.

use std::path::{Path, PathBuf};

use super::{HookRef, Mode, OutputDir, Parameters, Pattern, Role, SlurmArgs, Spec, SpecError};
use super::{Retry, retry, traps};
use crate::config::JinjaOptions;
use crate::diagnostic::{Warning, did_you_mean};
use crate::fs;
use crate::model::{Axis, Map, ParamSet, ParamSpace, Value};
use crate::sandbox::is_identifier;
use crate::text;
use crate::yaml::{Fields, Misfit, Node, Schema};

/// The most parameter sets of a grid. Slurm itself keeps far fewer jobs, and a hook is asked about
/// each of them.
const MAX_SETS: usize = 10_000_000;

const KEYS: [&str; 13] = [
    "template",
    "parameters",
    "slurm_args",
    "retry",
    "output_dir",
    "logs_dir",
    "job_name_pattern",
    "name",
    "description",
    "jinja",
    // The Python tool's.
    "job_subdir",
    "notifications",
    "variables",
];

/// Walks the nodes and notes all that does not fit.
pub(super) struct Reader {
    path: PathBuf,
    folder: PathBuf,
    schema: Schema,
    /// The functions of a program, which its hooks may be.
    functions: Option<Vec<String>>,
    misfits: Vec<Misfit>,
    warnings: Vec<Warning>,
}

impl Reader {
    pub(super) fn new(path: &Path, schema: Schema, functions: Option<Vec<String>>) -> Self {
        Self {
            path: path.to_owned(),
            folder: fs::parent(path).to_owned(),
            schema,
            functions,
            misfits: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn finish<T>(self, path: &Path, read: Option<T>) -> Result<T, Vec<SpecError>> {
        match read {
            Some(read) if self.misfits.is_empty() => Ok(read),
            _ => {
                let error = |misfit| SpecError::Misfit {
                    path: path.into(),
                    misfit,
                };
                Err(self.misfits.into_iter().map(error).collect())
            }
        }
    }

    /// A path of the spec, resolved against its folder.
    fn path(&self, text: &str) -> PathBuf {
        fs::join(&self.folder, text)
    }

    pub(super) fn spec(&mut self, root: &Node) -> Option<Spec> {
        let fields = Fields::read(root, "a spec", &KEYS, &mut self.misfits)?;
        let path = root.label().source.path.clone();
        let name = fields.any_text("name", &mut self.misfits).map(String::from);
        let description = fields
            .any_text("description", &mut self.misfits)
            .map(String::from);
        let template = self.required(root, &fields, "template", "the Jinja2 template of the job");
        let template = template.and_then(|_| fields.text("template", &mut self.misfits));
        let output_dir = self.output_dir(&fields);
        let logs_dir = fields
            .text("logs_dir", &mut self.misfits)
            .map(|text| self.path(text));
        let pattern = fields.text("job_name_pattern", &mut self.misfits);
        let job_name_pattern = pattern.map(|text| Pattern {
            text: text.into(),
            label: fields.get("job_name_pattern").map(Node::label),
        });
        let parameters = self
            .required(root, &fields, "parameters", "what to vary")
            .and_then(|node| self.parameters(node, "`parameters`"));
        let slurm_args = match fields.get("slurm_args") {
            Some(node) => self.slurm_args(node),
            None => SlurmArgs::default(),
        };
        let retry = fields
            .get("retry")
            .map(|node| self.retry(node, &slurm_args));
        let jinja = match fields.get("jinja") {
            Some(node) => JinjaOptions::read_spec(node, &mut self.misfits),
            None => JinjaOptions::default(),
        };
        for key in ["notifications", "variables"] {
            if let Some(node) = fields.get(key) {
                let message = format!("`{key}` has no effect: only the Python tool knows it");
                self.warnings.push(Warning::new(message).at(node.label()));
            }
        }
        Some(Spec {
            path: Some(path),
            name,
            description,
            template: self.path(template?),
            template_label: fields.get("template").map(Node::label),
            output_dir,
            logs_dir,
            job_name_pattern,
            parameters: parameters?,
            slurm_args,
            retry,
            jinja,
            warnings: std::mem::take(&mut self.warnings),
            traps: traps::find(root, self.schema),
        })
    }

    /// What stands under `parameters` in a spec, as a file of its own.
    pub(super) fn parameters_file(&mut self, root: &Node) -> Option<Parameters> {
        let parameters = self.parameters(root, "a parameter file")?;
        Some(Parameters {
            traps: traps::find(root, self.schema),
            ..parameters
        })
    }

    fn required<'a>(
        &mut self,
        root: &Node,
        fields: &Fields<'a>,
        key: &str,
        meaning: &str,
    ) -> Option<&'a Node> {
        let node = fields.get(key);
        if node.is_none() {
            let misfit = Misfit::new(root, format!("there is no `{key}`"));
            self.misfits
                .push(misfit.help(format!("add `{key}:`, {meaning}")));
        }
        node
    }

    fn output_dir(&mut self, fields: &Fields<'_>) -> OutputDir {
        let folder = fields
            .text("output_dir", &mut self.misfits)
            .map(|text| self.path(text));
        let subdir = fields.text("job_subdir", &mut self.misfits);
        match (folder, subdir) {
            (None, None) => OutputDir::Unset,
            (Some(folder), None) => OutputDir::Folder(folder),
            (None, Some(subdir)) if !subdir.contains("{{") && is_below(subdir) => {
                OutputDir::JobSubdir(fs::join(Path::new(""), subdir))
            }
            (folder, Some(subdir)) => {
                let node = fields.get("job_subdir").expect("it was just read");
                let (message, help) = if folder.is_some() {
                    (
                        "`output_dir` and `job_subdir` say the same",
                        "keep `output_dir`",
                    )
                } else if subdir.contains("{{") {
                    (
                        "a `job_subdir` with a template is not supported",
                        "write `output_dir` and `logs_dir` instead",
                    )
                } else {
                    (
                        "`job_subdir` must be a folder below `jobs_dir`",
                        "write `output_dir` instead",
                    )
                };
                self.misfits.push(Misfit::new(node, message).help(help));
                OutputDir::Unset
            }
        }
    }

    fn parameters(&mut self, node: &Node, what: &str) -> Option<Parameters> {
        let known = ["mode", "values", "parse", "filter"];
        let fields = Fields::read(node, what, &known, &mut self.misfits)?;
        let mode = fields
            .word("mode", &Mode::WORDS, &mut self.misfits)
            .unwrap_or_default();
        let space = match (fields.get("values"), mode) {
            (None, Mode::Grid) => ParamSpace::grid(Vec::new()),
            (None, Mode::List) => {
                let message = "there are no `values`, so there are no jobs";
                self.warnings.push(Warning::new(message).at(node.label()));
                Some(ParamSpace::list(Vec::new()))
            }
            (Some(values), Mode::Grid) => self.grid(values),
            (Some(values), Mode::List) => self.list(values),
        };
        let parse = fields
            .get("parse")
            .and_then(|node| self.hook(node, Role::Parse));
        let filter = match (fields.get("filter"), mode) {
            (Some(node), Mode::List) => {
                let message = "`filter` is ignored: it applies to `mode: grid` only";
                let help = "leave sets out of the list, or drop them in `parse` (return `[]`)";
                self.warnings
                    .push(Warning::new(message).at(node.label()).help(help));
                None
            }
            (node, _) => node.and_then(|node| self.hook(node, Role::Filter)),
        };
        let axes = match (fields.get("values"), mode) {
            (Some(values), Mode::Grid) => values.as_mapping().unwrap_or_default(),
            (_, Mode::List) | (None, Mode::Grid) => &[],
        };
        let warnings = std::mem::take(&mut self.warnings);
        Some(Parameters {
            mode,
            space: space?,
            parse,
            filter,
            axis_labels: axes.iter().map(|(_, node)| node.label()).collect(),
            warnings,
            traps: Vec::new(),
        })
    }

    fn grid(&mut self, values: &Node) -> Option<ParamSpace> {
        let Some(entries) = values.as_mapping() else {
            let misfit = Misfit::kind(values, "values", "a map from names to lists");
            self.misfits.push(match values.as_sequence() {
                Some(_) => misfit.help("for a list of parameter sets write `mode: list`"),
                None => misfit,
            });
            return None;
        };
        let axes = entries
            .iter()
            .map(|(key, node)| self.axis(key, node))
            .collect();
        let space = ParamSpace::grid(axes).filter(|space| space.len() <= MAX_SETS);
        if space.is_none() {
            let most = text::thousands(MAX_SETS);
            let message = format!("the grid has more than {most} combinations");
            self.misfits.push(Misfit::new(values, message));
        }
        space
    }

    fn axis(&mut self, key: &Node, node: &Node) -> Axis {
        let name = key.as_str().unwrap_or_default().into();
        let values = match node.as_sequence() {
            Some(items) => items.iter().map(Node::to_value).collect(),
            None => vec![node.to_value()],
        };
        if values.is_empty() {
            let message = format!("`{name}` has no values, so there are no jobs");
            self.warnings.push(Warning::new(message).at(node.label()));
        }
        Axis { name, values }
    }

    fn list(&mut self, values: &Node) -> Option<ParamSpace> {
        // The Python tool takes a single map for a list of one.
        let one = std::slice::from_ref(values);
        let items = values
            .as_sequence()
            .or_else(|| values.as_mapping().map(|_| one));
        let Some(items) = items else {
            self.misfits
                .push(Misfit::kind(values, "values", "a list of maps"));
            return None;
        };
        let mut sets: Vec<ParamSet> = Vec::with_capacity(items.len());
        for item in items {
            match item.to_value() {
                Value::Map(map) => sets.push(ParamSet::from(&*map)),
                other => {
                    let found = other.kind();
                    let message =
                        format!("each item of `values` must be a map of parameters, not {found}");
                    self.misfits.push(Misfit::new(item, message));
                }
            }
        }
        if sets.is_empty() {
            let message = "`values` has no items, so there are no jobs";
            self.warnings.push(Warning::new(message).at(values.label()));
        }
        Some(ParamSpace::list(sets))
    }

    fn slurm_args(&mut self, node: &Node) -> SlurmArgs {
        let known = ["defaults", "logic"];
        let Some(fields) = Fields::read(node, "`slurm_args`", &known, &mut self.misfits) else {
            return SlurmArgs::default();
        };
        let logic = fields
            .get("logic")
            .and_then(|node| self.hook(node, Role::Logic));
        let defaults = match fields.get("defaults") {
            None => Map::new(),
            Some(node) => match node.to_value() {
                Value::Map(map) => map.as_ref().clone(),
                _ => {
                    let expected = "a map of Slurm arguments";
                    self.misfits.push(Misfit::kind(node, "defaults", expected));
                    Map::new()
                }
            },
        };
        SlurmArgs { defaults, logic }
    }

    fn retry(&mut self, node: &Node, slurm_args: &SlurmArgs) -> Retry {
        let none = Map::new();
        // What a hook decides is known with each job only.
        let known = match slurm_args.logic {
            Some(_) => &none,
            None => &slurm_args.defaults,
        };
        let hook = node.get("on_failure").filter(|node| !node.is_null());
        Retry {
            on_failure: hook.and_then(|node| self.hook(node, Role::OnFailure)),
            ..retry::read(node, known, &mut self.misfits)
        }
    }

    /// Whether a hook can only be a function of the program itself: a file of a hook has an ending.
    fn names_own_function(&self, text: &str) -> bool {
        self.functions.is_some() && is_identifier(text)
    }

    /// The hook that is a function of the program itself.
    fn own_function(&mut self, node: &Node, name: &str, role: Role) -> Option<HookRef> {
        let functions = self.functions.as_deref().unwrap_or_default();
        if functions.iter().any(|function| function == name) {
            return Some(HookRef {
                role,
                path: self.path.clone(),
                function: name.into(),
                label: Some(node.label()),
            });
        }
        let misfit = Misfit::new(node, format!("the program has no function `{name}`"));
        let guess = did_you_mean(name, functions.iter().map(String::as_str));
        self.misfits.push(match guess {
            Some(guess) => misfit.help(guess),
            None => misfit.help(format!("define it, or write the file: `{name}.rhai`")),
        });
        None
    }

    /// A hook as a map, `file` or `file:function`; an empty text is none, as in Python.
    fn hook(&mut self, node: &Node, role: Role) -> Option<HookRef> {
        if let Some(text) = node.as_str() {
            if self.names_own_function(text.trim()) {
                return self.own_function(node, text.trim(), role);
            }
            return match HookRef::parse(text, role, &self.folder) {
                Ok(hook) => hook.map(|hook| HookRef {
                    label: Some(node.label()),
                    ..hook
                }),
                Err(problem) => {
                    self.misfits.push(Misfit::new(node, problem));
                    None
                }
            };
        }
        let fields = Fields::read(
            node,
            "a hook that is not `file` or `file:function`",
            &["file", "function"],
            &mut self.misfits,
        )?;
        let function = fields.text("function", &mut self.misfits).map(str::trim);
        if let (None, Some(name)) = (fields.get("file"), function)
            && self.names_own_function(name)
        {
            return self.own_function(node, name, role);
        }
        let file = fields.text("file", &mut self.misfits)?.trim();
        Some(HookRef {
            role,
            path: self.path(file),
            function: function
                .filter(|function| !function.is_empty())
                .unwrap_or(role.default_function())
                .into(),
            label: Some(node.label()),
        })
    }
}

/// Whether a path goes down only.
fn is_below(path: &str) -> bool {
    let path = Path::new(path);
    path.is_relative() && !path.components().any(|part| part.as_os_str() == "..")
}
