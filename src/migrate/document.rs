//! A file of the Python tool, read job by job.
//!
//! As a whole a large collection would be too many values for the reader of YAML, and all of them
//! in memory at once. The way `PyYAML` lays out a list tells where each job begins.

use std::ops::Range;
use std::sync::Arc;

use super::old::unreadable;
use crate::collection::{CollectionError, ScriptDigest};
use crate::diagnostic::{Label, Source};
use crate::yaml::{self, Node, Schema};

pub(super) struct Document<'a> {
    source: &'a Arc<Source>,
    /// All but the jobs, if they are read one by one.
    root: Node,
    head: Arc<Source>,
    /// Where the jobs are in the file; empty when they are in `root`.
    jobs: Vec<Range<usize>>,
}

impl<'a> Document<'a> {
    /// Reads all but the jobs; `None` if there is nothing.
    pub(super) fn parse(source: &'a Arc<Source>) -> Result<Option<Self>, CollectionError> {
        let jobs = jobs(&source.text);
        let head = match (jobs.first(), jobs.last()) {
            (Some(first), Some(last)) => {
                let (before, after) = (&source.text[..first.start], &source.text[last.end..]);
                Source::new(&source.path, format!("{before}{after}"))
            }
            _ => source.clone(),
        };
        let read = |root| Self {
            source,
            root,
            head: head.clone(),
            jobs: jobs.clone(),
        };
        match yaml::parse(&head, Schema::PyYaml) {
            Ok(root) => Ok(root.map(read)),
            Err(error) => Err(placed(unreadable(&source.path, error), source, |at| {
                in_file(&jobs, at)
            })),
        }
    }

    /// The map that is the file, perhaps without its jobs.
    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// What tells this text from any other.
    pub(super) fn digest(&self) -> ScriptDigest {
        ScriptDigest::of(self.source.text.as_bytes())
    }

    /// Reads one job after the other, and hands it to `visit`.
    pub(super) fn each_job(
        &self,
        mut visit: impl FnMut(&Node) -> Result<(), CollectionError>,
    ) -> Result<(), CollectionError> {
        for range in &self.jobs {
            let text = &self.source.text[range.clone()];
            let item = Source::new(&self.source.path, text);
            let read = yaml::parse(&item, Schema::PyYaml);
            let job = read.map_err(|error| unreadable(&self.source.path, error));
            let visited = job.and_then(|list| {
                let jobs = list
                    .as_ref()
                    .and_then(Node::as_sequence)
                    .unwrap_or_default();
                jobs.iter().try_for_each(&mut visit)
            });
            visited.map_err(|error| placed(error, self.source, |at| range.start + at))?;
        }
        Ok(())
    }

    /// Whether the jobs are in [`root`](Self::root).
    pub(super) fn is_whole(&self) -> bool {
        self.jobs.is_empty()
    }

    /// An error about [`root`](Self::root), with its place in the file.
    pub(super) fn place(&self, error: CollectionError) -> CollectionError {
        let CollectionError::Damaged {
            label: Some(label), ..
        } = &error
        else {
            return error;
        };
        match Arc::ptr_eq(&label.source, &self.head) {
            true => placed(error, self.source, |at| in_file(&self.jobs, at)),
            false => error,
        }
    }
}

/// A place in the file without its jobs, in the file.
fn in_file(jobs: &[Range<usize>], at: usize) -> usize {
    match (jobs.first(), jobs.last()) {
        (Some(first), Some(last)) if at >= first.start => at + (last.end - first.start),
        _ => at,
    }
}

/// Moves the place of an error from a part of `source` to the whole.
fn placed(
    error: CollectionError,
    source: &Arc<Source>,
    moved: impl Fn(usize) -> usize,
) -> CollectionError {
    match error {
        CollectionError::Damaged {
            path,
            problem,
            label: Some(Label { span, text, .. }),
        } => CollectionError::Damaged {
            path,
            problem,
            label: Some(Label {
                source: source.clone(),
                span: moved(span.start)..moved(span.start) + span.len(),
                text,
            }),
        },
        error => error,
    }
}

/// Where each job is, in the layout that `PyYAML` writes; nothing for any other.
fn jobs(text: &str) -> Vec<Range<usize>> {
    const LIST: &str = "\njobs:\n";
    // A job may repeat what was given a name in another one.
    let has_aliases = text.contains("&id0") || text.contains("*id0");
    let Some(start) = text.find(LIST).filter(|_| !has_aliases) else {
        return Vec::new();
    };
    let mut at = start + LIST.len();
    let mut jobs: Vec<Range<usize>> = Vec::new();
    for line in text[at..].split_inclusive('\n') {
        match (line.as_bytes(), jobs.last_mut()) {
            ([b'-', b' ', ..], _) => jobs.push(at..at + line.len()),
            ([b' ' | b'\n', ..], Some(job)) => job.end += line.len(),
            (_, _) => break,
        }
        at += line.len();
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "version: 2\njobs:\n- a: 1\n  b: |\n    - x\n\n    y\n- a: 2\nmeta: {c: 3}\n";

    fn read(text: &str) -> Vec<String> {
        let source = Source::new("c.yaml", text);
        let document = Document::parse(&source).unwrap().unwrap();
        let mut read = Vec::new();
        let mut visit = |node: &Node| {
            read.push(node.to_value().to_string());
            Ok(())
        };
        document.each_job(&mut visit).unwrap();
        if document.is_whole() {
            let jobs = document.root().get("jobs").unwrap().as_sequence().unwrap();
            for job in jobs {
                visit(job).unwrap();
            }
        }
        read
    }

    #[test]
    fn jobs_are_the_same_one_by_one_and_as_a_whole() {
        let whole = FILE.replace("jobs:\n", "jobs:   \n");
        assert!(!jobs(FILE).is_empty() && jobs(&whole).is_empty());
        assert_eq!(read(FILE), ["{'a': 1, 'b': '- x\\n\\ny\\n'}", "{'a': 2}"]);
        assert_eq!(read(FILE), read(&whole));
    }

    #[test]
    fn aliases_and_other_layouts_are_read_as_a_whole() {
        for text in [
            "jobs:\n- &id001 {a: 1}\n- *id001\n",
            "version: 2\njobs:\n  - a: 1\n",
            "version: 2\njobs: [{a: 1}]\n",
        ] {
            assert!(jobs(text).is_empty(), "{text}");
            assert!(!read(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn an_error_is_placed_in_the_file() {
        let place = |error: CollectionError| match error {
            CollectionError::Damaged {
                label: Some(label), ..
            } => label.source.line(label.span.start),
            error => panic!("{error}"),
        };
        for (text, line) in [
            (FILE.replace("a: 2", "a: [2"), 8),
            (FILE.replace("{c: 3}", "{c: 3"), 9),
            (FILE.replace("version: 2", "version: [}"), 1),
        ] {
            let source = Source::new("c.yaml", text.as_str());
            let error = match Document::parse(&source) {
                Err(error) => error,
                Ok(document) => document.unwrap().each_job(|_| Ok(())).unwrap_err(),
            };
            assert_eq!(place(error), line, "{text}");
        }
    }
}
