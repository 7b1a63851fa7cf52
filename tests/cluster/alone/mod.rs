//! Tests that break the cluster or set its limits, and so run one after another.

mod controller;
mod limits;
