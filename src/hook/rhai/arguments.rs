//! Parameter sets as Rhai gets them.

use rhai::{Dynamic, Map};

use crate::model::{Axis, ParamSpace};
use crate::sandbox::values::{self, Misfit};

/// Makes the maps that hooks are called with.
///
/// Each value of an axis is converted once, and from one set of a grid to the next only what
/// changed is put into the map.
#[derive(Default)]
pub(super) struct Arguments {
    /// The space these were made of; hooks in another language may change its axes.
    revision: Option<u64>,
    axes: Vec<Converted>,
    /// The last set of the grid.
    last: Map,
}

/// The values of an axis.
#[derive(Default)]
struct Converted {
    values: Vec<Option<Dynamic>>,
    /// The place of the value that is in the last set.
    last: Option<usize>,
}

impl Arguments {
    /// The set at `index` as a map.
    pub(super) fn params(&mut self, space: &ParamSpace, index: usize) -> Result<Map, Misfit> {
        let (Some(axes), Some(places)) = (space.axes(), space.places(index)) else {
            return values::to_map(space.get(index).iter());
        };
        if self.revision != Some(space.revision()) {
            *self = Self {
                revision: Some(space.revision()),
                ..Self::default()
            };
            self.axes.resize_with(axes.len(), Converted::default);
        }
        for ((axis, place), converted) in axes.iter().zip(places).zip(&mut self.axes) {
            if converted.last == Some(place) {
                continue;
            }
            let value = converted.get(axis, place);
            let value = value.map_err(|misfit| misfit.under(&axis.name))?;
            match self.last.get_mut(&*axis.name) {
                Some(entry) => *entry = value,
                None => {
                    self.last.insert((&*axis.name).into(), value);
                }
            }
            converted.last = Some(place);
        }
        Ok(self.last.clone())
    }
}

impl Converted {
    fn get(&mut self, axis: &Axis, place: usize) -> Result<Dynamic, Misfit> {
        if self.values.len() <= place {
            self.values.resize(axis.values.len(), None);
        }
        let entry = &mut self.values[place];
        if let Some(value) = entry {
            return Ok(value.clone());
        }
        let value = values::to_dynamic(&axis.values[place])?;
        Ok(entry.insert(value).clone())
    }
}
