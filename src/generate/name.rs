use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};

use indexmap::IndexMap;

use crate::Error;
use crate::diagnostic::any_of;
use crate::model::{Axis, JobName, ParamSet};
use crate::spec::Parameters;
use crate::text;

/// The name of a job without a pattern: `name` and `value` of each parameter, joined by `_`.
pub(super) fn default_name(set: &ParamSet) -> String {
    let mut name = String::new();
    for (index, (key, value)) in set.iter().enumerate() {
        let joint = if index == 0 { "" } else { "_" };
        write!(name, "{joint}{key}{value}").expect("writing to a string cannot fail");
    }
    // A sweep over nothing is one job all the same.
    if name.is_empty() { "job".into() } else { name }
}

/// The names given so far, of a sweep that may have a million.
///
/// Only their hashes are kept, with the place of the job that has it. Two names with the same 64
/// bits are taken for the same name until [`taken`](Self::take)'s caller looks at them.
#[derive(Debug, Default)]
pub(super) struct TakenNames {
    places: HashMap<u64, usize>,
    hasher: RandomState,
}

impl TakenNames {
    /// Enters a name, or returns the place of the job that probably has it already.
    pub(super) fn take(&mut self, name: &str, place: usize) -> Option<usize> {
        match self.places.entry(self.hasher.hash_one(name)) {
            Entry::Occupied(taken) => Some(*taken.get()),
            Entry::Vacant(free) => {
                free.insert(place);
                None
            }
        }
    }

    /// The name with the first of `-2`, `-3`, … that makes it a new one.
    pub(super) fn unique(&mut self, name: &str, place: usize) -> String {
        let mut number = 2;
        loop {
            let candidate = format!("{name}-{number}");
            if self.take(&candidate, place).is_none() {
                return candidate;
            }
            number += 1;
        }
    }
}

/// What equal sets differ in.
const NOTHING: &str = "nothing";

/// Jobs of one name.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) name: JobName,
    pub(super) count: usize,
    pub(super) differ: String,
}

impl Duplicate {
    pub(super) fn new(name: JobName, one: &ParamSet, other: &ParamSet) -> Self {
        Self {
            name,
            count: 2,
            differ: difference(one, other),
        }
    }

    /// Whether nothing tells the jobs apart.
    pub(super) fn is_of_equal_sets(&self) -> bool {
        self.differ == NOTHING
    }
}

/// An error for each value that an axis of a grid holds more than once.
pub(super) fn repeated_values(parameters: &Parameters) -> Vec<Error> {
    let axes = parameters.space.axes().unwrap_or_default();
    let mut repeated = Vec::new();
    for (index, Axis { name, values }) in axes.iter().enumerate() {
        let mut counts: IndexMap<String, usize> = IndexMap::new();
        for value in values {
            let mut shown = String::new();
            text::write_repr(&mut shown, value).expect("writing to a string cannot fail");
            *counts.entry(shown).or_default() += 1;
        }
        for (value, count) in counts.into_iter().filter(|(_, count)| *count > 1) {
            repeated.push(Error::RepeatedValue {
                parameter: name.clone(),
                value: text::cut(&value, 60).into_owned(),
                count,
                label: parameters.axis_labels.get(index).cloned(),
            });
        }
    }
    repeated
}

/// The parameters that tell two sets apart.
fn difference(one: &ParamSet, other: &ParamSet) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (set, against) in [(one, other), (other, one)] {
        for (name, value) in set.iter() {
            if against.get(name) != Some(value) && !names.contains(&&**name) {
                names.push(name);
            }
        }
    }
    match names.as_slice() {
        [] => NOTHING.into(),
        [one] => format!("`{one}`"),
        several => any_of(several).replace(" or ", " and "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;

    fn set(entries: &[(&str, Value)]) -> ParamSet {
        entries.iter().cloned().collect()
    }

    #[test]
    fn names_follow_the_order_of_the_parameters() {
        let set = set(&[
            ("lr", Value::from(1e-5)),
            ("bs", Value::from(32)),
            ("m", "r".into()),
        ]);
        assert_eq!(default_name(&set), "lr1e-05_bs32_mr");
        assert_eq!(default_name(&ParamSet::default()), "job");
    }

    #[test]
    fn a_renamed_duplicate_never_takes_a_name_that_is_given() {
        let mut taken = TakenNames::default();
        assert_eq!(taken.take("a-2", 0), None);
        assert_eq!(taken.take("a", 1), None);
        assert_eq!(taken.take("a", 2), Some(1));
        assert_eq!(taken.unique("a", 2), "a-3");
    }

    #[test]
    fn what_tells_two_sets_apart_is_named() {
        let one = set(&[("a", Value::from(1)), ("b", Value::from(1))]);
        let other = set(&[
            ("a", Value::from(1)),
            ("b", Value::from(1.0)),
            ("c", Value::Null),
        ]);
        assert_eq!(difference(&one, &other), "`b` and `c`");
        assert_eq!(difference(&one, &one), "nothing");
    }
}
