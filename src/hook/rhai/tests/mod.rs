//! Tests of the host as a whole.

mod calls;
mod errors;
mod fixture;
mod hostile;
mod imports;
mod loading;
mod output;
mod values;
