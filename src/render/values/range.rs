use std::sync::Arc;

use minijinja::Error;
use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::{index, invalid};
use crate::render::limits;

/// What `range` gives.
#[derive(Debug)]
pub(in crate::render) struct Range {
    start: i64,
    stop: i64,
    step: i64,
    length: usize,
}

impl Range {
    pub(in crate::render) fn of(start: i64, stop: i64, step: i64) -> Result<Value, Error> {
        if step == 0 {
            return Err(invalid("the step of a range cannot be zero"));
        }
        let (start_at, stop_at) = (i128::from(start), i128::from(stop));
        let distance = if step > 0 {
            stop_at - start_at
        } else {
            start_at - stop_at
        };
        let steps = i128::from(step).abs();
        let length = (distance.max(0) + steps - 1) / steps;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        limits::check_items(length)?;
        Ok(Value::from_object(Self {
            start,
            stop,
            step,
            length,
        }))
    }

    pub(in crate::render) fn len(&self) -> usize {
        self.length
    }

    /// From one index to another, every so many.
    pub(in crate::render) fn slice(
        &self,
        start: i128,
        stop: i128,
        step: i128,
    ) -> Result<Value, Error> {
        let int = |int: i128| {
            i64::try_from(int).map_err(|_| invalid("the numbers of the range are too large"))
        };
        let own = i128::from(self.step);
        let at = |index: i128| int(i128::from(self.start) + index * own);
        Self::of(at(start)?, at(stop)?, int(step.saturating_mul(own))?)
    }

    /// What Python prints.
    pub(in crate::render) fn text(&self) -> String {
        let Self {
            start, stop, step, ..
        } = self;
        match step {
            1 => format!("range({start}, {stop})"),
            _ => format!("range({start}, {stop}, {step})"),
        }
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(name) = key.as_str() {
            return self.get_value_by_str(name);
        }
        let at = i64::try_from(index(key, self.length)?).ok()?;
        Some(Value::from(self.start + at * self.step))
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "start" => Some(Value::from(self.start)),
            "stop" => Some(Value::from(self.stop)),
            "step" => Some(Value::from(self.step)),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.length)
    }
}
