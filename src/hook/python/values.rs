//! Values on their way to Python and back.
//!
//! JSON carries null, booleans, numbers of 64 bits, text, lists and maps as they are. All else is
//! an object whose first key is `$`: integers of up to 128 bits, `nan` and the infinities, maps
//! that have a key `$` themselves, and Python objects.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::model::{Map, Object, ParamSet, Value};
use crate::text;

const TAG: &str = "$";

/// A value to be sent.
pub(super) struct Outgoing<'a>(pub(super) &'a Value);

/// A map to be sent.
pub(super) struct OutgoingMap<'a>(pub(super) &'a Map);

/// A parameter set to be sent.
pub(super) struct OutgoingSet<'a>(pub(super) &'a ParamSet);

/// A value that was received.
#[derive(Debug)]
pub(super) struct Incoming(pub(super) Value);

/// A map that was received.
#[derive(Debug)]
pub(super) struct IncomingMap(pub(super) Map);

impl Serialize for Outgoing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(int) => match i64::try_from(*int) {
                Ok(int) => serializer.serialize_i64(int),
                Err(_) => tagged(serializer, "int", &int.to_string()),
            },
            Value::Float(float) if float.is_finite() => serializer.serialize_f64(*float),
            Value::Float(float) => tagged(serializer, "float", &text::float(*float)),
            Value::String(text) => serializer.serialize_str(text),
            Value::List(list) => serializer.collect_seq(list.iter().map(Outgoing)),
            Value::Map(map) => OutgoingMap(map).serialize(serializer),
            Value::Object(object) => serialize_object(serializer, object),
        }
    }
}

impl Serialize for OutgoingMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_entries(serializer, self.0.contains_key(TAG), self.0.iter())
    }
}

impl Serialize for OutgoingSet<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_entries(serializer, self.0.get(TAG).is_some(), self.0.iter())
    }
}

fn serialize_entries<'a, S: Serializer>(
    serializer: S,
    has_tag: bool,
    entries: impl Iterator<Item = (&'a Arc<str>, &'a Value)>,
) -> Result<S::Ok, S::Error> {
    let entries = entries.map(|(key, value)| (key, Outgoing(value)));
    if has_tag {
        return tagged(serializer, "map", &entries.collect::<Vec<_>>());
    }
    serializer.collect_map(entries)
}

/// Dates arrive as Python's own, other objects as their nearest value or their text.
fn serialize_object<S: Serializer>(serializer: S, object: &Object) -> Result<S::Ok, S::Error> {
    match (object.type_name.as_str(), &object.plain) {
        ("datetime.date", _) => tagged(serializer, "date", &object.text),
        ("datetime.datetime", _) => tagged(serializer, "datetime", &object.text),
        (_, Some(plain)) => Outgoing(plain).serialize(serializer),
        (_, None) => serializer.serialize_str(&object.text),
    }
}

fn tagged<S: Serializer>(
    serializer: S,
    tag: &str,
    value: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry(TAG, tag)?;
    map.serialize_entry("v", value)?;
    map.end()
}

impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for IncomingMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Incoming::deserialize(deserializer)?.0 {
            Value::Map(map) => Ok(Self(Arc::unwrap_or_clone(map))),
            other => Err(de::Error::custom(format_args!(
                "{} instead of a map",
                other.kind()
            ))),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Int(int.into()))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(Value::Int(int.into()))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(Value::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or_default());
        while let Some(Incoming(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(Arc::new(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key == TAG {
                return tagged_value(entries);
            }
            let Incoming(value) = entries.next_value()?;
            map.insert(key.into(), value);
        }
        Ok(map.into())
    }
}

/// Reads the rest of a tagged object, whose `$` was read.
fn tagged_value<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Value, A::Error> {
    let tag: String = entries.next_value()?;
    let (mut plain, mut texts) = (None, [String::new(), String::new(), String::new()]);
    while let Some(key) = entries.next_key::<String>()? {
        match key.as_str() {
            "v" => plain = Some(entries.next_value::<Incoming>()?.0),
            "t" => texts[0] = entries.next_value()?,
            "s" => texts[1] = entries.next_value()?,
            "r" => texts[2] = entries.next_value()?,
            _ => return Err(de::Error::unknown_field(&key, &["v", "t", "s", "r"])),
        }
    }
    if tag == "object" {
        let [type_name, text, repr] = texts;
        return Ok(Value::Object(Arc::new(Object {
            type_name,
            text,
            repr,
            plain,
        })));
    }
    let value = plain.as_ref().and_then(|value| match tag.as_str() {
        "float" => value.as_str()?.parse().ok().map(Value::Float),
        "int" => value.as_str()?.parse().ok().map(Value::Int),
        "map" => map_of_pairs(value).map(Value::from),
        _ => None,
    });
    value.ok_or_else(|| de::Error::custom(format_args!("a bad value of tag `{tag}`")))
}

fn map_of_pairs(pairs: &Value) -> Option<Map> {
    let Value::List(pairs) = pairs else {
        return None;
    };
    pairs.iter().map(entry_of_pair).collect()
}

fn entry_of_pair(pair: &Value) -> Option<(Arc<str>, Value)> {
    match pair {
        Value::List(pair) => match pair.as_slice() {
            [Value::String(key), value] => Some((key.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(value: &Value) -> Value {
        let text = serde_json::to_string(&Outgoing(value)).unwrap();
        serde_json::from_str::<Incoming>(&text).unwrap().0
    }

    #[test]
    fn values_without_objects_survive_the_encoding() {
        let tag = Value::map([("$", Value::from("int")), ("v", Value::from("7"))]);
        for value in [
            Value::Null,
            Value::from(1),
            Value::from(1.0),
            Value::from(true),
            Value::from(-0.0),
            Value::from(0.1 + 0.2),
            Value::from(5e-324),
            Value::from(1e22),
            Value::from(f64::NAN),
            Value::from(f64::NEG_INFINITY),
            Value::Int(i128::MAX),
            Value::Int(i128::MIN),
            Value::Int(u64::MAX.into()),
            Value::Int(i64::MIN.into()),
            Value::from("é\u{0}\u{1F600}\"\\\n"),
            Value::list([tag.clone(), Value::list([])]),
            Value::map([("b", tag), ("a", Value::from(Map::new()))]),
        ] {
            assert_eq!(there_and_back(&value), value);
        }
    }

    #[test]
    fn damaged_tags_are_refused() {
        for text in [
            r#"{"$":"int","v":"x"}"#,
            r#"{"$":"int"}"#,
            r#"{"$":"map","v":[["a"]]}"#,
            r#"{"$":"new","v":1}"#,
            r#"{"$":"object","z":1}"#,
            r#"{"$":1}"#,
        ] {
            assert!(serde_json::from_str::<Incoming>(text).is_err(), "{text}");
        }
    }
}
