use std::collections::HashSet;
use std::io::{self, BufWriter};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::journal::{self, Journal};
use super::{Attempt, Collection, CollectionError, CollectionLock, CollectionName, format, now};
use crate::diagnostic::nearest;
use crate::fs::{self, Staged, Sync};
use crate::model::{JobState, Token};

/// The collections of a project: one file each in one folder.
#[derive(Clone, Debug)]
pub struct CollectionManager {
    folder: PathBuf,
}

/// A collection as [`CollectionManager::list`] finds it; damaged ones are listed too.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: CollectionName,
    /// What is in it.
    pub collection: Result<Collection, CollectionError>,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl CollectionManager {
    /// The collections in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where the collections are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a collection.
    pub fn path(&self, name: &CollectionName) -> PathBuf {
        // Not `with_extension`: it would cut `lr0.1` at the point.
        self.folder.join(format!("{name}.yaml"))
    }

    /// Reads a collection. It needs no lock, because files are only ever replaced whole.
    pub fn get(&self, name: &CollectionName) -> Result<Collection, CollectionError> {
        match self.find(name)? {
            Some(collection) => Ok(collection),
            None => {
                let names = self.names()?;
                let similar = nearest(name.as_str(), names.iter().map(CollectionName::as_str));
                let similar = similar.map(String::from);
                Err(CollectionError::Missing {
                    name: name.clone(),
                    similar,
                    empty: names.is_empty().then(|| self.folder.clone()),
                })
            }
        }
    }

    /// Says so if there is no such collection, without reading it.
    pub fn check_is_there(&self, name: &CollectionName) -> Result<(), CollectionError> {
        match self.path(name).exists() {
            true => Ok(()),
            false => self.get(name).map(drop),
        }
    }

    /// The uid of somebody else whose collection it is: of whom `root` looks at, or of whom this user
    /// may only look at.
    pub fn foreign_owner(&self, name: &CollectionName) -> Option<u32> {
        /// What a file system shows where it maps users, and nobody really is.
        const NOBODY: [u32; 2] = [65534, u32::MAX - 1];
        let owner = fs_err::metadata(self.path(name)).ok()?.uid();
        let user = rustix::process::geteuid();
        let is_writable = rustix::fs::access(&self.folder, rustix::fs::Access::WRITE_OK).is_ok();
        let is_foreign =
            owner != user.as_raw() && (!is_writable || user.is_root() && !NOBODY.contains(&owner));
        is_foreign.then_some(owner)
    }

    /// Reads a collection, or makes an empty one, which is not on disk until it is saved.
    pub fn get_or_create(&self, name: &CollectionName) -> Result<Collection, CollectionError> {
        Ok(self
            .find(name)?
            .unwrap_or_else(|| Collection::new(name.clone())))
    }

    /// All collections, sorted by name.
    pub fn list(&self) -> Result<Vec<Listed>, CollectionError> {
        let names = self.names()?.into_iter();
        Ok(names
            .map(|name| Listed {
                collection: self.get(&name),
                name,
            })
            .collect())
    }

    /// Takes the right to change a collection, waiting a few seconds for another process.
    ///
    /// # Errors
    /// [`CollectionError::Busy`] when the other process keeps it.
    pub fn lock(&self, name: &CollectionName) -> Result<CollectionLock, CollectionError> {
        let path = self.folder.join(format!("{name}.lock"));
        fs_err::create_dir_all(fs::parent(&path))?;
        CollectionLock::acquire(&path, name)
    }

    /// Makes `collection` the successor of whatever the file of its name holds now: saving replaces
    /// that, unless it was changed in between. For a file that is read by other means than
    /// [`get`](Self::get).
    pub fn succeed(&self, collection: &mut Collection) -> Result<(), CollectionError> {
        collection.read = Fingerprint::of(&self.path(&collection.name))?;
        Ok(())
    }

    /// Writes a collection, unless its file was changed since it was read.
    pub fn save(&self, collection: &mut Collection) -> Result<(), CollectionError> {
        let lock = self.lock(&collection.name)?;
        let staged = self.stage(&lock, collection)?;
        self.commit(staged, collection)
    }

    /// Like [`save`](Self::save), in two steps under a lock that is held already: all that can
    /// go wrong for want of space goes wrong in the first.
    ///
    /// # Panics
    /// When `lock` is the lock of another collection.
    pub fn stage(
        &self,
        lock: &CollectionLock,
        collection: &mut Collection,
    ) -> Result<Staged, CollectionError> {
        self.check_unchanged(lock, collection)?;
        let path = self.path(&collection.name);
        collection.updated = now();
        fs::remove_leftovers(fs::parent(&path));
        Ok(Staged::write(&path, Sync::Yes, |file| {
            let mut file = BufWriter::with_capacity(1 << 16, file);
            format::write(collection, &mut file)?;
            io::Write::flush(&mut file)
        })?)
    }

    /// Ends what [`stage`](Self::stage) began.
    pub fn commit(
        &self,
        staged: Staged,
        collection: &mut Collection,
    ) -> Result<(), CollectionError> {
        staged.commit()?;
        collection.read = Fingerprint::of(&self.path(&collection.name))?;
        // What was killed before this is folded in again, which changes nothing.
        let journal = self.journal_path(&collection.name);
        collection.journal = journal::fold(&journal, &collection.unsettled)?;
        Ok(())
    }

    /// The journal of a collection, to note submissions in.
    ///
    /// # Errors
    /// When the collection was changed since it was read, or was never saved.
    ///
    /// # Panics
    /// When `lock` is the lock of another collection.
    pub fn journal<'a>(
        &self,
        lock: &CollectionLock,
        collection: &'a mut Collection,
    ) -> Result<Journal<'a>, CollectionError> {
        self.check_unchanged(lock, collection)?;
        Ok(Journal::open(
            self.journal_path(&collection.name),
            collection,
        ))
    }

    fn check_unchanged(
        &self,
        lock: &CollectionLock,
        collection: &Collection,
    ) -> Result<(), CollectionError> {
        assert_eq!(
            lock.name(),
            &collection.name,
            "the lock is that of the collection"
        );
        let path = self.path(&collection.name);
        // A lock that a user removed by hand, or a file system that lies, must lose nothing.
        let journal = length(&self.journal_path(&collection.name))?;
        if Fingerprint::of(&path)? != collection.read || journal != collection.journal {
            return Err(CollectionError::Changed {
                name: collection.name.clone(),
            });
        }
        Ok(())
    }

    /// The file with the scripts of the tasks of an array, which a submission writes.
    pub fn tasks_path(&self, name: &CollectionName, token: Token) -> PathBuf {
        self.folder
            .join(format!("{name}.tasks"))
            .join(token.digits())
    }

    pub(super) fn journal_path(&self, name: &CollectionName) -> PathBuf {
        self.folder.join(format!("{name}.journal"))
    }

    /// The exit code that a job noted itself, where there is no accounting.
    pub fn noted_exit_code(&self, name: &CollectionName, attempt: &Attempt) -> Option<u32> {
        let noted = fs::read_text(&self.exit_code_path(name, attempt)?, 16).ok()?;
        noted.trim().parse().ok()
    }

    /// Removes what a job noted, which is put back into the queue: it is not how it ends then.
    pub fn remove_noted_exit_code(
        &self,
        name: &CollectionName,
        attempt: &Attempt,
    ) -> Result<(), CollectionError> {
        match self.exit_code_path(name, attempt).map(fs_err::remove_file) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn exit_code_path(&self, name: &CollectionName, attempt: &Attempt) -> Option<PathBuf> {
        let task = attempt.job_id.task_number().unwrap_or_default();
        let tasks = self.tasks_path(name, attempt.token?);
        Some(tasks.with_extension(task.to_string()))
    }

    /// Removes the files of arrays all of whose jobs completed, or are submitted otherwise. What
    /// failed may be put back into the queue, and needs them then.
    pub fn remove_tasks(
        &self,
        lock: &CollectionLock,
        collection: &Collection,
    ) -> Result<(), CollectionError> {
        let name = lock.name();
        let folder = self.folder.join(format!("{name}.tasks"));
        let entries = match fs_err::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let latest = collection
            .jobs
            .values()
            .filter_map(|job| job.attempts.last());
        let needed = latest.filter(|attempt| attempt.state != JobState::Completed);
        let needed = needed.filter_map(|attempt| attempt.token);
        let unsettled = collection.unsettled.iter().map(|sending| sending.token);
        let needed: HashSet<String> = needed.chain(unsettled).map(Token::digits).collect();
        let mut kept = false;
        for entry in entries {
            let entry = entry?;
            let file = entry.file_name();
            let token = file.to_str().and_then(|file| file.split('.').next());
            if token.is_some_and(|token| needed.contains(token)) {
                kept = true;
            } else {
                fs_err::remove_file(entry.path())?;
            }
        }
        if !kept {
            fs_err::remove_dir(&folder)?;
        }
        Ok(())
    }

    /// Removes the record of a collection. Its scripts and logs stay.
    pub fn delete(&self, name: &CollectionName) -> Result<(), CollectionError> {
        let lock = self.lock(name)?;
        let path = self.path(name);
        if !path.exists() {
            return Err(CollectionError::Missing {
                name: name.clone(),
                similar: None,
                empty: None,
            });
        }
        // What only its submissions need. The record goes last: whatever ends this, it can be deleted.
        let tasks = self.folder.join(format!("{name}.tasks"));
        if tasks.is_dir() {
            fs_err::remove_dir_all(tasks)?;
        }
        match fs_err::remove_file(self.journal_path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs_err::remove_file(path)?;
        drop(lock);
        Ok(())
    }

    /// The names of all collections, sorted.
    pub(super) fn names(&self) -> Result<Vec<CollectionName>, CollectionError> {
        let mut names = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let entries = match fs_err::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path
                    .extension()
                    .is_some_and(|extension| extension == "yaml")
                {
                    let relative = path.strip_prefix(&self.folder).unwrap_or(&path);
                    let name = relative.with_extension("");
                    names.extend(name.to_str().and_then(|name| name.parse().ok()));
                }
            }
        }
        names.sort();
        Ok(names)
    }

    fn find(&self, name: &CollectionName) -> Result<Option<Collection>, CollectionError> {
        /// How often somebody else may save it meanwhile.
        const READS: usize = 10;
        let path = self.path(name);
        for _ in 0..READS {
            let Some(fingerprint) = Fingerprint::of(&path)? else {
                return Ok(None);
            };
            let text = fs::read_text(&path, u64::MAX)?;
            let mut collection = format::read(&path, name, text)?;
            let (entries, bytes) = journal::read(&self.journal_path(name))?;
            // Whoever saves it empties the journal then: that is in what was not read.
            if Fingerprint::of(&path)? != Some(fingerprint) {
                continue;
            }
            collection.read = Some(fingerprint);
            for entry in entries {
                collection.apply(entry);
            }
            collection.journal = bytes;
            return Ok(Some(collection));
        }
        Err(CollectionError::Changed { name: name.clone() })
    }
}

/// The length of a file in bytes, zero if there is none.
fn length(path: &Path) -> io::Result<u64> {
    match fs_err::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

impl Fingerprint {
    /// `None` when there is no such file.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        match fs_err::metadata(path) {
            Ok(metadata) => Ok(Some(Self {
                inode: metadata.ino(),
                bytes: metadata.len(),
                modified: (metadata.mtime(), metadata.mtime_nsec()),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
