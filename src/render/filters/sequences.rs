use std::cmp::Ordering;

use indexmap::IndexSet;
use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Environment, Error, State};

use super::attribute::{self, Attribute};
use super::{add, invalid, is_set, text};
use crate::render::call::bind;
use crate::render::limits;
use crate::render::operators::order;
use crate::render::print::{is_of_engine, no_items};
use crate::render::sorting::{no_order, sort_by_key};
use crate::render::values::{
    Generator, Group, List, Loop, check_key, collect, items_of, pairs, type_name,
};

pub(super) fn register(env: &mut Environment<'_>) {
    add(env, "attr", attribute::attr);
    add(env, "batch", batch);
    add(env, "count", length);
    add(env, "dictsort", dictsort);
    add(env, "first", first);
    add(env, "groupby", groupby);
    add(env, "items", items);
    add(env, "join", join);
    add(env, "last", last);
    add(env, "length", length);
    add(env, "list", list);
    add(env, "max", |state, args| {
        extreme(state, "max", args, Ordering::Greater)
    });
    add(env, "min", |state, args| {
        extreme(state, "min", args, Ordering::Less)
    });
    add(env, "random", random);
    add(env, "reverse", reverse);
    add(env, "slice", slice);
    add(env, "sort", sort);
    add(env, "unique", unique);
}

/// A count given as an argument.
fn size(filter: &str, name: &str, value: Option<Value>) -> Result<usize, Error> {
    let size = value.and_then(|value| match value.kind() {
        ValueKind::Number if value.is_integer() => value.as_i64(),
        _ => None,
    });
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| *size > 0);
    let size =
        size.ok_or_else(|| invalid(format!("the `{name}` of `{filter}` is a positive integer")))?;
    limits::check_items(size)?;
    Ok(size)
}

/// `value|batch(linecount, fill_with=none)`
fn batch(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, count, fill] = bind("batch", args, ["value", "linecount", "fill_with"], 2)?;
    let count = size("batch", "linecount", count)?;
    let fill = fill.filter(|fill| !fill.is_none());
    let value = value.unwrap_or_default();
    let items = collect(&value)?;
    let rows = items.chunks(count).map(|row| {
        let mut row = row.to_vec();
        if let Some(fill) = &fill {
            row.resize(count, fill.clone());
        }
        List::own(row)
    });
    Ok(Generator::of(&value, rows.collect()))
}

/// `value|slice(slices, fill_with=none)`
fn slice(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value, slices, fill] = bind("slice", args, ["value", "slices", "fill_with"], 2)?;
    let slices = size("slice", "slices", slices)?;
    let fill = fill.filter(|fill| !fill.is_none());
    let value = value.unwrap_or_default();
    let items = collect(&value)?;
    let (per_slice, longer) = (items.len() / slices, items.len() % slices);
    let mut parts = Vec::with_capacity(slices);
    let mut start = 0;
    for index in 0..slices {
        let end = start + per_slice + usize::from(index < longer);
        let mut part = items[start..end].to_vec();
        if index >= longer {
            part.extend(fill.clone());
        }
        parts.push(List::own(part));
        start = end;
    }
    Ok(Generator::of(&value, parts))
}

/// `value|dictsort(case_sensitive=false, by='key', reverse=false)`
fn dictsort(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let names = ["value", "case_sensitive", "by", "reverse"];
    let [value, case_sensitive, by, reverse] = bind("dictsort", args, names, 1)?;
    let value = value.unwrap_or_default();
    if value.kind() != ValueKind::Map {
        return Err(invalid(format!(
            "`dictsort` needs a dict, not {}",
            type_name(&value)
        )));
    }
    let by = by.unwrap_or_else(|| Value::from("key"));
    let place = match by.as_str() {
        Some("key") => 0,
        Some("value") => 1,
        _ => return Err(invalid("`dictsort` sorts by `key` or by `value`")),
    };
    let key =
        Attribute::new(Some(&Value::from(place))).ignoring_case(!is_set(case_sensitive.as_ref()));
    let mut entries = entries(&value)?;
    sort_by_key(state, &mut entries, is_set(reverse.as_ref()), |entry| {
        key.of(entry)
    })?;
    Ok(List::own(entries))
}

fn entries(dict: &Value) -> Result<Vec<Value>, Error> {
    let entries = pairs(dict)?.into_iter();
    let entries = entries.map(|(key, value)| Value::from(Tuple::new(vec![key, value])));
    Ok(entries.collect())
}

/// `value|items`
fn items(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("items", args, ["value"], 1)?;
    let value = value.unwrap_or_default();
    match value.kind() {
        ValueKind::Undefined => Ok(Generator::of(&value, Vec::new())),
        ValueKind::Map => Ok(Generator::of(&value, entries(&value)?)),
        _ => Err(invalid(format!(
            "`items` needs a dict, not {}",
            type_name(&value)
        ))),
    }
}

fn is_generator(value: &Value) -> bool {
    value.downcast_object_ref::<Generator>().is_some()
}

fn first(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("first", args, ["seq"], 1)?;
    let mut items = items_of(&value.unwrap_or_default())?;
    Ok(items.next().transpose()?.unwrap_or_default())
}

fn last(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("last", args, ["seq"], 1)?;
    let value = value.unwrap_or_default();
    if is_generator(&value) {
        return Err(invalid("an iterator has no last item; write `|list|last`"));
    }
    let items = collect(&value)?;
    Ok(items.into_iter().next_back().unwrap_or_default())
}

fn length(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("length", args, ["obj"], 1)?;
    let value = value.unwrap_or_default();
    if let Some(owner) = value.downcast_object_ref::<Loop>() {
        let length = owner.attribute("length", Some(state))?;
        return Ok(length.unwrap_or_default());
    }
    let length = match value.kind() {
        ValueKind::Undefined => Some(0),
        ValueKind::Map if is_of_engine(&value) => return Err(no_items()),
        ValueKind::Map | ValueKind::Seq | ValueKind::String | ValueKind::Iterable => value.len(),
        _ => None,
    };
    let length = length.ok_or_else(|| match value.kind() {
        ValueKind::Iterable => invalid("an iterator has no length; write `|list|length`"),
        _ => invalid(format!("{} has no length", type_name(&value))),
    });
    length.map(Value::from)
}

fn list(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("list", args, ["value"], 1)?;
    Ok(List::own(collect(&value.unwrap_or_default())?))
}

/// `value|join(d='', attribute=none)`
fn join(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [values, delimiter, attribute] = bind("join", args, ["value", "d", "attribute"], 1)?;
    let attribute = Attribute::new(attribute.as_ref());
    let delimiter = delimiter.unwrap_or_else(|| Value::from(""));
    let delimiter = text(&delimiter)?;
    let mut joined = String::new();
    for (index, value) in collect(&values.unwrap_or_default())?.iter().enumerate() {
        let value = attribute.of(value)?;
        super::check_printable(state, std::slice::from_ref(&value))?;
        if index > 0 {
            joined.push_str(&delimiter);
        }
        joined.push_str(&text(&value)?);
        limits::check_text(joined.len())?;
    }
    Ok(Value::from(joined))
}

/// `value|sort(reverse=false, case_sensitive=false, attribute=none)`
fn sort(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let names = ["value", "reverse", "case_sensitive", "attribute"];
    let [values, reverse, case_sensitive, attribute] = bind("sort", args, names, 1)?;
    let ignore_case = !is_set(case_sensitive.as_ref());
    let attributes = Attribute::list(attribute.as_ref());
    let attributes: Vec<Attribute> = attributes
        .into_iter()
        .map(|attribute| attribute.ignoring_case(ignore_case))
        .collect();
    let mut values = collect(&values.unwrap_or_default())?;
    let mut keys = Vec::with_capacity(values.len());
    for value in &values {
        let key = attributes.iter().map(|attribute| attribute.of(value));
        let key = key.collect::<Result<Vec<_>, _>>()?;
        if values.len() > 1 {
            super::check_printable(state, &key)?;
        }
        keys.push(List::own(key));
    }
    let mut keys = keys.into_iter();
    sort_by_key(state, &mut values, is_set(reverse.as_ref()), |_| {
        Ok(keys.next().unwrap_or_default())
    })?;
    Ok(List::own(values))
}

/// `value|unique(case_sensitive=false, attribute=none)`
fn unique(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let names = ["value", "case_sensitive", "attribute"];
    let [values, case_sensitive, attribute] = bind("unique", args, names, 1)?;
    let attribute =
        Attribute::new(attribute.as_ref()).ignoring_case(!is_set(case_sensitive.as_ref()));
    let mut seen = IndexSet::new();
    let mut kept = Vec::new();
    let values = values.unwrap_or_default();
    for value in collect(&values)? {
        let key = attribute.of(&value)?;
        super::check_printable(state, std::slice::from_ref(&key))?;
        limits::charge_walk(state, &key)?;
        check_key(&key)?;
        if seen.insert(key) {
            kept.push(value);
        }
    }
    Ok(Generator::of(&values, kept))
}

/// `value|max(case_sensitive=false, attribute=none)`: the first of equal ones.
fn extreme(
    state: &mut State,
    filter: &str,
    args: &[Value],
    wanted: Ordering,
) -> Result<Value, Error> {
    let names = ["value", "case_sensitive", "attribute"];
    let [values, case_sensitive, attribute] = bind(filter, args, names, 1)?;
    let attribute =
        Attribute::new(attribute.as_ref()).ignoring_case(!is_set(case_sensitive.as_ref()));
    let mut best: Option<(Value, Value)> = None;
    for value in collect(&values.unwrap_or_default())? {
        let key = attribute.of(&value)?;
        limits::charge_walk(state, &key)?;
        let is_better = match &best {
            None => true,
            Some((known, _)) => {
                order(&key, known).map_err(|()| no_order(&key, known))? == Some(wanted)
            }
        };
        if is_better {
            best = Some((key, value));
        }
    }
    Ok(best.map(|(_, value)| value).unwrap_or_default())
}

fn random(_: &mut State, _: &[Value]) -> Result<Value, Error> {
    Err(invalid(
        "there is no `random` here: the same spec gives the same scripts; make it a parameter",
    ))
}

fn reverse(_: &mut State, args: &[Value]) -> Result<Value, Error> {
    let [value] = bind("reverse", args, ["value"], 1)?;
    let value = value.unwrap_or_default();
    if let Some(text) = value.as_str() {
        return Ok(Value::from(text.chars().rev().collect::<String>()));
    }
    let mut items = collect(&value)?;
    items.reverse();
    // Python cannot go through it from the end, so Jinja2 makes a list of it.
    if is_generator(&value) {
        return Ok(List::own(items));
    }
    Ok(Generator::of(&value, items))
}

/// `value|groupby(attribute, default=none, case_sensitive=false)`
fn groupby(state: &mut State, args: &[Value]) -> Result<Value, Error> {
    let names = ["value", "attribute", "default", "case_sensitive"];
    let [values, attribute, default, case_sensitive] = bind("groupby", args, names, 2)?;
    let shown = Attribute::new(attribute.as_ref()).or(default);
    let compared = shown
        .clone()
        .ignoring_case(!is_set(case_sensitive.as_ref()));
    let mut values = collect(&values.unwrap_or_default())?;
    sort_by_key(state, &mut values, false, |value| compared.of(value))?;
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for value in values {
        let key = compared.of(&value)?;
        limits::charge_walk(state, &key)?;
        match groups.last_mut() {
            Some((known, group)) if *known == key => group.push(value),
            _ => groups.push((key, vec![value])),
        }
    }
    let groups = groups.into_iter().map(|(_, group)| {
        let grouper = shown.of(&group[0])?;
        Ok(Group::of(grouper, List::own(group)))
    });
    Ok(List::own(groups.collect::<Result<_, Error>>()?))
}
