//! Lists and maps from their beginning to their end.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::StructureStyle;

use super::error::{line, shorten};
use super::limits::Limits;
use super::mapping::{Duplicate, Entries};
use super::tag::Tag;
use super::{Content, Node, Scalar, Style, YamlError, python, template};
use crate::diagnostic::{Label, Source};
use crate::model::Value;

/// A list or map that is being read.
pub(super) struct Open {
    pub(super) kind: Kind,
    pub(super) tag: Tag,
    pub(super) tag_span: Range<usize>,
    /// The parser's number for its anchor, or zero.
    pub(super) anchor: usize,
    pub(super) style: StructureStyle,
    /// Up to the end of its last child so far.
    pub(super) span: Range<usize>,
}

pub(super) enum Kind {
    Mapping(Entries, Pending),
    Sequence(Vec<Node>),
}

/// What the next node in a map is.
pub(super) enum Pending {
    Key,
    Merged,
    ValueOf(Node),
}

impl Open {
    /// Whether the next node is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(self.kind, Kind::Mapping(_, Pending::Key))
    }

    /// Takes the node after this as maps to merge.
    pub(super) fn merge_next(&mut self) {
        if let Kind::Mapping(_, pending) = &mut self.kind {
            *pending = Pending::Merged;
        }
    }

    /// Adds a finished node; `span` is where it, or the alias for it, stands.
    pub(super) fn add(
        &mut self,
        node: Node,
        span: Range<usize>,
        source: &Arc<Source>,
    ) -> Result<(), YamlError> {
        self.span.end = self.span.end.max(span.end);
        let (entries, pending) = match &mut self.kind {
            Kind::Mapping(entries, pending) => (entries, pending),
            Kind::Sequence(items) => {
                items.push(node);
                return Ok(());
            }
        };
        match std::mem::replace(pending, Pending::Key) {
            Pending::Key if node.as_str().is_some() => *pending = Pending::ValueOf(node),
            Pending::Key => return Err(wrong_key(&node, span, self.span.start, source)),
            Pending::Merged => entries.merge(node).map_err(|wrong| YamlError::BadMerge {
                kind: wrong.kind(),
                label: wrong.label(),
            })?,
            Pending::ValueOf(key) => entries.push(key, node),
        }
        Ok(())
    }

    /// What it holds now that it has ended.
    pub(super) fn finish(
        self,
        source: &Arc<Source>,
        limits: &mut Limits<'_>,
    ) -> Result<Content, YamlError> {
        let Self {
            kind,
            tag,
            tag_span,
            span,
            ..
        } = self;
        let kind = match (kind, tag) {
            (Kind::Sequence(items), Tag::None | Tag::Resolve | Tag::Seq) => {
                return Ok(Content::Sequence(items));
            }
            (Kind::Sequence(items), Tag::Omap | Tag::Pairs) => {
                return pairs(&items, source, limits);
            }
            (Kind::Mapping(entries, _), Tag::None | Tag::Resolve | Tag::Map) => {
                return Ok(Content::Mapping(finish_entries(entries, source)?));
            }
            (Kind::Mapping(entries, _), Tag::Set) => {
                let entries = finish_entries(entries, source)?;
                let set = limits.print(&span, |room| python::set(&entries, room))?;
                return Ok(object(set, source, span));
            }
            (Kind::Mapping(..), _) => "a map",
            (Kind::Sequence(_), _) => "a list",
        };
        let tag = shorten(&source.text[tag_span.clone()]);
        let label = Label::new(source, tag_span);
        Err(YamlError::WrongTag { tag, kind, label })
    }
}

/// The error for a key at `span` that is not text, in a map that starts at `map`.
fn wrong_key(node: &Node, span: Range<usize>, map: usize, source: &Arc<Source>) -> YamlError {
    if let Some(error) = template::starting(source, map) {
        return error;
    }
    let text = shorten(&source.text[span.clone()]);
    let label = Label::new(source, super::syntax::first_line(source, span));
    if text.is_empty() {
        return YamlError::Syntax {
            message: "a key is missing here".into(),
            help: None,
            label,
        };
    }
    let kind = node.kind();
    YamlError::KeyNotText { text, kind, label }
}

fn finish_entries(entries: Entries, source: &Arc<Source>) -> Result<Vec<(Node, Node)>, YamlError> {
    let repeated = |Duplicate { first, second }: Duplicate| YamlError::DuplicateKey {
        key: shorten(second.text()),
        first_line: line(source, first.span().start),
        label: second.label(),
    };
    entries.finish().map_err(repeated)
}

/// The tuples of an `!!omap` or of `!!pairs`.
fn pairs(
    items: &[Node],
    source: &Arc<Source>,
    limits: &mut Limits<'_>,
) -> Result<Content, YamlError> {
    let pair = |item: &Node| {
        let Some([entry]) = item.as_mapping() else {
            return Err(YamlError::Syntax {
                message: format!("a map of one key belongs here, not {}", item.kind()),
                help: None,
                label: item.label(),
            });
        };
        let tuple = limits.print(&item.span(), |room| python::pair(entry, room))?;
        let content = object(tuple, source, item.span());
        Ok(Node::new(content, source, item.span()))
    };
    let pairs: Result<_, _> = items.iter().map(pair).collect();
    Ok(Content::Sequence(pairs?))
}

/// A leaf made of what is written at `span`.
fn object(value: Value, source: &Source, span: Range<usize>) -> Content {
    Content::Scalar(Scalar {
        value,
        text: source.text[span].into(),
        style: Style::Block,
        tagged: true,
    })
}
