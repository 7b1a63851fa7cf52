use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use super::name::{Duplicate, TakenNames, default_name, repeated_values};
use super::{Folders, JobGenerator, Phase, Progress};
use crate::Error;
use crate::diagnostic::{Label, Warning};
use crate::error::Failures;
use crate::hook::{HookError, Hooks};
use crate::model::{JobName, Map, ParamSet, ParamSpace};
use crate::render::{Interned, JobContext, RenderError, Renderer};
use crate::sandbox::Stack;
use crate::spec::{HookRef, Parameters, Pattern};
use crate::text;

/// A spec with its hooks loaded, its sets parsed and filtered, and its template compiled.
///
/// Jobs are addressed by their place among the sets that stay.
pub(super) struct Sweep {
    /// Whether the filter dropped every set.
    nothing_kept: bool,
    hooks: Hooks,
    renderer: Renderer,
    space: ParamSpace,
    /// The indexes of the sets that stay; `None` for all.
    kept: Option<Vec<usize>>,
    interned: Interned,
    taken: TakenNames,
    duplicates: IndexMap<JobName, Duplicate>,
    rename_duplicates: bool,
    pattern_label: Option<Label>,
    unquoted: usize,
    first_unquoted: Option<JobName>,
    pub(super) failures: Failures,
    pub(super) folders: Folders,
}

impl Sweep {
    pub(super) fn open(
        generator: &JobGenerator,
        stack: &Stack,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, Error> {
        let JobGenerator {
            spec,
            config,
            options,
        } = generator;
        let folders = generator.folders();
        let pattern = spec.job_name_pattern.clone();
        let pattern_label = pattern
            .as_ref()
            .and_then(|pattern: &Pattern| pattern.label.clone());
        let renderer = Renderer::load(&spec.template, pattern, spec.jinja.or(config.jinja))
            .map_err(|error| error.or_at(spec.template_label.as_ref()))?;
        let defaults = spec.slurm_args.over(&config.slurm_defaults);
        let hooks: Vec<HookRef> = spec.hooks().cloned().collect();
        let mut hooks = Hooks::load(&hooks, &Arc::new(defaults), &config.hooks, stack)?;
        let mut space = spec.parameters.space.clone();
        let mut failures = Failures::default();
        let total = space.len();
        progress(Progress {
            phase: Phase::Filter,
            done: 0,
            total,
        });
        let kept = Self::choose(&mut hooks, &mut space, &mut failures);
        let kept = match kept {
            Ok(kept) => kept,
            Err(error) => {
                failures.push(error.into());
                None
            }
        };
        // What follows would only repeat the failures.
        failures.into_result()?;
        let nothing_kept = kept.as_ref().is_some_and(Vec::is_empty) && !space.is_empty();
        Ok(Self {
            interned: Interned::new(&space, &folders.logs_text()),
            nothing_kept,
            hooks,
            renderer,
            space,
            kept,
            taken: TakenNames::default(),
            duplicates: IndexMap::new(),
            rename_duplicates: options.rename_duplicates,
            pattern_label,
            unquoted: 0,
            first_unquoted: None,
            failures: Failures::default(),
            folders,
        })
    }

    fn choose(
        hooks: &mut Hooks,
        space: &mut ParamSpace,
        failures: &mut Failures,
    ) -> Result<Option<Vec<usize>>, HookError> {
        let mut failed = |error: HookError| failures.push(error.into());
        hooks.parse(space, &mut failed)?;
        hooks.filter(space, &mut failed)
    }

    /// How many jobs to name and to ask the logic hook about at a time.
    pub(super) fn window(&self) -> usize {
        self.hooks.window(&self.space)
    }

    /// The number of jobs.
    pub(super) fn len(&self) -> usize {
        self.kept
            .as_ref()
            .map_or_else(|| self.space.len(), Vec::len)
    }

    /// The index of the set of the job at a place.
    fn index(&self, place: usize) -> usize {
        self.kept.as_ref().map_or(place, |kept| kept[place])
    }

    pub(super) fn set(&self, place: usize) -> ParamSet {
        self.space.get(self.index(place))
    }

    /// What is worth saying about the hooks and the templates.
    pub(super) fn take_warnings(&mut self) -> Vec<Warning> {
        let mut warnings = self.hooks.take_warnings();
        warnings.extend(self.renderer.take_warnings());
        if self.nothing_kept {
            let sets = text::count(self.space.len(), "parameter set");
            let message = format!("the filter hook keeps none of {sets}, so there are no jobs");
            let help = "`slurmkit hook test SPEC` shows what it says of one";
            warnings.push(Warning::new(message).help(help));
        }
        warnings
    }

    /// The interpreter of Python hooks.
    pub(super) fn interpreter(&self) -> Option<&str> {
        self.hooks.interpreter()
    }

    /// The name of the job at a place; to be asked once for each place, in order. Failures are
    /// noted.
    pub(super) fn name(&mut self, place: usize) -> Option<JobName> {
        let named = self.job_name(place);
        match named {
            Ok(name) => {
                if name.needs_quotes().is_some() {
                    self.unquoted += 1;
                    self.first_unquoted.get_or_insert_with(|| name.clone());
                }
                Some(name)
            }
            Err(None) => None,
            Err(Some(error)) => {
                self.failures.push(error);
                None
            }
        }
    }

    /// The name, or why there is none; a duplicate is noted elsewhere.
    fn job_name(&mut self, place: usize) -> Result<JobName, Option<Error>> {
        let set = self.set(place);
        let text = self
            .render_name(place, &set)
            .map_err(|error| Some(error.into()))?;
        let parse = |text: &str| {
            JobName::parse(text).map_err(|problem| {
                let label = self.pattern_label.clone();
                let parameters = text::cut(&set.to_string(), 160).into_owned();
                Some(Error::JobName {
                    text: text::cut(text, 200).into_owned(),
                    problem,
                    parameters,
                    label,
                })
            })
        };
        let name = parse(&text)?;
        let Some(earlier) = self.taken.take(&text, place) else {
            return Ok(name);
        };
        if self.rename_duplicates {
            let unique = self.taken.unique(&text, place);
            return parse(&unique);
        }
        let known = self.duplicates.get_mut(&name);
        match known {
            Some(duplicate) => duplicate.count += 1,
            None => {
                let other = self.set(earlier);
                let duplicate = Duplicate::new(name.clone(), &other, &set);
                self.duplicates.insert(name, duplicate);
            }
        }
        Err(None)
    }

    fn render_name(&mut self, place: usize, set: &ParamSet) -> Result<String, RenderError> {
        let context = self.context(place, set);
        self.renderer
            .job_name(&context)
            .unwrap_or_else(|| Ok(default_name(set)))
    }

    fn context(&mut self, place: usize, set: &ParamSet) -> JobContext {
        self.interned.context(&self.space, self.index(place), set)
    }

    /// Notes the duplicates, after the last name. `parameters` are those that the sweep began with.
    pub(super) fn finish_names(&mut self, parameters: &Parameters) {
        let mut duplicates = std::mem::take(&mut self.duplicates);
        let repeated = match duplicates.is_empty() {
            true => Vec::new(),
            false => repeated_values(parameters),
        };
        if !repeated.is_empty() {
            // Every name would only say it again.
            duplicates.retain(|_, duplicate| !duplicate.is_of_equal_sets());
        }
        for error in repeated {
            self.failures.push(error);
        }
        for Duplicate {
            name,
            count,
            differ,
        } in duplicates.into_values()
        {
            self.failures.push(Error::DuplicateName {
                name,
                count,
                differ,
            });
        }
    }

    /// A warning for names that a shell would not take as they are.
    pub(super) fn name_warning(&self) -> Option<Warning> {
        let first = self.first_unquoted.as_ref()?;
        let names = text::count(self.unquoted, "job name");
        let message = format!("{names} must be quoted in a shell, such as `{first}`");
        let warning = Warning::new(message);
        Some(match &self.pattern_label {
            Some(label) => warning.at(label.clone()),
            None => warning.help("set `job_name_pattern`"),
        })
    }

    /// Asks the logic hook about the jobs at `places`, and returns the answers for the first of
    /// them, at least one; the next call must go on with the rest.
    pub(super) fn slurm_args(
        &mut self,
        places: Range<usize>,
    ) -> Result<Vec<Result<Arc<Map>, HookError>>, HookError> {
        let sets: Vec<usize> = places.map(|place| self.index(place)).collect();
        self.hooks.logic(&mut self.space, &sets)
    }

    /// Renders the script of the job at a place.
    pub(super) fn script(
        &mut self,
        place: usize,
        set: &ParamSet,
        name: &JobName,
        slurm_args: &Arc<Map>,
        script: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let slurm = self.interned.slurm(slurm_args);
        let context = self.context(place, set).with_job(name.as_str(), slurm);
        self.renderer
            .script(&context, script)
            .map_err(|error| Error::Render {
                error,
                job: Some(name.to_string()),
            })
    }
}
