//! What a failed request means: whether it passes, and what to do until then.

use projections::StoreError;
use scylla::errors::{DbError, ExecutionError, PrepareError, RequestAttemptError};

/// What a failure asks for; a closed label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// Passes by itself: a node is down, restarting or not reached. Tried again.
    Transient,
    /// Too much at once: tried again, with fewer requests in flight.
    Overloaded,
    /// A bug, another schema, a credential that does not hold. Trying again cannot help.
    Permanent,
}

impl FailureClass {
    /// All classes.
    pub const ALL: [Self; 3] = [Self::Transient, Self::Overloaded, Self::Permanent];

    /// The label's value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Overloaded => "overloaded",
            Self::Permanent => "permanent",
        }
    }

    /// What the store answers about itself.
    #[must_use]
    pub fn of_answer(error: &DbError) -> Self {
        match error {
            DbError::Unavailable { .. }
            | DbError::IsBootstrapping
            | DbError::ReadFailure { .. }
            | DbError::WriteFailure { .. }
            | DbError::TruncateError
            | DbError::ServerError
            | DbError::Unprepared { .. } => Self::Transient,
            DbError::Overloaded
            | DbError::ReadTimeout { .. }
            | DbError::WriteTimeout { .. }
            | DbError::RateLimitReached { .. } => Self::Overloaded,
            // Codes that the driver does not know are failures of single nodes in both engines.
            DbError::Other(_) => Self::Transient,
            DbError::SyntaxError
            | DbError::Invalid
            | DbError::AlreadyExists { .. }
            | DbError::FunctionFailure { .. }
            | DbError::AuthenticationError
            | DbError::Unauthorized
            | DbError::ConfigError
            | DbError::ProtocolError => Self::Permanent,
            _ => Self::Permanent,
        }
    }

    /// One attempt on one connection.
    #[must_use]
    pub fn of_attempt(error: &RequestAttemptError) -> Self {
        match error {
            RequestAttemptError::DbError(answer, _) => Self::of_answer(answer),
            RequestAttemptError::BrokenConnectionError(_) => Self::Transient,
            RequestAttemptError::UnableToAllocStreamId => Self::Overloaded,
            _ => Self::Permanent,
        }
    }

    /// A statement that could not be prepared.
    #[must_use]
    pub fn of_preparing(error: &PrepareError) -> Self {
        match error {
            PrepareError::ConnectionPoolError(_) => Self::Transient,
            PrepareError::AllAttemptsFailed { first_attempt } => Self::of_attempt(first_attempt),
            _ => Self::Permanent,
        }
    }

    /// A whole request, after the driver's own tries.
    #[must_use]
    pub fn of(error: &ExecutionError) -> Self {
        match error {
            ExecutionError::EmptyPlan
            | ExecutionError::ConnectionPoolError(_)
            | ExecutionError::SchemaAgreementError(_)
            | ExecutionError::MetadataError(_) => Self::Transient,
            ExecutionError::RequestTimeout(_) => Self::Overloaded,
            ExecutionError::LastAttemptError(attempt) => Self::of_attempt(attempt),
            ExecutionError::PrepareError(preparing) => Self::of_preparing(preparing),
            _ => Self::Permanent,
        }
    }

    /// The port's error for it. `reason` has no values of rows.
    pub(crate) fn into_store_error(self, reason: String) -> StoreError {
        match self {
            Self::Transient | Self::Overloaded => StoreError::Unavailable { reason },
            Self::Permanent => StoreError::Refused { reason },
        }
    }
}

/// A failure of a request with its class.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Failure {
    pub class: FailureClass,
    pub reason: String,
}

impl From<ExecutionError> for Failure {
    fn from(error: ExecutionError) -> Self {
        Self { class: FailureClass::of(&error), reason: error.to_string() }
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        Self { class: FailureClass::of_preparing(&error), reason: error.to_string() }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.class.into_store_error(failure.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::FailureClass::{Overloaded, Permanent, Transient};
    use super::*;
    use scylla::errors::{BadQuery, ConnectionPoolError, OperationType, WriteType};
    use scylla::frame::types::Consistency::LocalQuorum;
    use std::time::Duration;

    fn answers() -> Vec<(DbError, FailureClass)> {
        let text = || "t".to_owned();
        let (consistency, received, required, numfailures) = (LocalQuorum, 1, 2, 1);
        let (data_present, write_type) = (false, WriteType::Simple);
        vec![
            (DbError::Unavailable { consistency, required, alive: 1 }, Transient),
            (DbError::IsBootstrapping, Transient),
            (DbError::ReadFailure { consistency, received, required, numfailures, data_present }, Transient),
            (
                DbError::WriteFailure {
                    consistency,
                    received,
                    required,
                    numfailures,
                    write_type: write_type.clone(),
                },
                Transient,
            ),
            (DbError::TruncateError, Transient),
            (DbError::ServerError, Transient),
            (DbError::Unprepared { statement_id: Default::default() }, Transient),
            (DbError::Other(0x1600), Transient),
            (DbError::Overloaded, Overloaded),
            (DbError::ReadTimeout { consistency, received, required, data_present }, Overloaded),
            (DbError::WriteTimeout { consistency, received, required, write_type }, Overloaded),
            (
                DbError::RateLimitReached { op_type: OperationType::Write, rejected_by_coordinator: true },
                Overloaded,
            ),
            (DbError::SyntaxError, Permanent),
            (DbError::Invalid, Permanent),
            (DbError::AlreadyExists { keyspace: text(), table: text() }, Permanent),
            (
                DbError::FunctionFailure { keyspace: text(), function: text(), arg_types: Vec::new() },
                Permanent,
            ),
            (DbError::AuthenticationError, Permanent),
            (DbError::Unauthorized, Permanent),
            (DbError::ConfigError, Permanent),
            (DbError::ProtocolError, Permanent),
        ]
    }

    #[test]
    fn answers_of_the_store_are_told_apart_wherever_they_come_from() {
        for (answer, class) in answers() {
            assert_eq!(FailureClass::of_answer(&answer), class, "{answer:?}");
            let attempt = RequestAttemptError::DbError(answer.clone(), String::new());
            let preparing = PrepareError::AllAttemptsFailed { first_attempt: attempt.clone() };
            assert_eq!(FailureClass::of_preparing(&preparing), class, "preparing, {answer:?}");
            assert_eq!(FailureClass::of(&ExecutionError::PrepareError(preparing)), class, "{answer:?}");
            assert_eq!(FailureClass::of(&ExecutionError::LastAttemptError(attempt)), class, "{answer:?}");
        }
    }

    #[test]
    fn failures_before_an_answer_are_told_apart() {
        let pool = || ConnectionPoolError::Initializing;
        let table = [
            (ExecutionError::EmptyPlan, Transient),
            (ExecutionError::ConnectionPoolError(pool()), Transient),
            (ExecutionError::PrepareError(PrepareError::ConnectionPoolError(pool())), Transient),
            (ExecutionError::PrepareError(PrepareError::PreparedStatementIdsMismatch), Permanent),
            (ExecutionError::RequestTimeout(Duration::from_secs(3)), Overloaded),
            (ExecutionError::LastAttemptError(RequestAttemptError::UnableToAllocStreamId), Overloaded),
            (ExecutionError::LastAttemptError(RequestAttemptError::NonfinishedPagingState), Permanent),
            (ExecutionError::BadQuery(BadQuery::PartitionKeyExtraction), Permanent),
        ];
        for (error, class) in table {
            assert_eq!(FailureClass::of(&error), class, "{error:?}");
        }
    }

    #[test]
    fn only_what_passes_is_retryable_above_the_port() {
        for class in FailureClass::ALL {
            let error = class.into_store_error("why".to_owned());
            assert_eq!(error.is_retryable(), class != Permanent, "{}", class.name());
        }
    }
}
