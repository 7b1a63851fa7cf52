use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::terminal::StrangersOutput;
use super::{ColorWhen, Global, interrupt, report};
use crate::Error;
use crate::config::{Abort, HookOutput};
use crate::diagnostic::Warning;
use crate::generate::{Phase, Progress};
use crate::yaml::Trap;

/// Where words go: results to standard output, everything else to standard error.
pub(super) struct Printer {
    choice: ColorChoice,
    quiet: bool,
    verbose: bool,
    bar: ProgressBar,
}

impl Printer {
    pub(super) fn new(global: &Global) -> Self {
        let choice = match global.color {
            ColorWhen::Auto => ColorChoice::Auto,
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        };
        Self {
            choice,
            quiet: global.quiet,
            verbose: global.verbose,
            bar: ProgressBar::hidden(),
        }
    }

    /// Prints a result.
    pub(super) fn result(&self, text: &str) -> Result<(), Error> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.choice);
        stdout.write_all(text.as_bytes())?;
        Ok(stdout.flush()?)
    }

    /// Standard output for what slurmkit did not write.
    pub(super) fn strangers_output(&self) -> StrangersOutput {
        StrangersOutput::new(self.choice)
    }

    /// Prints a result as JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Error> {
        let mut text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        text.push('\n');
        self.result(&text)
    }

    pub(super) fn error(&self, error: &Error) {
        self.failure(error, "nothing was written");
    }

    /// Says why a command failed, and what it therefore did not do.
    pub(super) fn failure(&self, error: &Error, undone: &str) {
        self.say(&report::error(error, undone));
    }

    /// Says that something happened that never should.
    pub(super) fn bug(&self, panic: &str) {
        self.say(&report::bug(panic));
    }

    pub(super) fn warnings(&self, warnings: &[Warning]) {
        if !self.quiet {
            for warning in warnings {
                self.say(&report::warning(warning));
            }
        }
    }

    /// Tells a trap that only `-v` asks for.
    pub(super) fn verbose_note(&self, trap: &Trap) {
        if self.verbose {
            self.say(&report::note(trap));
        }
    }

    /// Whether `-v` was given.
    pub(super) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Says something that only `-v` asks for.
    pub(super) fn verbose(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    /// Says something that `-q` suppresses.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    fn say(&self, text: &str) {
        self.bar.suspend(|| {
            let mut stderr = AutoStream::new(io::stderr().lock(), self.choice);
            // There is nowhere left to say that standard error is closed.
            writeln!(stderr, "{text}").ok();
        });
    }

    /// A printer that also shows progress, if standard error is a terminal.
    pub(super) fn with_progress(&self) -> Self {
        let bar = if self.quiet {
            ProgressBar::hidden()
        } else {
            progress_bar()
        };
        Self { bar, ..*self }
    }

    pub(super) fn progress(&self, Progress { phase, done, total }: Progress) {
        let doing = match phase {
            Phase::Filter => "filtering",
            Phase::Render => "rendering",
            Phase::Write => "writing",
        };
        self.advance(doing, done, total);
    }

    /// Shows how far something is.
    pub(super) fn advance(&self, doing: &'static str, done: usize, total: usize) {
        // Short work is done before a bar would be read.
        if self.bar.elapsed() < Duration::from_millis(500) {
            return;
        }
        self.bar.set_message(doing);
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }

    pub(super) fn finish_progress(&self) {
        self.bar.finish_and_clear();
    }

    /// Asks before something is done that cannot be undone, unless the answer was given before.
    ///
    /// # Errors
    /// With `refused`, when the answer is no, or nobody is there to answer.
    pub(super) fn confirm(
        &self,
        yes: bool,
        details: &[String],
        question: &str,
        refused: String,
    ) -> Result<(), Error> {
        if yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Error::NotConfirmed {
                what: refused,
                asked: false,
            });
        }
        for detail in details {
            self.say(&format!("  {detail}"));
        }
        let mut answer = String::new();
        self.bar.suspend(|| {
            let mut stderr = io::stderr().lock();
            write!(stderr, "{question} [y/N] ")?;
            stderr.flush()?;
            io::stdin().lock().read_line(&mut answer).map(drop)
        })?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::NotConfirmed {
                what: refused,
                asked: true,
            }),
        }
    }

    /// Ends the process with an error, from any thread.
    pub(super) fn abort(&self) -> Abort {
        let printer = Self {
            bar: self.bar.clone(),
            ..*self
        };
        Abort::new(move |error| {
            printer.say(&report::one(error));
            interrupt::end(1);
        })
    }

    /// What hooks print, above the progress bar.
    pub(super) fn hook_output(&self) -> HookOutput {
        let bar = self.bar.clone();
        HookOutput::new(move |piece| {
            bar.suspend(|| {
                io::stderr().write_all(piece).ok();
            });
        })
    }
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {human_pos}/{human_len} {eta}");
    ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr())
        .with_style(style.expect("the template is valid"))
}
