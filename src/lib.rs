//! Turns a parameter sweep into Slurm job scripts.
//!
//! A *spec* (YAML) says what to vary, a Jinja2 *template* what a job looks like, and *hooks* in
//! Rhai or Python which combinations to keep and what to ask of Slurm. The command `slurmkit` is a
//! thin layer over this library: what it does, [`JobGenerator`] and [`CollectionManager`] do.
//!
//! ```
//! use slurmkit::spec::Parameters;
//! use slurmkit::{CollectionManager, JobGenerator};
//!
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let template = folder.join("train.job.j2");
//! std::fs::write(&template, "#!/bin/sh\npython train.py --lr {{ lr }} --seed {{ seed }}\n")?;
//!
//! // Without a spec file. With one: `JobGenerator::from_spec("job_spec.yaml")?`.
//! let generator = JobGenerator::builder(&template)
//!     .parameters(Parameters::grid([("lr", vec![0.1, 0.00001]), ("seed", vec![1.0])]).unwrap())
//!     .slurm_defaults([("time", "04:00:00".into())].into_iter().collect())
//!     .job_name_pattern("lr{{ lr }}")
//!     .build();
//! assert_eq!(generator.count_jobs()?, 2);
//! assert_eq!(generator.job_names()?[1].as_str(), "lr1e-05");
//! assert!(generator.preview(0)?.script.contains("--lr 0.1"));
//!
//! // Plan against a collection, then write the scripts and record the jobs.
//! let manager = CollectionManager::new(folder.join("collections"));
//! let mut collection = manager.get_or_create(&"resnet".parse()?)?;
//! assert_eq!(generator.plan(&collection)?.summary.counts.new, 2);
//! generator.generate(folder.join("jobs"), &mut collection)?;
//! manager.save(&mut collection)?;
//!
//! assert!(folder.join("jobs/lr1e-05.job").exists());
//! assert_eq!(manager.list()?.len(), 1);
//! # manager.delete(&collection.name)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layers
//!
//! A module names only modules of the layers above it in this list.
//!
//! 1. [`model`], [`text`], [`diagnostic`], [`fs`]: plain data and what every layer needs.
//! 2. [`yaml`]: the one reader of YAML and JSON.
//! 3. [`config`]; the [`sandbox`], in which Rhai runs; then [`spec`], which may be a program.
//! 4. The engines [`hook`], [`render`], [`collection`] and [`scheduler`], which do not know each other.
//! 5. [`logs`]: what jobs write, and why they failed.
//! 6. [`error`]: everything that can go wrong.
//! 7. [`generate`], [`migrate`], [`trial`], [`refresh`], [`submit`], [`cancel`], [`resubmit`] and
//!    [`retry`]: what is done with all that.
//! 8. [`cli`]: arguments in, text and exit codes out.

pub mod cancel;
pub mod cli;
pub mod collection;
pub mod config;
pub mod diagnostic;
pub mod error;
pub mod fs;
pub mod generate;
pub mod hook;
pub mod logs;
pub mod migrate;
pub mod model;
mod parallel;
pub mod refresh;
pub mod render;
pub mod resubmit;
pub mod retry;
pub mod sandbox;
pub mod scheduler;
pub mod spec;
pub mod submit;
pub mod text;
pub mod trial;
pub mod yaml;

pub use collection::CollectionManager;
pub use error::Error;
pub use generate::JobGenerator;

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: sandbox::CountingAllocator = sandbox::CountingAllocator;
