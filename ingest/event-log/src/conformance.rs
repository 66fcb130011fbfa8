//! The suite that every backend of the event log passes.
