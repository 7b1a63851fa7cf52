//! Arguments as Python binds them.

use std::sync::Arc;

use minijinja::value::{Kwargs, Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind};

use super::print;
use crate::diagnostic::did_you_mean;

/// An undefined value that is given as an argument. minijinja takes the plain one for an argument
/// that is not given, and a macro then has its default.
#[derive(Debug)]
struct Undefined(Value);

impl Object for Undefined {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// The value as an argument that is given.
pub(super) fn given(value: Value) -> Value {
    match value.is_undefined() {
        true => Value::from_object(Undefined(value)),
        false => value,
    }
}

/// The value that was [`given`].
pub(super) fn received(value: &Value) -> Value {
    match value.downcast_object_ref() {
        Some(Undefined(value)) => value.clone(),
        None => value.clone(),
    }
}

/// Refuses what a text that is `safe` would escape before it takes it in.
pub(super) fn check_escaped(text: &Value, args: &[Value]) -> Result<(), Error> {
    for value in args
        .iter()
        .filter(|value| text.is_safe() && !value.is_safe())
    {
        let mut shown = String::new();
        match text.as_str().is_some_and(|text| text.contains("%r")) {
            true => print::repr(&mut shown, value)?,
            false => print::str(&mut shown, value)?,
        }
        if shown.contains(['&', '<', '>', '"', '\'']) {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a text that is `safe` escapes what it takes in; leave `safe` out",
            ));
        }
    }
    Ok(())
}

/// Named arguments, in order.
type Named = Vec<(Value, Value)>;

/// The positional and the named arguments.
pub(super) fn split(args: &[Value]) -> Result<(Vec<Value>, Named), Error> {
    let received = |args: &[Value]| args.iter().map(received).collect();
    match args.split_last() {
        Some((last, positional)) if last.is_kwargs() => {
            let named = Kwargs::try_from(last.clone())?;
            let names: Vec<String> = named.args().map(String::from).collect();
            let named = names.into_iter().map(|name| {
                let value = named.peek::<Value>(&name)?;
                Ok((Value::from(name), self::received(&value)))
            });
            Ok((received(positional), named.collect::<Result<_, Error>>()?))
        }
        _ => Ok((received(args), Vec::new())),
    }
}

/// The arguments of `callee` by the names of its parameters, of which the first are required.
pub(super) fn bind<const N: usize>(
    callee: &str,
    args: &[Value],
    names: [&str; N],
    required: usize,
) -> Result<[Option<Value>; N], Error> {
    let error = |detail: String| Error::new(ErrorKind::InvalidOperation, detail);
    let (positional, named) = split(args)?;
    if positional.len() > N {
        let most = crate::text::count(N, "argument");
        let detail = format!("`{callee}` takes at most {most}, not {}", positional.len());
        return Err(error(detail));
    }
    let mut bound = std::array::from_fn(|index| positional.get(index).cloned());
    for (name, value) in named {
        let name = name.as_str().unwrap_or_default();
        let Some(index) = names.iter().position(|known| *known == name) else {
            let guess = did_you_mean(name, names).map(|guess| format!("; {guess}"));
            let guess = guess.unwrap_or_default();
            return Err(error(format!("`{callee}` has no argument `{name}`{guess}")));
        };
        if bound[index].is_some() {
            return Err(error(format!("`{callee}` got `{name}` twice")));
        }
        bound[index] = Some(value);
    }
    match (0..required).find(|index| bound[*index].is_none()) {
        Some(missing) => {
            let name = names[missing];
            Err(error(format!("`{callee}` needs the argument `{name}`")))
        }
        None => Ok(bound),
    }
}
