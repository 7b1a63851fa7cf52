use std::io;

use thiserror::Error;

use crate::diagnostic::Diagnose;

/// Why Slurm did not do as asked.
#[derive(Debug, Error)]
pub enum SlurmError {
    /// A command is not there.
    #[error("`{program}` was not found")]
    Missing {
        /// The command.
        program: &'static str,
    },
    /// The controller or the database cannot be reached.
    #[error("Slurm does not answer: {message}")]
    Away {
        /// What the command said.
        message: String,
    },
    /// Jobs are not kept in a database.
    #[error("this cluster keeps no accounting")]
    NoAccounting,
    /// A command failed.
    #[error("`{program}` failed: {message}")]
    Failed {
        /// The command.
        program: &'static str,
        /// What it said.
        message: String,
    },
    /// A command cannot be run.
    #[error("cannot run `{program}`: {error}")]
    Run {
        /// The command.
        program: &'static str,
        /// Why.
        error: io::Error,
    },
}

/// Why a script was not submitted, if it was not.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// Slurm will not have it.
    #[error("{message}")]
    Refused {
        /// What `sbatch` said.
        message: String,
    },
    /// There is no room: the user or the cluster has as many jobs as are allowed.
    #[error("{message}")]
    Full {
        /// What `sbatch` said.
        message: String,
        /// Whether the job is surely not there.
        certain: bool,
    },
    /// The job may be there all the same.
    #[error("{message}")]
    Uncertain {
        /// What `sbatch` said, or that it took too long.
        message: String,
    },
    /// `sbatch` could not be run, so nothing was submitted.
    #[error(transparent)]
    Slurm(SlurmError),
}

impl SlurmError {
    /// Whether waiting may help.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

impl Diagnose for SlurmError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "run this on a host that submits to a Slurm cluster, such as a login node; on some \
                 `module load slurm` comes first"
                    .into(),
            ),
            // So it looks here when the controller did not believe who asks.
            Self::Away { message }
                if message.contains("Zero Bytes") || message.contains("authentication") =>
            {
                Some(
                    "is `munge` running here, and does the clock of this host agree with the \
                     controller's to five minutes? `scontrol ping` shows when all is well"
                        .into(),
                )
            }
            Self::Away { message } if message.contains("configuration source") => Some(
                "this host has no configuration of a cluster: run this on a login node, or name \
                 the file in `SLURM_CONF`"
                    .into(),
            ),
            Self::Away { .. } => {
                Some("`scontrol ping` shows whether it is back; then run this again".into())
            }
            Self::NoAccounting | Self::Failed { .. } | Self::Run { .. } => None,
        }
    }
}

/// Whether what a command said means that it did not get through, or got no answer.
///
/// The texts are those of `slurm_errno.c` and of the C library; see also `man slurm.conf`,
/// `MessageTimeout`.
pub(super) fn is_communication(message: &str) -> bool {
    const SIGNS: [&str; 23] = [
        "Unable to contact",
        "timed out",
        "Zero Bytes were transmitted",
        "Unexpected message received",
        "Unexpected missing socket",
        "Communication connection failure",
        "Communication shutdown failure",
        "Connection refused",
        "Connection reset",
        "Broken pipe",
        "Transport endpoint",
        "No route to host",
        "Network is unreachable",
        "Host is down",
        "authentication error",
        "Munge encode failed",
        "Message receive failure",
        "Message send failure",
        "Header lengths are longer",
        "Insane message length",
        "standby mode",
        "could not establish a configuration source",
        "Could not establish a configuration source",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}

/// Whether a refusal means that there are too many jobs, of the user or of all.
pub(super) fn is_full(message: &str) -> bool {
    // QOSMaxSubmitJobPerUserLimit, AssocMaxSubmitJobLimit, AssocGrpSubmitJobsLimit and so on;
    // then `MaxJobCount`.
    let is_limit = |word: &str| word.contains("Submit") && word.contains("Limit");
    message.split(|c: char| !c.is_alphanumeric()).any(is_limit)
        || message.contains("Resource temporarily unavailable")
        || message.contains("temporarily unable to accept job")
        || message.contains("job queue full")
        || message.contains("Job limit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_what_may_be_wrong() {
        for (message, part) in [
            ("Could not establish a configuration source", "`SLURM_CONF`"),
            (
                "slurm_load_jobs error: Zero Bytes were transmitted or received",
                "the clock of this host",
            ),
            (
                "slurm_load_jobs error: Protocol authentication error",
                "`munge`",
            ),
            (
                "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
                "back",
            ),
        ] {
            let message = message.to_owned();
            assert!(is_communication(&message));
            let help = SlurmError::Away { message }.help().unwrap();
            assert!(help.contains(part), "{help}");
        }
    }
}
