//! Why a Python program failed.
#![expect(clippy::unnecessary_wraps, reason = "what reads a sign has one type")]

use super::cause::{Found, Spot, place};

/// Exceptions that say that another process failed, or that somebody else wanted an end.
const CONSEQUENCES: [&str; 9] = [
    "BrokenProcessPool",
    "CalledProcessError",
    "ChildFailedError",
    "DistNetworkError",
    "KeyboardInterrupt",
    "ProcessExitedException",
    "ProcessRaisedException",
    "SignalException",
    "SystemExit",
];

/// Other messages that do, by what they begin with.
const FOLLOW_UPS: [&str; 2] = [
    "RuntimeError: DataLoader worker (pid",
    "RuntimeError: [../third_party/gloo",
];

/// How far apart lines of a rank may be.
const NEAR: usize = 100;

/// The last line of a traceback, and the innermost place of the user's own.
pub(super) fn traceback(spot: Spot<'_>) -> Option<Found> {
    let prefix = match &spot.text()[..spot.column] {
        // Its lines are those of the group it is in.
        group if group.ends_with("Exception Group ") => "  | ",
        label
            if spot
                .following()
                .take(NEAR)
                .any(|(_, line)| line.starts_with(label)) =>
        {
            label
        }
        // Something else was in the middle of a line.
        _ => "",
    };
    let mut own = None;
    for (end, line) in spot.following() {
        // Lines of other ranks may come in between.
        let Some(line) = line.strip_prefix(prefix) else {
            continue;
        };
        if !line.starts_with([' ', '\t']) && !line.is_empty() {
            let text = exception(spot, end, prefix, line);
            return Some(Found {
                is_consequence: is_consequence(&text),
                place: own,
                text,
                end,
            });
        }
        if let Some((_, place)) = frame(line).filter(|(path, _)| !is_library(path)) {
            own = place;
        }
    }
    None
}

/// The message of an exception, whose first line may be empty but for the type.
fn exception(spot: Spot<'_>, at: usize, prefix: &str, line: &str) -> String {
    let line = line.trim_end();
    let next = spot.lines.iter().skip(at + 1);
    let mut next = next
        .filter_map(|line| line.strip_prefix(prefix))
        .map(str::trim);
    let next = next.find(|line| !line.is_empty());
    match next {
        Some(next)
            if line.ends_with(':')
                && next.starts_with(char::is_alphabetic)
                && !next.starts_with("Traceback") =>
        {
            format!("{line} {next}")
        }
        _ => line.to_owned(),
    }
}

fn is_consequence(text: &str) -> bool {
    let kind = text.split(':').next().unwrap_or_default();
    let kind = kind.rsplit('.').next().unwrap_or_default();
    CONSEQUENCES.contains(&kind.trim()) || FOLLOW_UPS.iter().any(|start| text.starts_with(start))
}

/// The path and the place of `File "…/train.py", line 88, in main`.
fn frame(line: &str) -> Option<(&str, Option<String>)> {
    let (path, rest) = line
        .trim_start()
        .strip_prefix("File \"")?
        .split_once("\", line ")?;
    Some((path, place(path, rest)))
}

fn is_library(path: &str) -> bool {
    [
        "site-packages/",
        "dist-packages/",
        "/lib/python",
        "<frozen ",
    ]
    .iter()
    .any(|part| path.contains(part))
}

/// A traceback that `rich` drew a box around.
pub(super) fn rich(spot: Spot<'_>) -> Option<Found> {
    if !spot.text().contains('╭') {
        return None;
    }
    let mut own = None;
    let mut following = spot.following();
    for (_, line) in following.by_ref() {
        let inner = line.trim_matches(['│', ' ']);
        if line.contains('╰') {
            break;
        }
        // `/home/me/train.py:88 in main`
        if let Some((path, line)) = inner.split_once(".py:")
            && line.contains(" in ")
            && !is_library(path)
        {
            own = place(&format!("{path}.py"), line);
        }
    }
    let (end, text) = following.find(|(_, line)| !line.trim().is_empty())?;
    Some(Found {
        is_consequence: is_consequence(text),
        text: text.trim().to_owned(),
        place: own,
        end,
    })
}

/// A mistake that was found before anything ran, so that there is no traceback.
pub(super) fn syntax(spot: Spot<'_>) -> Option<Found> {
    let mut before = spot.lines[..spot.line].iter().rev().take(4);
    let place = before
        .find_map(|line| frame(line))
        .and_then(|(_, place)| place);
    Some(spot.found(spot.rest().trim(), place))
}

/// `Fatal Python error: Segmentation fault`, with the stack of each thread below, innermost first.
pub(super) fn fatal(spot: Spot<'_>) -> Option<Found> {
    const MOST: usize = 200;
    let mut own = None;
    let mut end = spot.line;
    for (at, line) in spot.following().take(MOST) {
        if let Some((path, place)) = frame(line) {
            end = at;
            if own.is_none() && !is_library(path) {
                own = place;
            }
        }
    }
    let found = spot.found(spot.rest().trim(), own);
    Some(Found { end, ..found })
}
