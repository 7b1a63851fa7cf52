//! Parameter sets as Rhai gets them.

use rhai::{Dynamic, Map};

use super::values::{self, Misfit};
use crate::model::{ParamSpace, Value};

/// Makes the maps that hooks are called with; each value of an axis is converted once.
#[derive(Default)]
pub(super) struct Arguments {
    axes: Vec<Converted>,
}

#[derive(Default)]
struct Converted {
    /// What was converted to what, by place on the axis.
    values: Vec<Option<(Value, Dynamic)>>,
}

impl Arguments {
    /// The set at `index` as a map.
    pub(super) fn params(&mut self, space: &ParamSpace, index: usize) -> Result<Map, Misfit> {
        let (Some(axes), Some(places)) = (space.axes(), space.places(index)) else {
            return values::to_map(space.get(index).iter());
        };
        self.axes.resize_with(axes.len(), Converted::default);
        let mut map = Map::new();
        for ((axis, place), converted) in axes.iter().zip(places).zip(&mut self.axes) {
            let value = converted
                .get(place, &axis.values[place])
                .map_err(|misfit| misfit.under(&axis.name))?;
            map.insert((&*axis.name).into(), value);
        }
        Ok(map)
    }
}

impl Converted {
    fn get(&mut self, place: usize, value: &Value) -> Result<Dynamic, Misfit> {
        if self.values.len() <= place {
            self.values.resize(place + 1, None);
        }
        match &mut self.values[place] {
            // Hooks in another language may have changed the axis since.
            Some((from, dynamic)) if from == value => Ok(dynamic.clone()),
            entry => {
                let dynamic = values::to_dynamic(value)?;
                *entry = Some((value.clone(), dynamic.clone()));
                Ok(dynamic)
            }
        }
    }
}
