use std::sync::Arc;

use super::JobGenerator;
use crate::Error;
use crate::model::{JobName, Map, ParamSet, ParamSpace};
use crate::render::{Interned, Renderer};
use crate::sandbox::Stack;

/// A job that is known already, to be rendered as it is or with other values.
#[derive(Clone, Debug)]
pub struct KnownJob {
    /// Its name.
    pub name: JobName,
    /// Its parameters.
    pub parameters: ParamSet,
    /// Its Slurm arguments.
    pub slurm_args: Arc<Map>,
}

impl JobGenerator {
    /// Renders the scripts of known jobs. Hooks are not asked: what they decided is known, too.
    pub fn render_again(&self, jobs: &[KnownJob]) -> Result<Vec<Vec<u8>>, Error> {
        let Self { spec, config, .. } = self;
        Stack::run(|_| {
            let options = spec.jinja.or(config.jinja);
            let renderer = Renderer::load(&spec.template, None, options)
                .map_err(|error| error.or_at(spec.template_label.as_ref()))?;
            let sets = jobs.iter().map(|job| job.parameters.clone());
            let space = ParamSpace::list(sets.collect());
            let mut interned = Interned::new(&space, &self.folders().logs_text());
            let scripts = jobs.iter().enumerate().map(|(index, job)| {
                let slurm = interned.slurm(&job.slurm_args);
                let context = interned.context(&space, index, &job.parameters);
                let context = context.with_job(job.name.as_str(), slurm);
                let mut script = Vec::new();
                let rendered = renderer.script(&context, &mut script);
                rendered.map_err(|error| Error::Render {
                    error,
                    job: Some(job.name.to_string()),
                })?;
                Ok(script)
            });
            scripts.collect()
        })
        .map_err(Error::Thread)?
    }
}
