//! `GET /v1/events/{citizen}/{event}`: what became of an event.

use crate::answer::{fresh_json, json, misshapen, tagged_row, unreadable};
use crate::described::{Conditional, Unread};
use crate::history::HistoryEntry;
use crate::parameters::{admit, citizen, event, invalid, place, query};
use crate::sight::Whose;
use crate::state::State;
use access::{Code, Problem};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::row::InKey;
use domain::rows::HistoryRow;
use domain::{Key, Row, Table, TypedRow};
use schemas::{CitizenId, EventId, Place, Stream};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// Bytes that an outcome takes, about.
const OUTCOME_BYTES: usize = 768;

/// Where the event is.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// `stream:partition:epoch:offset`, as the answer to the submission said: tells an event that is not decided yet from one that
    /// there is not.
    place: Option<String>,
}

/// An event that is in the log and not decided yet.
#[derive(Serialize, ToSchema)]
pub struct Pending {
    #[schema(value_type = String, format = "uuid")]
    event_id: EventId,
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    /// `pending`.
    outcome: &'static str,
}

/// What became of an event, as far as it is known.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum EventOutcome<'a> {
    Known(HistoryEntry<'a>),
    Pending(Pending),
}

/// Read what became of an event
///
/// With `place`, an event that is not decided yet is answered with 200 and `"outcome": "pending"`. Without it, such an event cannot be
/// told from one that there is not: 404 `outcome_pending`. An agency without `read:all` reads the events that it sent.
#[utoipa::path(
    get,
    path = "/v1/events/{citizen}/{event}",
    operation_id = "readOutcome",
    tag = "intake",
    params(
        ("citizen" = String, Path, format = "uuid", description = "The citizen's id, as the answer to the submission said."),
        ("event" = String, Path, format = "uuid", description = "The event's id."),
        EventQuery,
        Conditional,
    ),
    responses(
        (status = 200, description = "What became of it.", body = EventOutcome<'static>),
        (status = 404, description = "`outcome_pending`: no outcome is known, and without `place` nothing more can be said. `not_found`: what is at `place` is decided, and it is another event, or not the caller's."),
        Unread,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let (citizen_id, event_id) = (citizen(&request)?, event(&request)?);
    let asked: EventQuery = query(&request)?;
    let at = match &asked.place {
        Some(text) => {
            Some(place(&state, text).ok_or_else(|| invalid("place", "`stream:partition:epoch:offset`"))?)
        }
        None => None,
    };
    // Progress first, then rows: what is decided by then is seen.
    let decided = match at {
        Some(at) => passed(&state, at).await?,
        None => true,
    };
    let whose = Whose::of(&entry);
    let row = find(&state, citizen_id, event_id, at.map(|at| at.stream)).await?;
    let Some(row) = row.filter(|row| whose.sees_row(row)) else {
        return match at {
            Some(_) if decided => Err(Problem::new(Code::NotFound)),
            Some(_) => {
                Ok(fresh_json(&EventOutcome::Pending(Pending { event_id, citizen_id, outcome: "pending" })))
            }
            None => Err(Problem::new(Code::OutcomePending)),
        };
    };
    let place = row.cause.place;
    tagged_row(&state, &request, "event", place, |_| {
        let history = HistoryRow::from_row(row).map_err(misshapen)?;
        Ok(json(&EventOutcome::Known(HistoryEntry::of(&history, place)), OUTCOME_BYTES))
    })
}

async fn passed(state: &State, at: Place) -> Result<bool, Problem> {
    let passed = state.reader.passed(at.topic_partition(), at.epoch, at.offset, Duration::ZERO);
    passed.await.map_err(unreadable)
}

async fn find(
    state: &State,
    citizen: CitizenId,
    event: EventId,
    stream: Option<Stream>,
) -> Result<Option<Row>, Problem> {
    let streams = stream.as_ref().map_or(&Stream::ALL[..], std::slice::from_ref);
    for stream in streams {
        let key = Key(vec![citizen.to_part(), stream.to_part(), event.to_part()]);
        if let Some(row) = state.reader.get(Table::History, key).await.map_err(unreadable)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
