use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

/// Standard output for bytes of strangers. A file or a pipe gets them as they are; a terminal gets
/// text and colours, but no commands that clear it, rename it or make it answer.
pub(super) struct StrangersOutput {
    stdout: io::StdoutLock<'static>,
    filter: Option<Filter>,
    /// Whether the last line is whole.
    line_ended: bool,
}

impl StrangersOutput {
    pub(super) fn new(choice: ColorChoice) -> Self {
        let stdout = io::stdout().lock();
        let choice = match choice {
            ColorChoice::Auto => AutoStream::choice(&stdout),
            choice => choice,
        };
        let is_terminal = stdout.is_terminal();
        Self {
            filter: is_terminal.then(|| Filter::new(choice != ColorChoice::Never)),
            stdout,
            line_ended: true,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(last) = bytes.last() {
            self.line_ended = *last == b'\n';
        }
        match &mut self.filter {
            Some(filter) => self.stdout.write_all(&filter.pass(bytes)),
            None => self.stdout.write_all(bytes),
        }
    }

    /// Writes a line of our own, on a line of its own.
    pub(super) fn write_line(&mut self, line: &str) -> io::Result<()> {
        if let Some(filter) = &mut self.filter {
            self.stdout.write_all(filter.end())?;
        }
        if !self.line_ended {
            self.stdout.write_all(b"\n")?;
        }
        self.line_ended = true;
        writeln!(self.stdout, "{line}")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        if let Some(filter) = &mut self.filter {
            self.stdout.write_all(filter.end())?;
        }
        self.stdout.flush()
    }
}

/// Takes out of a stream what a terminal would obey; see ECMA-48. Colours pass, and what moves within
/// a line, as progress bars do.
struct Filter {
    state: State,
    colours: bool,
    /// Whether a colour may be on.
    coloured: bool,
}

enum State {
    Text,
    /// After an escape character.
    Escape,
    /// In a control sequence.
    Control(Vec<u8>),
    /// In a command that ends with a bell or an escape sequence.
    Command,
    /// After the first byte of a control character of two bytes, perhaps.
    Wide,
}

impl Filter {
    /// The longest sequence for a colour, in bytes.
    const LONGEST: usize = 64;

    fn new(colours: bool) -> Self {
        Self {
            state: State::Text,
            colours,
            coloured: false,
        }
    }

    fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut passed = Vec::with_capacity(bytes.len());
        for byte in bytes {
            self.take(*byte, &mut passed);
        }
        passed
    }

    /// What puts the terminal back, at the end of a text.
    fn end(&mut self) -> &'static [u8] {
        match std::mem::take(&mut self.coloured) {
            true => b"\x1b[0m",
            false => b"",
        }
    }

    fn take(&mut self, byte: u8, passed: &mut Vec<u8>) {
        match (&mut self.state, byte) {
            (State::Control(sequence), 0x20..=0x3f) => {
                sequence.push(byte);
                sequence.truncate(Self::LONGEST);
            }
            (State::Control(sequence), 0x40..=0x7e) => {
                let is_colour = byte == b'm' && sequence.len() < Self::LONGEST;
                let plain = |byte: &u8| byte.is_ascii_digit() || b";:".contains(byte);
                if self.colours && is_colour && sequence.iter().all(plain) {
                    passed.extend_from_slice(b"\x1b[");
                    passed.append(sequence);
                    passed.push(byte);
                    self.coloured = true;
                }
                self.state = State::Text;
            }
            (State::Escape, b'[') => self.state = State::Control(Vec::new()),
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => self.state = State::Command,
            (State::Escape, 0x20..=0x2f) | (State::Command, 0x20..=0x7e | 0x80..) => {}
            // The last of the second are U+0080 to U+009F.
            (State::Escape, 0x30..=0x7e) | (State::Wide, 0x80..=0x9f) => self.state = State::Text,
            (State::Wide, _) => {
                passed.push(0xc2);
                self.take_text(byte, passed);
            }
            _ => self.take_text(byte, passed),
        }
    }

    fn take_text(&mut self, byte: u8, passed: &mut Vec<u8>) {
        self.state = State::Text;
        match byte {
            0x1b => self.state = State::Escape,
            0xc2 => self.state = State::Wide,
            b'\n' | b'\t' | b'\r' | 0x08 | 0x20..=0x7e | 0x80.. => passed.push(byte),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_and_colours_only() {
        for (written, coloured, plain) in [
            ("a\tb\r50%\u{8}\n", "a\tb\r50%\u{8}\n", "a\tb\r50%\u{8}\n"),
            ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m", "red"),
            ("\x1b[2J\x1b[H\x1b[?1049hx", "x", "x"),
            ("\x1b]0;title\x07a\x1b]52;c;x\x1b\\b", "ab", "ab"),
            ("\x1b]never ends\nnext", "\nnext", "\nnext"),
            ("\x1bcreset \x1b(0lines", "reset lines", "reset lines"),
            ("bell\x07 nul\0 del\x7f", "bell nul del", "bell nul del"),
            ("\u{9b}2Jé §", "2Jé §", "2Jé §"),
        ] {
            for (colours, expected) in [(true, coloured), (false, plain)] {
                // In one piece, and byte by byte.
                let whole = Filter::new(colours).pass(written.as_bytes());
                let mut filter = Filter::new(colours);
                let bytes = written.bytes().flat_map(|byte| filter.pass(&[byte]));
                let bytes: Vec<u8> = bytes.collect();
                assert_eq!(String::from_utf8(whole).unwrap(), expected, "{written:?}");
                assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{written:?}");
            }
        }
        assert_eq!(Filter::new(true).pass(b"\xff\xfe"), b"\xff\xfe");
    }
}
