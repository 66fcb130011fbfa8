//! The log on one real broker.

mod groups;
mod other_history;
mod topics;

use live::City;
use stack::Stack;
use std::sync::LazyLock;

/// One broker for all tests here. The stack's guard ends it with this process.
static STACK: LazyLock<Stack> = LazyLock::new(|| Stack::temporary(1, 0).expect("a broker starts"));

fn city() -> City {
    City::with_topics(&STACK.bootstrap_servers(), 1)
}

mod conformance {
    //! The adapter passes the suite of the port on a real broker.
    event_log::conformance!(super::city);
}
