use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::{Exit, Printer};
use crate::Error;
use crate::fs::named;
use crate::logs::{Folders, JobLogs, last_lines, open};

/// Prints logs one after the other; several with a heading each, as `tail` does.
pub(super) fn run(
    chosen: &[JobLogs<'_>],
    lines: Option<usize>,
    printer: &Printer,
) -> Result<Exit, Error> {
    let folders = Folders::default();
    let mut exit = Exit::Done;
    let mut files = Vec::new();
    for job in chosen {
        let of_job = job.files(&folders);
        if of_job.is_empty() {
            printer.error(&no_log(job));
            exit = Exit::Failed;
        } else if !of_job.iter().any(|path| path.exists())
            && let Some(unbegun) = job.unbegun()
        {
            printer.error(&Error::NoLog {
                job: job.name.clone(),
                problem: format!("it {unbegun}"),
            });
            exit = Exit::Failed;
            continue;
        }
        files.extend(without_empty(of_job).into_iter().map(|file| (job, file)));
    }
    let mut out = printer.strangers_output();
    for (index, (job, path)) in files.iter().enumerate() {
        let mut file = match opened(path, lines) {
            Ok(file) => file,
            Err(error) => {
                out.flush()?;
                printer.error(&error.into());
                exit = Exit::Failed;
                continue;
            }
        };
        if files.len() > 1 {
            if index > 0 {
                out.write_line("")?;
            }
            out.write_line(&heading(job, path))?;
        }
        let mut block = vec![0; 1 << 16];
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(length) => out.write(&block[..length])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    printer.error(&named(error, "read", path).into());
                    exit = Exit::Failed;
                    break;
                }
            }
        }
    }
    out.flush()?;
    Ok(exit)
}

fn opened(path: &Path, lines: Option<usize>) -> io::Result<std::fs::File> {
    let mut file = open(path)?;
    if let Some(lines) = lines {
        let start = last_lines(&file, lines);
        let start = start.and_then(|start| file.seek(SeekFrom::Start(start)));
        start.map_err(|error| named(error, "read", path))?;
    }
    Ok(file)
}

/// `==> lr0.1 (FAILED, logs/lr0.1.123.out) <==`
pub(super) fn heading(job: &JobLogs<'_>, path: &Path) -> String {
    let (name, state) = (job.name, &job.attempt.state);
    format!("==> {name} ({state}, {}) <==", path.display())
}

pub(super) fn no_log(job: &JobLogs<'_>) -> Error {
    Error::NoLog {
        job: job.name.clone(),
        problem: "nobody noted where it is, or it goes to `/dev/null`".into(),
    }
}

/// Of a job with files for output and errors, those with something in them.
fn without_empty(mut files: Vec<std::path::PathBuf>) -> Vec<std::path::PathBuf> {
    let has_words = |path: &Path| std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if files.iter().any(|path| has_words(path)) {
        files.retain(|path| has_words(path));
    }
    files
}
