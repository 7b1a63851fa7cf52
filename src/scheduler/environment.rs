use std::ffi::{OsStr, OsString};

use super::Directives;

/// The variables that commands of Slurm are run with.
///
/// Slurm's commands take defaults from the environment, and those of `sbatch` win over the script:
/// `SBATCH_ARRAY_INX` makes an array of a job, `SQUEUE_FORMAT` changes what is printed. What is meant
/// for people, or for the job that runs us, must not change what we ask.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

/// What leads to the cluster, for every command.
const ADDRESS: [&str; 3] = ["SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"];

/// Variables of `sbatch` that change what is submitted, or how it answers, rather than what is asked
/// for; the options behind some of them are ours to set.
const NEVER: [&str; 14] = [
    "SBATCH_ARRAY_INX",
    "SBATCH_COMMENT",
    "SBATCH_DEBUG",
    "SBATCH_ERROR",
    "SBATCH_GET_USER_ENV",
    "SBATCH_IGNORE_PBS",
    "SBATCH_INPUT",
    "SBATCH_JOB_NAME",
    "SBATCH_JOBID",
    "SBATCH_OPEN_MODE",
    "SBATCH_OUTPUT",
    "SBATCH_TEST_ONLY",
    "SBATCH_WAIT",
    "SBATCH_WAIT_ALL_NODES",
];

/// Variables of `sbatch`, after `SBATCH_`, that are not called as their option or exclude others: what
/// a script must not say for them to count. See sbatch(1), "INPUT ENVIRONMENT VARIABLES".
const OPTIONS: [(&[&str], &[&str]); 7] = [
    (&["BURST_BUFFER"], &["bb", "bbf"]),
    (&["CORE_SPEC", "THREAD_SPEC"], &["core-spec", "thread-spec"]),
    (&["CPU_FREQ_REQ"], &["cpu-freq"]),
    (
        &["MEM_PER_CPU", "MEM_PER_GPU", "MEM_PER_NODE"],
        &["mem", "mem-per-cpu", "mem-per-gpu"],
    ),
    (&["NO_REQUEUE", "REQUEUE"], &["no-requeue", "requeue"]),
    (&["REQ_SWITCH", "WAIT4SWITCH"], &["switches"]),
    (&["TIMELIMIT"], &["time"]),
];

impl Environment {
    /// Takes all variables of a process.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }

    /// For commands that ask. Times come in UTC, lists of tasks whole.
    pub(super) fn for_questions(&self) -> Vec<(OsString, OsString)> {
        const SET: [(&str, &str); 3] = [("LC_ALL", "C"), ("TZ", "UTC"), ("SLURM_BITSTR_LEN", "0")];
        let is_set = |name: &str| SET.iter().any(|(set, _)| *set == name);
        let mut variables = self.filtered(|name| !changes_answers(name) && !is_set(name));
        variables.extend(SET.map(|(name, value)| (name.into(), value.into())));
        variables
    }

    /// The variables that commands which ask do not get, for people who wonder.
    pub fn unheeded(&self) -> Vec<&str> {
        self.names(changes_answers)
    }

    /// For `sbatch`: what the script does not say itself may come from the environment, as the
    /// account that many sites ask for.
    pub(super) fn for_sbatch(&self, directives: &Directives) -> Vec<(OsString, OsString)> {
        self.filtered(|name| !changes_submission(name, directives))
    }

    /// The variables that are kept from `sbatch` for one of some scripts, for people who wonder.
    pub fn withheld(&self, scripts: &[&Directives]) -> Vec<&str> {
        self.names(|name| {
            let mut scripts = scripts.iter();
            is_slurms(name) && scripts.any(|directives| changes_submission(name, directives))
        })
    }

    /// Some of the names, sorted.
    fn names(&self, meant: impl Fn(&str) -> bool) -> Vec<&str> {
        let names = self.variables.iter().filter_map(|(name, _)| name.to_str());
        let mut names: Vec<_> = names.filter(|name| meant(name)).collect();
        names.sort_unstable();
        names
    }

    /// The clusters that a script goes to: those it names, or else those of the user.
    pub(super) fn clusters(&self, directives: &Directives) -> Vec<String> {
        let of_user = |name: &str| {
            let set = self.variables.iter().find(|(known, _)| known == name);
            set.and_then(|(_, value)| value.to_str())
        };
        let named = directives
            .get("clusters")
            .or_else(|| of_user("SBATCH_CLUSTERS"))
            .or_else(|| of_user("SLURM_CLUSTERS"));
        let names = named.unwrap_or_default().split(',').map(str::trim);
        names
            .filter(|name| !name.is_empty())
            .map(String::from)
            .collect()
    }

    fn filtered(&self, keep: impl Fn(&str) -> bool) -> Vec<(OsString, OsString)> {
        let kept = |name: &OsStr| name.to_str().is_none_or(&keep);
        let kept = self.variables.iter().filter(|(name, _)| kept(name));
        kept.cloned().collect()
    }
}

fn is_slurms(name: &str) -> bool {
    const PREFIXES: [&str; 7] = [
        "SACCT_",
        "SBATCH_",
        "SCANCEL_",
        "SCONTROL_",
        "SINFO_",
        "SLURM_",
        "SQUEUE_",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a variable would change what commands that ask print.
fn changes_answers(name: &str) -> bool {
    is_slurms(name) && !ADDRESS.contains(&name)
}

/// Whether a variable would change what the script of a job says, or carry the job that runs us into
/// the new one.
fn changes_submission(name: &str, directives: &Directives) -> bool {
    if let Some(variable) = name.strip_prefix("SBATCH_") {
        let says = |option: &&str| directives.get(option).is_some();
        return NEVER.contains(&name)
            || match OPTIONS.iter().find(|(of, _)| of.contains(&variable)) {
                Some((_, options)) => options.iter().any(says),
                None => says(&&*variable.to_lowercase().replace('_', "-")),
            };
    }
    // `SLURM_CLUSTERS` is a wish of the user, as `SBATCH_CLUSTERS` is; the rest describes a job, or
    // how commands print.
    match name {
        "SLURM_CLUSTERS" => directives.get("clusters").is_some(),
        name => name.starts_with("SLURM_") && !ADDRESS.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(names: &[&str]) -> Environment {
        Environment::new(names.iter().map(|name| (OsString::from(name), "x".into())))
    }

    fn names(variables: &[(OsString, OsString)]) -> Vec<&str> {
        variables
            .iter()
            .map(|(name, _)| name.to_str().unwrap())
            .collect()
    }

    #[test]
    fn a_script_wins_over_the_environment() {
        let environment = environment(&[
            "PATH",
            "SBATCH_ACCOUNT",
            "SBATCH_ARRAY_INX",
            "SBATCH_TIMELIMIT",
            "SBATCH_WAIT",
            "SLURM_CONF",
            "SLURM_EXIT_ERROR",
            "SLURM_JOB_ID",
            "SLURM_MEM_PER_NODE",
        ]);
        let plain = Directives::parse("#!/bin/sh\n");
        let kept = environment.for_sbatch(&plain);
        assert_eq!(
            names(&kept),
            ["PATH", "SBATCH_ACCOUNT", "SBATCH_TIMELIMIT", "SLURM_CONF"]
        );
        let own = Directives::parse("#!/bin/sh\n#SBATCH -A lab -t 10\n");
        assert_eq!(names(&environment.for_sbatch(&own)), ["PATH", "SLURM_CONF"]);
        let withheld = environment.withheld(&[&plain, &own]);
        assert!(withheld.contains(&"SBATCH_ACCOUNT"), "{withheld:?}");
    }

    #[test]
    fn variables_count_by_the_options_that_they_stand_for() {
        for (variable, line, is_withheld) in [
            ("SBATCH_MEM_PER_NODE", "--mem=4G", true),
            ("SBATCH_MEM_PER_CPU", "--mem=4G", true),
            ("SBATCH_MEM_PER_CPU", "--mem-bind=local", false),
            ("SBATCH_WAIT4SWITCH", "--switches=1", true),
            ("SBATCH_CPU_FREQ_REQ", "--cpu-freq=low", true),
            ("SBATCH_THREAD_SPEC", "-S 2", true),
            ("SBATCH_NO_REQUEUE", "--requeue", true),
            ("SBATCH_CLUSTER_CONSTRAINT", "--cluster-constraint=x", true),
            ("SBATCH_QOS", "--time=1", false),
        ] {
            let own = Directives::parse(&format!("#!/bin/sh\n#SBATCH {line}\n"));
            let withheld = !environment(&[variable]).withheld(&[&own]).is_empty();
            assert_eq!(withheld, is_withheld, "{variable} {line}");
        }
    }

    #[test]
    fn questions_are_asked_as_if_nothing_were_set() {
        let environment =
            environment(&["HOME", "SQUEUE_FORMAT", "SLURM_CONF", "TZ", "SACCT_FORMAT"]);
        let kept = environment.for_questions();
        assert_eq!(
            names(&kept),
            ["HOME", "SLURM_CONF", "LC_ALL", "TZ", "SLURM_BITSTR_LEN"]
        );
        assert_eq!(kept[3].1, "UTC");
    }
}
