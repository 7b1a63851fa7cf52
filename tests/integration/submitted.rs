//! Projects whose jobs were submitted and ended, and commands of Slurm that take notes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;
use slurmkit::CollectionManager;
use slurmkit::collection::{Attempt, Collection};
use slurmkit::model::{JobId, JobName, JobState};

use super::test::{Run, Test};

/// Notes its arguments, and numbers jobs from 100.
const SBATCH: &str = "\
echo \"sbatch $*\" >> LOG
count=$(grep -c ^sbatch LOG)
echo $((99 + count))
";
/// Prints the file `queue`.
const SQUEUE: &str = "[ ! -e FOLDER/queue ] || cat FOLDER/queue\n";
const SACCT: &str = "echo 'Slurm accounting storage is disabled' >&2; exit 1\n";
/// Puts jobs back unless a file `refuses` says otherwise; that becomes the queue then.
const SCONTROL: &str = "\
case $1 in
show) printf 'MaxArraySize = 1001\nMinJobAge = 300 sec\nAccountingStorageType = x/slurmdbd\n' ;;
requeue)
    echo \"scontrol $*\" >> LOG
    if [ -e FOLDER/refuses ]; then
        mv FOLDER/refuses FOLDER/queue
        echo 'Job violates accounting/QOS policy for job 11' >&2
        exit 1
    fi
    [ ! -e FOLDER/queue ] || sed -i s/PREEMPTED/PENDING/ FOLDER/queue ;;
esac
";

/// A project whose jobs were submitted.
pub struct Project {
    pub test: Test,
    manager: CollectionManager,
}

impl Project {
    /// Jobs with the seeds from 1 to `jobs`; `retry` is the block, indented by two.
    pub fn new(jobs: usize, retry: &str) -> Self {
        Self::with_args("mem: 32G, time: '24:00:00'", jobs, retry)
    }

    pub fn with_args(args: &str, jobs: usize, retry: &str) -> Self {
        let seeds: Vec<_> = (1..=jobs).map(|seed| seed.to_string()).collect();
        let retry = match retry {
            "" => String::new(),
            retry => format!("retry:\n{retry}"),
        };
        let spec = format!(
            "template: t.job.j2\noutput_dir: out\nlogs_dir: logs\nparameters:\n  values:\n    \
             seed: [{}]\nslurm_args:\n  defaults: {{{args}}}\n{retry}",
            seeds.join(", ")
        );
        let template = "#!/bin/sh\n{% for key, value in slurm.items() %}\
                        #SBATCH --{{ key }}={{ value }}\n{% endfor %}\
                        echo {{ seed }} {{ batch_size | default(64) }}\n";
        let test = Test::new()
            .file("spec.yaml", &spec)
            .file("t.job.j2", template);
        let bin = test.path().join("bin");
        let log = test.path().join("slurm.log");
        for (name, script) in [
            ("sbatch", SBATCH),
            ("squeue", SQUEUE),
            ("sacct", SACCT),
            ("scontrol", SCONTROL),
        ] {
            let script = script.replace("LOG", log.to_str().unwrap());
            let script = script.replace("FOLDER", test.path().to_str().unwrap());
            test.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}"));
            fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
        }
        test.write("slurm.log", "");
        test.ok("generate spec.yaml");
        let manager = CollectionManager::new(test.path().join(".slurmkit/collections"));
        Self { test, manager }
    }

    pub fn collection(&self) -> Collection {
        self.manager.get(&"default".parse().unwrap()).unwrap()
    }

    pub fn change(self, change: impl FnOnce(&mut Collection)) -> Self {
        let mut collection = self.collection();
        change(&mut collection);
        self.manager.save(&mut collection).unwrap();
        self
    }

    /// Another attempt of the job with this seed; as it is at the end.
    pub fn ended(self, seed: usize, state: &str, change: impl FnOnce(&mut Attempt)) -> Self {
        self.change(|collection| {
            let name = JobName::parse(&format!("seed{seed}")).unwrap();
            let job = collection.jobs.get_mut(&name).unwrap();
            let id = 10 * seed + job.attempts.len() + 1;
            let mut attempt = Attempt::new(JobId::from(id as u64), JobState::parse(state));
            attempt.exit_code = Some("1:0".into());
            change(&mut attempt);
            job.attempts.push(attempt);
        })
    }

    pub fn command(&self, args: &str) -> Run {
        let path = format!(
            "{}:{}",
            self.test.path().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = self.test.command();
        command.env("PATH", path);
        Run::of(command.args(args.split_whitespace()).output().unwrap())
    }

    /// Runs `resubmit` on the collection; gives what it printed.
    #[track_caller]
    pub fn resubmit(&self, args: &str) -> String {
        let run = self.command(&format!("resubmit default {args}"));
        assert_eq!(run.code, Some(0), "{args}: {}", run.stderr);
        format!("{}{}", run.stderr, run.stdout)
    }

    #[track_caller]
    pub fn refused(&self, args: &str) -> String {
        let run = self.command(&format!("resubmit default {args}"));
        assert_eq!((run.code, &*run.stdout), (Some(1), ""), "{args}");
        assert_eq!(self.submissions(), Vec::<String>::new(), "{}", run.stderr);
        run.stderr
    }

    #[track_caller]
    pub fn dry_run(&self, args: &str) -> Json {
        let run = self.command(&format!("--json resubmit default --dry-run {args}"));
        assert_eq!((run.code, &*run.stderr), (Some(0), ""), "{args}");
        serde_json::from_str(&run.stdout).unwrap()
    }

    /// What becomes of the job with a seed: a line of the table of a dry run.
    #[track_caller]
    pub fn decision(&self, seed: usize) -> String {
        let shown = self.resubmit("--dry-run");
        let name = format!("seed{seed} ");
        let mut lines = shown.lines();
        let line = lines.find(|line| line.starts_with(&name));
        let line = line.unwrap_or_else(|| panic!("no seed{seed} in {shown}"));
        let words: Vec<_> = line.split_whitespace().skip(3).collect();
        words.join(" ")
    }

    /// The options of each `sbatch` but those that tell jobs apart.
    pub fn submissions(&self) -> Vec<String> {
        let log = self.test.read("slurm.log");
        let sbatch = log.lines().filter_map(|line| line.strip_prefix("sbatch "));
        let own = |word: &&str| {
            let ours = ["--parsable", "--comment", "--job-name", "--output"];
            !ours.iter().any(|option| word.starts_with(option))
        };
        let options = |line: &str| {
            let words: Vec<_> = line.split_whitespace().filter(own).collect();
            let path = self.test.path().to_str().unwrap();
            words.join(" ").replace(path, ".")
        };
        sbatch.map(options).collect()
    }
}

/// As a job that failed mostly is.
pub fn nothing(_: &mut Attempt) {}
