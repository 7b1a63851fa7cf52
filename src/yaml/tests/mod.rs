//! What holds for the reader as a whole.

mod any_text;
mod fixture;
mod limits;
mod refused;
mod traps;
mod values;
