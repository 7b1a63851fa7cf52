//! From tags to statements.

use std::ops::Range;

use super::expression::Kind;
use super::lexer::{Piece, TagKind};
use super::loops::{Loop, Uses};
use super::open::{Open, Opened, left_open, unexpected_end, unknown};
use super::statement::{Node, Tag, Template};
use super::symbols::Scope;
use super::token::Token;
use super::tokens::Tokens;
use super::{Known, SyntaxError, inheritance, symbols, targets};

/// Tags within each other.
const MAX_OPEN: usize = 100;

/// Branches of one `if`, each of which minijinja reads within the one before.
const MAX_BRANCHES: usize = 1_000;
const IF: Opened = Opened::If {
    branches: 1,
    has_else: false,
};

pub(super) fn parse(pieces: Vec<Piece>, known: &dyn Known) -> Result<Template, SyntaxError> {
    let mut parser = Parser {
        known,
        open: Vec::new(),
        blocks: Vec::new(),
        extends: false,
        loops: Vec::new(),
        nodes: Vec::with_capacity(pieces.len()),
    };
    for piece in pieces {
        match piece {
            Piece::Data(span) => parser.nodes.push(Node::Data(span)),
            Piece::Tag { kind, tokens, span } => parser.tag(kind, tokens, span)?,
        }
    }
    if let Some(open) = parser.open.last() {
        return Err(left_open(open));
    }
    let Parser {
        nodes, mut loops, ..
    } = parser;
    let scopes = symbols::scopes(&nodes, &loops)?;
    // Other templates may do with a loop whatever they like.
    for number in scopes.iter().filter_map(Scope::shared_loop) {
        loops[number].uses = Uses::ANY;
    }
    Ok(Template {
        nodes,
        scopes,
        loops,
    })
}

struct Parser<'a> {
    known: &'a dyn Known,
    open: Vec<Open>,
    blocks: Vec<String>,
    extends: bool,
    loops: Vec<Loop>,
    nodes: Vec<Node>,
}

impl Parser<'_> {
    fn tag(
        &mut self,
        kind: TagKind,
        tokens: Vec<Token>,
        span: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let in_macro = self.open.iter().any(|open| open.kind == Opened::Macro);
        let inside = (in_macro, self.visible_loop());
        let mut tokens = Tokens::new(tokens, span.clone(), self.known, inside);
        match kind {
            TagKind::Output => {
                let value = tokens.tuple()?;
                self.nodes.push(Node::Output(vec![value]));
            }
            TagKind::Block => self.statement(&mut tokens, &span)?,
        }
        if let Some(number) = tokens.in_loop {
            self.loops[number].uses.add(tokens.loop_uses);
        }
        tokens.end()
    }

    /// The innermost `for` of this template that is open. A block does not know around which it
    /// stands.
    fn visible_loop(&self) -> Option<usize> {
        let innermost = self.open.iter().rev();
        let mut visible = innermost.take_while(|open| !matches!(open.kind, Opened::Block { .. }));
        visible.find_map(|open| match open.kind {
            Opened::For {
                number,
                has_else: false,
                ..
            } => Some(number),
            _ => None,
        })
    }

    fn statement(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<(), SyntaxError> {
        let (word, place) = tokens.name("the name of a tag")?;
        if let Some(opened) = word.strip_prefix("end") {
            return self.end(tokens, opened, &word, span, place);
        }
        let tag = match &*word {
            "autoescape" => self.begin(
                Opened::AutoEscape,
                span,
                Tag::AutoEscape(tokens.expression()?),
            )?,
            "block" => self.block(tokens, span)?,
            "call" => self.call(tokens, span)?,
            "elif" | "else" => self.branch(tokens, &word, &place)?,
            "extends" => {
                inheritance::check_extends(&self.open, span)?;
                self.extends = true;
                Tag::Extends(tokens.expression()?)
            }
            "filter" => {
                let filters = tokens.filters()?;
                self.begin(Opened::Filter, span, Tag::Filter(filters))?
            }
            "for" => self.for_loop(tokens, span)?,
            "from" => from(tokens)?,
            "if" => {
                let test = tokens.tuple_without_condition()?;
                self.begin(IF, span, Tag::If(test))?
            }
            "import" => import(tokens)?,
            "include" => self.include(tokens, span)?,
            "macro" => self.macro_(tokens, span)?,
            "print" => {
                self.nodes.push(Node::Output(tokens.list()?));
                return Ok(());
            }
            "set" => self.set(tokens, span)?,
            "with" => self.with(tokens, span)?,
            _ => return Err(unknown(&word, place)),
        };
        self.nodes.push(Node::Tag(Box::new(tag), span.clone()));
        Ok(())
    }

    fn begin(&mut self, kind: Opened, span: &Range<usize>, tag: Tag) -> Result<Tag, SyntaxError> {
        if self.open.len() == MAX_OPEN {
            let message = format!("more than {MAX_OPEN} tags within each other");
            return Err(SyntaxError::new(message, span.clone()).help("move parts into macros"));
        }
        self.open.push(Open {
            kind,
            span: span.clone(),
        });
        Ok(tag)
    }

    fn end(
        &mut self,
        tokens: &mut Tokens,
        opened: &str,
        word: &str,
        span: &Range<usize>,
        place: Range<usize>,
    ) -> Result<(), SyntaxError> {
        let Some(open) = self.open.last() else {
            return Err(unexpected_end(word, place, None));
        };
        if open.kind.word() != opened {
            return Err(unexpected_end(word, place, Some(open)));
        }
        let end = open.kind.end();
        if let Opened::Block { name, .. } = &open.kind
            && let Some((last, place)) = tokens.take_any_name()
            && last != *name
        {
            let message = format!("this ends the block `{name}`, not `{last}`");
            return Err(SyntaxError::new(message, place));
        }
        self.open.pop();
        let tag = Box::new(Tag::End(end));
        self.nodes.push(Node::Tag(tag, span.clone()));
        Ok(())
    }

    fn branch(
        &mut self,
        tokens: &mut Tokens,
        word: &str,
        place: &Range<usize>,
    ) -> Result<Tag, SyntaxError> {
        let stray = |open: Option<&Open>| unexpected_end(word, place.clone(), open);
        let Some(open) = self.open.last_mut() else {
            return Err(stray(None));
        };
        let mut number_of_loop = None;
        let has_else = match &mut open.kind {
            Opened::If { branches, has_else } => {
                *branches += 1;
                if *branches > MAX_BRANCHES {
                    let message = format!("more than {MAX_BRANCHES} branches of one `if`");
                    return Err(SyntaxError::new(message, place.clone()).help("use a dict"));
                }
                has_else
            }
            Opened::For {
                number, has_else, ..
            } if word == "else" => {
                number_of_loop = Some(*number);
                has_else
            }
            _ => return Err(stray(self.open.last())),
        };
        if *has_else {
            let message = format!("`{word}` after `else`");
            return Err(SyntaxError::new(message, place.clone()).help("`else` comes last"));
        }
        if word == "elif" {
            return Ok(Tag::Elif(tokens.tuple_without_condition()?));
        }
        *has_else = true;
        match number_of_loop {
            Some(number) => {
                self.loops[number].has_else = true;
                Ok(Tag::ElseFor(number))
            }
            None => Ok(Tag::Else),
        }
    }

    fn block(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let (name, place) = tokens.name("the name of the block")?;
        if tokens.is("-") {
            let error = SyntaxError::new("the name of a block has no `-` in it", place);
            return Err(error.help("use an underscore"));
        }
        if self.blocks.contains(&name) {
            let error = SyntaxError::new(format!("a second block `{name}`"), place);
            return Err(error.help(format!("print it again with `{{{{ self.{name}() }}}}`")));
        }
        let within = self.open.iter().map(|open| &open.kind);
        match within
            .rev()
            .find(|kind| matches!(kind, Opened::Call | Opened::Macro))
        {
            Some(Opened::Call) => {
                let error = SyntaxError::new("a block within a `call`", span.clone());
                return Err(error.help("put the block around the `call`"));
            }
            Some(_) => {
                let error = SyntaxError::new("a block within a macro", span.clone());
                return Err(error.help("put the block around the call of the macro"));
            }
            None => {}
        }
        inheritance::check_block(&self.open, self.extends, span)?;
        self.blocks.push(name.clone());
        let scoped = tokens.take_name("scoped");
        let required = tokens.take_name("required");
        let opened = Opened::Block {
            name: name.clone(),
            scoped,
        };
        let tag = Tag::Block {
            name,
            required,
            scoped,
        };
        self.begin(opened, span, tag)
    }

    fn call(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        inheritance::check_printed(&self.open, self.extends, "call", span)?;
        let parameters = match tokens.is("(") {
            true => targets::parameters(tokens)?,
            false => Vec::new(),
        };
        let call = tokens.expression()?;
        if !matches!(call.kind, Kind::Call(..)) {
            let error = SyntaxError::new("`call` needs the call of a macro", call.span);
            return Err(error.help("write `{% call name(…) %}`"));
        }
        self.begin(Opened::Call, span, Tag::Call(parameters, call))
    }

    fn for_loop(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let target = targets::target(tokens, false)?;
        tokens.expect_name("in")?;
        let items = tokens.loop_items()?;
        let condition = match tokens.take_name("if") {
            true => Some(tokens.expression()?),
            false => None,
        };
        let number = self.loops.len();
        let recursive = tokens.take_name("recursive");
        self.loops.push(Loop {
            filtered: condition.is_some(),
            recursive,
            ..Loop::default()
        });
        let tag = Tag::For {
            number,
            target,
            items,
            condition,
        };
        let opened = Opened::For {
            number,
            has_else: false,
            recursive,
        };
        self.begin(opened, span, tag)
    }

    fn macro_(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let name = targets::assign(tokens)?;
        let parameters = targets::parameters(tokens)?;
        let tag = Tag::Macro(name, parameters);
        self.begin(Opened::Macro, span, tag)
    }

    fn set(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let target = targets::target(tokens, true)?;
        if tokens.take("=") {
            let value = tokens.tuple()?;
            return Ok(Tag::Set(target, value));
        }
        let filters = match tokens.take("|") {
            true => Some(tokens.filters()?),
            false => None,
        };
        self.begin(Opened::Set, span, Tag::SetBlock(target, filters))
    }

    fn with(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let mut values = Vec::new();
        while !tokens.is_empty() {
            if !values.is_empty() {
                tokens.expect(",")?;
            }
            let target = targets::target(tokens, false)?;
            tokens.expect("=")?;
            values.push((target, tokens.expression()?));
        }
        self.begin(Opened::With, span, Tag::With(values))
    }

    fn include(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        inheritance::check_printed(&self.open, self.extends, "include", span)?;
        let template = tokens.expression()?;
        let ignore_missing = tokens.take_name("ignore");
        if ignore_missing {
            tokens.expect_name("missing")?;
        }
        let with_context = tokens.context().unwrap_or(true);
        if !with_context {
            inheritance::check_module(&self.open, span)?;
        }
        Ok(Tag::Include {
            template,
            ignore_missing,
            with_context,
        })
    }
}

fn from(tokens: &mut Tokens) -> Result<Tag, SyntaxError> {
    let template = tokens.expression()?;
    tokens.expect_name("import")?;
    let mut names = Vec::new();
    let mut with_context = None;
    loop {
        with_context = with_context.or(tokens.context());
        if with_context.is_some() {
            break;
        }
        let (name, place) = tokens.name("a name to import")?;
        if name.starts_with('_') {
            let message = format!("`{name}` begins with `_`, so it is private");
            return Err(SyntaxError::new(message, place));
        }
        let alias = match tokens.take_name("as") {
            true => Some(targets::assign(tokens)?),
            false => None,
        };
        if alias.is_none() {
            targets::check_assigned(&name, &place)?;
        }
        names.push((name, alias));
        with_context = tokens.context();
        if with_context.is_some() || !tokens.take(",") {
            break;
        }
    }
    Ok(Tag::From {
        template,
        names,
        with_context: with_context.unwrap_or(false),
    })
}

fn import(tokens: &mut Tokens) -> Result<Tag, SyntaxError> {
    let template = tokens.expression()?;
    tokens.expect_name("as")?;
    let name = targets::assign(tokens)?;
    Ok(Tag::Import {
        template,
        name,
        with_context: tokens.context().unwrap_or(false),
    })
}
