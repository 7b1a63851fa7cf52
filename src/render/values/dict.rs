use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::{Equivalent, IndexMap};
use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value, ValueKind};
use minijinja::{Error, State};

use super::method::Method;
use super::view::{Entries, Part, View};
use super::{Owner, charge_method, check_key, collect, invalid, unknown_method};
use crate::render::call::{bind, split};
use crate::render::limits;

/// A dict of Python.
#[derive(Debug)]
pub(in crate::render) struct Dict {
    entries: Mutex<IndexMap<Value, Value>>,
    owner: Owner,
    changes: AtomicUsize,
}

impl Dict {
    /// The names of its methods.
    pub(in crate::render) const METHODS: [&str; 11] = [
        "clear",
        "copy",
        "fromkeys",
        "get",
        "items",
        "keys",
        "pop",
        "popitem",
        "setdefault",
        "update",
        "values",
    ];

    pub(in crate::render) fn own(entries: IndexMap<Value, Value>) -> Value {
        Self::of(entries, Owner::Template)
    }

    pub(in crate::render) fn shared(entries: IndexMap<Value, Value>) -> Value {
        Self::of(entries, Owner::Sweep)
    }

    fn of(entries: IndexMap<Value, Value>, owner: Owner) -> Value {
        Value::from_object(Self {
            entries: Mutex::new(entries),
            owner,
            changes: AtomicUsize::new(0),
        })
    }

    pub(in crate::render) fn entries(&self) -> IndexMap<Value, Value> {
        self.lock().clone()
    }

    /// How often it was changed.
    pub(super) fn changes(&self) -> usize {
        self.changes.load(Ordering::Relaxed)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The entry at an index.
    pub(super) fn entry(&self, index: usize) -> Option<(Value, Value)> {
        let entries = self.lock();
        let (key, value) = entries.get_index(index)?;
        Some((key.clone(), value.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, IndexMap<Value, Value>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> Result<MutexGuard<'_, IndexMap<Value, Value>>, Error> {
        self.owner.check()?;
        self.changes.fetch_add(1, Ordering::Relaxed);
        Ok(self.lock())
    }

    pub(super) fn get(&self, key: &Value) -> Option<Value> {
        // To look for a tuple of tuples of tuples takes as long as to walk through it.
        if key.as_object().is_some() {
            limits::walk(key, &mut |_| Ok(())).ok()?;
        }
        self.lock().get(key).cloned()
    }

    fn insert(&self, key: Value, value: Value) -> Result<(), Error> {
        check_key(&key)?;
        let mut entries = self.change()?;
        limits::check_items(entries.len() + 1)?;
        entries.insert(key, value);
        Ok(())
    }

    fn update(&self, args: &[Value]) -> Result<(), Error> {
        let (positional, keywords) = split(args)?;
        let mut more = match &positional[..] {
            [] => IndexMap::new(),
            [source] => pairs(source)?,
            _ => {
                return Err(invalid(
                    "`update` takes one dict, or pairs, and named values",
                ));
            }
        };
        more.extend(keywords);
        for (key, value) in more {
            self.insert(key, value)?;
        }
        Ok(())
    }
}

/// A key that is looked up without being made a value.
#[derive(Hash)]
struct Name<'a>(&'a str);

impl Equivalent<Value> for Name<'_> {
    fn equivalent(&self, key: &Value) -> bool {
        key.as_str() == Some(self.0)
    }
}

/// The entries of a dict, or of a list of pairs.
pub(in crate::render) fn pairs(source: &Value) -> Result<IndexMap<Value, Value>, Error> {
    if source.is_undefined() {
        source.get_attr("")?;
    }
    if let Some(dict) = source.downcast_object_ref::<Dict>() {
        return Ok(dict.entries());
    }
    if source.kind() == ValueKind::Map {
        let object = source.as_object();
        let entries = object.and_then(minijinja::value::DynObject::try_iter_pairs);
        return Ok(entries.into_iter().flatten().collect());
    }
    let mut entries = IndexMap::new();
    for pair in collect(source)? {
        let mut pair = collect(&pair)?;
        let (Some(value), Some(key), None) = (pair.pop(), pair.pop(), pair.pop()) else {
            return Err(invalid("a dict is made of pairs of a key and a value"));
        };
        check_key(&key)?;
        entries.insert(key, value);
    }
    Ok(entries)
}

impl Object for Dict {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let entries = self.lock();
        let item = match entries.len() {
            // To compare a few names takes less than to hash one.
            0..=8 => {
                let mut entries = entries.iter();
                entries
                    .find(|(known, _)| known.as_str() == Some(key))
                    .map(|(_, item)| item)
            }
            _ => entries.get(&Name(key)),
        };
        let item = item.cloned();
        drop(entries);
        item.or_else(|| Method::of(self, key, &Self::METHODS))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Entries::new(self, Part::Keys)))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.lock().len())
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let length = self.lock().len();
        charge_method(state, self, length, args)?;
        match method {
            "clear" => {
                let [] = bind(method, args, [], 0)?;
                self.change()?.clear();
            }
            "copy" => {
                let [] = bind(method, args, [], 0)?;
                return Ok(Self::own(self.entries()));
            }
            "fromkeys" => {
                let [keys, value] = bind(method, args, ["iterable", "value"], 1)?;
                let value = value.unwrap_or_else(|| Value::from(()));
                let mut entries = IndexMap::new();
                for key in collect(&keys.unwrap_or_default())? {
                    check_key(&key)?;
                    entries.insert(key, value.clone());
                }
                return Ok(Self::own(entries));
            }
            "get" => {
                let [key, default] = bind(method, args, ["key", "default"], 1)?;
                let value = self.get(&key.unwrap_or_default());
                return Ok(value.or(default).unwrap_or_else(|| Value::from(())));
            }
            "items" | "keys" | "values" => {
                let [] = bind(method, args, [], 0)?;
                return Ok(View::of(self, Part::named(method)));
            }
            "pop" => {
                let [key, default] = bind(method, args, ["key", "default"], 1)?;
                let value = self.change()?.shift_remove(&key.unwrap_or_default());
                let missing = || invalid("`pop` of a key that the dict does not have");
                return value.or(default).ok_or_else(missing);
            }
            "popitem" => {
                let [] = bind(method, args, [], 0)?;
                let last = self.change()?.pop();
                let (key, value) = last.ok_or_else(|| invalid("`popitem` of an empty dict"))?;
                return Ok(Value::from(Tuple::new(vec![key, value])));
            }
            "setdefault" => {
                let [key, default] = bind(method, args, ["key", "default"], 1)?;
                let key = key.unwrap_or_default();
                if let Some(value) = self.get(&key) {
                    return Ok(value);
                }
                let value = default.unwrap_or_else(|| Value::from(()));
                self.insert(key, value.clone())?;
                return Ok(value);
            }
            "update" => self.update(args)?,
            _ => return Err(unknown_method()),
        }
        Ok(Value::from(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hash_as_the_values_they_are() {
        for name in [
            "",
            "mem",
            "a name too long to be kept within a value itself",
            "größe",
        ] {
            let entries = IndexMap::from([(Value::from(name), Value::from(1))]);
            assert_eq!(entries.get(&Name(name)), Some(&Value::from(1)), "{name}");
        }
    }
}
