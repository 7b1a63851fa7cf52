use std::sync::Arc;

use minijinja::Error;
use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value};

use super::{Dict, check_key, invalid};

/// What `items`, `keys` and `values` of a dict give: whatever that has when it is looked at.
#[derive(Debug)]
pub(in crate::render) struct View {
    dict: Arc<Dict>,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::render) enum Part {
    Items,
    Keys,
    Values,
}

impl Part {
    pub(super) fn named(method: &str) -> Self {
        match method {
            "items" => Self::Items,
            "keys" => Self::Keys,
            _ => Self::Values,
        }
    }
}

impl View {
    pub(super) fn of(dict: &Arc<Dict>, part: Part) -> Value {
        let dict = dict.clone();
        Value::from_object(Self { dict, part })
    }

    /// What Python prints before its items.
    pub(in crate::render) fn name(&self) -> &'static str {
        match self.part {
            Part::Items => "dict_items",
            Part::Keys => "dict_keys",
            Part::Values => "dict_values",
        }
    }

    /// How often its dict was changed.
    pub(super) fn changes(&self) -> usize {
        self.dict.changes()
    }

    /// Whether it has an item. None if it must be looked for.
    pub(in crate::render) fn has(&self, item: &Value) -> Result<Option<bool>, Error> {
        match self.part {
            Part::Keys => {
                check_key(item)?;
                Ok(Some(self.dict.get(item).is_some()))
            }
            Part::Items if item.is_tuple() && item.len() == Some(2) => {
                check_key(&item.get_item_by_index(0)?)?;
                Ok(None)
            }
            Part::Items | Part::Values => Ok(None),
        }
    }

    /// Whether it is the same as another view, as sets of keys and of items can be.
    pub(in crate::render) fn equals(&self, other: &Self) -> bool {
        let entries = |view: &Self| Entries::new(&view.dict, view.part);
        if self.part != other.part || self.part == Part::Values {
            return false;
        }
        self.dict.len() == other.dict.len()
            && entries(self).all(|item| match self.part {
                Part::Keys => other.dict.get(&item).is_some(),
                _ => entries(other).any(|known| known == item),
            })
    }
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    /// It can be iterated over, but has no items by index, which the engine would count out.
    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::UNDEFINED)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Entries::new(&self.dict, self.part)))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.dict.len())
    }
}

/// The entries of a dict, which may get no others meanwhile.
pub(super) struct Entries {
    dict: Arc<Dict>,
    part: Part,
    /// How many there were at first; none after the end.
    length: Option<usize>,
    next: usize,
    /// How often the dict had been changed when it was looked at.
    changes: usize,
    /// The key of the latest one, which must stay where it is.
    latest: Option<Value>,
}

impl Entries {
    pub(super) fn new(dict: &Arc<Dict>, part: Part) -> Self {
        Self {
            dict: dict.clone(),
            part,
            length: Some(dict.len()),
            next: 0,
            changes: dict.changes(),
            latest: None,
        }
    }

    /// The next entry, if the dict has the keys that it had at first.
    fn entry(&mut self, length: usize) -> Result<Option<(Value, Value)>, Error> {
        let changes = self.dict.changes();
        if changes != self.changes {
            self.changes = changes;
            let latest = self.next.checked_sub(1);
            let latest = latest.and_then(|latest| self.dict.entry(latest));
            if self.dict.len() != length || latest.map(|(key, _)| key) != self.latest {
                return Err(invalid(
                    "the dict got or lost keys while its entries were gone through; loop over \
                     `dict|list` or `dict.items()|list`",
                ));
            }
        }
        Ok(self.dict.entry(self.next))
    }
}

impl Iterator for Entries {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let length = self.length?;
        let entry = self.entry(length);
        let Ok(Some((key, value))) = entry else {
            self.length = None;
            return entry.err().map(Value::from);
        };
        self.next += 1;
        self.latest = Some(key.clone());
        Some(match self.part {
            Part::Items => Value::from(Tuple::new(vec![key, value])),
            Part::Keys => key,
            Part::Values => value,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self
            .length
            .map_or(0, |length| length.saturating_sub(self.next));
        (left, Some(left))
    }
}
