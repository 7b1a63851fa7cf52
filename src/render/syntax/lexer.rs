//! From text to data and tags, with Jinja2's white space rules applied.

use std::ops::Range;

use super::token::{OPERATORS, Token, TokenKind};
use super::{SyntaxError, Whitespace, literal};
use crate::text::thousands;

/// Tokens of one tag.
const MAX_TOKENS: usize = 100_000;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Data(Range<usize>),
    Tag {
        kind: TagKind,
        tokens: Vec<Token>,
        span: Range<usize>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{% … %}`
    Block,
    /// `{{ … }}`
    Output,
}

/// Python's `str.isspace`, which is what `\s` matches.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Splits a template, whose only line end is `\n`. Also gives the comments that begin with a dollar
/// sign, which were meant for the shell: `${#files[@]}`.
pub(super) fn split(
    text: &str,
    whitespace: Whitespace,
) -> Result<(Vec<Piece>, Vec<Range<usize>>), SyntaxError> {
    let text = match text.strip_suffix('\n') {
        Some(shorter) if !whitespace.keep_trailing_newline => shorter,
        _ => text,
    };
    let mut lexer = Lexer {
        text,
        whitespace,
        at: 0,
        starts_line: true,
        pieces: Vec::new(),
        shell_lengths: Vec::new(),
    };
    while lexer.next()? {}
    Ok((lexer.pieces, lexer.shell_lengths))
}

struct Lexer<'a> {
    text: &'a str,
    whitespace: Whitespace,
    at: usize,
    /// Whether what comes next stands at the start of a line.
    starts_line: bool,
    pieces: Vec<Piece>,
    shell_lengths: Vec<Range<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    Block,
    Comment,
    Output,
    Raw,
}

impl Lexer<'_> {
    /// Takes the data up to the next tag, and that tag. False at the end.
    fn next(&mut self) -> Result<bool, SyntaxError> {
        let Some((begin, kind)) = self.find_tag() else {
            self.data(self.at..self.text.len());
            return Ok(false);
        };
        let sign = self.text[begin + 2..].bytes().next();
        let sign = sign.filter(|sign| matches!(sign, b'-' | b'+'));
        let data = self.strip_end(self.at..begin, kind, sign);
        self.data(data);
        self.at = begin + 2 + usize::from(sign.is_some());
        match kind {
            Begin::Block => self.tag(TagKind::Block, begin)?,
            Begin::Comment => self.comment(begin)?,
            Begin::Output => self.tag(TagKind::Output, begin)?,
            Begin::Raw => self.raw(begin)?,
        }
        Ok(true)
    }

    fn find_tag(&self) -> Option<(usize, Begin)> {
        let mut from = self.at;
        loop {
            let brace = from + self.text[from..].find('{')?;
            let kind = match self.text.as_bytes().get(brace + 1) {
                Some(b'%') if self.raw_end(brace).is_some() => Begin::Raw,
                Some(b'%') => Begin::Block,
                Some(b'{') => Begin::Output,
                Some(b'#') => Begin::Comment,
                _ => {
                    from = brace + 1;
                    continue;
                }
            };
            return Some((brace, kind));
        }
    }

    /// Where a `{% raw %}` that begins here ends, with the white space that `-%}` takes.
    fn raw_end(&self, begin: usize) -> Option<usize> {
        let inner = &self.text[begin + 2..];
        let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
        let inner = inner.trim_start_matches(is_space).strip_prefix("raw")?;
        let inner = inner.trim_start_matches(is_space);
        let rest = match inner.strip_prefix("-%}") {
            Some(rest) => rest.trim_start_matches(is_space),
            None => inner.strip_prefix("%}")?,
        };
        Some(self.text.len() - rest.len())
    }

    /// `data` without what a tag after it takes away.
    fn strip_end(&self, data: Range<usize>, kind: Begin, sign: Option<u8>) -> Range<usize> {
        let text = &self.text[data.clone()];
        if sign == Some(b'-') {
            let kept = text.trim_end_matches(is_space).len();
            return data.start..data.start + kept;
        }
        if sign.is_none() && self.whitespace.lstrip_blocks && kind != Begin::Output {
            let line = text.rfind('\n').map_or(0, |at| at + 1);
            let starts_line = line > 0 || self.starts_line;
            if starts_line && text[line..].chars().all(is_space) {
                return data.start..data.start + line;
            }
        }
        data
    }

    fn data(&mut self, data: Range<usize>) {
        if !data.is_empty() {
            self.pieces.push(Piece::Data(data));
        }
    }

    /// Goes on behind what ends at `end`, and what that takes away.
    fn resume(&mut self, end: usize, sign: Option<u8>, trims: bool) {
        let rest = &self.text[end..];
        let taken = match sign {
            Some(b'-') => rest.len() - rest.trim_start_matches(is_space).len(),
            None if trims && self.whitespace.trim_blocks => usize::from(rest.starts_with('\n')),
            _ => 0,
        };
        self.at = end + taken;
        self.starts_line = self.text[..self.at].ends_with('\n');
    }

    fn comment(&mut self, begin: usize) -> Result<(), SyntaxError> {
        let Some(end) = self.text[self.at..].find("#}") else {
            return Err(self.endless_comment(begin));
        };
        let end = self.at + end;
        if self.text[..begin].ends_with('$') {
            self.shell_lengths.push(begin - 1..end + 2);
        }
        let sign = self.text[self.at..end].bytes().last();
        let sign = sign.filter(|sign| matches!(sign, b'-' | b'+'));
        self.resume(end + 2, sign, true);
        Ok(())
    }

    fn endless_comment(&self, begin: usize) -> SyntaxError {
        let error = SyntaxError::new("this comment does not end", begin..begin + 2);
        if self.text[..begin].ends_with('$') {
            return error.help(
                "`{#` begins a comment of Jinja: write `${{ '{#' }}` for `${#`, or put the lines \
                 between `{% raw %}` and `{% endraw %}`",
            );
        }
        error.help("end it with `#}`")
    }

    fn raw(&mut self, begin: usize) -> Result<(), SyntaxError> {
        let start = self.raw_end(begin).expect("a raw block begins here");
        let mut from = start;
        let (data_end, sign, end) = loop {
            let Some(brace) = self.text[from..].find("{%") else {
                let error = SyntaxError::new("this raw block does not end", begin..start);
                return Err(error.help("end it with `{% endraw %}`"));
            };
            let brace = from + brace;
            if let Some((sign, end)) = self.endraw(brace) {
                break (brace, sign, end);
            }
            from = brace + 2;
        };
        self.starts_line = self.text[..start].ends_with('\n');
        let data = self.strip_end(start..data_end, Begin::Raw, sign);
        self.data(data);
        let (end, sign) = end;
        self.resume(end, sign, true);
        Ok(())
    }

    /// The signs and the end of an `{% endraw %}` that begins at `brace`.
    #[expect(clippy::type_complexity, reason = "the two ends of one tag")]
    fn endraw(&self, brace: usize) -> Option<(Option<u8>, (usize, Option<u8>))> {
        let inner = &self.text[brace + 2..];
        let sign = inner
            .bytes()
            .next()
            .filter(|sign| matches!(sign, b'-' | b'+'));
        let inner = &inner[usize::from(sign.is_some())..];
        let inner = inner.trim_start_matches(is_space).strip_prefix("endraw")?;
        let inner = inner.trim_start_matches(is_space);
        let last = inner
            .bytes()
            .next()
            .filter(|sign| matches!(sign, b'-' | b'+'));
        let rest = inner[usize::from(last.is_some())..].strip_prefix("%}")?;
        Some((sign, (self.text.len() - rest.len(), last)))
    }

    /// Takes the tokens of a tag, and its end.
    fn tag(&mut self, kind: TagKind, begin: usize) -> Result<(), SyntaxError> {
        let mut tokens = Vec::new();
        let mut open = Vec::new();
        loop {
            let rest = self.text[self.at..].trim_start_matches(is_space);
            self.at = self.text.len() - rest.len();
            if open.is_empty()
                && let Some((end, sign)) = self.tag_end(kind)
            {
                self.resume(end, sign, kind == TagKind::Block);
                let span = begin..end;
                self.pieces.push(Piece::Tag { kind, tokens, span });
                return Ok(());
            }
            if rest.is_empty() {
                return Err(self.endless_tag(kind, begin, open.last()));
            }
            let token = self.token(tokens.last())?;
            balance(&token, &mut open)?;
            tokens.push(token);
            if tokens.len() > MAX_TOKENS {
                let message = format!(
                    "a tag of more than {} words and signs",
                    thousands(MAX_TOKENS)
                );
                return Err(SyntaxError::new(message, begin..begin + 2)
                    .help("set parts of it as variables first"));
            }
        }
    }

    fn tag_end(&self, kind: TagKind) -> Option<(usize, Option<u8>)> {
        let rest = &self.text[self.at..];
        let sign = rest.bytes().next().filter(|sign| match kind {
            TagKind::Block => matches!(sign, b'-' | b'+'),
            TagKind::Output => *sign == b'-',
        });
        let end = match kind {
            TagKind::Block => "%}",
            TagKind::Output => "}}",
        };
        let signs = usize::from(sign.is_some());
        let found = rest[signs..].starts_with(end);
        found.then_some((self.at + signs + end.len(), sign))
    }

    fn endless_tag(
        &self,
        kind: TagKind,
        begin: usize,
        open: Option<&(&'static str, Range<usize>)>,
    ) -> SyntaxError {
        if let Some((closing, span)) = open {
            let opening = &self.text[span.clone()];
            return SyntaxError::new(format!("this `{opening}` is not closed"), span.clone())
                .help(format!("close it with `{closing}`"));
        }
        let end = match kind {
            TagKind::Block => "%}",
            TagKind::Output => "}}",
        };
        SyntaxError::new("this tag does not end", begin..begin + 2)
            .help(format!("end it with `{end}`"))
    }

    fn token(&mut self, last: Option<&Token>) -> Result<Token, SyntaxError> {
        let start = self.at;
        let rest = &self.text[start..];
        let first = rest.chars().next().expect("there is more");
        let after_dot = last.is_some_and(|last| last.kind.is(".") && last.span.end == start);
        let (length, kind) = if let Some((length, is_float)) = literal::number(rest, after_dot) {
            let span = start..start + length;
            let kind = if is_float {
                TokenKind::Float(literal::float_value(&rest[..length]))
            } else {
                TokenKind::Int(literal::integer_value(&rest[..length], &span)?)
            };
            (length, kind)
        } else if first.is_alphanumeric() || first == '_' {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            (length, TokenKind::Name(rest[..length].into()))
        } else if matches!(first, '\'' | '"') {
            let Some(length) = literal::string(rest) else {
                let error = SyntaxError::new("this string does not end", start..start + 1);
                return Err(error.help(format!("end it with `{first}`")));
            };
            let value = literal::string_value(&rest[1..length - 1], start + 1)?;
            (length, TokenKind::Text(value))
        } else if let Some(operator) = OPERATORS.iter().find(|known| rest.starts_with(**known)) {
            (operator.len(), TokenKind::Operator(operator))
        } else {
            let span = start..start + first.len_utf8();
            let error = SyntaxError::new(format!("`{first}` means nothing in a tag"), span);
            return Err(match first {
                '!' => error.help("write `not`, or `!=`"),
                '&' => error.help("write `and`"),
                _ => error.help("text belongs outside of tags, or in quotes"),
            });
        };
        self.at = start + length;
        Ok(Token {
            kind,
            span: start..self.at,
        })
    }
}

/// Follows brackets: within them a `}}` does not end a tag.
fn balance(token: &Token, open: &mut Vec<(&'static str, Range<usize>)>) -> Result<(), SyntaxError> {
    let TokenKind::Operator(operator) = token.kind else {
        return Ok(());
    };
    match operator {
        "(" => open.push((")", token.span.clone())),
        "[" => open.push(("]", token.span.clone())),
        "{" => open.push(("}", token.span.clone())),
        ")" | "]" | "}" => match open.pop() {
            Some((expected, _)) if expected == operator => {}
            Some((expected, _)) => {
                let message = format!("unexpected `{operator}`, expected `{expected}`");
                return Err(SyntaxError::new(message, token.span.clone()));
            }
            None => {
                let message = format!("unexpected `{operator}`: nothing is open");
                return Err(SyntaxError::new(message, token.span.clone()));
            }
        },
        _ => {}
    }
    Ok(())
}
