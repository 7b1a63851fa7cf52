/// The text of a log as it stood on a screen at the end: without colours, with what a progress bar
/// wrote last in each line, and without control characters but line breaks and tabs.
pub(super) fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut clean = String::with_capacity(text.len());
    let mut line = 0;
    // A line break may follow, or text that goes over the line.
    let mut returned = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => {
                clean.truncate(line + clean[line..].trim_end().len());
                clean.push('\n');
                line = clean.len();
                returned = false;
            }
            '\r' => returned = true,
            '\u{8}' if clean.len() > line => drop(clean.pop()),
            '\u{1b}' => skip_sequence(&mut chars),
            c if c.is_control() && c != '\t' => {}
            c => {
                if std::mem::take(&mut returned) {
                    clean.truncate(line);
                }
                clean.push(c);
            }
        }
    }
    clean
}

/// Passes over what follows an escape character; see ECMA-48. Never beyond the line.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next_if(|c| ('\u{20}'..='\u{7e}').contains(c)) {
        // A control sequence: parameters, and one letter.
        Some('[') => {
            while chars
                .next_if(|c| ('\u{20}'..='\u{3f}').contains(c))
                .is_some()
            {}
            chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        // A command to the terminal, such as a title or a link, up to a bell or `ESC \`.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while chars.next_if(|c| !c.is_control()).is_some() {}
            if chars.next_if_eq(&'\u{7}').is_none() && chars.next_if_eq(&'\u{1b}').is_some() {
                chars.next_if_eq(&'\\');
            }
        }
        Some('\u{20}'..='\u{2f}') => drop(chars.next_if(|c| !c.is_control())),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_was_left_on_the_screen() {
        for (written, left) in [
            ("10%\r 50%\r100%\nend", "100%\nend"),
            ("dos\r\nunix  \n", "dos\nunix\n"),
            ("100%\r", "100%"),
            ("\u{1b}[1;31mError\u{1b}[0m: x", "Error: x"),
            (
                "\u{1b}]0;title\u{7}a \u{1b}]8;;http://x\u{1b}\\b\u{1b}(Bc",
                "a bc",
            ),
            ("\u{1b}]never ends\nnext", "\nnext"),
            ("1/2\u{8}\u{8}\u{8}2/2\u{8}\u{8}\u{8}\u{8}\u{8}x", "x"),
            ("a\0b\u{9b}c\td", "abc\td"),
        ] {
            assert_eq!(clean(written.as_bytes()), left, "{written:?}");
        }
        assert_eq!(clean(b"\xff\xfe"), "\u{fffd}\u{fffd}");
    }
}
