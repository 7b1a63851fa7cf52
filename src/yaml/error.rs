use std::io;
use std::string::FromUtf8Error;
use std::sync::Arc;

use super::characters;
use crate::diagnostic::{Diagnose, Label, Source};
use crate::text;

/// Why a document cannot be read.
///
/// The message says what is wrong; every error in a text, and not in its file, also has a place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum YamlError {
    /// `<<` with something else than maps.
    #[error("`<<` merges a map or a list of maps, but this is {kind}")]
    BadMerge {
        /// What stands there instead, with its article.
        kind: &'static str,
        /// Where.
        label: Label,
    },
    /// A scalar that cannot be what its text or its tag says.
    #[error("`{text}` {problem}")]
    BadScalar {
        /// The text, shortened.
        text: String,
        /// What is wrong, as words that follow the text.
        problem: String,
        /// Where.
        label: Label,
    },
    /// A character no document may hold.
    #[error("the character U+{:04X} is not allowed here", u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// Where.
        label: Label,
    },
    /// An anchor name given to two nodes.
    #[error("the anchor `&{name}` is defined twice")]
    DuplicateAnchor {
        /// Its name.
        name: String,
        /// The line of the first definition.
        first_line: usize,
        /// The second definition.
        label: Label,
    },
    /// A key that a map has twice.
    #[error("the key `{key}` is repeated")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line that has it first.
        first_line: usize,
        /// The second place.
        label: Label,
    },
    /// The file is too large.
    #[error(
        "it has {} bytes, and {} are allowed",
        text::thousands(usize::try_from(*bytes).unwrap_or(usize::MAX)),
        text::thousands(usize::try_from(*max_bytes).unwrap_or(usize::MAX))
    )]
    FileTooLarge {
        /// How large it is.
        bytes: u64,
        /// How large it may be.
        max_bytes: u64,
    },
    /// A key that is not text.
    #[error("the key `{text}` is {kind}, but keys are text")]
    KeyNotText {
        /// How it is written, shortened.
        text: String,
        /// What it is, with its article.
        kind: &'static str,
        /// Where.
        label: Label,
    },
    /// `<<` as a key, where the schema has no merge keys.
    #[error("`<<` is no merge key in YAML 1.2")]
    MergeInCore {
        /// Where.
        label: Label,
    },
    /// The file is not UTF-8.
    #[error("it is not UTF-8: byte {offset}, in line {line}, is 0x{byte:02x}")]
    NotUtf8 {
        /// The first byte that is wrong.
        byte: u8,
        /// Its place in the file, from zero.
        offset: usize,
        /// Its line, from one.
        line: usize,
        /// Whether the file begins as UTF-16 does.
        utf16: bool,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// An alias inside the node it names.
    #[error("the alias `*{name}` stands inside the value it repeats")]
    RecursiveAlias {
        /// Its name.
        name: String,
        /// Where.
        label: Label,
    },
    /// A second document in one file.
    #[error("a second document starts here, but a file holds one")]
    SecondDocument {
        /// Where.
        label: Label,
    },
    /// The text is not YAML.
    #[error("{message}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
        /// Where.
        label: Label,
    },
    /// More levels or values than are allowed.
    #[error("the document {problem}")]
    TooLarge {
        /// What there is too much of, as words that follow "the document".
        problem: String,
        /// What to do instead, as the limit is fixed.
        help: &'static str,
        /// Where the limit was reached.
        label: Label,
    },
    /// An alias without an anchor.
    #[error("the alias `*{name}` names no anchor above it")]
    UndefinedAlias {
        /// Its name.
        name: String,
        /// Where.
        label: Label,
    },
    /// A template without quotes.
    #[error("a template must be in quotes, because `{{{{` starts a map")]
    UnquotedTemplate {
        /// The value that it is in.
        value: String,
        /// Where.
        label: Label,
    },
    /// A tag without a meaning here.
    #[error("the tag `{tag}` is unknown")]
    UnknownTag {
        /// The tag as written.
        tag: String,
        /// Where.
        label: Label,
    },
    /// A tag that does not fit what follows it.
    #[error("the tag `{tag}` does not fit {kind}")]
    WrongTag {
        /// The tag as written.
        tag: String,
        /// What follows it, with its article.
        kind: &'static str,
        /// Where.
        label: Label,
    },
}

impl YamlError {
    pub(super) fn not_utf8(error: &FromUtf8Error) -> Self {
        let (bytes, offset) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let breaks = bytes[..offset].iter().filter(|byte| **byte == b'\n');
        Self::NotUtf8 {
            byte: bytes.get(offset).copied().unwrap_or_default(),
            offset,
            line: 1 + breaks.count(),
            utf16: bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]),
        }
    }
}

impl Diagnose for YamlError {
    fn label(&self) -> Option<Label> {
        match self {
            Self::FileTooLarge { .. } | Self::NotUtf8 { .. } | Self::Read(_) => None,
            Self::BadMerge { label, .. }
            | Self::BadScalar { label, .. }
            | Self::Character { label, .. }
            | Self::DuplicateAnchor { label, .. }
            | Self::DuplicateKey { label, .. }
            | Self::KeyNotText { label, .. }
            | Self::MergeInCore { label }
            | Self::RecursiveAlias { label, .. }
            | Self::SecondDocument { label }
            | Self::Syntax { label, .. }
            | Self::TooLarge { label, .. }
            | Self::UndefinedAlias { label, .. }
            | Self::UnquotedTemplate { label, .. }
            | Self::UnknownTag { label, .. }
            | Self::WrongTag { label, .. } => Some(label.clone()),
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::DuplicateAnchor { first_line, .. } | Self::DuplicateKey { first_line, .. } => {
                vec![format!("first in line {first_line}")]
            }
            Self::BadMerge { .. }
            | Self::BadScalar { .. }
            | Self::Character { .. }
            | Self::FileTooLarge { .. }
            | Self::KeyNotText { .. }
            | Self::MergeInCore { .. }
            | Self::NotUtf8 { .. }
            | Self::Read(_)
            | Self::RecursiveAlias { .. }
            | Self::SecondDocument { .. }
            | Self::Syntax { .. }
            | Self::TooLarge { .. }
            | Self::UndefinedAlias { .. }
            | Self::UnquotedTemplate { .. }
            | Self::UnknownTag { .. }
            | Self::WrongTag { .. } => Vec::new(),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::BadScalar { text, .. } => Some(format!("to keep the text, {}", quote_it(text))),
            Self::Character { character, .. } => Some(format!(
                "remove it, or write it as `{}` in double quotes",
                characters::escape(*character)
            )),
            Self::DuplicateAnchor { .. } => Some("give the second anchor another name".into()),
            Self::DuplicateKey { .. } => Some("remove one of the two".into()),
            Self::FileTooLarge { .. } => Some(
                "this limit is fixed; a parse hook or a spec in Rhai can compute values that need \
                 not be written down"
                    .into(),
            ),
            Self::MergeInCore { .. } => Some(
                "write its keys out, quote it if a key of that name is meant, or read the spec by \
                 `yaml: pyyaml`"
                    .into(),
            ),
            Self::NotUtf8 { utf16: true, .. } => {
                Some("it looks like UTF-16; save it as UTF-8".into())
            }
            Self::NotUtf8 { .. } => Some("save it as UTF-8".into()),
            Self::TooLarge { help, .. } => Some((*help).into()),
            Self::KeyNotText { text, .. } => Some(quote_it(text)),
            Self::SecondDocument { .. } => Some("put it into a file of its own".into()),
            Self::Syntax { help, .. } => help.clone(),
            Self::UndefinedAlias { name, .. } => Some(format!(
                "if no alias is meant, {}",
                quote_it(&format!("*{name}"))
            )),
            Self::UnquotedTemplate { value, .. } => Some(quote_it(value)),
            Self::UnknownTag { .. } => {
                Some("remove it, or quote the value if the `!` belongs to it".into())
            }
            Self::BadMerge { .. }
            | Self::Read(_)
            | Self::RecursiveAlias { .. }
            | Self::WrongTag { .. } => None,
        }
    }
}

/// The advice to quote `text`, in the quotes that need no escape.
pub(super) fn quote_it(text: &str) -> String {
    match shorten(text) == text && !text.ends_with('…') {
        true => format!("quote it: {}", quote(text)),
        false => "put it in quotes".into(),
    }
}

fn quote(text: &str) -> String {
    match (text.contains(['"', '\\']), text.contains('\'')) {
        (false, _) => format!("\"{text}\""),
        (true, false) => format!("'{text}'"),
        (true, true) => format!("'{}'", text.replace('\'', "''")),
    }
}

/// The first line of `text`, short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    match line.char_indices().nth(MAX_CHARS) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.into(),
    }
}

/// The line of a byte, counted from one.
pub(super) fn line(source: &Arc<Source>, offset: usize) -> usize {
    1 + source.text[..offset].matches('\n').count()
}
