use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::signs::{At, SIGNS};

/// How much a line says of why a job failed, from the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It is only the last.
    Last,
    /// What other processes had of it.
    Aftermath,
    /// That something failed.
    Consequence,
    /// What failed.
    Program,
    /// What a program said last, before a signal ended it.
    Fatal,
    /// That Slurm put an end to the job.
    Ended,
}

/// What a log says of why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    pub(super) weight: Weight,
    /// The message.
    pub(super) text: String,
    /// `FILE:LINE` in the user's own code.
    pub(super) place: Option<String>,
}

/// A sign as it stands in a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) lines: &'a [&'a str],
    /// The index of its line.
    pub(super) line: usize,
    /// Where it begins in the line, in bytes.
    pub(super) column: usize,
}

/// What was read at a sign.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) place: Option<String>,
    /// The last line that belongs to it.
    pub(super) end: usize,
    /// Whether it only says that something else failed.
    pub(super) is_consequence: bool,
}

/// The heaviest of what the text says, and of that the last.
pub(super) fn find(text: &str) -> Option<Cause> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut best: Option<(Cause, usize)> = None;
    let mut end = None;
    let mut line = 0;
    let mut line_start = 0;
    for found in SEARCH.find_iter(text) {
        while line_start + lines[line].len() < found.start() {
            line_start += lines[line].len() + 1;
            line += 1;
        }
        // What is part of a traceback says nothing by itself.
        if end.is_some_and(|end| line <= end) {
            continue;
        }
        let spot = Spot {
            lines: &lines,
            line,
            column: found.start() - line_start,
        };
        let sign = &SIGNS[found.pattern().as_usize()];
        if !spot.is_at(sign.at, sign.marker) {
            continue;
        }
        let Some(read) = (sign.read)(spot) else {
            continue;
        };
        let weight = match read.is_consequence {
            true => Weight::Consequence,
            false => sign.weight,
        };
        if read.end > line {
            end = Some(read.end);
        }
        let heavier = |(known, at): &(Cause, usize)| {
            weight > known.weight || weight == known.weight && line > *at
        };
        if best.as_ref().is_none_or(heavier) {
            let Found { text, place, .. } = read;
            let cause = Cause {
                weight,
                text,
                place,
            };
            best = Some((cause, line));
        }
    }
    best.map(|(cause, _)| cause).or_else(|| last(&lines))
}

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut builder = AhoCorasick::builder();
    let builder = builder.match_kind(MatchKind::LeftmostFirst);
    let search = builder.build(SIGNS.iter().map(|sign| sign.marker));
    search.expect("the signs are few and short")
});

/// The last line with a word in it.
fn last(lines: &[&str]) -> Option<Cause> {
    let is_word = |line: &&&str| line.chars().filter(|c| c.is_alphanumeric()).count() > 2;
    let spoken = lines.iter().rev().find(is_word);
    let line = spoken.or_else(|| lines.iter().rev().find(|line| !line.trim().is_empty()))?;
    Some(Cause {
        weight: Weight::Last,
        text: without_label(line).trim().to_owned(),
        place: None,
    })
}

impl<'a> Spot<'a> {
    pub(super) fn text(&self) -> &'a str {
        self.lines[self.line]
    }

    /// The line from the sign on.
    pub(super) fn rest(&self) -> &'a str {
        &self.text()[self.column..]
    }

    /// The lines that follow, with their indices.
    pub(super) fn following(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let lines = self.lines.iter().copied().enumerate();
        lines.skip(self.line + 1)
    }

    fn is_at(&self, at: At, marker: &str) -> bool {
        let text = self.text();
        match at {
            At::Anywhere => true,
            At::Start => self.column == text.len() - without_label(text).len(),
            At::Whole => without_label(text).trim() == marker.trim(),
        }
    }

    /// A cause without more lines.
    pub(super) fn found(&self, text: impl Into<String>, place: Option<String>) -> Found {
        Found {
            text: text.into(),
            place,
            end: self.line,
            is_consequence: false,
        }
    }
}

/// A line without what `torchrun`, `mpirun --tag-output` or `srun --label` put before it: `[rank0]: `,
/// `[1,0]<stderr>: `, `0: `.
pub(super) fn without_label(line: &str) -> &str {
    const MOST: usize = 40;
    let is_label = |label: &str| match label.strip_prefix('[') {
        Some(inner) => {
            inner.len() < MOST
                && inner.contains(|c: char| c.is_ascii_digit())
                && inner.ends_with([']', '>'])
        }
        None => !label.is_empty() && label.trim_start().bytes().all(|byte| byte.is_ascii_digit()),
    };
    match line.split_once(':') {
        Some((label, rest)) if is_label(label) => rest.strip_prefix(' ').unwrap_or(rest),
        _ => line,
    }
}

/// `FILE:LINE`, without the folder of the file.
pub(super) fn place(path: &str, line: &str) -> Option<String> {
    let file = path.rsplit(['/', '\\']).next()?.trim();
    let digits: String = line.chars().take_while(char::is_ascii_digit).collect();
    (!file.is_empty() && !digits.is_empty()).then(|| format!("{file}:{digits}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever stands before and after a sign, and however signs are cut.
        #[test]
        fn no_log_is_too_strange(
            pieces in prop::collection::vec((0..SIGNS.len(), 0..40_usize, "[ -~\n\u{e9}\u{256d}\u{2502}':]{0,12}"), 0..20),
        ) {
            let mut text = String::new();
            for (sign, length, between) in pieces {
                text.push_str(crate::text::prefix(SIGNS[sign].marker, length));
                text.push_str(&between);
            }
            let has_words = text.contains(|c: char| !c.is_whitespace());
            prop_assert!(find(&text).is_some() || !has_words);
        }
    }
}
