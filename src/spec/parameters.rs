use std::path::Path;

use super::{HookRef, SpecError, file};
use crate::config::Config;
use crate::diagnostic::{Label, Warning};
use crate::model::{Axis, ParamSet, ParamSpace, Value};
use crate::yaml::Trap;

/// The `parameters` block.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// How the values are to be understood.
    pub mode: Mode,
    /// All parameter sets, before any hook.
    pub space: ParamSpace,
    /// The hook that makes one or several sets of each.
    pub parse: Option<HookRef>,
    /// The hook that decides which sets stay; of grids only.
    pub filter: Option<HookRef>,
    /// Where the values of each axis of a grid stand, as far as a file has them.
    pub axis_labels: Vec<Label>,
    /// What is worth saying about them.
    pub warnings: Vec<Warning>,
    /// The scalars of a parameter file that do not mean their text; those of a spec are in
    /// [`Spec::traps`](super::Spec::traps).
    pub traps: Vec<Trap>,
}

/// How `parameters.values` is to be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Lists to combine, each with each.
    #[default]
    Grid,
    /// The sets themselves.
    List,
}

impl Mode {
    /// The words of the spec.
    pub const WORDS: [(&'static str, Self); 2] = [("grid", Self::Grid), ("list", Self::List)];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::List => "list",
        }
    }
}

impl Parameters {
    /// Each value of each name combined with each; the first name varies slowest.
    ///
    /// Returns `None` when there are more combinations than a machine word counts.
    ///
    /// ```
    /// use slurmkit::spec::Parameters;
    ///
    /// let grid = Parameters::grid([("lr", vec![0.1, 0.01])]).unwrap();
    /// assert_eq!(grid.space.len(), 2);
    /// ```
    pub fn grid<K: AsRef<str>, V: Into<Value>>(
        axes: impl IntoIterator<Item = (K, Vec<V>)>,
    ) -> Option<Self> {
        let axes = axes.into_iter().map(|(name, values)| Axis {
            name: name.as_ref().into(),
            values: values.into_iter().map(Into::into).collect(),
        });
        Some(Self::of(Mode::Grid, ParamSpace::grid(axes.collect())?))
    }

    /// The sets as they are.
    pub fn list(sets: Vec<ParamSet>) -> Self {
        Self::of(Mode::List, ParamSpace::list(sets))
    }

    /// Reads a file that holds what stands under `parameters:` in a spec. Paths in it are
    /// relative to its folder.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load(path: &Path, config: &Config) -> Result<Self, Vec<SpecError>> {
        file::parameters_file(path, config)
    }

    pub(super) fn of(mode: Mode, space: ParamSpace) -> Self {
        Self {
            mode,
            space,
            parse: None,
            filter: None,
            axis_labels: Vec::new(),
            warnings: Vec::new(),
            traps: Vec::new(),
        }
    }
}
