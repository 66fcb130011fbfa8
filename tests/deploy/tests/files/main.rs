//! Files under `deploy`, held against each other and against the code.

mod alerts;
mod compose;
mod dashboards;
mod image;
mod kubernetes;
mod metrics;
mod settings;
