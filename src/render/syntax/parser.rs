//! From tags to statements.

use std::ops::Range;

use super::expression::Kind;
use super::lexer::{Piece, TagKind};
use super::loops::Loop;
use super::scope::{Open, Opened, left_open, unexpected_end, unknown};
use super::statement::{Node, Parameter, Tag, Target, Template};
use super::token::Token;
use super::tokens::Tokens;
use super::{Known, SyntaxError};

/// Tags within each other.
const MAX_OPEN: usize = 100;

/// Branches of one `if`, each of which minijinja reads within the one before.
const MAX_BRANCHES: usize = 1_000;
const IF: Opened = Opened::If {
    branches: 1,
    has_else: false,
};

/// Names that cannot be assigned, in Jinja2 or in minijinja.
const RESERVED: [&str; 8] = [
    "true", "True", "false", "False", "none", "None", "loop", "self",
];

pub(super) fn parse(pieces: Vec<Piece>, known: &dyn Known) -> Result<Template, SyntaxError> {
    let mut parser = Parser {
        known,
        open: Vec::new(),
        blocks: Vec::new(),
        assigned: Vec::new(),
        loops: Vec::new(),
        loop_names: Vec::new(),
        nodes: Vec::with_capacity(pieces.len()),
    };
    for piece in pieces {
        match piece {
            Piece::Data(span) => parser.nodes.push(Node::Data(span)),
            Piece::Tag { kind, tokens, span } => parser.tag(kind, tokens, span)?,
        }
    }
    match parser.open.last() {
        Some(open) => Err(left_open(open)),
        None => Ok(Template {
            loop_names: parser.loop_names(),
            nodes: parser.nodes,
            assigned: parser.assigned,
            loops: parser.loops,
        }),
    }
}

struct Parser<'a> {
    known: &'a dyn Known,
    open: Vec<Open>,
    blocks: Vec<String>,
    assigned: Vec<String>,
    loops: Vec<Loop>,
    /// Names that are assigned, and whether that is `loop`.
    loop_names: Vec<(String, bool)>,
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

    /// The innermost `for` of this template that is open, if no block hides it.
    fn visible_loop(&self) -> Option<usize> {
        let innermost = self.open.iter().rev();
        let mut visible =
            innermost.take_while(|open| !matches!(open.kind, Opened::Block { hides: true, .. }));
        visible.find_map(|open| match open.kind {
            Opened::For {
                number,
                has_else: false,
            } => Some(number),
            _ => None,
        })
    }

    /// The names that are set to `loop` and to nothing else.
    fn loop_names(&self) -> Vec<String> {
        let is_always = |name: &str| {
            let mut all = self.loop_names.iter();
            all.all(|(known, is_loop)| known != name || *is_loop)
        };
        let names = self.loop_names.iter().filter(|(_, is_loop)| *is_loop);
        let names = names.filter(|(name, _)| is_always(name));
        names.map(|(name, _)| name.clone()).collect()
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
            "extends" => Tag::Extends(tokens.expression()?),
            "filter" => {
                let filters = tokens.filters()?;
                self.begin(Opened::Filter, span, Tag::Filter(filters))?
            }
            "for" => self.for_loop(tokens, span)?,
            "from" => self.from(tokens)?,
            "if" => {
                let test = tokens.tuple_without_condition()?;
                self.begin(IF, span, Tag::If(test))?
            }
            "import" => self.import(tokens)?,
            "include" => include(tokens)?,
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
        self.begin_with(kind, Vec::new(), span, tag)
    }

    fn begin_with(
        &mut self,
        kind: Opened,
        locals: Vec<String>,
        span: &Range<usize>,
        tag: Tag,
    ) -> Result<Tag, SyntaxError> {
        if self.open.len() == MAX_OPEN {
            let message = format!("more than {MAX_OPEN} tags within each other");
            return Err(SyntaxError::new(message, span.clone()).help("move parts into macros"));
        }
        self.open.push(Open {
            kind,
            locals,
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
        if let (Opened::Block { name, .. }, Some((last, place))) =
            (&open.kind, tokens.take_any_name())
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
            Opened::For { number, has_else } if word == "else" => {
                // What follows is no longer in the loop.
                open.locals.clear();
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
        if self.open.iter().any(|open| open.kind == Opened::Macro) {
            let error = SyntaxError::new("a block within a macro", span.clone());
            return Err(error.help("put the block around the call of the macro"));
        }
        self.blocks.push(name.clone());
        let scoped = tokens.take_name("scoped");
        let required = tokens.take_name("required");
        let mut hidden: Vec<String> = Vec::new();
        if !scoped {
            let locals = self.open.iter().flat_map(|open| &open.locals);
            hidden.extend(locals.cloned());
            hidden.sort();
            hidden.dedup();
        }
        let opened = Opened::Block {
            name: name.clone(),
            hides: !hidden.is_empty(),
        };
        let tag = Tag::Block {
            name,
            required,
            hidden,
        };
        self.begin(opened, span, tag)
    }

    fn call(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let parameters = match tokens.is("(") {
            true => self.parameters(tokens)?,
            false => Vec::new(),
        };
        let call = tokens.expression()?;
        if !matches!(call.kind, Kind::Call(..)) {
            let error = SyntaxError::new("`call` needs the call of a macro", call.span);
            return Err(error.help("write `{% call name(…) %}`"));
        }
        let locals = names(&parameters);
        self.begin_with(Opened::Call, locals, span, Tag::Call(parameters, call))
    }

    fn for_loop(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let target = self.target(tokens, false)?;
        tokens.expect_name("in")?;
        let items = tokens.loop_items()?;
        let condition = match tokens.take_name("if") {
            true => Some(tokens.expression()?),
            false => None,
        };
        let number = self.loops.len();
        self.loops.push(Loop {
            filtered: condition.is_some(),
            recursive: tokens.take_name("recursive"),
            ..Loop::default()
        });
        let mut locals = vec!["loop".to_owned()];
        target.names(&mut |name| locals.push(name.into()));
        let tag = Tag::For {
            number,
            target,
            items,
            condition,
        };
        let opened = Opened::For {
            number,
            has_else: false,
        };
        self.begin_with(opened, locals, span, tag)
    }

    fn from(&mut self, tokens: &mut Tokens) -> Result<Tag, SyntaxError> {
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
                true => Some(self.assign(tokens)?),
                false => None,
            };
            if alias.is_none() {
                self.check_assigned(&name, &place)?;
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

    fn import(&mut self, tokens: &mut Tokens) -> Result<Tag, SyntaxError> {
        let template = tokens.expression()?;
        tokens.expect_name("as")?;
        let name = self.assign(tokens)?;
        Ok(Tag::Import {
            template,
            name,
            with_context: tokens.context().unwrap_or(false),
        })
    }

    fn macro_(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let name = self.assign(tokens)?;
        let parameters = self.parameters(tokens)?;
        let locals = names(&parameters);
        let tag = Tag::Macro(name, parameters);
        self.begin_with(Opened::Macro, locals, span, tag)
    }

    fn parameters(&mut self, tokens: &mut Tokens) -> Result<Vec<Parameter>, SyntaxError> {
        tokens.expect("(")?;
        let mut parameters: Vec<Parameter> = Vec::new();
        while !tokens.is(")") {
            if !parameters.is_empty() {
                tokens.expect(",")?;
                if tokens.is(")") {
                    break;
                }
            }
            let (name, span) = tokens.name("the name of a parameter")?;
            self.check_assigned(&name, &span)?;
            let start = tokens.taken();
            let default = match tokens.take("=") {
                true => Some(tokens.expression()?),
                false if parameters.iter().any(|known| known.default.is_some()) => {
                    let message = format!("`{name}` needs a default too, as those before it");
                    return Err(SyntaxError::new(message, span));
                }
                false => None,
            };
            if tokens.has_variable(&name, start) {
                let message = format!("the default of `{name}` names `{name}` itself");
                return Err(SyntaxError::new(message, span));
            }
            let names_others = parameters
                .iter()
                .any(|known| tokens.has_variable(&known.name, start));
            parameters.push(Parameter {
                name,
                default,
                names_others,
            });
        }
        tokens.expect(")")?;
        Ok(parameters)
    }

    fn set(&mut self, tokens: &mut Tokens, span: &Range<usize>) -> Result<Tag, SyntaxError> {
        let target = self.target(tokens, true)?;
        if tokens.take("=") {
            let value = tokens.tuple()?;
            if let (Target::Name(_), Kind::Loop(_), Some((_, is_loop))) =
                (&target, &value.kind, self.loop_names.last_mut())
            {
                *is_loop = true;
            }
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
        let mut locals = Vec::new();
        while !tokens.is_empty() {
            if !values.is_empty() {
                tokens.expect(",")?;
            }
            let target = self.target(tokens, false)?;
            target.names(&mut |name| locals.push(name.into()));
            tokens.expect("=")?;
            values.push((target, tokens.expression()?));
        }
        self.begin_with(Opened::With, locals, span, Tag::With(values))
    }

    /// What is assigned to: names, tuples of them, and attributes of namespaces.
    fn target(&mut self, tokens: &mut Tokens, attributes: bool) -> Result<Target, SyntaxError> {
        let mut targets = Vec::new();
        let mut is_tuple = false;
        loop {
            if !targets.is_empty() && (tokens.is("=") || tokens.is_name("in") || tokens.is(")")) {
                break;
            }
            targets.push(if tokens.take("(") {
                let inner = self.target(tokens, attributes)?;
                tokens.expect(")")?;
                inner
            } else {
                self.single_target(tokens, attributes)?
            });
            if !tokens.take(",") {
                break;
            }
            is_tuple = true;
        }
        match targets.len() {
            1 if !is_tuple => Ok(targets.remove(0)),
            _ => Ok(Target::Tuple(targets)),
        }
    }

    fn single_target(
        &mut self,
        tokens: &mut Tokens,
        attributes: bool,
    ) -> Result<Target, SyntaxError> {
        let (name, span) = tokens.name("a name to assign to")?;
        if attributes && tokens.take(".") {
            let (attribute, _) = tokens.name("the name of an attribute")?;
            return Ok(Target::Attribute(name, attribute));
        }
        self.check_assigned(&name, &span)?;
        Ok(Target::Name(name))
    }

    fn assign(&mut self, tokens: &mut Tokens) -> Result<String, SyntaxError> {
        let (name, span) = tokens.name("a name")?;
        self.check_assigned(&name, &span)?;
        Ok(name)
    }

    fn check_assigned(&mut self, name: &str, span: &Range<usize>) -> Result<(), SyntaxError> {
        if RESERVED.contains(&name) {
            let message = format!("`{name}` cannot be assigned to");
            return Err(SyntaxError::new(message, span.clone()).help("take another name"));
        }
        self.loop_names.push((name.to_owned(), false));
        if !self.assigned.iter().any(|known| known == name) {
            self.assigned.push(name.to_owned());
        }
        Ok(())
    }
}

fn names(parameters: &[Parameter]) -> Vec<String> {
    let names = parameters.iter().map(|parameter| parameter.name.clone());
    names.collect()
}

fn include(tokens: &mut Tokens) -> Result<Tag, SyntaxError> {
    let template = tokens.expression()?;
    let ignore_missing = tokens.take_name("ignore");
    if ignore_missing {
        tokens.expect_name("missing")?;
    }
    Ok(Tag::Include {
        template,
        ignore_missing,
        with_context: tokens.context().unwrap_or(true),
    })
}
