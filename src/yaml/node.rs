use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::syntax;
use crate::diagnostic::{Label, Source};
use crate::model::{Map, Value};

/// A value of a document and the place it was written at.
///
/// Cloning is cheap, and an alias is a clone of the node it names: its place is where that node
/// was written.
#[derive(Clone, Debug)]
pub struct Node(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    content: Content,
    source: Arc<Source>,
    span: Range<usize>,
    weight: usize,
    height: usize,
}

/// What a node holds.
#[derive(Debug)]
pub enum Content {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map in its final order, merge keys resolved. Every key is a string, and none repeats.
    Mapping(Vec<(Node, Node)>),
}

/// A single value, what was typed for it, and how.
///
/// Tuples, sets and bytes, which only Python has, are single values too.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// What it means.
    pub value: Value,
    /// The text after quotes, escapes and line folding.
    pub text: Arc<str>,
    /// How it was written.
    pub style: Style,
    /// Whether a tag such as `!!int` says what it is.
    pub tagged: bool,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Indented below `|` or `>`.
    Block,
    /// Without quotes, so that the text decides the type.
    Plain,
    /// In single or double quotes.
    Quoted,
}

impl Node {
    /// A node that was written at `span` of `source`.
    pub(crate) fn new(content: Content, source: &Arc<Source>, span: Range<usize>) -> Self {
        let (weight, height) = match &content {
            Content::Scalar(_) => (1, 1),
            Content::Sequence(items) => measure(items.iter()),
            Content::Mapping(entries) => {
                measure(entries.iter().flat_map(|(key, value)| [key, value]))
            }
        };
        Self(Rc::new(Inner {
            content,
            source: source.clone(),
            span,
            weight,
            height,
        }))
    }

    /// What it holds.
    pub fn content(&self) -> &Content {
        &self.0.content
    }

    /// The bytes of the source it takes up.
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// Points at it: at the whole of what stands in one line, else at its first line.
    pub fn label(&self) -> Label {
        let Inner { source, span, .. } = &*self.0;
        Label::new(source, syntax::first_line(source, span.clone()))
    }

    /// The word for this kind of value in messages, with its article.
    pub fn kind(&self) -> &'static str {
        match self.content() {
            Content::Scalar(scalar) => scalar.value.kind(),
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a map",
        }
    }

    /// The value alone.
    pub fn to_value(&self) -> Value {
        match self.content() {
            Content::Scalar(scalar) => scalar.value.clone(),
            Content::Sequence(items) => Value::list(items.iter().map(Self::to_value)),
            Content::Mapping(entries) => Value::from(
                entries
                    .iter()
                    .map(|(key, value)| (key.text().clone(), value.to_value()))
                    .collect::<Map>(),
            ),
        }
    }

    /// The single value, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match self.content() {
            Content::Scalar(scalar) => Some(scalar),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar()?.value.as_str()
    }

    /// The items, if it is a list.
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match self.content() {
            Content::Sequence(items) => Some(items),
            Content::Scalar(_) | Content::Mapping(_) => None,
        }
    }

    /// The keys and values, if it is a map.
    pub fn as_mapping(&self) -> Option<&[(Self, Self)]> {
        match self.content() {
            Content::Mapping(entries) => Some(entries),
            Content::Scalar(_) | Content::Sequence(_) => None,
        }
    }

    /// The value of `key`, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let entry = self
            .as_mapping()?
            .iter()
            .find(|(name, _)| name.as_str() == Some(key));
        entry.map(|(_, value)| value)
    }

    /// Whether it is `null`, which an empty value is too.
    pub fn is_null(&self) -> bool {
        matches!(
            self.as_scalar(),
            Some(Scalar {
                value: Value::Null,
                ..
            })
        )
    }

    /// An address that only this node and its aliases have, for as long as it lives.
    pub(super) fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// The number of nodes in it when every alias is written out.
    pub(super) fn weight(&self) -> usize {
        self.0.weight
    }

    /// The number of levels in it when every alias is written out.
    pub(super) fn height(&self) -> usize {
        self.0.height
    }

    /// The text of a node that is known to be a key.
    pub(super) fn text(&self) -> &Arc<str> {
        &self.as_scalar().expect("keys are scalars").text
    }
}

fn measure<'a>(children: impl Iterator<Item = &'a Node>) -> (usize, usize) {
    children.fold((1, 1), |(weight, height), child| {
        (weight + child.weight(), height.max(child.height() + 1))
    })
}
