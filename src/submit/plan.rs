use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::batch::Ready;
use super::log::Logs;
use super::{Batch, Request, Unfit};
use crate::Error;
use crate::collection::{Collection, ScriptDigest};
use crate::fs;
use crate::scheduler::Directives;

/// Whether jobs become tasks of arrays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrays {
    /// From [`Arrays::FROM`] jobs on.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Arrays {
    /// How many jobs are worth an array.
    pub const FROM: usize = 20;

    fn wanted(self, jobs: usize) -> bool {
        match self {
            Self::Auto => jobs >= Self::FROM,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// What is to be submitted, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In the order they are sent.
    pub batches: Vec<Batch>,
}

impl Plan {
    /// Reads the scripts of the jobs asked for, and bundles them into arrays of at most
    /// `array_tasks` tasks. `root` is the project's, absolute.
    ///
    /// # Errors
    /// Scripts that are gone, or that are not what was generated, unless `force` says that they
    /// shall be sent all the same.
    pub fn new(
        collection: &Collection,
        root: &Path,
        requests: Vec<Request>,
        arrays: Arrays,
        array_tasks: u32,
        force: bool,
    ) -> Result<Self, Error> {
        let mut reader = Reader {
            collection,
            root,
            unfit: Unfit::default(),
            directives: Vec::new(),
        };
        let wanted = arrays.wanted(requests.len()) && array_tasks > 1;
        let mut jobs = Vec::with_capacity(requests.len());
        for request in requests {
            jobs.extend(reader.read(request)?);
        }
        let Unfit { missing, edited } = reader.unfit;
        if !missing.is_empty() {
            return Err(Error::ScriptsMissing { paths: missing });
        }
        if !edited.is_empty() && !force {
            return Err(Error::ScriptsEdited { paths: edited });
        }
        let batches = match wanted {
            true => Batch::bundle(jobs, array_tasks as usize),
            false => jobs.into_iter().map(Batch::single).collect(),
        };
        Ok(Self { batches })
    }

    /// How many jobs there are.
    pub fn jobs(&self) -> usize {
        self.batches.iter().map(|batch| batch.jobs().len()).sum()
    }

    /// How many of the batches are arrays.
    pub fn arrays(&self) -> usize {
        self.batches.iter().filter(|batch| batch.is_array()).count()
    }
}

struct Reader<'a> {
    collection: &'a Collection,
    root: &'a Path,
    unfit: Unfit,
    /// Heads that were seen last: those of a sweep are often the same.
    directives: Vec<Arc<Directives>>,
}

impl Reader<'_> {
    /// Reads a script; `None` if it is unfit, which is noted.
    fn read(&mut self, request: Request) -> Result<Option<Ready>, Error> {
        let Some(job) = self.collection.jobs.get(&request.name) else {
            return Ok(None);
        };
        let source = self.collection.sources.get(job.source);
        let working_dir = source.map_or(Path::new(""), |source| &source.working_dir);
        let working_dir: Arc<Path> = fs::join(self.root, working_dir).into();
        let changed = request.changes.script.as_deref();
        let script = fs::join(&working_dir, changed.unwrap_or(&job.script_path));
        let read = || match fs_err::read(&script) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let text = match &request.script {
            Some(text) => text.clone(),
            None => match read()? {
                Some(text) => text,
                None => {
                    self.unfit.missing.push(script);
                    return Ok(None);
                }
            },
        };
        if changed.is_none() && ScriptDigest::of(&text) != job.digest {
            self.unfit.edited.push(script.clone());
        }
        let directives = Directives::parse(&String::from_utf8_lossy(&text));
        let directives = self.directives(directives.with(&request.options));
        let logs = Logs::of(&directives, &request.name);
        let options = request.options.clone();
        Ok(Some(Ready {
            request,
            script,
            working_dir,
            directives,
            logs,
            options: options.into(),
        }))
    }

    fn directives(&mut self, directives: Directives) -> Arc<Directives> {
        const KEPT: usize = 8;
        if let Some(known) = self.directives.iter().find(|known| ***known == directives) {
            return known.clone();
        }
        if self.directives.len() == KEPT {
            self.directives.remove(0);
        }
        let directives = Arc::new(directives);
        self.directives.push(directives.clone());
        directives
    }
}

/// The folders that the logs of a batch go to; Slurm fails a job without a word when one is
/// missing.
pub(super) fn log_folders(batch: &Batch) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for job in batch.jobs() {
        for log in job.logs.files() {
            let chdir = job.directives.get("chdir").unwrap_or_default();
            let folder = job.working_dir.join(chdir).join(fs::parent(Path::new(log)));
            let is_plain = !folder.to_string_lossy().contains('%');
            if is_plain && !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    folders
}
