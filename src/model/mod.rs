//! Plain data that every other module speaks.

mod deserialize;
mod job;
mod param_set;
mod param_space;
mod quantity;
mod value;

pub use job::{JobId, JobName, JobNameProblem, JobState};
pub use param_set::ParamSet;
pub use param_space::{Axis, ParamSpace};
pub use quantity::{Memory, QuantityError, TimeLimit};
pub use value::{Map, Object, Value};
