use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::command::{Ended, SlurmCommand, is_running_with};
use super::error::{is_communication, is_full};
use super::observation::{self, SACCT, SEPARATOR, SQUEUE};
use super::{
    Accepted, Directives, Environment, JobIds, Limits, Observation, Records, Scheduler, SlurmError,
    Submission, SubmitError,
};
use crate::model::{JobId, JobState, Token};

/// Slurm, by its commands.
#[derive(Clone, Debug)]
pub struct Slurm {
    environment: Environment,
    user: String,
}

/// How long a question may take. A command gives up by itself after `MessageTimeout`, 10 to 100
/// seconds; without a config it tries for a minute.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long `sbatch` may take: it retries by itself for two minutes.
const SUBMIT_PATIENCE: Duration = Duration::from_secs(300);
/// How long to wait between questions that got no answer, in seconds.
const BACK_OFF: [u64; 3] = [1, 3, 9];
/// What `sbatch` says before it waits for room, a minute or two.
const WAITS: &str = "sleeping and retrying";
/// How long it waits before it tries for the second time; see `sbatch.c`.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest argument, in bytes: the kernel takes 128 KiB, the end included.
pub(crate) const MAX_ARGUMENT: usize = 120_000;
/// How many ids a command gets that takes each as an argument.
const IDS_AT_ONCE: usize = 1_000;

impl Slurm {
    /// Slurm as `environment` leads to it.
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            user: rustix::process::getuid().as_raw().to_string(),
        }
    }

    /// The same, to look at the jobs of the user with this uid.
    #[must_use]
    pub fn of(&self, uid: u32) -> Self {
        Self {
            environment: self.environment.clone(),
            user: uid.to_string(),
        }
    }

    /// The inherited variables that `sbatch` does not get for one of some scripts.
    pub fn withheld(&self, scripts: &[&Directives]) -> Vec<&str> {
        self.environment.withheld(scripts)
    }

    /// Asks, and asks again while nobody answers.
    fn ask(
        &self,
        program: &'static str,
        cluster: Option<&str>,
        arguments: &[String],
    ) -> Result<String, SlurmError> {
        let mut waits = BACK_OFF.into_iter();
        loop {
            match (self.ask_once(program, cluster, arguments), waits.next()) {
                (Err(error), Some(seconds)) if error.is_away() => {
                    thread::sleep(Duration::from_secs(seconds));
                }
                (answer, _) => return answer,
            }
        }
    }

    fn ask_once(
        &self,
        program: &'static str,
        cluster: Option<&str>,
        arguments: &[String],
    ) -> Result<String, SlurmError> {
        let cluster = cluster.map(|cluster| format!("--clusters={cluster}"));
        let ended = SlurmCommand {
            program,
            arguments: cluster
                .into_iter()
                .chain(arguments.iter().cloned())
                .collect(),
            variables: self.environment.for_questions(),
            working_dir: None,
            patience: PATIENCE,
            stop_at: None,
        }
        .run()?;
        let message = said(&ended);
        match ended.status {
            Some(status) if status.success() => Ok(ended.stdout),
            None => Err(SlurmError::Away {
                message: format!("`{program}` took longer than {} s", PATIENCE.as_secs()),
            }),
            Some(_) if message.contains("accounting storage is disabled") => {
                Err(SlurmError::NoAccounting)
            }
            Some(_) if is_communication(&message) => Err(SlurmError::Away { message }),
            Some(_) => Err(SlurmError::Failed { program, message }),
        }
    }

    /// The exit codes of the jobs that ended, which `squeue` prints in columns only.
    fn exit_codes(&self, cluster: Option<&str>) -> Result<HashMap<String, u32>, SlurmError> {
        let ended = "--states=BF,CA,CD,DL,F,NF,OOM,PR,TO";
        let arguments = [
            "--noheader",
            "--all",
            ended,
            "--Format=exit_code:12,JobArrayID:60",
        ];
        let arguments = self.of_user(&arguments);
        let answer = self.ask("squeue", cluster, &arguments)?;
        let codes = answer.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let status = words.next()?.parse().ok()?;
            Some((words.next()?.to_owned(), status))
        });
        Ok(codes.collect())
    }

    fn of_user(&self, arguments: &[&str]) -> Vec<String> {
        let user = format!("--user={}", self.user);
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        arguments.chain([user]).collect()
    }
}

impl Scheduler for Slurm {
    fn submit(&self, submission: &Submission<'_>) -> Result<Accepted, SubmitError> {
        let ended = SlurmCommand {
            program: "sbatch",
            arguments: submission.arguments(),
            variables: self.environment.for_sbatch(submission.directives),
            working_dir: Some(submission.working_dir),
            patience: SUBMIT_PATIENCE,
            stop_at: Some(WAITS),
        }
        .run()
        .map_err(SubmitError::Slurm)?;
        outcome(&ended)
    }

    fn clusters(&self, directives: &Directives) -> Vec<String> {
        self.environment.clusters(directives)
    }

    fn is_submitting(&self, token: Token) -> bool {
        is_running_with(&token.to_string())
    }

    fn queue(&self, cluster: Option<&str>) -> Result<Vec<Observation>, SlurmError> {
        let format = format!("--format={}", SQUEUE.join(&SEPARATOR.to_string()));
        let arguments = self.of_user(&["--noheader", "--all", "--states=all", &format]);
        let answer = self.ask("squeue", cluster, &arguments)?;
        Ok(answer
            .lines()
            .filter_map(observation::parse_squeue)
            .collect())
    }

    fn ended_exit_codes(
        &self,
        cluster: Option<&str>,
    ) -> Result<Vec<(JobIds, Box<str>)>, SlurmError> {
        let codes = self.exit_codes(cluster)?.into_iter();
        let codes = codes.filter_map(|(ids, status)| {
            Some((JobIds::parse(&ids)?, observation::exit_code(status)))
        });
        Ok(codes.collect())
    }

    fn accounting(&self, records: &Records<'_>) -> Result<Vec<Observation>, SlurmError> {
        let Records {
            cluster,
            numbers,
            since,
        } = records;
        let which = match numbers.map(join) {
            Some(numbers) if numbers.is_empty() => return Ok(Vec::new()),
            Some(numbers) if numbers.len() <= MAX_ARGUMENT => vec![format!("--jobs={numbers}")],
            _ => {
                let user = format!("--user={}", self.user);
                vec![user, format!("--starttime={}", utc(*since))]
            }
        };
        let fields = format!("--format={}", SACCT.join(","));
        let delimiter = format!("--delimiter={SEPARATOR}");
        let mut arguments: Vec<String> = ["--noheader", "--allocations", "--parsable2"]
            .map(String::from)
            .into();
        arguments.extend([delimiter, fields]);
        arguments.extend(which);
        let answer = self.ask("sacct", *cluster, &arguments)?;
        Ok(answer
            .lines()
            .filter_map(observation::parse_sacct)
            .collect())
    }

    fn limits(&self) -> Result<Limits, SlurmError> {
        let answer = self.ask("scontrol", None, &["show".into(), "config".into()])?;
        Ok(parse_config(&answer))
    }

    fn cancel(
        &self,
        cluster: Option<&str>,
        jobs: &[JobId],
        state: Option<&JobState>,
    ) -> Result<(), SlurmError> {
        let state = state.map(|state| format!("--state={state}"));
        for jobs in jobs.chunks(IDS_AT_ONCE) {
            let ids = jobs.iter().map(ToString::to_string);
            let arguments: Vec<String> = state.iter().cloned().chain(ids).collect();
            self.ask("scancel", cluster, &arguments)?;
        }
        Ok(())
    }

    fn requeue(&self, cluster: Option<&str>, jobs: &[JobId]) -> Result<(), SlurmError> {
        let mut requeued = Ok(());
        for jobs in jobs.chunks(IDS_AT_ONCE) {
            let ids: Vec<_> = jobs.iter().map(JobId::as_str).collect();
            let asked = self.ask("scontrol", cluster, &["requeue".into(), ids.join(",")]);
            // One that cannot go back does not keep the others from it.
            requeued = requeued.and(asked.map(drop));
        }
        requeued
    }
}

/// What a command said: its errors without the prefix `sbatch: error:`, or else its last line.
fn said(ended: &Ended) -> String {
    let lines = ended.stderr.lines().map(|line| {
        let line = line.trim();
        let (program, rest) = line.split_once(": ").unwrap_or(("", line));
        let is_program = !program.is_empty() && program.chars().all(|c| c.is_ascii_lowercase());
        let rest = if is_program { rest } else { line };
        rest.strip_prefix("error: ")
            .or_else(|| rest.strip_prefix("fatal: "))
            .unwrap_or(rest)
            .to_owned()
    });
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        ended.stdout.lines().last().unwrap_or_default().into()
    } else {
        lines.join("; ")
    }
}

/// What came of a submission.
///
/// Neither exit codes nor texts are enough alone: a command that failed may have submitted. What is
/// not known to be a refusal is uncertain.
fn outcome(ended: &Ended) -> Result<Accepted, SubmitError> {
    let message = said(ended);
    let id = ended.stdout.lines().rev().find_map(parse_id);
    match (ended.status, id) {
        (Some(status), Some(accepted)) if status.success() => Ok(accepted),
        // It was ended while it waited, if it had no time to wake up first.
        (None, None) if message.contains(WAITS) => Err(SubmitError::Full {
            message: "Slurm has as many jobs as it takes (MaxJobCount)".into(),
            certain: ended.elapsed < FIRST_WAIT,
        }),
        (Some(status), None) if !status.success() && status.code().is_some() => {
            if is_full(&message) {
                Err(SubmitError::Full {
                    message,
                    certain: true,
                })
            } else if is_communication(&message) {
                Err(SubmitError::Uncertain { message })
            } else {
                Err(SubmitError::Refused { message })
            }
        }
        (None, _) => Err(SubmitError::Uncertain {
            message: format!("`sbatch` took longer than {} s", SUBMIT_PATIENCE.as_secs()),
        }),
        (Some(_), _) => Err(SubmitError::Uncertain {
            message: match message.as_str() {
                "" => "`sbatch` printed no job id".into(),
                message => format!("`sbatch` printed no job id: {message}"),
            },
        }),
    }
}

/// `123`, or `123;cluster`.
fn parse_id(line: &str) -> Option<Accepted> {
    let (id, cluster) = match line.trim().split_once(';') {
        Some((id, cluster)) => (id, Some(cluster.into())),
        None => (line.trim(), None),
    };
    let job_id = id.parse().ok()?;
    Some(Accepted { job_id, cluster })
}

fn join(numbers: &[u64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    numbers.join(",")
}

/// A time as commands take it, in UTC.
fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Reads `scontrol show config`.
fn parse_config(text: &str) -> Limits {
    let pairs = text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        Some((key.trim(), value.trim()))
    });
    let config: HashMap<_, _> = pairs.collect();
    let number = |text: &str| text.split_whitespace().next()?.parse().ok();
    let of = |key: &str| config.get(key).copied().unwrap_or_default();
    let parameters = of("SchedulerParameters").split(',');
    let max_tasks = parameters
        .filter_map(|parameter| parameter.trim().strip_prefix("max_array_tasks="))
        .find_map(number);
    // `MaxArraySize` bounds the index, which begins at zero.
    let array_size = number(of("MaxArraySize")).unwrap_or(1001);
    let max_tasks = max_tasks.unwrap_or(array_size);
    Limits {
        array_tasks: u32::try_from(array_size.min(max_tasks)).unwrap_or(u32::MAX),
        remembers_seconds: match number(of("MinJobAge")) {
            // `man slurm.conf`: "A value of zero prevents any job record purging."
            Some(0) => u64::MAX,
            seconds => seconds.unwrap_or(300),
        },
        answers_seconds: number(of("MessageTimeout")).unwrap_or(10),
        accounting: has_accounting(of("AccountingStorageType")),
    }
}

/// Whether a storage keeps jobs. Where there is none Slurm 23.11 and newer say `(null)`, older ones
/// `accounting_storage/none`.
fn has_accounting(storage: &str) -> bool {
    !matches!(storage, "" | "(null)") && !storage.ends_with("none")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn ended(code: Option<i32>, stdout: &str, stderr: &str) -> Ended {
        Ended {
            status: code.map(|code| ExitStatus::from_raw(code << 8)),
            elapsed: Duration::ZERO,
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    fn kind(ended: &Ended) -> String {
        match outcome(ended) {
            Ok(Accepted { job_id, cluster }) => format!("{job_id} {cluster:?}"),
            Err(SubmitError::Refused { message }) => format!("refused: {message}"),
            Err(SubmitError::Full { .. }) => "full".into(),
            Err(SubmitError::Uncertain { .. }) => "uncertain".into(),
            Err(SubmitError::Slurm(error)) => error.to_string(),
        }
    }

    /// The texts are those of Slurm 22.05.
    #[test]
    fn what_sbatch_says_is_told_apart() {
        let failed = "sbatch: error: Batch job submission failed: ";
        for (code, stdout, stderr, expected) in [
            (Some(0), "71\n", "", "71 None"),
            (Some(0), "71;lab\n", "sbatch: a note\n", "71 Some(\"lab\")"),
            (Some(0), "hello\n", "", "uncertain"),
            (Some(0), "", "", "uncertain"),
            (None, "", "", "uncertain"),
            (
                Some(1),
                "",
                "sbatch: error: invalid partition specified: x\nsbatch: error: no\n",
                "refused: invalid partition specified: x; no",
            ),
            (
                Some(255),
                "",
                "sbatch: unrecognized option '--bogus=1'\nTry \"sbatch --help\" for more information\n",
                "refused: unrecognized option '--bogus=1'; Try \"sbatch --help\" for more information",
            ),
            (
                None,
                "",
                "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n",
                "full",
            ),
        ] {
            assert_eq!(kind(&ended(code, stdout, stderr)), expected, "{stderr}");
        }
        for (message, expected) in [
            ("Socket timed out on send/recv operation", "uncertain"),
            (
                "Unable to contact slurm controller (connect failure)",
                "uncertain",
            ),
            ("Protocol authentication error", "uncertain"),
            ("Resource temporarily unavailable", "full"),
        ] {
            let ended = ended(Some(1), "", &format!("{failed}{message}\n"));
            assert_eq!(kind(&ended), expected, "{message}");
        }
        let limit = "sbatch: error: AssocMaxSubmitJobLimit\n";
        assert_eq!(kind(&ended(Some(1), "", limit)), "full");
    }

    #[test]
    fn limits_are_read_from_the_configuration() {
        let config = "Configuration data as of 2026-11-25T09:12:33\n\
                      AccountingStorageType   = accounting_storage/slurmdbd\n\
                      MaxArraySize            = 1001\nMinJobAge               = 120 sec\n\
                      MessageTimeout          = 60 sec\n\
                      SchedulerParameters     = bf_interval=2,max_array_tasks=500\n";
        assert_eq!(
            parse_config(config),
            Limits {
                array_tasks: 500,
                remembers_seconds: 120,
                answers_seconds: 60,
                accounting: true
            }
        );
        for none in ["accounting_storage/none", "(null)"] {
            let config = format!("AccountingStorageType = {none}\nMaxArraySize = 0\n");
            let limits = parse_config(&config);
            assert_eq!((limits.array_tasks, limits.accounting), (0, false));
        }
    }
}
