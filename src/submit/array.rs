//! An array whose tasks are jobs of their own.
//!
//! The tasks share one script of a few lines, and a file with an index and the scripts of all jobs
//! as they are now, so that later edits have no effect, just as with scripts that Slurm keeps. That
//! file stays while a task may run or be put back into the queue.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::batch::{Ready, folder};
use crate::fs::{self, Sync};

/// What the script of the tasks does.
const BODY: &str = include_str!("task.sh");

/// Writes the file of the tasks: a line for each with the place of its script, its length in bytes,
/// the name of the job and its logs, and then the scripts.
pub(super) fn write_tasks(path: &Path, jobs: &[Ready]) -> io::Result<()> {
    let scripts = jobs.iter().map(|job| fs_err::read(&job.script));
    let scripts: Vec<Vec<u8>> = scripts.collect::<io::Result<_>>()?;
    let line = |start: usize, job: &Ready, script: &[u8]| {
        let error = job.logs.error.as_deref().unwrap_or_default();
        // All lines are as long as they will be, so that the first place is known.
        format!(
            "{start:>12}\t{:>12}\t{}\t{}\t{error}\n",
            script.len(),
            job.directives
                .get("job-name")
                .unwrap_or(job.name().as_str()),
            job.logs.output
        )
    };
    let index = |mut start: usize| {
        let mut index = String::new();
        for (job, script) in jobs.iter().zip(&scripts) {
            index.push_str(&line(start, job, script));
            start += script.len();
        }
        index
    };
    let bytes = index(0).len();
    fs_err::create_dir_all(fs::parent(path))?;
    fs::write_atomic_with(path, Sync::Yes, |file| {
        file.write_all(index(bytes).as_bytes())?;
        scripts.iter().try_for_each(|script| file.write_all(script))
    })
}

/// The script that all tasks run, for jobs of one class. Where there is no accounting, a task notes
/// its exit code beside `tasks`.
pub(super) fn script(tasks: &Path, first: &Ready, head: &str, accounting: bool) -> String {
    let mut script = String::from("#!/bin/sh\n");
    // The options of the command line win over names and logs here.
    for line in directive_lines(head) {
        writeln!(script, "{line}").expect(TO_STRING);
    }
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "'\\''"));
    let error = first.logs.error.as_deref().map(folder).unwrap_or_default();
    writeln!(script, "tasks={}", quoted(tasks)).expect(TO_STRING);
    writeln!(
        script,
        "output_folder={}",
        quoted(&folder(&first.logs.output))
    )
    .expect(TO_STRING);
    writeln!(script, "error_folder={}", quoted(&error)).expect(TO_STRING);
    let record = if accounting { "" } else { "$tasks" };
    writeln!(script, "record={record}").expect(TO_STRING);
    script.push_str(BODY);
    writeln!(script, "run {}", first.directives.interpreter).expect(TO_STRING);
    script
}

const TO_STRING: &str = "writing to a string cannot fail";

/// The `#SBATCH` lines of a script that count.
fn directive_lines(script: &str) -> impl Iterator<Item = &str> {
    let is_head = |line: &&str| line.trim_start().starts_with('#') || line.trim().is_empty();
    let head = script.lines().take_while(is_head);
    head.filter(|line| line.starts_with("#SBATCH"))
}

/// The name of a job by itself whose script gives it none: that of the collection, which it has as a
/// task, too. `sbatch` would call it as its file.
pub(super) fn name_of_single(job: &Ready) -> Option<(String, String)> {
    let named = job.directives.get("job-name").is_some();
    (!named).then(|| ("job-name".into(), job.name().to_string()))
}

/// The options by which Slurm gives the tasks logs that they can take over.
pub(super) fn options(first: &Ready, name: &str) -> Vec<(String, String)> {
    let log = |log: &str, end: &str| match folder(log) {
        null if log == "/dev/null" => null.display().to_string(),
        folder => folder
            .join(format!(".slurmkit-%A_%a.{end}"))
            .display()
            .to_string(),
    };
    let output = ("output".to_owned(), log(&first.logs.output, "out"));
    let error = first.logs.error.as_deref();
    let error = error.map(|error| ("error".to_owned(), log(error, "err")));
    let name = ("job-name".to_owned(), name.to_owned());
    [name, output].into_iter().chain(error).collect()
}
