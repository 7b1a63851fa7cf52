//! Specs that are programs: `job_spec.rhai`, whose value is the map that a YAML spec would be.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rhai::{Array, Dynamic, FnPtr};

use super::SpecError;
use crate::config::HookSettings;
use crate::diagnostic::{Label, Source};
use crate::model::Value;
use crate::sandbox::values::{self, Bounds};
use crate::sandbox::{Explained, Origin, Origins, Sandbox, Stack, is_identifier};
use crate::text;
use crate::yaml::{Content, Node, Scalar, Style};

/// What a program evaluated to.
pub(super) struct Program {
    /// Its value, with places where they can be told.
    pub(super) root: Node,
    /// The functions that it may name as hooks.
    pub(super) functions: Vec<String>,
}

/// Whether a file is a program.
pub(super) fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rhai")
}

/// Runs the program at `path`. `prefix` is the path of its value in a spec.
pub(super) fn run(
    path: &Path,
    settings: &HookSettings,
    stack: &Stack,
    prefix: &[&str],
) -> Result<Program, SpecError> {
    let mut sandbox = Sandbox::new(stack, settings);
    let wrong = |explained: Explained| SpecError::program(path, explained);
    let (script, value) = sandbox.open(path, false).map_err(wrong)?;
    let again = sandbox.compile(&script.file);
    let origins = again.map(|ast| Origins::of(&script.file, &ast));
    let mut reader = Reader {
        path,
        source: &script.file.source,
        origins: &origins.unwrap_or_default(),
        bounds: Bounds::of_top_level(sandbox.limits()),
        items: 0,
        bytes: 0,
        depth: 0,
        known: HashMap::new(),
        names: prefix.iter().map(ToString::to_string).collect(),
    };
    let functions = script.ast.iter_functions();
    let functions = functions
        .map(|function| function.name.to_owned())
        .filter(|name| is_identifier(name))
        .collect();
    let root = reader.node(value)?;
    Ok(Program { root, functions })
}

/// Makes nodes of values.
struct Reader<'a> {
    path: &'a Path,
    source: &'a Arc<Source>,
    origins: &'a Origins,
    bounds: Bounds,
    items: usize,
    /// Of text.
    bytes: usize,
    /// The maps and arrays around the value at hand.
    depth: usize,
    /// Where values of a path were written, as far as it was looked for: lists hold many of a kind.
    known: HashMap<String, Option<Origin>>,
    /// The keys that lead to the value at hand.
    names: Vec<String>,
}

impl Reader<'_> {
    fn node(&mut self, value: Dynamic) -> Result<Node, SpecError> {
        const MAX_DEPTH: usize = 100;
        self.items += 1;
        if self.bounds.items > 0 && self.items > self.bounds.items {
            let most = text::thousands(self.bounds.items);
            return Err(self.wrong(format!("more than {most} values")));
        }
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(format!("nested more than {MAX_DEPTH} levels deep")));
        }
        self.depth += 1;
        let node = self.node_of(value.flatten());
        self.depth -= 1;
        node
    }

    fn node_of(&mut self, value: Dynamic) -> Result<Node, SpecError> {
        if value.is_map() {
            let entries: rhai::Map = value.cast();
            let entries = entries
                .into_iter()
                .map(|(key, value)| (key.to_string(), value));
            return self.mapping(entries.collect(), false);
        }
        if value.is_array() {
            let items: Array = value.cast();
            return match self.pairs(&items) {
                Some(entries) => self.mapping(entries, true),
                None => self.sequence(items),
            };
        }
        if let Ok(text) = value.as_immutable_string_ref() {
            // One text may be the value of many entries.
            self.bytes += text.len();
            if self.bounds.bytes > 0 && self.bytes > self.bounds.bytes {
                let most = text::thousands(self.bounds.bytes);
                return Err(self.wrong(format!("more than {most} bytes of text")));
            }
        }
        let value = match value.read_lock::<FnPtr>() {
            Some(function) => self.function(&function)?,
            None => values::to_value(&value, self.bounds)
                .map_err(|misfit| self.wrong(misfit.to_string()))?,
        };
        let span = self.span();
        Ok(self.scalar(value, span))
    }

    fn sequence(&mut self, items: Array) -> Result<Node, SpecError> {
        let span = self.span();
        let items = items.into_iter().map(|item| self.node(item));
        let items = items.collect::<Result<_, _>>()?;
        Ok(Node::new(Content::Sequence(items), self.source, span))
    }

    /// A map; in the order its keys stand in the script, unless that is `given`.
    fn mapping(&mut self, entries: Vec<(String, Dynamic)>, given: bool) -> Result<Node, SpecError> {
        let span = self.span();
        let mut nodes = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            self.names.push(key);
            let key_span = self.origin().map(|origin| origin.key);
            let node = self.node(value)?;
            let key = self.names.pop().expect("it was just pushed");
            // What the script computes comes after what it spells out.
            let place = key_span.as_ref().map_or(usize::MAX, |span| span.start);
            let key = self.scalar(key.into(), key_span.unwrap_or(span.clone()));
            nodes.push((place, key, node));
        }
        if !given {
            nodes.sort_by_key(|(place, ..)| *place);
        }
        let entries = nodes
            .into_iter()
            .map(|(_, key, node)| (key, node))
            .collect();
        Ok(Node::new(Content::Mapping(entries), self.source, span))
    }

    /// The entries of `[["lr", …], ["bs", …]]`, which is a map in an order of its own, where a spec
    /// has a map whose order matters.
    fn pairs(&self, items: &Array) -> Option<Vec<(String, Dynamic)>> {
        let ordered = match self.names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["parameters", "values"] | ["slurm_args", "defaults"] => !items.is_empty(),
            _ => false,
        };
        let pair = |item: &Dynamic| {
            let pair = item.read_lock::<Array>()?;
            let [key, value] = &pair[..] else { return None };
            Some((
                key.as_immutable_string_ref().ok()?.to_string(),
                value.clone(),
            ))
        };
        ordered.then(|| items.iter().map(pair).collect()).flatten()
    }

    /// The name of a function that is given as a hook.
    fn function(&mut self, function: &FnPtr) -> Result<Value, SpecError> {
        let is_hook = matches!(
            self.names.iter().map(String::as_str).collect::<Vec<_>>()[..],
            ["parameters", "parse" | "filter"]
                | ["parameters", "parse" | "filter", "function"]
                | ["slurm_args", "logic"]
                | ["slurm_args", "logic", "function"]
                | ["retry", "on_failure"]
                | ["retry", "on_failure", "function"]
        );
        if !is_hook {
            return Err(self.wrong(
                "a function, which belongs under `filter`, `parse`, `logic` or `on_failure` only",
            ));
        }
        if function.is_curried() || !is_identifier(function.fn_name()) {
            let error = self.wrong("a closure");
            return Err(error.with_help(
                "write it as a function of the file, `fn keep(params) { … }`, and name that",
            ));
        }
        Ok(function.fn_name().into())
    }

    fn scalar(&self, value: Value, span: std::ops::Range<usize>) -> Node {
        let scalar = Scalar {
            text: value.to_string().into(),
            value,
            // The script decides the type, not how the text looks.
            style: Style::Quoted,
            tagged: false,
        };
        Node::new(Content::Scalar(scalar), self.source, span)
    }

    fn origin(&mut self) -> Option<Origin> {
        let Self {
            names,
            origins,
            known,
            ..
        } = self;
        let known = known.entry(names.join("\0"));
        let find = || {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            origins.find(&names).cloned()
        };
        known.or_insert_with(find).clone()
    }

    /// Where the value at hand was written; the end of the script where that cannot be told, as
    /// there its value stands.
    fn span(&mut self) -> std::ops::Range<usize> {
        match self.origin() {
            Some(origin) => origin.value,
            None => {
                let text = self.source.text.trim_end();
                let line = text.rfind('\n').map_or(0, |end| end + 1);
                line..text.len()
            }
        }
    }

    fn wrong(&mut self, what: impl Into<String>) -> SpecError {
        let place = match self.names.join(".") {
            names if names.is_empty() => "the program's value".into(),
            names => format!("`{}`", text::cut(&names, 200)),
        };
        SpecError::Program {
            path: self.path.into(),
            problem: format!("{place} is {}", what.into()),
            label: Some(Label::new(self.source, self.span())),
            notes: Vec::new(),
            help: None,
        }
    }
}
