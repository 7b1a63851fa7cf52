use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Map, Value};

/// The parameters of one job, in the order of the spec.
///
/// The names are shared by all sets of a grid, so that a set costs one allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParamSet {
    names: Arc<[Arc<str>]>,
    values: Vec<Value>,
}

impl ParamSet {
    /// Joins names and values; both must have the same length.
    pub(super) fn new(names: Arc<[Arc<str>]>, values: Vec<Value>) -> Self {
        debug_assert_eq!(names.len(), values.len());
        Self { names, values }
    }

    /// Returns the value of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.names.iter().position(|known| **known == *name)?;
        self.values.get(index)
    }

    /// The names, in order.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// The values, in the order of the names.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Iterates in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.names.iter().zip(&self.values)
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The same entries as a map.
    pub fn to_map(&self) -> Map {
        self.iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

impl Display for ParamSet {
    /// Formats as `lr=0.1, model=resnet18`, as messages name a parameter set.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

impl From<&Map> for ParamSet {
    fn from(map: &Map) -> Self {
        Self {
            names: map.keys().cloned().collect(),
            values: map.values().cloned().collect(),
        }
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for ParamSet {
    /// Collects entries; of two with the same name the later value stays, at the earlier place.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Self::from(&entries.into_iter().collect::<Map>())
    }
}

impl Serialize for ParamSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
