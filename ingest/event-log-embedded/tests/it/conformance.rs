//! The embedded log passes the suite of the port.

use event_log::EventLog;
use event_log::conformance::{Harness, PARTITIONS};
use event_log_embedded::{EmbeddedLog, Options};
use prometheus::Registry;
use std::sync::Arc;
use tempfile::TempDir;

struct Embedded(TempDir);

impl Embedded {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }
}

impl Harness for Embedded {
    fn open(&self) -> Arc<dyn EventLog> {
        let options = Options { partitions: PARTITIONS, disk_margin_bytes: 0, ..Options::default() };
        EmbeddedLog::open(self.0.path(), options, &Registry::new()).expect("the log opens")
    }
}

event_log::conformance!(Embedded::new);
