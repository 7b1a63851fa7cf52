use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value, ValueKind};

use super::{Dict, List, View, invalid};

/// What filters give that Python computes on demand: it can be iterated over once, is always true
/// and has no text.
///
/// It is computed at once here. So it is an error where a template changes what it is computed
/// from before it is iterated over.
#[derive(Debug)]
pub(in crate::render) struct Generator {
    sources: Vec<Watched>,
    items: Mutex<VecDeque<(Watched, Value)>>,
    /// Whether another one is computed from it, which leaves nothing here.
    taken: AtomicBool,
}

/// A list or dict, and how often it was changed.
#[derive(Clone, Debug)]
struct Watched(Value, usize);

impl Watched {
    fn new(value: Value) -> Self {
        let changes = changes(&value);
        Self(value, changes)
    }

    fn is_changed(&self) -> bool {
        changes(&self.0) != self.1
    }
}

fn changes(value: &Value) -> usize {
    if let Some(list) = value.downcast_object_ref::<List>() {
        return list.changes();
    }
    if let Some(view) = value.downcast_object_ref::<View>() {
        return view.changes();
    }
    let dict = value.downcast_object_ref::<Dict>();
    dict.map_or(0, Dict::changes)
}

impl Generator {
    /// Of what is made of a `source`.
    pub(in crate::render) fn of(source: &Value, results: Vec<Value>) -> Value {
        let nothing = std::iter::repeat(Value::UNDEFINED);
        Self::of_each(source, nothing.zip(results))
    }

    /// Of what is made of each item of a `source`: pairs of both.
    pub(in crate::render) fn of_each(
        source: &Value,
        results: impl Iterator<Item = (Value, Value)>,
    ) -> Value {
        let sources = match source.downcast_object_ref::<Self>() {
            Some(generator) => {
                generator.taken.store(true, Ordering::Relaxed);
                generator.sources.clone()
            }
            None => vec![Watched::new(source.clone())],
        };
        let items = results.map(|(item, result)| (Watched::new(item), result));
        Value::from_object(Self {
            sources,
            items: Mutex::new(items.collect()),
            taken: AtomicBool::new(false),
        })
    }

    fn next(&self) -> Option<Value> {
        if self.taken.load(Ordering::Relaxed) {
            let detail = "this iterator was given to another filter; write `|list` where it is set";
            return Some(Value::from(invalid(detail)));
        }
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let is_changed = self.sources.iter().any(Watched::is_changed);
        match items.pop_front() {
            Some((item, result)) if !is_changed && !item.is_changed() => Some(result),
            None if !is_changed => None,
            _ => {
                items.clear();
                let detail = "what a filter goes through was changed meanwhile; write `|list` \
                              after the filter";
                Some(Value::from(invalid(detail)))
            }
        }
    }
}

/// The items of a generator that are left.
struct Rest {
    generator: Arc<Generator>,
    ended: bool,
}

impl Iterator for Rest {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        if self.ended {
            return None;
        }
        let item = self.generator.next();
        self.ended = item
            .as_ref()
            .is_none_or(|item| item.kind() == ValueKind::Invalid);
        item
    }
}

impl Object for Generator {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    /// It has no items by index, which the engine would count out.
    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::UNDEFINED)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Rest {
            generator: self.clone(),
            ended: false,
        }))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        None
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// What `groupby` gives: a tuple of two whose parts have names.
#[derive(Debug)]
pub(in crate::render) struct Group {
    grouper: Value,
    list: Value,
}

impl Group {
    pub(in crate::render) fn of(grouper: Value, list: Value) -> Value {
        Value::from_object(Self { grouper, list })
    }

    pub(in crate::render) fn tuple(&self) -> Value {
        Value::from(Tuple::new(vec![self.grouper.clone(), self.list.clone()]))
    }
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(name) = key.as_str() {
            return self.get_value_by_str(name);
        }
        match super::index(key, 2)? {
            0 => Some(self.grouper.clone()),
            _ => Some(self.list.clone()),
        }
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "grouper" => Some(self.grouper.clone()),
            "list" => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }
}
