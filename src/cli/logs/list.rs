use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use super::super::status::duration;
use super::super::table::table;
use super::super::{Exit, Global, Printer};
use crate::Error;
use crate::collection::CollectionName;
use crate::logs::{Folders, JobLogs, last_lines, open};
use crate::model::{JobId, JobName};

/// How much of a log goes into a JSON document at most, in bytes.
const MAX_BYTES: u64 = 16 << 20;

#[derive(Serialize)]
struct Report<'a> {
    collection: &'a str,
    logs: Vec<JobReport<'a>>,
}

#[derive(Serialize)]
struct JobReport<'a> {
    job_name: &'a JobName,
    state: &'a str,
    job_id: &'a JobId,
    files: Vec<FileReport>,
}

#[derive(Serialize)]
struct FileReport {
    path: PathBuf,
    /// `None` where there is no file.
    bytes: Option<u64>,
    modified: Option<Timestamp>,
    /// Its last lines, if they were asked for and can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Shows where logs are.
pub(super) fn run(
    name: &CollectionName,
    chosen: &[JobLogs<'_>],
    lines: Option<usize>,
    global: &Global,
    printer: &Printer,
) -> Result<Exit, Error> {
    let folders = Folders::default();
    let report = Report {
        collection: name.as_str(),
        logs: chosen
            .iter()
            .map(|job| JobReport::new(job, lines, &folders))
            .collect(),
    };
    if global.json {
        printer.json(&report)?;
    } else if report.logs.is_empty() {
        printer.result(&format!(
            "no such job of collection `{name}` was submitted\n"
        ))?;
    } else {
        let rows = report.logs.iter().flat_map(JobReport::rows);
        let header = ["STATE", "JOB", "ID", "SIZE", "WRITTEN", "LOG"];
        printer.result(&table(header, rows))?;
    }
    Ok(Exit::Done)
}

impl<'a> JobReport<'a> {
    fn new(job: &JobLogs<'a>, lines: Option<usize>, folders: &Folders) -> Self {
        let files = job.files(folders).into_iter();
        Self {
            job_name: job.name,
            state: job.attempt.state.word(),
            job_id: &job.attempt.job_id,
            files: files.map(|path| FileReport::new(path, lines)).collect(),
        }
    }

    /// One for each file.
    fn rows(&self) -> Vec<[String; 6]> {
        let row = |file: Option<&FileReport>| {
            let bytes = file.and_then(|file| file.bytes);
            let log = file.map(|file| file.path.display().to_string());
            [
                self.state.into(),
                self.job_name.to_string(),
                self.job_id.to_string(),
                bytes.map_or("-".into(), size),
                file.and_then(FileReport::age).unwrap_or("-".into()),
                log.unwrap_or("-".into()),
            ]
        };
        match self.files.is_empty() {
            true => vec![row(None)],
            false => self.files.iter().map(|file| row(Some(file))).collect(),
        }
    }
}

impl FileReport {
    fn new(path: PathBuf, lines: Option<usize>) -> Self {
        let metadata = std::fs::metadata(&path).ok();
        let modified = metadata.as_ref().and_then(|file| file.modified().ok());
        let modified = modified.and_then(|time: SystemTime| Timestamp::try_from(time).ok());
        Self {
            bytes: metadata.map(|file| file.len()),
            modified: modified.and_then(|time| Timestamp::from_second(time.as_second()).ok()),
            text: lines.and_then(|lines| Self::end(&path, lines).ok()),
            path,
        }
    }

    fn end(path: &std::path::Path, lines: usize) -> std::io::Result<String> {
        let mut file = open(path)?;
        let end = file.metadata()?.len();
        let start = last_lines(&file, lines)?.max(end.saturating_sub(MAX_BYTES));
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// `12 min ago`
    fn age(&self) -> Option<String> {
        let seconds = Timestamp::now().as_second() - self.modified?.as_second();
        Some(format!("{} ago", duration(seconds.max(0))))
    }
}

/// `512 B`, `3.2 KiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In tenths, so that no float is needed.
    let mut tenths = bytes.saturating_mul(10) / 1024;
    let mut unit = 0;
    while tenths >= 10240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_600_000, "1.5 MiB"),
            (1 << 50, "1.0 PiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
