//! Templates for minijinja.

mod expressions;
mod imports;
mod loops;
mod macros;
mod names;
mod tags;

use std::ops::Range;

use super::expression::Expression;
use super::loops::Loop;
use super::places::Places;
use super::statement::{Node, Template};
use super::{Known, Surroundings};

use self::names::Names;
pub(in crate::render) use self::names::{HIDDEN, LOOP, NOTHING, outer_name, source_name};

/// Control characters: text hardly has them, and where it does they are printed as strings.
pub(super) const BLOCK: (&str, &str) = ("\u{11}", "\u{12}");
pub(super) const OUTPUT: (&str, &str) = ("\u{13}", "\u{14}");
pub(super) const COMMENT: (&str, &str) = ("\u{15}", "\u{16}");
const DELIMITERS: [char; 6] = ['\u{11}', '\u{12}', '\u{13}', '\u{14}', '\u{15}', '\u{16}'];

/// What an import has before its names get it.
const IMPORTED: &str = "_from·";

pub(super) fn write(
    text: &str,
    template: &Template,
    known: &dyn Known,
    surroundings: &Surroundings,
) -> (String, Places) {
    let mut writer = Writer {
        text: String::with_capacity(text.len() + text.len() / 4),
        places: Places::default(),
        known,
        names: Names::new(&template.scopes, known, surroundings),
        assigning: Vec::new(),
        loops: &template.loops,
        open_loops: Vec::new(),
    };
    writer.hide();
    writer.begin_names();
    for node in &template.nodes {
        match node {
            Node::Data(span) => writer.data(&text[span.clone()]),
            Node::Output(values) => values.iter().for_each(|value| writer.output(value)),
            Node::Tag(tag, span) => writer.place(span, |writer| writer.tag(tag)),
        }
    }
    (writer.text, writer.places)
}

struct Writer<'a> {
    text: String,
    places: Places,
    known: &'a dyn Known,
    names: Names<'a>,
    /// What the open `set` and `macro` tags assign.
    assigning: Vec<Vec<&'a str>>,
    loops: &'a [Loop],
    /// The numbers of the loops that are open.
    open_loops: Vec<usize>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn place(&mut self, source: &Range<usize>, write: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        write(self);
        self.places.add(start..self.text.len(), source.clone());
    }

    fn data(&mut self, data: &str) {
        let mut rest = data;
        while let Some(at) = rest.find(DELIMITERS) {
            self.push(&rest[..at]);
            // A control character takes one byte.
            self.push(OUTPUT.0);
            self.string(&rest[at..=at]);
            self.push(OUTPUT.1);
            rest = &rest[at + 1..];
        }
        self.push(rest);
    }

    fn output(&mut self, value: &Expression) {
        // A space keeps minijinja from taking a sign for white space control.
        self.push(OUTPUT.0);
        self.push(" ");
        self.value(value);
        self.push(" ");
        self.push(OUTPUT.1);
    }

    fn output_text(&mut self, value: &str) {
        self.push(OUTPUT.0);
        self.push(" ");
        self.push(value);
        self.push(" ");
        self.push(OUTPUT.1);
    }

    fn block(&mut self, write: impl FnOnce(&mut Self)) {
        self.push(BLOCK.0);
        self.push(" ");
        write(self);
        self.push(" ");
        self.push(BLOCK.1);
    }

    fn word(&mut self, word: &str) {
        self.block(|writer| writer.push(word));
    }
}
