use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value as JinjaValue};

use super::syntax::outer_name;
use super::values::{Dict, List, own};
use crate::model::{self, Map, ParamSet, ParamSpace, Value};

/// What a template sees of one job.
#[derive(Clone, Debug)]
pub struct JobContext {
    names: Arc<Names>,
    job_name: JinjaValue,
    logs_dir: JinjaValue,
    slurm: JinjaValue,
}

/// The parameters of one job, by name.
#[derive(Debug)]
struct Names {
    keys: Arc<[Arc<str>]>,
    values: Vec<JinjaValue>,
    /// All of them as a dict, once a template asks for it.
    params: OnceLock<JinjaValue>,
}

/// Values that were converted already: those of the axes, and the latest Slurm arguments.
#[derive(Debug, Default)]
pub struct Interned {
    axes: Vec<Vec<JinjaValue>>,
    /// The [revision](ParamSpace::revision) of the axes.
    revision: u64,
    slurm: Option<(Arc<Map>, JinjaValue)>,
    logs_dir: JinjaValue,
}

impl Interned {
    /// Converts the values of the axes of `space`.
    pub fn new(space: &ParamSpace, logs_dir: &str) -> Self {
        Self {
            axes: convert_axes(space),
            revision: space.revision(),
            slurm: None,
            logs_dir: JinjaValue::from(logs_dir),
        }
    }

    /// The parameters of the set at `index`, to make a job name of.
    pub fn context(&mut self, space: &ParamSpace, index: usize, set: &ParamSet) -> JobContext {
        // A hook may change a value of an axis inside.
        if self.revision != space.revision() {
            self.axes = convert_axes(space);
            self.revision = space.revision();
        }
        let values = match space.places(index) {
            Some(places) => self
                .axes
                .iter()
                .zip(places)
                .map(|(axis, place)| axis[place].clone())
                .collect(),
            None => set.values().iter().map(to_jinja).collect(),
        };
        JobContext {
            names: Arc::new(Names::new(set.names().clone(), values)),
            job_name: JinjaValue::UNDEFINED,
            logs_dir: self.logs_dir.clone(),
            slurm: JinjaValue::UNDEFINED,
        }
    }

    /// The Slurm arguments as Jinja sees them.
    pub fn slurm(&mut self, arguments: &Arc<Map>) -> JinjaValue {
        match &self.slurm {
            Some((known, value)) if Arc::ptr_eq(known, arguments) => value.clone(),
            _ => {
                let value = map_to_jinja(arguments);
                self.slurm = Some((arguments.clone(), value.clone()));
                value
            }
        }
    }
}

fn convert_axes(space: &ParamSpace) -> Vec<Vec<JinjaValue>> {
    let convert = |axis: &model::Axis| axis.values.iter().map(to_jinja).collect();
    let axes = space.axes().unwrap_or_default();
    axes.iter().map(convert).collect()
}

impl JobContext {
    /// Adds what is known after the job has its name and its Slurm arguments.
    #[must_use]
    pub fn with_job(mut self, job_name: &str, slurm: JinjaValue) -> Self {
        self.job_name = JinjaValue::from(job_name);
        self.slurm = slurm;
        self
    }

    /// The same with values that a template may change.
    pub(super) fn own(&self) -> Self {
        let values = self.names.values.iter().map(own).collect();
        Self {
            names: Arc::new(Names::new(self.names.keys.clone(), values)),
            job_name: self.job_name.clone(),
            logs_dir: self.logs_dir.clone(),
            slurm: own(&self.slurm),
        }
    }

    pub(super) fn for_name(&self) -> JinjaValue {
        JinjaValue::from_dyn_object(self.names.clone())
    }

    pub(super) fn for_script(&self) -> JinjaValue {
        JinjaValue::from_object(self.clone())
    }

    /// Names that `path` (`slurm`, `params` or nothing) could be followed by.
    pub(super) fn names_under(&self, path: &str) -> Vec<String> {
        let keys = |value: &JinjaValue| -> Vec<String> {
            let keys = value.try_iter().into_iter().flatten();
            keys.filter_map(|key| key.as_str().map(String::from))
                .collect()
        };
        let parameters = || self.names.keys.iter().map(ToString::to_string);
        match path {
            "" => parameters()
                .chain(["job_name", "logs_dir", "params", "slurm"].map(String::from))
                .collect(),
            "params" => parameters().collect(),
            "slurm" => keys(&self.slurm),
            other => self
                .names
                .get(other)
                .map_or_else(Vec::new, |value| keys(&value)),
        }
    }
}

impl Names {
    fn new(keys: Arc<[Arc<str>]>, values: Vec<JinjaValue>) -> Self {
        Self {
            keys,
            values,
            params: OnceLock::new(),
        }
    }

    fn get(&self, name: &str) -> Option<JinjaValue> {
        let index = self.keys.iter().position(|known| **known == *name)?;
        Some(self.values[index].clone())
    }

    fn params(&self) -> JinjaValue {
        let params = || {
            let names = self.keys.iter().map(|name| JinjaValue::from(name.clone()));
            Dict::own(names.zip(self.values.iter().cloned()).collect())
        };
        self.params.get_or_init(params).clone()
    }
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &JinjaValue) -> Option<JinjaValue> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<JinjaValue> {
        self.get(key).or_else(|| match key {
            "params" => Some(self.params()),
            _ => self.get(outer_name(key)?),
        })
    }
}

impl Object for JobContext {
    fn get_value(self: &Arc<Self>, key: &JinjaValue) -> Option<JinjaValue> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<JinjaValue> {
        // A parameter wins over a name of ours.
        self.names.get(key).or_else(|| match key {
            "job_name" => Some(self.job_name.clone()),
            "logs_dir" => Some(self.logs_dir.clone()),
            "params" => Some(self.names.params()),
            "slurm" => Some(self.slurm.clone()),
            _ => self.names.get(outer_name(key)?),
        })
    }
}

/// A Python object in a template: printed as Python prints it.
#[derive(Debug)]
pub(super) struct PythonObject(pub(super) Arc<model::Object>);

impl Object for PythonObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match &self.0.plain {
            Some(Value::List(_)) => ObjectRepr::Seq,
            Some(Value::Map(_)) => ObjectRepr::Map,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &JinjaValue) -> Option<JinjaValue> {
        match self.0.plain.as_ref()? {
            Value::List(list) => list.get(key.as_usize()?).map(to_jinja),
            Value::Map(map) => map.get(key.as_str()?).map(to_jinja),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.0.plain {
            Some(Value::List(list)) => Enumerator::Seq(list.len()),
            Some(Value::Map(map)) => Enumerator::Values(
                map.keys()
                    .map(|key| JinjaValue::from(key.clone()))
                    .collect(),
            ),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0
            .plain
            .as_ref()
            .is_none_or(|plain| to_jinja(plain).is_true())
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.text)
    }
}

fn to_jinja(value: &Value) -> JinjaValue {
    match value {
        Value::Null => JinjaValue::from(()),
        Value::Bool(bool) => JinjaValue::from(*bool),
        Value::Int(int) => match i64::try_from(*int) {
            Ok(int) => JinjaValue::from(int),
            Err(_) => JinjaValue::from(*int),
        },
        Value::Float(float) => JinjaValue::from(*float),
        Value::String(text) => JinjaValue::from(text.clone()),
        Value::List(list) => List::shared(list.iter().map(to_jinja).collect()),
        Value::Map(map) => map_to_jinja(map),
        Value::Object(object) => object_to_jinja(object),
    }
}

fn map_to_jinja(map: &Map) -> JinjaValue {
    let entries = map
        .iter()
        .map(|(key, value)| (JinjaValue::from(key.clone()), to_jinja(value)));
    Dict::shared(entries.collect())
}

fn object_to_jinja(object: &Arc<model::Object>) -> JinjaValue {
    match &object.plain {
        Some(Value::List(list)) if object.type_name == "tuple" => {
            JinjaValue::from_object(Tuple::new(list.iter().map(to_jinja).collect()))
        }
        // A number is worth more as a number, as long as it prints alike.
        Some(plain @ (Value::Bool(_) | Value::Int(_) | Value::Float(_)))
            if plain.to_string() == object.text =>
        {
            to_jinja(plain)
        }
        _ => JinjaValue::from_object(PythonObject(object.clone())),
    }
}
