//! The adapter against librdkafka's mock cluster: real sockets and the real protocol, without a server.

mod conformance;
mod copying;
mod faults;
mod headers;
mod members;
mod mock;
