use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

/// A method that is named and not called, as in `{% if params.items is defined %}`.
#[derive(Debug)]
pub(in crate::render) struct Method {
    value: Value,
    name: String,
}

impl Method {
    /// The method `name` of a value.
    pub(in crate::render) fn bound(value: Value, name: &str) -> Value {
        Value::from_object(Self {
            value,
            name: name.to_owned(),
        })
    }

    /// The method of `value`, if it is one of those `known`.
    pub(super) fn of<T: Object + 'static>(
        value: &Arc<T>,
        name: &str,
        known: &[&str],
    ) -> Option<Value> {
        let is_known = known.contains(&name);
        is_known.then(|| Self::bound(Value::from_dyn_object(value.clone()), name))
    }
}

impl Object for Method {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        self.value.call_method(state, &self.name, args)
    }
}
