use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::JobIds;
use crate::model::{JobState, Token};

/// What Slurm says of a job, or of the tasks of an array that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Which jobs.
    pub ids: JobIds,
    /// Their state.
    pub state: JobState,
    /// What they carry, if the command shows it.
    pub token: Option<Token>,
    /// When they were submitted, or last put back into the queue.
    pub submitted: Option<Timestamp>,
    /// When the job began.
    pub started: Option<Timestamp>,
    /// When it ended; of a job that is alive, never.
    pub ended: Option<Timestamp>,
    /// Why it waits, or why it ended.
    pub reason: Option<Box<str>>,
    /// The nodes it ran on.
    pub nodes: Option<Box<str>>,
    /// `CODE:SIGNAL`.
    pub exit_code: Option<Box<str>>,
}

/// What parts the fields: a character that no shell and no person puts into a name.
pub(super) const SEPARATOR: char = '\u{1f}';

/// The fields asked of `squeue`. What a user can write comes last, where a line break in it only
/// makes lines that begin with no id.
pub(super) const SQUEUE: [&str; 8] = ["%i", "%T", "%V", "%S", "%e", "%r", "%N", "%k"];

/// The fields asked of `sacct`.
pub(super) const SACCT: [&str; 9] = [
    "JobID",
    "State",
    "Submit",
    "Start",
    "End",
    "Reason",
    "NodeList",
    "ExitCode",
    "SubmitLine",
];

/// Reads a line of `squeue`.
pub(super) fn parse_squeue(line: &str) -> Option<Observation> {
    let fields: Vec<&str> = line.splitn(SQUEUE.len(), SEPARATOR).collect();
    let [
        ids,
        state,
        submitted,
        started,
        ended,
        reason,
        nodes,
        comment,
    ] = *fields.as_slice()
    else {
        return None;
    };
    Some(observation(
        JobIds::parse(ids)?,
        state,
        [submitted, started, ended],
        reason,
        nodes,
        None,
        comment,
    ))
}

/// Reads a line of `sacct`.
pub(super) fn parse_sacct(line: &str) -> Option<Observation> {
    let fields: Vec<&str> = line.splitn(SACCT.len(), SEPARATOR).collect();
    let [
        ids,
        state,
        submitted,
        started,
        ended,
        reason,
        nodes,
        exit_code,
        line,
    ] = *fields.as_slice()
    else {
        return None;
    };
    Some(observation(
        JobIds::parse(ids)?,
        state,
        [submitted, started, ended],
        reason,
        nodes,
        Some(exit_code),
        line,
    ))
}

fn observation(
    ids: JobIds,
    state: &str,
    [submitted, started, ended]: [&str; 3],
    reason: &str,
    nodes: &str,
    exit_code: Option<&str>,
    token: &str,
) -> Observation {
    let state = JobState::parse(state);
    let said = |text: &str| {
        let nothing = matches!(text, "" | "None" | "None assigned" | "N/A" | "(null)");
        (!nothing).then(|| text.into())
    };
    let over = !state.is_active();
    let started = parse_time(started);
    // `squeue` says when a job that waits may start, and when one that runs must end.
    let started = started.filter(|_| over || state != JobState::Pending);
    Observation {
        ids,
        token: Token::find(token),
        submitted: parse_time(submitted),
        started,
        ended: parse_time(ended).filter(|_| over),
        // The controller gives this one to each job that failed, the accounting to none; the exit
        // code says more.
        reason: said(reason).filter(|_| reason != "NonZeroExitCode"),
        nodes: said(nodes),
        exit_code: exit_code.filter(|_| over).and_then(said),
        state,
    }
}

/// A time as Slurm prints it, asked for in UTC; `Unknown`, `None` and `N/A` are none.
fn parse_time(text: &str) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The wait status that `squeue` prints, as `sacct` writes it: `CODE:SIGNAL`.
pub(super) fn exit_code(status: u32) -> Box<str> {
    format!("{}:{}", status >> 8, status & 0x7f).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: &[&str]) -> String {
        fields.join(&SEPARATOR.to_string())
    }

    #[test]
    fn lines_of_squeue_are_read() {
        let token = Token::new();
        let running = line(&[
            "2_0",
            "RUNNING",
            "2026-11-25T09:12:24",
            "2026-11-25T09:12:25",
            "2026-11-25T09:22:24",
            "None",
            "node1",
            &format!("x y {token}"),
        ]);
        let observed = parse_squeue(&running).unwrap();
        assert_eq!(observed.ids, JobIds::parse("2_0").unwrap());
        assert_eq!(observed.state, JobState::Running);
        assert_eq!(observed.token, Some(token));
        let started = "2026-11-25T09:12:25Z".parse().unwrap();
        assert_eq!((observed.started, observed.ended), (Some(started), None));
        assert_eq!(
            (observed.reason, observed.nodes.as_deref()),
            (None, Some("node1"))
        );
        let waiting = line(&[
            "3",
            "PENDING",
            "x",
            "2026-11-25T10:00:00",
            "N/A",
            "JobHeldUser",
            "",
            "",
        ]);
        let observed = parse_squeue(&waiting).unwrap();
        assert_eq!((observed.started, observed.token), (None, None));
        assert_eq!(observed.reason.as_deref(), Some("JobHeldUser"));
        let failed = line(&["4", "FAILED", "x", "", "", "NonZeroExitCode", "node1", ""]);
        assert_eq!(parse_squeue(&failed).unwrap().reason, None);
        for torn in ["", "JOBID STATE", "7", "rest of a comment"] {
            assert_eq!(parse_squeue(torn), None, "{torn}");
        }
    }

    #[test]
    fn lines_of_sacct_are_read() {
        let failed = line(&[
            "1",
            "FAILED",
            "2026-11-25T09:12:24",
            "2026-11-25T09:12:24",
            "2026-11-25T09:12:29",
            "None",
            "node1",
            "3:0",
            "sbatch --parsable --comment=slurmkit:0123456789abcdef a|b.sh",
        ]);
        let observed = parse_sacct(&failed).unwrap();
        assert_eq!(observed.state, JobState::Failed);
        assert_eq!(observed.exit_code.as_deref(), Some("3:0"));
        assert!(observed.token.is_some() && observed.ended.is_some());
        let cancelled = line(&[
            "9",
            "CANCELLED by 0",
            "x",
            "None",
            "Unknown",
            "",
            "None assigned",
            "0:0",
            "",
        ]);
        let observed = parse_sacct(&cancelled).unwrap();
        assert_eq!(observed.state, JobState::Cancelled);
        assert_eq!((observed.started, observed.nodes), (None, None));
    }

    #[test]
    fn a_wait_status_becomes_code_and_signal() {
        for (status, code) in [(768, "3:0"), (0, "0:0"), (9, "0:9"), (139, "0:11")] {
            assert_eq!(&*exit_code(status), code);
        }
    }
}
