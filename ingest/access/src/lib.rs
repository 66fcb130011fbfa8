//! Who may do what, how much of it, and how no is said.
//!
//! Credentials of agencies, their scopes and quotas; problem details (RFC 9457) from one table; what every HTTP surface shares.

pub mod credentials;
pub mod http;
pub mod problem;
pub mod quota;
pub mod scope;

pub use credentials::{ApiKey, Credential, Credentials, CredentialsError, Entry};
pub use problem::{Code, Language, Problem};
pub use quota::{Quota, RetryAfter};
pub use scope::Scope;
