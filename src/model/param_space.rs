use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexSet;

use super::{ParamSet, Value};

/// One parameter of a grid and the values it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The parameter.
    pub name: Arc<str>,
    /// Its values, in order.
    pub values: Vec<Value>,
}

/// All parameter sets of a sweep, addressed by index.
///
/// A grid is never spelled out: a set is made when it is asked for, so that a million sets cost
/// no more memory than ten. Sets that a hook changed are kept beside it.
#[derive(Clone, Debug)]
pub struct ParamSpace {
    base: Base,
    changed: HashMap<usize, ParamSet>,
    /// How often an axis was changed.
    revision: u64,
}

#[derive(Clone, Debug)]
enum Base {
    Grid {
        names: Arc<[Arc<str>]>,
        axes: Vec<Axis>,
        len: usize,
    },
    List(Vec<ParamSet>),
}

impl ParamSpace {
    /// The product of `axes`; the first varies slowest. Without an axis there is one empty set.
    ///
    /// Returns `None` when there are more sets than a machine word counts.
    pub fn grid(axes: Vec<Axis>) -> Option<Self> {
        let len = axes
            .iter()
            .try_fold(1usize, |len, axis| len.checked_mul(axis.values.len()))?;
        let names = axes.iter().map(|axis| axis.name.clone()).collect();
        Some(Self {
            base: Base::Grid { names, axes, len },
            changed: HashMap::new(),
            revision: 0,
        })
    }

    /// The sets as they are listed.
    pub fn list(sets: Vec<ParamSet>) -> Self {
        Self {
            base: Base::List(sets),
            changed: HashMap::new(),
            revision: 0,
        }
    }

    /// The number of sets.
    pub fn len(&self) -> usize {
        match &self.base {
            Base::Grid { len, .. } => *len,
            Base::List(sets) => sets.len(),
        }
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every name that some set has, in the order they come up.
    pub fn names(&self) -> IndexSet<Arc<str>> {
        let mut names = IndexSet::new();
        let mut last: Option<&Arc<[Arc<str>]>> = None;
        let mut add = |set: &'_ Arc<[Arc<str>]>| names.extend(set.iter().cloned());
        if let Base::Grid { names, .. } = &self.base {
            add(names);
        }
        let listed = match &self.base {
            Base::Grid { .. } => &[][..],
            Base::List(sets) => sets,
        };
        for set in listed.iter().chain(self.changed.values()) {
            // Sets mostly share their names.
            if last.is_none_or(|last| !Arc::ptr_eq(last, set.names())) {
                add(set.names());
            }
            last = Some(set.names());
        }
        names
    }

    /// The axes, if the space is a grid.
    pub fn axes(&self) -> Option<&[Axis]> {
        match &self.base {
            Base::Grid { axes, .. } => Some(axes),
            Base::List(_) => None,
        }
    }

    /// The set at `index`, with what hooks changed in it.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn get(&self, index: usize) -> ParamSet {
        if let Some(set) = self.changed.get(&index) {
            return set.clone();
        }
        match &self.base {
            Base::Grid { names, axes, len } => {
                assert!(index < *len, "parameter set {index} of {len}");
                let values = axes
                    .iter()
                    .zip(places(axes, *len, index))
                    .map(|(axis, place)| axis.values[place].clone())
                    .collect();
                ParamSet::new(names.clone(), values)
            }
            Base::List(sets) => sets[index].clone(),
        }
    }

    /// The place on each axis of the set at `index`: the same place, the same value.
    ///
    /// `None` for a set that a hook changed or that is listed. Engines use it to convert each
    /// value of an axis once.
    pub fn places(&self, index: usize) -> Option<impl Iterator<Item = usize> + '_> {
        match &self.base {
            Base::Grid { axes, len, .. } if !self.changed.contains_key(&index) => {
                Some(places(axes, *len, index))
            }
            Base::Grid { .. } | Base::List(_) => None,
        }
    }

    /// Whether some set holds a list, a map or a Python object, which can be changed inside.
    pub fn has_containers(&self) -> bool {
        let is_container =
            |value: &Value| matches!(value, Value::List(_) | Value::Map(_) | Value::Object(_));
        let in_base = match &self.base {
            Base::Grid { axes, .. } => axes.iter().flat_map(|axis| &axis.values).any(is_container),
            Base::List(sets) => sets.iter().flat_map(ParamSet::values).any(is_container),
        };
        in_base
            || self
                .changed
                .values()
                .flat_map(ParamSet::values)
                .any(is_container)
    }

    /// A number that changes whenever an axis does: until then, the same place has the same value.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Puts what a hook made of the set at `index` in its place.
    pub fn set_changed(&mut self, index: usize, set: ParamSet) {
        self.changed.insert(index, set);
    }

    /// Puts what a hook made of value `index` of axis `axis` in its place, in every set that has
    /// it and was not changed itself. Lists are not concerned: their sets are changed one by one.
    pub fn set_axis_value(&mut self, axis: usize, index: usize, value: Value) {
        if let Base::Grid { axes, .. } = &mut self.base
            && let Some(place) = axes
                .get_mut(axis)
                .and_then(|axis| axis.values.get_mut(index))
        {
            *place = value;
            self.revision += 1;
        }
    }
}

fn places(axes: &[Axis], len: usize, index: usize) -> impl Iterator<Item = usize> + '_ {
    // The length of the part of the grid in which the axis at hand is constant.
    let mut block = len;
    axes.iter().map(move |axis| {
        block /= axis.values.len();
        index / block % axis.values.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(name: &str, values: &[i32]) -> Axis {
        Axis {
            name: name.into(),
            values: values.iter().copied().map(Value::from).collect(),
        }
    }

    fn texts(space: &ParamSpace) -> Vec<String> {
        (0..space.len())
            .map(|index| space.get(index).to_string())
            .collect()
    }

    #[test]
    fn the_first_axis_varies_slowest() {
        let space = ParamSpace::grid(vec![axis("b", &[1, 2]), axis("a", &[3, 4])]).unwrap();
        assert_eq!(
            texts(&space),
            ["b=1, a=3", "b=1, a=4", "b=2, a=3", "b=2, a=4"]
        );
    }

    #[test]
    fn no_axis_is_one_set_and_an_empty_axis_is_none() {
        assert_eq!(texts(&ParamSpace::grid(vec![]).unwrap()), [""]);
        assert!(
            ParamSpace::grid(vec![axis("a", &[1]), axis("b", &[])])
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_grid_too_large_to_count_is_refused() {
        let axes = (0..16)
            .map(|index| axis(&index.to_string(), &[0; 100]))
            .collect();
        assert!(ParamSpace::grid(axes).is_none());
    }

    #[test]
    fn a_changed_set_hides_the_grid() {
        let mut space = ParamSpace::grid(vec![axis("a", &[1, 2])]).unwrap();
        space.set_changed(
            1,
            [("a", Value::from(9)), ("new", Value::Null)]
                .into_iter()
                .collect(),
        );
        assert_eq!(texts(&space), ["a=1", "a=9, new=None"]);
    }
}
