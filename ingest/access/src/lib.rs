//! Who may do what, how much of it, and how no is said.
//!
//! Credentials of agencies, their scopes and quotas; problem details (RFC 9457) from one table; request ids.

pub mod credentials;
pub mod http;
pub mod problem;
pub mod scope;

pub use credentials::{Credential, Credentials};
pub use problem::{Code, Problem};
pub use scope::Scope;
