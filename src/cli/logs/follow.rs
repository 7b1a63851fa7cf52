use std::collections::HashMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::super::look::look;
use super::super::terminal::StrangersOutput;
use super::super::{Exit, Printer, settings};
use super::Args;
use super::show::{heading, no_log};
use crate::Error;
use crate::collection::CollectionManager;
use crate::logs::{Folders, Follower, JobLogs, News};
use crate::model::{JobName, JobState};

/// How often logs are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// Prints what is added to logs until all jobs have ended.
pub(super) fn run(
    args: &Args,
    manager: &CollectionManager,
    chosen: &[JobLogs<'_>],
    printer: &Printer,
) -> Result<Exit, Error> {
    open_many_files();
    let mut following = Following::new(chosen, args.tail, printer);
    let slurm = settings::slurm(printer);
    let mut states: HashMap<&JobName, JobState> = chosen
        .iter()
        .map(|job| (job.name, job.attempt.state.clone()))
        .collect();
    let mut asked = Instant::now();
    let mut is_away = false;
    while states.values().any(JobState::is_active) {
        following.poll()?;
        sleep(PAUSE);
        if asked.elapsed() < Duration::from_secs(args.interval) {
            continue;
        }
        let look = look(manager, &args.name, &slurm, printer)?;
        let was_away = std::mem::replace(&mut is_away, look.away.is_some());
        if let Some(error) = look.away.filter(|_| !was_away) {
            printer.note(&format!("note: {error}; following on"));
        }
        for (name, state) in &mut states {
            let job = look.collection.jobs.get(*name);
            let now = job.and_then(|job| job.state()).cloned();
            let now = now.unwrap_or(JobState::Unknown);
            if state.is_active() && !now.is_active() {
                following.out.flush()?;
                printer.note(&format!("job `{name}` has ended: {now}"));
            }
            *state = now;
        }
        asked = Instant::now();
        // A shared file system may be behind.
        sleep(PAUSE);
    }
    following.poll()?;
    Ok(following.exit())
}

/// Logs that are followed.
struct Following<'a> {
    jobs: &'a [JobLogs<'a>],
    /// Each with the index of its job.
    followers: Vec<(usize, Follower)>,
    /// Those that cannot be read.
    given_up: Vec<PathBuf>,
    /// How many lines of what is there at first are wanted; all of them, if `None`.
    lines: Option<usize>,
    out: StrangersOutput,
    /// Whose log was printed last.
    last: Option<PathBuf>,
    printer: &'a Printer,
}

impl<'a> Following<'a> {
    fn new(jobs: &'a [JobLogs<'a>], lines: Option<usize>, printer: &'a Printer) -> Self {
        Self {
            jobs,
            followers: Vec::new(),
            given_up: Vec::new(),
            lines,
            out: printer.strangers_output(),
            last: None,
            printer,
        }
    }

    /// Prints what is new.
    fn poll(&mut self) -> Result<(), Error> {
        self.find();
        let several = self.jobs.len() > 1;
        let mut failed = Vec::new();
        for (job, follower) in &mut self.followers {
            let path = follower.path().to_owned();
            let heading = || heading(&self.jobs[*job], &path);
            let (out, last) = (&mut self.out, &mut self.last);
            let polled = follower.poll(&mut |block| {
                if last.as_ref() != Some(&path) {
                    if last.is_some() {
                        out.write_line("")?;
                    }
                    // The only log there is needs none, as long as it is the only one.
                    if several || last.is_some() {
                        out.write_line(&heading())?;
                    }
                    *last = Some(path.clone());
                }
                out.write(block)
            });
            self.out.flush()?;
            let happened = match polled {
                Ok(None) => continue,
                Ok(Some(News::Replaced)) => "is another file now",
                Ok(Some(News::Truncated)) => "was cut",
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    return Err(error.into());
                }
                Err(error) => {
                    self.printer.error(&error.into());
                    failed.push(path);
                    continue;
                }
            };
            let path = path.display();
            self.printer.note(&format!("note: `{path}` {happened}"));
        }
        self.followers
            .retain(|(_, follower)| !failed.iter().any(|path| path == follower.path()));
        self.given_up.extend(failed);
        Ok(())
    }

    /// Begins to follow logs that have come to be.
    fn find(&mut self) {
        let folders = Folders::default();
        for (job, logs) in self.jobs.iter().enumerate() {
            for path in logs.files(&folders) {
                let known = self.followers.iter();
                let mut known = known.map(|(_, follower)| follower.path());
                let is_known = known.any(|known| known == path) || self.given_up.contains(&path);
                if !is_known && path.exists() {
                    let follower = Follower::new(path, self.lines);
                    self.followers.push((job, follower));
                }
            }
        }
        // What comes to be from now on is all new.
        self.lines = None;
    }

    /// How it went.
    fn exit(self) -> Exit {
        let folders = Folders::default();
        let mut exit = match self.given_up.is_empty() {
            true => Exit::Done,
            false => Exit::Failed,
        };
        for job in self.jobs {
            let files = job.files(&folders);
            let missing = files.iter().find(|path| !path.exists());
            let problem = match (files.is_empty(), missing) {
                (true, _) => no_log(job),
                (false, Some(path)) => Error::NoLog {
                    job: job.name.clone(),
                    problem: format!("`{}` is not there", path.display()),
                },
                (false, None) => continue,
            };
            self.printer.error(&problem);
            exit = Exit::Failed;
        }
        exit
    }
}

/// Lets the process have as many files open as it may: each log is one.
fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // With fewer files those logs that are too many are told.
    setrlimit(Resource::Nofile, all).ok();
}
