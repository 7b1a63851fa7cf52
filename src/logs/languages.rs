//! Why a program in another language than Python failed.
#![expect(clippy::unnecessary_wraps, reason = "what reads a sign has one type")]

use super::cause::{Found, Spot, place};

/// How far below a sign its place may be, in lines.
const NEAR: usize = 60;

/// `thread 'main' panicked at src/main.rs:10:5:` and the message below; before Rust 1.73 the message
/// came first, in quotes.
pub(super) fn rust(spot: Spot<'_>) -> Option<Found> {
    let rest = spot.rest().strip_prefix("panicked at ")?;
    if let Some((message, at)) = rest
        .strip_prefix('\'')
        .and_then(|rest| rest.rsplit_once("', "))
    {
        return Some(spot.found(format!("panicked: {message}"), file_line(at)));
    }
    let (end, message) = spot.following().next()?;
    let found = spot.found(format!("panicked: {}", message.trim()), file_line(rest));
    Some(Found { end, ..found })
}

/// The place in `src/main.rs:10:5`.
fn file_line(text: &str) -> Option<String> {
    let (path, line) = text.split_once(':')?;
    place(path, line)
}

/// `panic: runtime error: …`, and the calls below, innermost first.
pub(super) fn go(spot: Spot<'_>) -> Option<Found> {
    let calls = spot.following().take(NEAR).map(|(_, line)| line.trim());
    let own = |line: &&str| line.contains(".go:") && !line.contains("/src/runtime/");
    let own = calls
        .map(str::trim)
        .find(|line| own(line))
        .and_then(file_line);
    Some(spot.found(spot.rest().trim(), own))
}

/// `terminate called after throwing an instance of 'std::runtime_error'`, `  what():  …`.
pub(super) fn cpp(spot: Spot<'_>) -> Option<Found> {
    let Some((_, kind)) = spot.rest().split_once("an instance of '") else {
        return Some(spot.found(spot.rest().trim(), None));
    };
    let kind = kind.trim_end().trim_end_matches('\'');
    let what = spot.following().take(4).find_map(|(at, line)| {
        let (_, what) = line.split_once("what():")?;
        Some((at, what.trim()))
    });
    Some(match what {
        Some((end, what)) if what != kind => Found {
            end,
            ..spot.found(format!("{kind}: {what}"), None)
        },
        _ => spot.found(kind, None),
    })
}

/// `Exception in thread "main" java.lang.…: …`; what caused it is further below.
pub(super) fn java(spot: Spot<'_>) -> Option<Found> {
    let (_, mut text) = spot
        .rest()
        .strip_prefix("Exception in thread \"")?
        .split_once("\" ")?;
    let mut own = None;
    let mut end = spot.line;
    for (at, line) in spot.following() {
        let line = line.trim();
        if let Some(cause) = line.strip_prefix("Caused by: ") {
            (text, own) = (cause, None);
        } else if let Some(call) = line.strip_prefix("at ") {
            let of_java = ["java.", "jdk.", "sun.", "scala."].iter();
            let is_own = !of_java.into_iter().any(|start| call.starts_with(start));
            let of_file = || file_line(call.rsplit_once('(')?.1);
            own = own.or_else(|| is_own.then(of_file)?);
        } else if !line.starts_with("... ") {
            break;
        }
        end = at;
    }
    let found = spot.found(text.trim(), own);
    Some(Found { end, ..found })
}

/// `Error in f(x) : object 'y' not found`, of R; the message may be on the next line.
pub(super) fn r(spot: Spot<'_>) -> Option<Found> {
    // That is MATLAB's for a call.
    if spot.rest().contains(" (line ") {
        return None;
    }
    with_next(spot)
}

/// `Error: …`, of R and many others.
pub(super) fn error(spot: Spot<'_>) -> Option<Found> {
    with_next(spot)
}

/// The line, and the next one if the line ends with a colon.
fn with_next(spot: Spot<'_>) -> Option<Found> {
    let text = spot.rest().trim();
    match spot.following().next() {
        Some((end, next)) if text.ends_with(':') => Some(Found {
            end,
            ..spot.found(format!("{text} {}", next.trim()), None)
        }),
        _ => Some(spot.found(text, None)),
    }
}

/// `ERROR: LoadError: …`, and far below `in expression starting at /home/me/main.jl:12`.
pub(super) fn julia(spot: Spot<'_>) -> Option<Found> {
    let text = spot.rest().strip_prefix("ERROR: ")?;
    let text = text.strip_prefix("LoadError: ").unwrap_or(text);
    let mut below = spot.following().take(NEAR);
    let starting = below.find_map(|(_, line)| line.strip_prefix("in expression starting at "));
    Some(spot.found(text.trim(), starting.and_then(file_line)))
}

/// `Fortran runtime error: …`; the line above has the place.
pub(super) fn fortran(spot: Spot<'_>) -> Option<Found> {
    let above = spot.lines[..spot.line].last();
    let at = above.and_then(|line| {
        let (line, file) = line.strip_prefix("At line ")?.split_once(" of file ")?;
        place(file.split(" (").next()?, line)
    });
    Some(spot.found(spot.rest().trim(), at))
}

/// `Error using f (line 3)`, and the message below.
pub(super) fn matlab(spot: Spot<'_>) -> Option<Found> {
    let (_, message) = spot.following().next()?;
    Some(in_matlab(spot, message.trim()))
}

/// A message of MATLAB that has no such line above.
pub(super) fn matlab_line(spot: Spot<'_>) -> Option<Found> {
    Some(in_matlab(spot, spot.rest().trim()))
}

/// The place is in the first of the calls below: `Error in main (line 3)`.
fn in_matlab(spot: Spot<'_>, message: &str) -> Found {
    let call = spot.following().take(NEAR).find_map(|(_, line)| {
        let (call, line) = line.strip_prefix("Error in ")?.split_once(" (line ")?;
        place(call, line)
    });
    spot.found(message, call)
}
