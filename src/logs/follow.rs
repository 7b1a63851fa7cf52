use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::file::{BLOCK, last_lines, open};
use crate::fs;

/// Reads what is added to a log, as `tail -F` does: it may not be there yet, be made shorter, or be
/// another file one day.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    /// How many lines of what is there already are wanted; all of them, if `None`.
    lines: Option<usize>,
    reading: Option<Reading>,
}

#[derive(Debug)]
struct Reading {
    file: File,
    /// How far it was read, in bytes.
    at: u64,
    /// What tells the file from another of the same name.
    identity: (u64, u64),
}

/// What happened to a log besides that it grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It is another file.
    Replaced,
    /// It is shorter.
    Truncated,
}

impl Follower {
    /// Follows the log at `path` from its last `lines` lines on, or from its beginning.
    pub fn new(path: PathBuf, lines: Option<usize>) -> Self {
        Self {
            path,
            lines,
            reading: None,
        }
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives what was added since the last call to `take`, in blocks.
    ///
    /// # Errors
    /// Those of `take`, and when the log cannot be read. That it is not there is none.
    pub fn poll(
        &mut self,
        take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Option<News>> {
        let now = match std::fs::metadata(&self.path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(fs::named(error, "read", &self.path)),
        };
        let mut news = None;
        if let Some(reading) = &mut self.reading {
            let replaced = now
                .as_ref()
                .is_some_and(|now| identity(now) != reading.identity);
            if !replaced && now.as_ref().is_some_and(|now| now.len() < reading.at) {
                reading.at = 0;
                news = Some(News::Truncated);
            }
            reading.copy(&self.path, take)?;
            if replaced {
                self.reading = None;
                news = Some(News::Replaced);
            }
        }
        if self.reading.is_none() && now.is_some() {
            let lines = self.lines.filter(|_| news.is_none());
            let mut reading = match Reading::open(&self.path, lines) {
                // It came and went.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(news),
                reading => reading?,
            };
            reading.copy(&self.path, take)?;
            self.reading = Some(reading);
        }
        Ok(news)
    }
}

impl Reading {
    fn open(path: &Path, lines: Option<usize>) -> io::Result<Self> {
        let file = open(path)?;
        let named = |error| fs::named(error, "read", path);
        let at = match lines {
            Some(lines) => last_lines(&file, lines).map_err(named)?,
            None => 0,
        };
        let identity = identity(&file.metadata().map_err(named)?);
        Ok(Self { file, at, identity })
    }

    fn copy(
        &mut self,
        path: &Path,
        take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let named = |error| fs::named(error, "read", path);
        self.file.seek(SeekFrom::Start(self.at)).map_err(named)?;
        let mut block = vec![0; BLOCK];
        loop {
            match self.file.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    self.at += length as u64;
                    take(&block[..length])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(named(error)),
            }
        }
    }
}

fn identity(metadata: &std::fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    #[test]
    fn a_log_is_followed_whatever_becomes_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut follower = Follower::new(path.clone(), Some(1));
        let mut poll = || {
            let mut read = Vec::new();
            let news = follower.poll(&mut |block| {
                read.extend_from_slice(block);
                Ok(())
            });
            (news.unwrap(), String::from_utf8(read).unwrap())
        };
        assert_eq!(poll(), (None, String::new()), "it is not there yet");
        fs::write(&path, "1\n2\n").unwrap();
        assert_eq!(poll(), (None, "2\n".into()), "the last line");
        fs::write(&path, "1\n2\n3\n4").unwrap();
        assert_eq!(poll(), (None, "3\n4".into()));
        assert_eq!(poll(), (None, String::new()));
        fs::write(&path, "new\nlines\n").unwrap();
        fs::write(&path, "5\n").unwrap();
        assert_eq!(poll(), (Some(News::Truncated), "5\n".into()));
        fs::write(folder.path().join("other"), "a\nb\n").unwrap();
        fs::rename(folder.path().join("other"), &path).unwrap();
        assert_eq!(poll(), (Some(News::Replaced), "a\nb\n".into()));
        fs::remove_file(&path).unwrap();
        assert_eq!(poll(), (None, String::new()));
    }
}
