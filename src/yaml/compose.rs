//! From the parser's events to nodes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag as WrittenTag};

use super::error::{line, quote, shorten};
use super::mapping::{Duplicate, Entries};
use super::resolve::Type;
use super::tag::{ScalarType, Tag};
use super::{Content, Node, Scalar, Style, YamlError, python, syntax, template};
use crate::diagnostic::{Label, Source};
use crate::model::Value;
use crate::text::thousands;

/// Levels of lists and maps within each other, every alias written out.
///
/// Whoever walks nodes or values may recurse: no stack is too small for this.
pub(super) const MAX_DEPTH: usize = 256;

/// Values and keys, every alias written out: "billion laughs" must not grow.
const MAX_NODES: usize = 2_000_000;

/// Bytes of text that tuples and sets are printed to.
const MAX_PRINTED: usize = 16 << 20;

/// The one document of a text that has passed the check of its characters.
pub(super) fn compose(source: &Arc<Source>) -> Result<Option<Node>, YamlError> {
    let mut composer = Composer::new(source);
    let options = granit_parser::options! {
        block_nesting_limit: MAX_DEPTH,
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        emit_anchor_events: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
    };
    for next in Parser::new_from_str_with_options(&source.text, options) {
        let (event, span) = next.map_err(|error| syntax::explain(&error, source))?;
        composer.take(event, span)?;
    }
    Ok(composer.root.filter(|root| !is_empty(root)))
}

fn is_empty(root: &Node) -> bool {
    matches!(root.as_scalar(), Some(Scalar { value: Value::Null, text, .. }) if text.is_empty())
}

struct Composer<'a> {
    source: &'a Arc<Source>,
    root: Option<Node>,
    /// The lists and maps that have begun and not ended, the innermost last.
    open: Vec<Open>,
    /// What the parser's numbers for anchors stand for; none while that is still open.
    anchors: HashMap<usize, Option<Node>>,
    /// Where each anchor's name is.
    names: HashMap<String, usize>,
    documents: usize,
    nodes: usize,
    room: usize,
}

/// A list or map that is being read.
struct Open {
    kind: Kind,
    tag: Tag,
    tag_span: Range<usize>,
    anchor: usize,
    style: StructureStyle,
    span: Range<usize>,
}

enum Kind {
    Mapping(Entries, Pending),
    Sequence(Vec<Node>),
}

/// What the next node in a map is.
enum Pending {
    Key,
    Merged,
    ValueOf(Node),
}

impl<'a> Composer<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        Self {
            source,
            root: None,
            open: Vec::new(),
            anchors: HashMap::new(),
            names: HashMap::new(),
            documents: 0,
            nodes: 0,
            room: MAX_PRINTED,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) => self.start_document(bytes(span)),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), span)?;
                // The parser invents a `~` where nothing is written.
                let text = if span.is_empty() { "".into() } else { text };
                self.scalar(&text, style, tag, anchor, bytes(span))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start(Kind::Sequence(Vec::new()), style, anchor, tag, span)
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = Kind::Mapping(Entries::default(), Pending::Key);
                self.start(kind, style, anchor, tag, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(bytes(span)),
            Event::Alias(anchor) => self.alias(anchor, bytes(span)),
            Event::UnresolvedAlias(name) => Err(YamlError::UndefinedAlias {
                name: name.into_owned(),
                label: self.label(bytes(span)),
            }),
            Event::Anchor(_, name) => self.name_anchor(name, bytes(span)),
            // The ends of stream and document, and events that are not asked for.
            _ => Ok(()),
        }
    }

    fn start_document(&mut self, span: Range<usize>) -> Result<(), YamlError> {
        self.documents += 1;
        match self.documents {
            1 => Ok(()),
            _ => Err(YamlError::SecondDocument {
                label: self.label(span),
            }),
        }
    }

    fn tag(&self, written: Option<&WrittenTag>, span: Span) -> Result<Tag, YamlError> {
        Tag::of(written).ok_or_else(|| {
            let span = span.tag_span().map_or_else(|| bytes(span), bytes);
            YamlError::UnknownTag {
                tag: self.source.text[span.clone()].into(),
                label: self.label(span),
            }
        })
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Tag,
        anchor: usize,
        span: Range<usize>,
    ) -> Result<(), YamlError> {
        self.count(1, &span)?;
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        if style == Style::Plain {
            self.check_question_mark(text, &span)?;
        }
        let mut kind = tag.scalar_type(text, style == Style::Plain);
        if let Some(Open {
            kind: Kind::Mapping(_, pending @ Pending::Key),
            ..
        }) = self.open.last_mut()
        {
            match kind {
                ScalarType::Known(Type::Merge) => {
                    *pending = Pending::Merged;
                    return Ok(());
                }
                ScalarType::Known(Type::Value) => kind = ScalarType::Known(Type::Str),
                _ => {}
            }
        }
        let value = kind
            .construct(text)
            .map_err(|problem| YamlError::BadScalar {
                text: shorten(text),
                problem,
                label: self.label(span.clone()),
            })?;
        let text = match &value {
            Value::String(text) => text.clone(),
            _ => text.into(),
        };
        let scalar = Scalar { value, text, style };
        let node = Node::new(Content::Scalar(scalar), self.source, span.clone());
        self.define(anchor, Some(&node));
        self.add(node, span)
    }

    /// Inside brackets, YAML 1.1 takes a `?` for the start of a key even without a space after it.
    fn check_question_mark(&self, text: &str, span: &Range<usize>) -> Result<(), YamlError> {
        let flow = matches!(
            self.open.last(),
            Some(Open {
                style: StructureStyle::Flow,
                ..
            })
        );
        if !flow || !text.starts_with('?') {
            return Ok(());
        }
        Err(YamlError::Syntax {
            message: format!(
                "`{}` starts with `?`, which is special inside brackets",
                shorten(text)
            ),
            help: Some(format!("quote it: {}", quote(&shorten(text)))),
            label: self.label(span.clone()),
        })
    }

    fn start(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Cow<'_, WrittenTag>>,
        span: Span,
    ) -> Result<(), YamlError> {
        let tag = self.tag(tag.as_deref(), span)?;
        let tag_span = span.tag_span().map_or(0..0, bytes);
        let span = bytes(span);
        self.count(1, &span)?;
        self.check_depth(1, &span)?;
        self.define(anchor, None);
        self.open.push(Open {
            kind,
            tag,
            tag_span,
            anchor,
            style,
            span,
        });
        Ok(())
    }

    fn end(&mut self, span: Range<usize>) -> Result<(), YamlError> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        // The parser ends a block where the next one begins; its last child knows better.
        if open.style == StructureStyle::Flow {
            open.span.end = span.end;
        }
        let (span, anchor) = (open.span.clone(), open.anchor);
        let content = self.finish(open)?;
        let node = Node::new(content, self.source, span.clone());
        self.define(anchor, Some(&node));
        self.add(node, span)
    }

    fn finish(&mut self, open: Open) -> Result<Content, YamlError> {
        let Open {
            kind,
            tag,
            tag_span,
            span,
            ..
        } = open;
        match (kind, tag) {
            (Kind::Sequence(items), Tag::None | Tag::Resolve | Tag::Seq) => {
                Ok(Content::Sequence(items))
            }
            (Kind::Sequence(items), Tag::Omap | Tag::Pairs) => self.pairs(&items),
            (Kind::Mapping(entries, _), Tag::None | Tag::Resolve | Tag::Map) => {
                Ok(Content::Mapping(self.entries(entries)?))
            }
            (Kind::Mapping(entries, _), Tag::Set) => {
                let entries = self.entries(entries)?;
                let value = python::set(&entries, &mut self.room);
                let value = value.ok_or_else(|| self.too_long(span.clone()))?;
                Ok(self.object(value, span))
            }
            (kind, _) => Err(YamlError::WrongTag {
                tag: self.source.text[tag_span.clone()].into(),
                kind: match kind {
                    Kind::Mapping(..) => "a map",
                    Kind::Sequence(_) => "a list",
                },
                label: self.label(tag_span),
            }),
        }
    }

    fn entries(&self, entries: Entries) -> Result<Vec<(Node, Node)>, YamlError> {
        entries
            .finish()
            .map_err(|Duplicate { first, second }| YamlError::DuplicateKey {
                key: shorten(second.text()),
                first_line: line(self.source, first.span().start),
                label: second.label(),
            })
    }

    /// The tuples of an `!!omap` or of `!!pairs`.
    fn pairs(&mut self, items: &[Node]) -> Result<Content, YamlError> {
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            let Some([entry]) = item.as_mapping() else {
                return Err(YamlError::Syntax {
                    message: format!(
                        "each item must be a map of one key, but this is {}",
                        item.kind()
                    ),
                    help: None,
                    label: item.label(),
                });
            };
            let pair = python::pair(entry, &mut self.room);
            let pair = pair.ok_or_else(|| self.too_long(item.span()))?;
            pairs.push(Node::new(
                self.object(pair, item.span()),
                self.source,
                item.span(),
            ));
        }
        Ok(Content::Sequence(pairs))
    }

    fn object(&self, value: Value, span: Range<usize>) -> Content {
        let text = self.source.text[span].into();
        Content::Scalar(Scalar {
            value,
            text,
            style: Style::Block,
        })
    }

    fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<(), YamlError> {
        let name = self.source.text[span.clone()].trim_start_matches('*');
        let label = || self.label(span.clone());
        let node = match self.anchors.get(&anchor) {
            Some(Some(node)) => node.clone(),
            Some(None) => {
                return Err(YamlError::RecursiveAlias {
                    name: name.into(),
                    label: label(),
                });
            }
            None => {
                return Err(YamlError::UndefinedAlias {
                    name: name.into(),
                    label: label(),
                });
            }
        };
        self.count(node.weight(), &span)?;
        self.check_depth(node.height(), &span)?;
        self.add(node, span)
    }

    fn name_anchor(&mut self, name: Cow<'_, str>, span: Range<usize>) -> Result<(), YamlError> {
        match self.names.entry(name.into_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(span.start);
                Ok(())
            }
            Entry::Occupied(entry) => Err(YamlError::DuplicateAnchor {
                name: entry.key().clone(),
                first_line: line(self.source, *entry.get()),
                label: Label::new(self.source, span),
            }),
        }
    }

    fn define(&mut self, anchor: usize, node: Option<&Node>) {
        // The parser counts anchors from one; zero is none.
        if anchor > 0 {
            self.anchors.insert(anchor, node.cloned());
        }
    }

    /// Puts a finished node where it belongs; `span` is where it, or the alias for it, stands.
    fn add(&mut self, node: Node, span: Range<usize>) -> Result<(), YamlError> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.span.end = open.span.end.max(span.end);
        match &mut open.kind {
            Kind::Sequence(items) => items.push(node),
            Kind::Mapping(entries, pending) => match std::mem::replace(pending, Pending::Key) {
                Pending::Key if node.as_str().is_some() => *pending = Pending::ValueOf(node),
                Pending::Key => return Err(self.wrong_key(&node, span)),
                Pending::Merged => entries.merge(node).map_err(|wrong| YamlError::BadMerge {
                    kind: wrong.kind(),
                    label: wrong.label(),
                })?,
                Pending::ValueOf(key) => entries.push(key, node),
            },
        }
        Ok(())
    }

    fn wrong_key(&self, node: &Node, span: Range<usize>) -> YamlError {
        let outer = self.open.last().map_or(span.start, |open| open.span.start);
        if let Some(error) = template::starting(self.source, outer) {
            return error;
        }
        let text = shorten(&self.source.text[span.clone()]);
        let label = self.label(span);
        if text.is_empty() {
            let message = "there is no key before the `:`".into();
            return YamlError::Syntax {
                message,
                help: None,
                label,
            };
        }
        YamlError::KeyNotText {
            text,
            kind: node.kind(),
            label,
        }
    }

    fn count(&mut self, nodes: usize, span: &Range<usize>) -> Result<(), YamlError> {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let problem = format!(
            "has more than {} values when aliases are written out",
            thousands(MAX_NODES)
        );
        Err(YamlError::TooLarge {
            problem,
            label: self.label(span.clone()),
        })
    }

    fn check_depth(&self, levels: usize, span: &Range<usize>) -> Result<(), YamlError> {
        if self.open.len() + levels <= MAX_DEPTH {
            return Ok(());
        }
        Err(syntax::too_deep(self.label(span.clone())))
    }

    fn too_long(&self, span: Range<usize>) -> YamlError {
        let problem = "has tuples or sets that are too long to print".into();
        YamlError::TooLarge {
            problem,
            label: self.label(span),
        }
    }

    /// Points at `span`, or at its first line.
    fn label(&self, span: Range<usize>) -> Label {
        Label::new(self.source, syntax::first_line(self.source, span))
    }
}

fn bytes(span: Span) -> Range<usize> {
    span.byte_range()
        .expect("a text in memory has byte offsets")
}
