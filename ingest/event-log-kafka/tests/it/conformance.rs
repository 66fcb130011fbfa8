//! The adapter passes the suite of the port.

use crate::mock::Mock;

event_log::conformance!(Mock::new);
