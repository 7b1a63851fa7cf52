//! What messages of one kind have in common.

/// What stands for a number with its unit, or for an id.
const ANY: char = '#';

/// Before these, a number says what failed rather than how far it had come.
const MEANT: [&str; 5] = ["code ", "Errno ", "errno ", "signal ", "severe ("];

/// A message without what differs between jobs that fail in the same way: numbers and their units,
/// ids, temporary paths and the name of the job.
pub(super) fn alike(text: &str, job_name: Option<&str>) -> String {
    let text = match job_name {
        // A short name, or one of letters only, may be a word of the message.
        Some(name) if name.len() > 3 && !name.chars().all(char::is_alphabetic) => {
            text.replace(name, "<job>")
        }
        _ => text.to_owned(),
    };
    let mut alike = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let word_begins = !alike.ends_with(|c: char| c.is_alphanumeric() || c == ANY);
        let length = if word_begins && let Some(length) = temporary(rest) {
            alike.push_str("<tmp>");
            length
        } else if word_begins && let Some(length) = id(rest) {
            alike.push(ANY);
            length
        } else if c.is_ascii_digit() {
            let number = number(rest);
            match MEANT.iter().any(|before| alike.ends_with(before)) {
                true => alike.push_str(&rest[..number]),
                false => alike.push(ANY),
            }
            number + unit(&rest[number..])
        } else {
            alike.push(c);
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    alike
}

/// The length of a temporary path or name: its rest is of no meaning.
fn temporary(text: &str) -> Option<usize> {
    const STARTS: [&str; 5] = ["/tmp/", "/var/tmp/", "/dev/shm/", "/var/spool/slurm", "tmp"];
    STARTS.iter().find(|start| text.starts_with(**start))?;
    let end = text.find(|c: char| c.is_whitespace() || "'\"`,;:)]>".contains(c));
    Some(end.unwrap_or(text.len()))
}

/// The length of an address, a hash or a UUID.
fn id(text: &str) -> Option<usize> {
    const SHORTEST: usize = 8;
    let word = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let word = &text[..word.unwrap_or(text.len())];
    let (digits, shortest) = match word.strip_prefix("0x") {
        Some(digits) => (digits, 1),
        None => (word, SHORTEST),
    };
    let is_hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    let has_digit = digits.contains(|c: char| c.is_ascii_digit());
    (digits.len() >= shortest && digits.chars().all(is_hex) && has_digit).then_some(word.len())
}

/// The length of a number, a time, a version or a list of numbers that begins the text.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    loop {
        let joins = bytes
            .get(end)
            .is_some_and(|byte| b".,:-+_[]eET/x".contains(byte));
        let exponent = bytes.get(end).is_some_and(|byte| b"eE".contains(byte))
            && bytes.get(end + 1).is_some_and(|byte| b"+-".contains(byte))
            && is_digit(end + 2);
        match () {
            () if is_digit(end) => end += 1,
            () if exponent => end += 2,
            () if end > 0 && joins && is_digit(end + 1) => end += 1,
            () => return end,
        }
    }
}

/// The length of a unit of memory or time: another job may have another.
fn unit(text: &str) -> usize {
    const UNITS: [&str; 14] = [
        "KiB", "MiB", "GiB", "TiB", "KB", "MB", "GB", "TB", "bytes", "B", "ms", "us", "s", "%",
    ];
    let word = text.strip_prefix(' ').unwrap_or(text);
    let spaces = text.len() - word.len();
    let ends = |unit: &&&str| {
        let after = word.strip_prefix(**unit);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    };
    UNITS
        .iter()
        .find(ends)
        .map_or(0, |unit| spaces + unit.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_jobs_is_left_out() {
        for (text, expected) in [
            (
                "Tried to allocate 2.50 GiB (GPU 0)",
                "Tried to allocate # (GPU #)",
            ),
            (
                "Tried to allocate 512.00 MiB (GPU 3)",
                "Tried to allocate # (GPU #)",
            ),
            (
                "loss 1.5e-05 at 12:30:01.5, 2024-05-01T10:00",
                "loss # at #, #",
            ),
            ("at 0x7f3a12, id deadbeef01, face", "at #, id #, face"),
            ("3fa85f64-5717-4562-b3fc-2c963f66afa6!", "#!"),
            ("open '/tmp/tmpab_x/f': no", "open '<tmp>': no"),
            ("in tmpxy12", "in <tmp>"),
            (
                "node017: task 3: Exited with exit code 137",
                "node#: task #: Exited with exit code 137",
            ),
            ("[Errno 28] No space", "[Errno 28] No space"),
            ("no results/lr0.1_seed3/x.pt", "no results/<job>/x.pt"),
            ("5 seeds, 5 s, 1st", "# seeds, #, #st"),
            ("Größe 3 × 4", "Größe # × #"),
        ] {
            assert_eq!(alike(text, Some("lr0.1_seed3")), expected, "{text}");
        }
    }
}
