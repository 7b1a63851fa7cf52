//! From the parser's events to nodes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag as WrittenTag};

use super::collection::{Kind, Open, Pending};
use super::error::{line, quote_it, shorten};
use super::limits::{Limits, MAX_DEPTH};
use super::mapping::Entries;
use super::resolve::Type;
use super::tabs::Tabs;
use super::tag::{ScalarType, Tag};
use super::{Content, Node, Scalar, Schema, Style, YamlError, syntax};
use crate::diagnostic::{Label, Source};
use crate::model::Value;

/// The one document of a text that has passed the check of its characters.
pub(super) fn compose(source: &Arc<Source>, schema: Schema) -> Result<Option<Node>, YamlError> {
    let mut text = Cow::from(&*source.text);
    let mut comments = max_attached_comments(&text);
    loop {
        match compose_text(&text, source, schema) {
            Err(Failure::Comment(at)) if comments > 0 && schema == Schema::PyYaml => {
                comments -= 1;
                blank_comment(text.to_mut(), at);
            }
            Err(Failure::Comment(at)) => {
                let label = Label::new(source, at..at + 1);
                return Err(syntax::comment_not_separated(label));
            }
            Err(Failure::Other(error)) => return Err(*error),
            Ok(root) => return Ok(root),
        }
    }
}

/// Why a text could not be composed.
enum Failure {
    /// A comment follows a quote or bracket without a space. `PyYAML` needs none, the parser does.
    Comment(usize),
    Other(Box<YamlError>),
}

impl From<YamlError> for Failure {
    fn from(error: YamlError) -> Self {
        Self::Other(Box::new(error))
    }
}

/// How many comments without a space are worth another reading of the text.
fn max_attached_comments(text: &str) -> usize {
    const BYTES: usize = 32 << 20;
    (BYTES / (text.len() + 1)).clamp(1, 1000)
}

/// Puts as many spaces where a comment is, so that all other places stay.
fn blank_comment(text: &mut String, at: usize) {
    let end = syntax::line_around(text, at).end;
    text.replace_range(at..end, &" ".repeat(end - at));
}

fn compose_text(text: &str, source: &Arc<Source>, schema: Schema) -> Result<Option<Node>, Failure> {
    let mut composer = Composer {
        source,
        schema,
        root: None,
        open: Vec::new(),
        anchors: HashMap::new(),
        names: HashMap::new(),
        documents: 0,
        limits: Limits::new(source),
        tabs: Tabs::new(source, schema),
    };
    let options = granit_parser::options! {
        block_nesting_limit: MAX_DEPTH,
        block_scalar_eof_without_line_feed: true,
        emit_anchor_events: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => composer.take(event, span)?,
            Err(error) => {
                return Err(match syntax::attached_comment(&error, text) {
                    Some(at) => Failure::Comment(at),
                    None => syntax::explain(&error, source).into(),
                });
            }
        }
    }
    if composer.documents == 0 && schema == Schema::PyYaml {
        syntax::check_no_end(source)?;
    }
    let Composer { root, tabs, .. } = composer;
    tabs.check(root.as_ref())?;
    Ok(root.filter(|root| !is_empty(root)))
}

fn is_empty(root: &Node) -> bool {
    root.is_null()
        && root
            .as_scalar()
            .is_some_and(|scalar| scalar.text.is_empty())
}

struct Composer<'a> {
    source: &'a Arc<Source>,
    schema: Schema,
    root: Option<Node>,
    /// The lists and maps that have begun and not ended, the innermost last.
    open: Vec<Open>,
    /// What the parser's numbers for anchors stand for; none while that is still open.
    anchors: HashMap<usize, Option<Node>>,
    /// Where each anchor's name is.
    names: HashMap<String, usize>,
    documents: usize,
    limits: Limits<'a>,
    tabs: Tabs<'a>,
}

impl Composer<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(..) => self.start_document(bytes(span)),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), span)?;
                self.scalar(&text, style, tag, anchor, bytes(span))
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), span)?;
                self.start(Kind::Sequence(Vec::new()), style, anchor, tag, span)
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), span)?;
                let kind = Kind::Mapping(Entries::default(), Pending::Key);
                self.start(kind, style, anchor, tag, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(bytes(span)),
            Event::Alias(anchor) => self.alias(anchor, bytes(span)),
            Event::UnresolvedAlias(name) => Err(self.undefined(&name, bytes(span))),
            Event::Anchor(_, name) => self.name_anchor(name, bytes(span)),
            // The ends of stream and document, and events that are not asked for.
            _ => Ok(()),
        }
    }

    fn start_document(&mut self, span: Range<usize>) -> Result<(), YamlError> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let label = self.label(span);
        Err(YamlError::SecondDocument { label })
    }

    fn tag(&self, written: Option<&WrittenTag>, span: Span) -> Result<Tag, YamlError> {
        Tag::of(written).ok_or_else(|| {
            let span = span.tag_span().map_or_else(|| bytes(span), bytes);
            let tag = shorten(&self.source.text[span.clone()]);
            let label = self.label(span);
            YamlError::UnknownTag { tag, label }
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
        self.limits.count(1, &span)?;
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let is_plain = style == Style::Plain;
        self.tabs.add(style, &span);
        // The parser invents a `~` where nothing is written.
        let text = if is_plain && span.is_empty() {
            ""
        } else {
            text
        };
        match style {
            Style::Plain => self.check_in_brackets(text, &span)?,
            Style::Block => self.check_indented(&span)?,
            Style::Quoted => {}
        }
        let mut kind = tag.scalar_type(text, is_plain, self.schema);
        if let Some(open) = self.open.last_mut().filter(|open| open.wants_key()) {
            if kind == ScalarType::Known(Type::Merge) {
                if self.schema == Schema::Core {
                    let label = self.label(span);
                    return Err(YamlError::MergeInCore { label });
                }
                open.merge_next();
                return Ok(());
            }
            if kind == ScalarType::Known(Type::Value) {
                kind = ScalarType::Known(Type::Str);
            }
        }
        let value = kind.construct(text, self.schema);
        let value = value.map_err(|problem| YamlError::BadScalar {
            text: shorten(text),
            problem,
            label: self.label(span.clone()),
        })?;
        let text = match &value {
            Value::String(text) => text.clone(),
            _ => text.into(),
        };
        let scalar = Scalar {
            value,
            text,
            style,
            tagged: tag != Tag::None,
        };
        self.finish(Content::Scalar(scalar), anchor, span)
    }

    /// Inside brackets, YAML 1.1 takes a `?` or `:` for the start of a key or value even without a
    /// space after it.
    fn check_in_brackets(&self, text: &str, span: &Range<usize>) -> Result<(), YamlError> {
        let style = self.open.last().map(|open| open.style);
        if style != Some(StructureStyle::Flow) || !text.starts_with(['?', ':']) {
            return Ok(());
        }
        let text = shorten(text);
        Err(YamlError::Syntax {
            message: format!("`{text}` begins with what is special inside brackets"),
            help: Some(quote_it(&text)),
            label: self.label(span.clone()),
        })
    }

    /// A document that is one block of text must indent it: `PyYAML` takes a `#` in the first
    /// column for a comment, the parser for text.
    fn check_indented(&self, span: &Range<usize>) -> Result<(), YamlError> {
        let is_first = self.source.text[..span.start].ends_with(['\n', '\r']);
        if !self.open.is_empty() || !is_first || span.is_empty() {
            return Ok(());
        }
        Err(YamlError::Syntax {
            message: "a block of text must be indented".into(),
            help: Some("indent its lines with spaces".into()),
            label: self.label(span.clone()),
        })
    }

    fn start(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        tag: Tag,
        span: Span,
    ) -> Result<(), YamlError> {
        let tag_span = span.tag_span().map_or(0..0, bytes);
        let span = bytes(span);
        self.limits.count(1, &span)?;
        self.limits.check_depth(self.open.len() + 1, &span)?;
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
        let mut open = self.open.pop().expect("the parser ends what it began");
        // The parser ends a block where the next one begins; its last child knows better.
        if open.style == StructureStyle::Flow {
            open.span.end = span.end;
        }
        let (anchor, span) = (open.anchor, open.span.clone());
        let content = open.finish(self.source, &mut self.limits)?;
        self.finish(content, anchor, span)
    }

    fn finish(
        &mut self,
        content: Content,
        anchor: usize,
        span: Range<usize>,
    ) -> Result<(), YamlError> {
        let node = Node::new(content, self.source, span.clone());
        self.define(anchor, Some(&node));
        self.add(node, span)
    }

    fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<(), YamlError> {
        let name = self.source.text[span.clone()].trim_start_matches('*');
        let node = match self.anchors.get(&anchor) {
            Some(Some(node)) => node.clone(),
            Some(None) => {
                let (name, label) = (shorten(name), self.label(span));
                return Err(YamlError::RecursiveAlias { name, label });
            }
            None => return Err(self.undefined(name, span)),
        };
        let depth = self.open.len() + node.height();
        self.limits.count(node.weight(), &span)?;
        self.limits.check_depth(depth, &span)?;
        self.add(node, span)
    }

    fn undefined(&self, name: &str, span: Range<usize>) -> YamlError {
        let (name, label) = (shorten(name), self.label(span));
        YamlError::UndefinedAlias { name, label }
    }

    fn name_anchor(&mut self, name: Cow<'_, str>, span: Range<usize>) -> Result<(), YamlError> {
        let label = self.label(span.clone());
        // PyYAML ends a name at any other character, and what follows is then something else.
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.chars().all(is_name) {
            return Err(YamlError::Syntax {
                message: format!("`&{}` is no name for an anchor", shorten(&name)),
                help: Some("use letters, digits, `-` and `_`".into()),
                label,
            });
        }
        match self.names.entry(name.into_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(span.start);
                Ok(())
            }
            Entry::Occupied(entry) => Err(YamlError::DuplicateAnchor {
                name: shorten(entry.key()),
                first_line: line(self.source, *entry.get()),
                label,
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
        if let Some(open) = self.open.last_mut() {
            return open.add(node, span, self.source);
        }
        self.root = Some(node);
        Ok(())
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
