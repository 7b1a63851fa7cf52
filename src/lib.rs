//! Job scripts from parameter sweeps.

pub mod cli;
pub mod collection;
pub mod config;
pub mod diagnostic;
pub mod error;
pub mod fs;
pub mod generate;
pub mod hook;
pub mod model;
pub mod render;
pub mod spec;
pub mod text;
pub mod yaml;

pub use error::Error;
