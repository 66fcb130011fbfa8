//! Projections on one machine: durable, in one folder, for one process.
