use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::settings::Strictness;
use super::{Global, Printer, settings};
use crate::Error;
use crate::collection::{Collection, CollectionName};
use crate::config::Config;
use crate::generate::{Action, Counts, Folders, JobGenerator, Options, Summary};
use crate::model::{JobName, Map, ParamSet};
use crate::spec::{HookRef, Parameters, Role, Spec, SpecError};
use crate::text;

/// How many names a dry run shows.
const NAMES_SHOWN: usize = 10;

const EXAMPLES: &str = "\
Examples:
  slurmkit generate job_spec.yaml
      write the scripts, record the jobs in the collection `default`
  slurmkit generate job_spec.yaml --collection resnet
  slurmkit generate job_spec.yaml --dry-run
      count the jobs and show the first script, write nothing
  slurmkit generate job_spec.yaml --strict
      fail where a value such as 24:00:00 without quotes is not its text
  slurmkit generate --template train.job.j2 --params params.yaml --output-dir jobs
      the same without a spec; params.yaml holds what stands under `parameters:`";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The spec: YAML, JSON or a Rhai program
    #[arg(required_unless_present = "template", conflicts_with = "template")]
    spec: Option<PathBuf>,
    /// The collection to record the jobs in
    #[arg(long, value_name = "NAME", default_value_t)]
    collection: CollectionName,
    /// Write scripts here instead of where the spec says
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Show what would be done, and the first script; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Append `-2`, `-3`, … to the names of jobs that would be called the same
    #[arg(long)]
    rename_duplicates: bool,
    /// Overwrite scripts that were edited since they were generated
    #[arg(long)]
    force: bool,
    /// Take jobs that the spec no longer has out of the collection; their scripts stay
    #[arg(long)]
    prune: bool,
    /// The interpreter of Python hooks
    #[arg(long, env = "SLURMKIT_PYTHON", value_name = "PROGRAM")]
    python: Option<OsString>,
    #[command(flatten)]
    strictness: Strictness,
    #[command(flatten)]
    parts: Parts,
}

/// A sweep without a spec.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Without a spec")]
struct Parts {
    /// The Jinja2 template of the job scripts
    #[arg(long, value_name = "FILE", requires = "params")]
    template: Option<PathBuf>,
    /// A file with what stands under `parameters:` in a spec
    #[arg(long, value_name = "FILE", requires = "template")]
    params: Option<PathBuf>,
    /// The logic hook, `FILE` or `FILE:FUNCTION`
    #[arg(long, value_name = "HOOK", requires = "template")]
    slurm_args_file: Option<String>,
    /// The Jinja2 pattern of job names
    #[arg(long, value_name = "PATTERN", requires = "template")]
    job_name_pattern: Option<String>,
}

pub(super) fn run(global: &Global, args: Args, printer: &Printer) -> Result<(), Error> {
    let Args {
        spec,
        collection,
        output_dir,
        dry_run,
        rename_duplicates,
        force,
        prune,
        python,
        strictness,
        parts,
    } = args;
    let mut config = settings::load(global, printer)?;
    let printer = printer.with_progress();
    settings::prepare_hooks(&mut config, python, &printer);
    let spec = match spec {
        Some(path) => Spec::load(&path, &config)?,
        None => from_parts(parts, &config)?,
    };
    strictness.check(&config, &spec, &printer)?;
    let options = Options {
        output_dir,
        rename_duplicates,
        force,
        prune,
    };
    let generator = JobGenerator::new(spec)
        .with_config(config.clone())
        .with_options(options);
    let report = match dry_run {
        true => plan(&generator, &config, &collection, global.json, &printer),
        false => generate(&generator, &config, &collection, global.json, &printer),
    };
    printer.finish_progress();
    let report = report?;
    printer.warnings(&report.summary.warnings);
    if let Some(interpreter) = &report.summary.interpreter {
        printer.verbose(&format!("Python hooks ran in {interpreter}"));
    }
    if global.json {
        return printer.json(&report.to_json());
    }
    printer.result(&report.to_text())?;
    removed_note(&report, prune, &printer);
    Ok(())
}

fn from_parts(parts: Parts, config: &Config) -> Result<Spec, Error> {
    let Parts {
        template,
        params,
        slurm_args_file,
        job_name_pattern,
    } = parts;
    let (Some(template), Some(params)) = (template, params) else {
        unreachable!("clap asks for a spec, or for both");
    };
    let mut spec = Spec::new(
        crate::fs::join(Path::new(""), template),
        Parameters::load(&params, config)?,
    );
    if let Some(hook) = slurm_args_file {
        let hook = HookRef::parse(&hook, Role::Logic, Path::new(""));
        spec.slurm_args.logic = hook.map_err(|problem| SpecError::Hook { problem })?;
    }
    spec.job_name_pattern = job_name_pattern.as_deref().map(Into::into);
    Ok(spec)
}

/// What was done, or would be.
struct Report {
    collection: CollectionName,
    folders: Folders,
    dry_run: bool,
    /// Of a text report only the first names.
    names: Vec<JobName>,
    /// Of a JSON report only.
    jobs: Vec<JobReport>,
    /// Of a dry run only.
    first: Option<(PathBuf, String)>,
    summary: Summary,
}

#[derive(Serialize)]
struct JobReport {
    job_name: JobName,
    script_path: PathBuf,
    parameters: ParamSet,
    slurm_args: Map,
    action: Action,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    collection: &'a str,
    output_dir: &'a Path,
    logs_dir: Option<&'a Path>,
    dry_run: bool,
    jobs: &'a [JobReport],
    counts: Counts,
    removed: &'a [JobName],
}

fn plan(
    generator: &JobGenerator,
    config: &Config,
    name: &CollectionName,
    json: bool,
    printer: &Printer,
) -> Result<Report, Error> {
    let collection = settings::collections(config).get_or_create(name)?;
    let (mut names, mut jobs, mut first) = (Vec::new(), Vec::new(), None);
    let summary = generator.plan_each(
        &collection,
        &mut |done| printer.progress(done),
        &mut |job| {
            if names.len() < NAMES_SHOWN {
                names.push(job.job_name.clone());
            }
            if first.is_none() {
                let script = String::from_utf8_lossy(&job.script).into_owned();
                first = Some((job.script_path.clone(), script));
            }
            if json {
                jobs.push(JobReport {
                    parameters: job.parameters.stored(),
                    slurm_args: job.slurm_args.stored(),
                    job_name: job.job_name,
                    script_path: job.script_path,
                    action: job.action,
                });
            }
            Ok(())
        },
    )?;
    let folders = generator.folders();
    Ok(Report {
        collection: name.clone(),
        folders,
        dry_run: true,
        names,
        jobs,
        first,
        summary,
    })
}

fn generate(
    generator: &JobGenerator,
    config: &Config,
    name: &CollectionName,
    json: bool,
    printer: &Printer,
) -> Result<Report, Error> {
    let manager = settings::collections(config);
    let mut collection = manager.get_or_create(name)?;
    let mut staged = generator.stage(&collection, &mut |done| printer.progress(done))?;
    // Until here nothing was written that stays. From here on all that needs space is on disk
    // before the first script is put into place.
    let lock = manager.lock(name)?;
    let changed = staged.record(&mut collection);
    let saved = changed
        .then(|| manager.stage(&lock, &mut collection))
        .transpose()?;
    let generated = staged.place(&mut |done| printer.progress(done))?;
    if let Some(saved) = saved {
        manager.commit(saved, &mut collection)?;
    }
    drop(lock);
    let jobs = match json {
        true => generated
            .jobs
            .iter()
            .filter_map(|job| job_report(&collection, job))
            .collect(),
        false => Vec::new(),
    };
    Ok(Report {
        collection: name.clone(),
        folders: generated.folders,
        dry_run: false,
        names: Vec::new(),
        jobs,
        first: None,
        summary: generated.summary,
    })
}

fn job_report(collection: &Collection, (name, action): &(JobName, Action)) -> Option<JobReport> {
    let job = collection.jobs.get(name)?;
    Some(JobReport {
        job_name: name.clone(),
        script_path: job.script_path.to_path_buf(),
        parameters: job.parameters.clone(),
        slurm_args: job.slurm_args.as_ref().clone(),
        action: *action,
    })
}

impl Report {
    fn to_json(&self) -> JsonReport<'_> {
        JsonReport {
            collection: self.collection.as_str(),
            output_dir: &self.folders.output_dir,
            logs_dir: self.folders.logs_dir.as_deref(),
            dry_run: self.dry_run,
            jobs: &self.jobs,
            counts: self.summary.counts,
            removed: &self.summary.removed,
        }
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text)
            .expect("writing to a string cannot fail");
        text
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        let Folders {
            output_dir,
            logs_dir,
        } = &self.folders;
        let total = self.summary.counts.total();
        if self.dry_run {
            writeln!(out, "dry run, nothing is written")?;
        }
        let jobs = text::count(total, "job");
        writeln!(
            out,
            "{jobs} in collection `{}`{}",
            self.collection,
            self.actions()
        )?;
        writeln!(out, "scripts: {}", output_dir.display())?;
        if let Some(logs_dir) = logs_dir {
            writeln!(out, "logs:    {}", logs_dir.display())?;
        }
        if !self.names.is_empty() {
            writeln!(out, "\njobs:")?;
        }
        for name in &self.names {
            writeln!(out, "  {name}")?;
        }
        if self.dry_run && total > self.names.len() {
            writeln!(
                out,
                "  … and {} more",
                text::thousands(total - self.names.len())
            )?;
        }
        if let Some((path, script)) = &self.first {
            write!(out, "\nthe first script, {}:\n\n{script}", path.display())?;
            if !script.ends_with('\n') {
                out.push('\n');
            }
        }
        Ok(())
    }

    /// `: 4 new, 2 unchanged`.
    fn actions(&self) -> String {
        let Counts {
            new,
            changed,
            unchanged,
            removed: _,
        } = self.summary.counts;
        let parts: Vec<String> = [(new, "new"), (changed, "changed"), (unchanged, "unchanged")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, action)| format!("{} {action}", text::thousands(count)))
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(": {}", parts.join(", "))
        }
    }
}

/// Says which jobs the spec no longer has.
fn removed_note(report: &Report, prune: bool, printer: &Printer) {
    let removed = &report.summary.removed;
    let Some(first) = removed.first() else { return };
    let jobs = text::count(removed.len(), "job");
    let (done, more) = match (prune, report.dry_run) {
        (true, false) => ("left the collection, its script stays", ""),
        (true, true) => ("would leave the collection", ""),
        (false, _) => ("kept in the collection", "; `--prune` takes it out"),
    };
    printer.note(&format!(
        "note: {jobs} no longer in the spec, such as `{first}`: {done}{more}"
    ));
}
