//! Job scripts from parameter sweeps.

pub mod config;
pub mod diagnostic;
pub mod fs;
pub mod hook;
pub mod model;
pub mod render;
pub mod spec;
pub mod text;
pub mod yaml;
