//! What Slurm knows of the end of a job whose log says nothing.

use signal_hook::low_level::signal_name;

use crate::collection::Attempt;
use crate::model::JobState;

/// How an attempt ended: `exit code 2`, `killed by signal 11 (SIGSEGV)`, `TIMEOUT`.
pub(super) fn ending(attempt: &Attempt) -> String {
    let Attempt {
        state, exit_code, ..
    } = attempt;
    let codes = exit_code.as_deref().and_then(|both| both.split_once(':'));
    match (state, codes) {
        (JobState::Failed, Some(("0", "0")) | None) => state.to_string(),
        (JobState::Failed, Some((code, "0"))) => format!("exit code {code}"),
        (JobState::Failed, Some((_, signal))) => {
            let name = signal.parse().ok().and_then(signal_name);
            let name = name.map_or(String::new(), |name| format!(" ({name})"));
            format!("killed by signal {signal}{name}")
        }
        _ => state.to_string(),
    }
}

/// That an attempt never began, and why: `never began (Dependency)`. `None` for one that may have.
pub(super) fn never_began(attempt: &Attempt) -> Option<String> {
    let Attempt {
        state,
        reason,
        started,
        ended,
        nodes,
        ..
    } = attempt;
    let is_over = state.is_failure() && *state != JobState::Unknown;
    // Of a job that was cancelled while it waited, the accounting may say that it began as it ended.
    let has_run = nodes.is_some() || started.is_some() && started != ended;
    let is_told = *state == JobState::Cancelled || reason.is_some();
    (is_over && !has_run && is_told).then(|| match reason {
        Some(reason) => format!("never began ({reason})"),
        None => "never began".into(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::JobId;

    fn attempt(state: &str) -> Attempt {
        Attempt::new(JobId::from(7), JobState::parse(state))
    }

    #[test]
    fn an_end_is_told_in_the_words_of_people_and_of_slurm() {
        for (state, exit_code, expected) in [
            ("FAILED", Some("2:0"), "exit code 2"),
            ("FAILED", Some("0:11"), "killed by signal 11 (SIGSEGV)"),
            ("FAILED", Some("0:99"), "killed by signal 99"),
            ("FAILED", None, "FAILED"),
            ("TIMEOUT", Some("0:15"), "TIMEOUT"),
        ] {
            let exit_code = exit_code.map(Box::from);
            let attempt = Attempt {
                exit_code,
                ..attempt(state)
            };
            assert_eq!(ending(&attempt), expected);
        }
    }

    #[test]
    fn what_never_began_is_told_from_what_ran() {
        let cancelled = Attempt {
            reason: Some("Dependency".into()),
            ..attempt("CANCELLED")
        };
        let told = Some("never began (Dependency)".to_owned());
        assert_eq!(never_began(&cancelled), told);
        let end = Some(Timestamp::now());
        let at_its_end = Attempt {
            started: end,
            ended: end,
            ..cancelled
        };
        assert_eq!(never_began(&at_its_end), told);
        let ran = Attempt {
            nodes: Some("n1".into()),
            ..at_its_end
        };
        assert_eq!(never_began(&ran), None);
        assert_eq!(
            never_began(&attempt("CANCELLED")),
            Some("never began".into())
        );
        for state in ["FAILED", "UNKNOWN", "PENDING", "COMPLETED"] {
            assert_eq!(never_began(&attempt(state)), None, "{state}");
        }
    }
}
