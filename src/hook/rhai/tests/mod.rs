//! Tests of the host as a whole.

mod budget;
mod calls;
mod errors;
mod fixture;
mod imports;
mod library;
mod loading;
mod misspelt;
mod output;
mod values;
