use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, State};

/// A method that is named and not called, as in `{% if params.items is defined %}`.
#[derive(Debug)]
pub(super) struct Method {
    value: Value,
    name: String,
}

impl Method {
    /// The method of `value`, if it is one of those `known`.
    pub(super) fn of<T: Object + 'static>(
        value: &Arc<T>,
        name: &str,
        known: &[&str],
    ) -> Option<Value> {
        known.contains(&name).then(|| {
            Value::from_object(Self {
                value: Value::from_dyn_object(value.clone()),
                name: name.to_owned(),
            })
        })
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
