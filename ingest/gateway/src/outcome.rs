//! What became of an event, for a sender that waits for it.

use crate::group::Accepted;
use crate::view::AcceptedBody;
use domain::outcome::Reason;
use domain::row::{InKey, Key, TypedRow};
use domain::rows::{HistoryOutcome, HistoryRow};
use projections::{ProjectionsReader, StoreError};
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

/// A submission and what became of it.
#[derive(Serialize, ToSchema)]
pub struct OutcomeBody {
    #[serde(flatten)]
    accepted: AcceptedBody,
    #[serde(flatten)]
    outcome: Outcome,
    /// What became of it under the old identifier, for an identifier that was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    counterpart_outcome: Option<Outcome>,
}

/// What became of one event.
#[derive(Serialize, ToSchema, Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `applied`, `duplicate`, `refused`, `dead_lettered` or `quarantined`.
    pub outcome: &'static str,
    /// Of a duplicate: what became of the event that came first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_outcome: Option<&'static str>,
    /// Code of the reason of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for the citizen or helper, in Vietnamese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_vi: Option<&'static str>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_en: Option<&'static str>,
}

impl OutcomeBody {
    /// Waits at most `wait_max` for the outcome of an accepted submission; `None` when it is still pending, or cannot be read.
    pub async fn wait(
        reader: &dyn ProjectionsReader,
        accepted: &Accepted,
        wait_max: Duration,
    ) -> Option<Self> {
        let until = Instant::now() + wait_max;
        let outcome = wait(reader, accepted, until).await?;
        let counterpart_outcome = match &accepted.counterpart {
            Some(other) => Some(wait(reader, other, until).await?),
            None => None,
        };
        Some(Self { accepted: AcceptedBody::of(accepted), outcome, counterpart_outcome })
    }
}

/// Waits for the outcome of one event until `until`; `None` when it is still pending, or cannot be read.
pub async fn wait(reader: &dyn ProjectionsReader, accepted: &Accepted, until: Instant) -> Option<Outcome> {
    match try_wait(reader, accepted, until).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::warn!(%error, "an outcome cannot be read");
            None
        }
    }
}

async fn try_wait(
    reader: &dyn ProjectionsReader,
    accepted: &Accepted,
    until: Instant,
) -> Result<Option<Outcome>, StoreError> {
    let place = accepted.place;
    let left = until.saturating_duration_since(Instant::now());
    if !reader.passed(place.topic_partition(), place.epoch, place.offset, left).await? {
        return Ok(None);
    }
    let key = Key(vec![accepted.citizen_id.to_part(), place.stream.to_part(), accepted.event_id.to_part()]);
    let Some(row) = reader.get(HistoryRow::DEF.table, key).await? else { return Ok(None) };
    let cause = row.cause.place;
    let row = HistoryRow::from_row(row)
        .map_err(|error| StoreError::Damaged { place: "history".to_owned(), reason: error.to_string() })?;
    let first = (cause.epoch, cause.offset) < (place.epoch, place.offset);
    Ok(Some(match (first, row.body_hash == accepted.body_hash) {
        (true, false) => Outcome::refused(Reason::IdempotencyConflict.code()),
        (true, true) => {
            Outcome { outcome: "duplicate", first_outcome: Some(row.outcome.name()), ..Outcome::of(&row) }
        }
        (false, _) => Outcome::of(&row),
    }))
}

impl Outcome {
    fn of(row: &HistoryRow) -> Self {
        match row.outcome {
            HistoryOutcome::Refused => Self::refused(&row.reason),
            other => Self {
                outcome: other.name(),
                first_outcome: None,
                reason: None,
                reason_vi: None,
                reason_en: None,
            },
        }
    }

    fn refused(code: &str) -> Self {
        let reason = Reason::coded(code);
        Self {
            outcome: HistoryOutcome::Refused.name(),
            first_outcome: None,
            reason: Some(code.to_owned()),
            reason_vi: reason.map(Reason::vietnamese),
            reason_en: reason.map(Reason::english),
        }
    }
}
