//! Problem details (RFC 9457) from one table.

/// A stable code of a problem.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code {
    /// No credential, or a wrong one.
    Unauthenticated,
}

/// A problem to be answered.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Which.
    pub code: Code,
    /// What is wrong in this case, without personal data.
    pub detail: Option<String>,
}
