//! Upper and lower case, and kinds of characters.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// Whether there are characters, and all are of a kind.
pub(super) fn all(text: &str, is_kind: fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(is_kind)
}

pub(super) fn is_alphabetic(c: char) -> bool {
    matches!(
        get_general_category(c),
        Category::UppercaseLetter
            | Category::LowercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter
    )
}

pub(super) fn is_decimal(c: char) -> bool {
    get_general_category(c) == Category::DecimalNumber
}

/// Decimal digits, and the superscript and circled ones.
pub(super) fn is_digit(c: char) -> bool {
    is_decimal(c)
        || matches!(
            c,
            '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{1369}'..='\u{1371}' | '\u{19da}' | '\u{2070}'
                | '\u{2074}'..='\u{2079}' | '\u{2080}'..='\u{2089}' | '\u{2460}'..='\u{2468}'
                | '\u{2474}'..='\u{247c}' | '\u{2488}'..='\u{2490}' | '\u{24ea}'
                | '\u{24f5}'..='\u{24fd}' | '\u{24ff}' | '\u{2776}'..='\u{277e}'
                | '\u{2780}'..='\u{2788}' | '\u{278a}'..='\u{2792}' | '\u{10a40}'..='\u{10a43}'
                | '\u{10e60}'..='\u{10e68}' | '\u{11052}'..='\u{1105a}'
                | '\u{1f100}'..='\u{1f10a}'
        )
}

pub(super) fn is_numeric(c: char) -> bool {
    // The Chinese numerals are letters by their category.
    const NUMERALS: &str =
        "〇一二三四五六七八九十百千万萬億兆零壹貳參肆伍陸柒捌玖拾佰仟亿两兩廿卅卌";
    is_digit(c) || c.is_numeric() || NUMERALS.contains(c)
}

pub(in crate::render::python) fn is_alphanumeric(c: char) -> bool {
    is_alphabetic(c) || is_numeric(c)
}

pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = |c: char| c == '_' || unicode_ident::is_xid_start(c);
    chars.next().is_some_and(starts) && chars.all(unicode_ident::is_xid_continue)
}

fn is_title_case(c: char) -> bool {
    get_general_category(c) == Category::TitlecaseLetter
}

fn is_cased(c: char) -> bool {
    c.is_uppercase() || c.is_lowercase() || is_title_case(c)
}

pub(super) fn is_lower(text: &str) -> bool {
    let none_upper = !text.chars().any(|c| c.is_uppercase() || is_title_case(c));
    none_upper && text.chars().any(char::is_lowercase)
}

pub(super) fn is_upper(text: &str) -> bool {
    let none_lower = !text.chars().any(|c| c.is_lowercase() || is_title_case(c));
    none_lower && text.chars().any(char::is_uppercase)
}

pub(super) fn is_title(text: &str) -> bool {
    let (mut follows, mut found) = (false, false);
    for c in text.chars() {
        if c.is_uppercase() || is_title_case(c) {
            if follows {
                return false;
            }
            (follows, found) = (true, true);
        } else if c.is_lowercase() {
            if !follows {
                return false;
            }
            found = true;
        } else {
            follows = false;
        }
    }
    found
}

/// The title case of a character, as Unicode's `UnicodeData` and `SpecialCasing` have it.
fn to_title(c: char, text: &mut String) {
    let digraph = match c {
        '\u{1c4}'..='\u{1c6}' => Some('\u{1c5}'),
        '\u{1c7}'..='\u{1c9}' => Some('\u{1c8}'),
        '\u{1ca}'..='\u{1cc}' => Some('\u{1cb}'),
        '\u{1f1}'..='\u{1f3}' => Some('\u{1f2}'),
        // Georgian letters have no title case.
        '\u{10d0}'..='\u{10ff}' => Some(c),
        _ if is_title_case(c) => Some(c),
        _ => with_iota(c),
    };
    if let Some(title) = digraph {
        return text.push(title);
    }
    let mut upper = c.to_uppercase();
    let Some(first) = upper.next() else {
        return;
    };
    text.push(first);
    for rest in upper {
        match rest {
            // The iota below a Greek letter stays there.
            'Ι' if ('\u{1f80}'..='\u{1fff}').contains(&c) => text.push('\u{345}'),
            _ if is_cased(first) => text.extend(rest.to_lowercase()),
            _ => text.push(rest),
        }
    }
}

/// A small Greek letter with an iota below it as the one letter that is its title case.
fn with_iota(c: char) -> Option<char> {
    let distance = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => return None,
    };
    char::from_u32(u32::from(c) + distance)
}

pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let mut capitalized = String::with_capacity(text.len());
    to_title(first, &mut capitalized);
    // A sigma at the end of a word depends on what is before it.
    let lower = text.to_lowercase();
    let skipped: usize = first.to_lowercase().map(char::len_utf8).sum();
    capitalized.push_str(&lower[skipped..]);
    capitalized
}

pub(super) fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut follows = false;
    let mut word = String::new();
    for c in text.chars() {
        if follows && is_cased(c) {
            word.push(c);
            continue;
        }
        titled.push_str(&lowered_after(&titled, &word));
        word.clear();
        to_title(c, &mut titled);
        follows = is_cased(c);
    }
    titled.push_str(&lowered_after(&titled, &word));
    titled
}

/// The rest of a word in lower case, where its last sigma has a form of its own.
fn lowered_after(before: &str, word: &str) -> String {
    let last = before.chars().next_back().unwrap_or(' ');
    let with_first = format!("{last}{word}").to_lowercase();
    let skipped: usize = last.to_lowercase().map(char::len_utf8).sum();
    with_first[skipped..].to_owned()
}

pub(super) fn swap(text: &str) -> String {
    let mut swapped = String::with_capacity(text.len());
    let lower = |c: char, at: usize| match c {
        'Σ' => {
            let before = &text[..at + c.len_utf8()];
            let lowered = before.to_lowercase();
            let ends_word = !text[at + c.len_utf8()..]
                .chars()
                .next()
                .is_some_and(is_alphabetic);
            match (ends_word, lowered.ends_with('ς')) {
                (true, true) => "ς".into(),
                _ => "σ".into(),
            }
        }
        _ => c.to_lowercase().collect::<String>(),
    };
    for (at, c) in text.char_indices() {
        if c.is_uppercase() {
            swapped.push_str(&lower(c, at));
        } else if c.is_lowercase() {
            swapped.extend(c.to_uppercase());
        } else {
            swapped.push(c);
        }
    }
    swapped
}

/// For comparison without case, as Unicode's `CaseFolding` has it.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // The dotless i has no capital of its own, and Cherokee had its capitals first.
            'ı' | '\u{13a0}'..='\u{13f5}' => folded.push(c),
            '\u{13f8}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => folded.extend(c.to_uppercase()),
            _ => {
                let lower = c.to_lowercase();
                let upper = lower.flat_map(char::to_uppercase);
                folded.extend(upper.flat_map(char::to_lowercase));
            }
        }
    }
    folded
}
