use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value};

/// What `items`, `keys` and `values` of a dict give.
#[derive(Debug)]
pub(in crate::render) struct View {
    part: Part,
    items: Vec<Value>,
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
    pub(super) fn of(entries: &IndexMap<Value, Value>, part: Part) -> Value {
        let items = match part {
            Part::Items => entries
                .iter()
                .map(|(key, value)| Value::from(Tuple::new(vec![key.clone(), value.clone()])))
                .collect(),
            Part::Keys => entries.keys().cloned().collect(),
            Part::Values => entries.values().cloned().collect(),
        };
        Value::from_object(Self { part, items })
    }

    /// What Python prints before its items.
    pub(in crate::render) fn name(&self) -> &'static str {
        match self.part {
            Part::Items => "dict_items",
            Part::Keys => "dict_keys",
            Part::Values => "dict_values",
        }
    }
}

impl Object for View {
    /// It can be iterated over, but has no items by index.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.items.clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items.len())
    }
}
