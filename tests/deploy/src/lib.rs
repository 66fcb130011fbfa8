//! Reading what stands under `deploy`.

pub mod dashboards;
pub mod engines;
pub mod promql;
pub mod rules;
pub mod yaml;
