use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::method::Method;
use super::{Owner, charge_method, collect, index, invalid, unknown_method};
use crate::render::call::bind;
use crate::render::{limits, sorting};

/// A list of Python.
#[derive(Debug)]
pub(in crate::render) struct List {
    items: Mutex<Vec<Value>>,
    owner: Owner,
    changes: AtomicUsize,
}

impl List {
    /// The names of its methods.
    pub(in crate::render) const METHODS: [&str; 11] = [
        "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove",
        "reverse", "sort",
    ];

    pub(in crate::render) fn own(items: Vec<Value>) -> Value {
        Self::of(items, Owner::Template)
    }

    pub(in crate::render) fn shared(items: Vec<Value>) -> Value {
        Self::of(items, Owner::Sweep)
    }

    fn of(items: Vec<Value>, owner: Owner) -> Value {
        Value::from_object(Self {
            items: Mutex::new(items),
            owner,
            changes: AtomicUsize::new(0),
        })
    }

    pub(in crate::render) fn items(&self) -> Vec<Value> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> Result<MutexGuard<'_, Vec<Value>>, Error> {
        self.owner.check()?;
        self.changes.fetch_add(1, Ordering::Relaxed);
        Ok(self.lock())
    }

    /// How often it was changed.
    pub(super) fn changes(&self) -> usize {
        self.changes.load(Ordering::Relaxed)
    }

    fn is(self: &Arc<Self>, value: &Value) -> bool {
        value
            .downcast_object()
            .is_some_and(|list| Arc::ptr_eq(self, &list))
    }

    fn position(&self, item: &Value) -> Option<usize> {
        // Comparing may look at this list again.
        self.items().iter().position(|known| known == item)
    }

    fn insert(&self, at: &Value, item: Value) -> Result<(), Error> {
        let at = at
            .as_i64()
            .ok_or_else(|| invalid("`insert` needs an index"))?;
        let mut items = self.change()?;
        let length = items.len();
        let at = match usize::try_from(at) {
            Ok(at) => at.min(length),
            Err(_) => length.saturating_sub(usize::try_from(at.unsigned_abs()).unwrap_or(length)),
        };
        items.insert(at, item);
        Ok(())
    }

    fn pop(&self, at: Option<Value>) -> Result<Value, Error> {
        let mut items = self.change()?;
        let at = at.unwrap_or_else(|| Value::from(-1));
        match index(&at, items.len()) {
            Some(at) => Ok(items.remove(at)),
            None if items.is_empty() => Err(invalid("`pop` from an empty list")),
            None => Err(invalid("`pop` of an index that the list does not have")),
        }
    }

    fn remove(&self, item: &Value) -> Result<(), Error> {
        self.owner.check()?;
        let at = self.position(item);
        let at = at.ok_or_else(|| invalid("`remove` of what is not in the list"))?;
        self.change()?.remove(at);
        Ok(())
    }

    fn sort(&self, state: &State, args: &[Value]) -> Result<(), Error> {
        let [key, reverse] = bind("sort", args, ["key", "reverse"], 0)?;
        if key.is_some_and(|key| !key.is_none()) {
            return Err(invalid(
                "`sort` with a `key` is not supported; use the filter `sort`",
            ));
        }
        self.owner.check()?;
        let mut items = self.items();
        sorting::sort(
            state,
            &mut items,
            reverse.is_some_and(|reverse| reverse.is_true()),
        )?;
        *self.change()? = items;
        Ok(())
    }
}

/// The items of a list, with those that it gets meanwhile.
struct Live {
    list: Arc<List>,
    /// The index of the next one; none after the end, whatever the list gets then.
    next: Option<usize>,
}

impl Iterator for Live {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let index = self.next?;
        let item = self.list.lock().get(index).cloned();
        self.next = item.is_some().then_some(index + 1);
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self
            .next
            .map_or(0, |next| self.list.lock().len().saturating_sub(next));
        (length, Some(length))
    }
}

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let items = self.lock();
        let at = index(key, items.len())?;
        Some(items[at].clone())
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        Method::of(self, name, &Self::METHODS)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Iter(Box::new(Live {
            list: self.clone(),
            next: Some(0),
        }))
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
        match args {
            // Its own items may be put into it once more.
            [more] if method == "extend" && self.is(more) => limits::charge(state, args)?,
            _ => charge_method(state, self, length, args)?,
        }
        let none = Value::from(());
        match method {
            "append" => {
                let [item] = bind(method, args, ["object"], 1)?;
                let mut items = self.change()?;
                limits::check_items(items.len() + 1)?;
                items.extend(item);
            }
            "clear" => {
                let [] = bind(method, args, [], 0)?;
                self.change()?.clear();
            }
            "copy" => {
                let [] = bind(method, args, [], 0)?;
                return Ok(Self::own(self.items()));
            }
            "count" => {
                let [item] = bind(method, args, ["value"], 1)?;
                let items = self.items();
                let count = items.iter().filter(|known| Some(*known) == item.as_ref());
                return Ok(Value::from(count.count()));
            }
            "extend" => {
                let [more] = bind(method, args, ["iterable"], 1)?;
                let more = collect(&more.unwrap_or_default())?;
                let mut items = self.change()?;
                limits::check_items(items.len() + more.len())?;
                items.extend(more);
            }
            "index" => {
                let [item] = bind(method, args, ["value"], 1)?;
                let at = self.position(&item.unwrap_or_default());
                let at = at.ok_or_else(|| invalid("`index` of what is not in the list"))?;
                return Ok(Value::from(at));
            }
            "insert" => {
                let [at, item] = bind(method, args, ["index", "object"], 2)?;
                self.insert(&at.unwrap_or_default(), item.unwrap_or_default())?;
            }
            "pop" => {
                let [at] = bind(method, args, ["index"], 0)?;
                return self.pop(at);
            }
            "remove" => {
                let [item] = bind(method, args, ["value"], 1)?;
                self.remove(&item.unwrap_or_default())?;
            }
            "reverse" => {
                let [] = bind(method, args, [], 0)?;
                self.change()?.reverse();
            }
            "sort" => self.sort(state, args)?,
            _ => return Err(unknown_method()),
        }
        Ok(none)
    }
}
