//! The words by which a log says why a job failed.
#![expect(clippy::unnecessary_wraps, reason = "what reads a sign has one type")]

use super::cause::{Found, Spot, Weight, without_label};
use super::{languages, python};

/// Words that say why a job failed.
pub(super) struct Sign {
    pub(super) marker: &'static str,
    pub(super) at: At,
    pub(super) weight: Weight,
    /// Reads the message and its place.
    pub(super) read: fn(Spot<'_>) -> Option<Found>,
}

/// Where in a line a sign counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Anywhere,
    /// At its beginning, after a label of the rank.
    Start,
    /// Where there is nothing else.
    Whole,
}

use At::{Anywhere, Start, Whole};
use Weight::{Aftermath, Consequence, Ended, Fatal, Program};

const fn sign(
    marker: &'static str,
    at: At,
    weight: Weight,
    read: fn(Spot<'_>) -> Option<Found>,
) -> Sign {
    Sign {
        marker,
        at,
        weight,
        read,
    }
}

/// Where two begin at one place, the first counts.
pub(super) const SIGNS: &[Sign] = &[
    // Slurm.
    sign("DUE TO TIME LIMIT", Anywhere, Ended, of_slurm),
    sign("DUE TO PREEMPTION", Anywhere, Ended, of_slurm),
    sign("DUE TO NODE FAILURE", Anywhere, Ended, of_slurm),
    sign("DUE TO JOB REQUEUE", Anywhere, Ended, of_slurm),
    sign("oom-kill", Anywhere, Ended, of_slurm),
    sign("oom_kill", Anywhere, Ended, of_slurm),
    sign("exceeded memory limit", Anywhere, Ended, of_slurm),
    sign("xceeded job memory limit", Anywhere, Ended, of_slurm),
    sign("xceeded step memory limit", Anywhere, Ended, of_slurm),
    sign(": Out Of Memory", Anywhere, Ended, of_slurm),
    sign("CANCELLED AT", Anywhere, Aftermath, of_slurm),
    sign(": Terminated", Anywhere, Aftermath, of_slurm),
    sign("Job step aborted", Anywhere, Aftermath, of_slurm),
    sign("srun: error: ", Start, Consequence, failed_step),
    sign("slurmstepd: error: ", Start, Consequence, failed_step),
    // Python.
    sign(
        "Traceback (most recent call last):",
        Anywhere,
        Program,
        python::traceback,
    ),
    sign(
        "Traceback (most recent call last)",
        Anywhere,
        Program,
        python::rich,
    ),
    sign("SyntaxError: ", Start, Program, python::syntax),
    sign("IndentationError: ", Start, Program, python::syntax),
    sign("TabError: ", Start, Program, python::syntax),
    sign("Fatal Python error: ", Start, Fatal, python::fatal),
    sign("EnvironmentNameNotFound: ", Start, Program, rest),
    sign("EnvironmentLocationNotFound: ", Start, Program, rest),
    sign("CommandNotFoundError: ", Start, Program, rest),
    sign("CondaError: ", Start, Program, rest),
    sign(
        "Watchdog caught collective operation timeout",
        Anywhere,
        Fatal,
        rest,
    ),
    // Other languages.
    sign("panicked at ", Anywhere, Fatal, languages::rust),
    sign("panic: ", Start, Program, languages::go),
    sign("terminate called ", Start, Fatal, languages::cpp),
    sign("Exception in thread \"", Start, Program, languages::java),
    sign("Error using ", Start, Program, languages::matlab),
    sign(
        "Unrecognized function or variable",
        Start,
        Program,
        languages::matlab_line,
    ),
    sign("Error in ", Start, Program, languages::r),
    sign("ERROR: ", Start, Program, languages::julia),
    sign(
        "Fortran runtime error: ",
        Start,
        Program,
        languages::fortran,
    ),
    sign("forrtl: ", Start, Program, line),
    sign("ERROR STOP", Start, Program, line),
    // The system.
    sign("Segmentation fault", Anywhere, Program, signal),
    sign("segmentation fault", Anywhere, Program, signal),
    sign("Caught signal 11", Anywhere, Program, rest),
    sign("Bus error", Anywhere, Program, signal),
    sign("Illegal instruction", Anywhere, Program, signal),
    sign("Floating point exception", Anywhere, Program, signal),
    sign("(core dumped)", Anywhere, Program, line),
    sign("double free or corruption", Anywhere, Fatal, line),
    sign("Assertion `", Anywhere, Fatal, line),
    sign(
        "error while loading shared libraries",
        Anywhere,
        Program,
        line,
    ),
    sign("No space left on device", Anywhere, Program, line),
    sign("Disk quota exceeded", Anywhere, Program, line),
    sign("CUDA error", Anywhere, Program, line),
    // Shells and programs that follow their ways.
    sign(" Aborted ", Anywhere, Program, signal),
    sign(" Killed ", Anywhere, Program, signal),
    sign("Killed", Whole, Program, line),
    sign(": command not found", Anywhere, Program, line),
    sign(": not found", Anywhere, Program, line),
    sign(": unbound variable", Anywhere, Program, line),
    sign(": syntax error", Anywhere, Program, line),
    sign(": No such file or directory", Anywhere, Program, line),
    sign(": Permission denied", Anywhere, Program, line),
    sign(": error: ", Anywhere, Program, line),
    sign(": fatal error: ", Anywhere, Program, line),
    sign("fatal: ", Start, Program, line),
    sign("FATAL: ", Start, Program, line),
    sign("Error: ", Start, Program, languages::error),
    sign("make: *** ", Start, Consequence, line),
    sign(
        "Lmod has detected the following error: ",
        Anywhere,
        Program,
        lmod,
    ),
    sign("Unable to locate a modulefile", Anywhere, Program, rest),
    // MPI.
    sign("MPI_ABORT was invoked", Start, Consequence, line),
    sign("application called MPI_Abort", Start, Consequence, line),
    sign("run noticed that process rank", Anywhere, Consequence, line),
    sign(
        "APPLICATION TERMINATED WITH THE EXIT STRING",
        Anywhere,
        Consequence,
        rest,
    ),
    sign("Primary job  terminated normally", Start, Aftermath, line),
];

/// The whole line is the message. Slurm may write the same words of what failed elsewhere.
fn line(spot: Spot<'_>) -> Option<Found> {
    let is_message = !is_of_slurm(spot.text());
    is_message.then(|| spot.found(message(spot.text()), None))
}

/// The message begins with the sign.
fn rest(spot: Spot<'_>) -> Option<Found> {
    Some(spot.found(spot.rest().trim(), None))
}

fn is_of_slurm(text: &str) -> bool {
    let text = without_label(text);
    text.starts_with("slurmstepd: ") || text.starts_with("srun: ")
}

/// A line of `slurmstepd` or `srun`; others may write the same words. The job and its steps are
/// cancelled alike.
fn of_slurm(spot: Spot<'_>) -> Option<Found> {
    let text = without_label(spot.text());
    let text = match text.find("CANCELLED AT") {
        Some(at) => text[at..].trim_end_matches([' ', '*']),
        None => text.trim(),
    };
    is_of_slurm(spot.text()).then(|| spot.found(text, None))
}

/// An error of Slurm, but for those that follow from another one.
fn failed_step(spot: Spot<'_>) -> Option<Found> {
    let follows = ["CANCELLED AT", ": Terminated"];
    let is_first = !follows.iter().any(|word| spot.text().contains(word));
    of_slurm(spot).filter(|_| is_first)
}

/// `script: line 12:  4711 Killed    python train.py`: what is after the signal is another command in
/// each job.
fn signal(spot: Spot<'_>) -> Option<Found> {
    let before = &spot.text()[..spot.column];
    if !before.contains(": line ") {
        // By itself, a word with a blank before it is one of a sentence.
        return line(spot).filter(|_| !spot.rest().starts_with(' '));
    }
    let signal = spot.rest().trim_start().split("  ").next()?;
    let text = format!("{} {signal}", before.trim_end());
    Some(spot.found(message(&text), None))
}

fn lmod(spot: Spot<'_>) -> Option<Found> {
    let (_, said) = spot.rest().split_once(": ")?;
    if !said.trim().is_empty() {
        return Some(spot.found(said.trim(), None));
    }
    let (end, said) = spot.following().find(|(_, line)| !line.trim().is_empty())?;
    let found = spot.found(said.trim(), None);
    Some(Found { end, ..found })
}

/// A line without what is the same in each job: its label, and the folder of the script.
fn message(line: &str) -> &str {
    const SCRIPT: &str = "/slurm_script: ";
    let line = without_label(line).trim();
    match line.find(SCRIPT) {
        Some(at) => &line[at + 1..],
        None => line,
    }
}
