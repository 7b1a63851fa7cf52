//! From a collection of the Python tool to ours.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::attempt::attempt;
use super::document::Document;
use super::old::{Lost, Old, is_empty};
use super::places::Places;
use crate::collection::{Collection, CollectionError, Job, JobSource, ScriptDigest};
use crate::fs;
use crate::model::{JobName, Map, ParamSet, Value};
use crate::yaml::Node;

/// The largest script that is looked at, in bytes.
const MAX_SCRIPT: u64 = 16 << 20;

/// What a collection carries, what its spec says as well, and the time of the last change, which
/// is that of the migration. In version 1 a part of it is under `meta`.
const KNOWN: [&str; 9] = [
    "version",
    "name",
    "description",
    "created_at",
    "updated_at",
    "parameters",
    "generation",
    "jobs",
    "meta",
];

/// A collection in our form.
#[derive(Debug)]
pub struct Converted {
    /// The version of the file it was read from: 1 or 2.
    pub version: u8,
    /// The collection, not yet saved.
    pub collection: Collection,
    /// What there is no room for. It stays in the backup.
    pub lost: Lost,
    /// How many scripts are not where the file says.
    pub gone: usize,
    /// What the file held when it was read.
    pub(super) read: ScriptDigest,
    /// Whether its jobs were named without a pattern.
    pub default_names: bool,
}

/// What the Python tool notes of the last generation.
struct Generation<'n> {
    node: Option<&'n Node>,
    scripts: Option<&'n str>,
    /// What the scripts asked Slurm for, where no hook had a say in it.
    slurm_args: Arc<Map>,
}

/// Fills `collection`, which has nothing but its name, from `document`.
pub(super) fn convert(
    old: &Old,
    document: &Document,
    version: u8,
    places: &Places,
    mut collection: Collection,
) -> Result<Converted, CollectionError> {
    let root = document.root();
    let mut lost = Lost::default();
    count_lost(old, root, &KNOWN, "", &mut lost)?;
    let meta = old.map(root, "meta")?;
    if let Some(meta) = meta {
        count_lost(old, meta, &KNOWN, "", &mut lost)?;
    }
    let generation = Generation::read(old, meta.unwrap_or(root))?;
    if let Some(description) = old.text(root, "description")? {
        collection.description = description.into();
    }
    if let Some(created) = old.time(root, "created_at")? {
        collection.created = created;
    }
    let mut jobs = Jobs {
        old,
        version,
        places,
        generation: &generation,
        collection,
        sources: HashMap::new(),
        lost,
        gone: 0,
    };
    if document.is_whole() {
        let list = old.list(root, "jobs")?;
        list.iter().try_for_each(|node| jobs.add(node))?;
    }
    document.each_job(|node| jobs.add(node))?;
    let Jobs {
        collection,
        lost,
        gone,
        ..
    } = jobs;
    let patternless = generation
        .node
        .is_some_and(|node| node.get("job_name_pattern").is_none_or(Node::is_null));
    Ok(Converted {
        version,
        lost,
        gone,
        read: document.digest(),
        default_names: patternless && !collection.jobs.is_empty(),
        collection,
    })
}

impl<'n> Generation<'n> {
    fn read(old: &Old, parent: &'n Node) -> Result<Self, CollectionError> {
        let node = old.map(parent, "generation")?;
        let Some(generation) = node else {
            return Ok(Self {
                node,
                scripts: None,
                slurm_args: Arc::default(),
            });
        };
        let scripts = match old.text(generation, "scripts_dir")? {
            None => old.text(generation, "output_dir")?,
            folder => folder,
        };
        let by_hook = old.text(generation, "slurm_logic_file")?.is_some();
        let defaults = old.map(generation, "slurm_defaults")?;
        let slurm_args = match defaults.map(Node::to_value) {
            Some(Value::Map(defaults)) if !by_hook => Arc::new(defaults.stored()),
            _ => Arc::default(),
        };
        Ok(Self {
            node,
            scripts,
            slurm_args,
        })
    }

    /// Where the jobs came from whose scripts are in `folder`.
    fn source(
        &self,
        old: &Old,
        places: &Places,
        folder: &Path,
    ) -> Result<JobSource, CollectionError> {
        let unknown = JobSource {
            spec: JobSource::UNKNOWN_SPEC.into(),
            working_dir: places.working_dir(),
            output_dir: folder.into(),
            logs_dir: ".".into(),
        };
        let Some(node) = self.node.filter(|_| self.is_of(folder)) else {
            return Ok(unknown);
        };
        let spec = match old.text(node, "spec_path")? {
            None => old.text(node, "template_path")?,
            spec => spec,
        };
        let logs_dir = old.text(node, "logs_dir")?;
        Ok(JobSource {
            spec: spec.map_or(unknown.spec, |spec| places.recorded(Path::new(spec))),
            logs_dir: logs_dir.map_or(unknown.logs_dir, PathBuf::from),
            ..unknown
        })
    }

    /// Whether it wrote the scripts in `folder`. A collection may hold jobs of several specs, and
    /// only the last of them is noted.
    fn is_of(&self, folder: &Path) -> bool {
        self.scripts.is_some_and(|scripts| plain(scripts) == folder)
    }
}

/// The jobs read so far.
struct Jobs<'a> {
    old: &'a Old<'a>,
    version: u8,
    places: &'a Places,
    generation: &'a Generation<'a>,
    collection: Collection,
    /// By the folder of their scripts.
    sources: HashMap<PathBuf, usize>,
    lost: Lost,
    gone: usize,
}

impl Jobs<'_> {
    fn add(&mut self, node: &Node) -> Result<(), CollectionError> {
        let old = self.old;
        let submissions: Vec<&Node> = match self.version {
            // The first submission of version 1 is the job itself.
            1 => std::iter::once(node)
                .chain(old.list(node, "resubmissions")?)
                .collect(),
            _ => old.list(node, "attempts")?.iter().collect(),
        };
        if self.version == 2 {
            let known = ["job_name", "parameters", "attempts"];
            count_lost(old, node, &known, "jobs.", &mut self.lost)?;
        }
        let name = self.name(node)?;
        let parameters = match old.map(node, "parameters")?.map(Node::to_value) {
            Some(Value::Map(map)) => ParamSet::from(&*map).stored(),
            _ => ParamSet::default(),
        };
        let first = submissions.first().copied();
        let script = first
            .map(|first| old.text(first, "script_path"))
            .transpose()?;
        let script_path = script.flatten().map_or_else(
            || plain(self.generation.scripts.unwrap_or_default()).join(format!("{name}.job")),
            plain,
        );
        let same = [
            ("job_name", node.get("job_name")),
            ("parameters", node.get("parameters")),
            (
                "script_path",
                first.and_then(|first| first.get("script_path")),
            ),
            // Of version 1 the job is its first submission.
            ("resubmissions", node.get("resubmissions")),
        ];
        let mut attempts = Vec::with_capacity(submissions.len());
        for submission in submissions {
            attempts.extend(attempt(old, submission, &same, &mut self.lost)?);
        }
        let source = self.source(fs::parent(&script_path))?;
        let slurm_args = match self.generation.is_of(fs::parent(&script_path)) {
            true => self.generation.slurm_args.clone(),
            false => Arc::default(),
        };
        let job = Job {
            parameters,
            slurm_args,
            digest: self.digest(&script_path),
            script_path: script_path.into(),
            source,
            attempts,
        };
        match self.collection.jobs.insert(name, job) {
            None => Ok(()),
            Some(_) => {
                let name = node.get("job_name").unwrap_or(node);
                Err(old.wrong(name, "a job of this name is there already"))
            }
        }
    }

    fn name(&self, node: &Node) -> Result<JobName, CollectionError> {
        let name = self.old.text(node, "job_name")?;
        let name = name.ok_or_else(|| self.old.wrong(node, "a job without `job_name`"))?;
        JobName::parse(name).map_err(|problem| {
            let place = node.get("job_name").unwrap_or(node);
            let problem = format!("`{}` cannot be a job name: {problem}", name.escape_debug());
            self.old.wrong(place, problem)
        })
    }

    fn source(&mut self, folder: &Path) -> Result<usize, CollectionError> {
        if let Some(known) = self.sources.get(folder) {
            return Ok(*known);
        }
        let source = self.generation.source(self.old, self.places, folder)?;
        let at = self.collection.sources.len();
        self.collection.sources.push(source);
        self.sources.insert(folder.into(), at);
        Ok(at)
    }

    /// What the script holds now. One that is gone counts as empty: generating writes it again.
    fn digest(&mut self, script_path: &Path) -> ScriptDigest {
        let script = fs::read_bytes(&self.places.inside(script_path), MAX_SCRIPT);
        self.gone += usize::from(script.is_err());
        ScriptDigest::of(&script.unwrap_or_default())
    }
}

/// Counts the keys of a map that are not `known` and say something.
fn count_lost(
    old: &Old,
    node: &Node,
    known: &[&str],
    prefix: &str,
    lost: &mut Lost,
) -> Result<(), CollectionError> {
    for (key, value) in old.entries(node)? {
        if !known.contains(&key) && !is_empty(value) {
            lost.add(&format!("{prefix}{key}"));
        }
    }
    Ok(())
}

/// A path as `generate` would record it.
fn plain(path: &str) -> PathBuf {
    fs::join(Path::new(""), path)
}
