//! Plain data that every other module speaks.

mod amount;
mod deserialize;
mod job_id;
mod job_name;
mod job_state;
mod param_set;
mod param_space;
mod quantity;
mod token;
mod value;

pub use amount::{Amount, Factor, Growth, Unit, option_name};
pub use job_id::JobId;
pub use job_name::{JobName, JobNameProblem};
pub use job_state::JobState;
pub use param_set::ParamSet;
pub use param_space::{Axis, ParamSpace};
pub use quantity::{Memory, QuantityError, TimeLimit};
pub use token::Token;
pub use value::{Map, Object, Value};
