use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value};

/// What filters give that Python computes on demand: it can be iterated over once, is always true
/// and has no text.
#[derive(Debug)]
pub(in crate::render) struct Generator {
    items: Mutex<Vec<Value>>,
}

impl Generator {
    pub(in crate::render) fn of(items: Vec<Value>) -> Value {
        Value::from_object(Self {
            items: Mutex::new(items),
        })
    }
}

impl Object for Generator {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        Enumerator::Iter(Box::new(std::mem::take(&mut *items).into_iter()))
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
