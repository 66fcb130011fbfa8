//! `GET /v1/accounts/{citizen}/history`, and how a row of history is shown.

use crate::answer::{JSON, empty, tagged};
use crate::described::{Citizen, Conditional, Withheld};
use crate::listing::{self, Listing, Wanted, typed};
use crate::parameters::{PageQuery, admit, citizen, invalid, query};
use crate::shown::{At, Shown};
use crate::sight::Whose;
use crate::state::State;
use access::Problem;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::outcome::Reason;
use domain::row::InKey;
use domain::rows::{HistoryOutcome, HistoryRow};
use domain::{Key, Table};
use schemas::{Channel, CitizenId, Day, EventId, Place, Stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of a history.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Rows of a page, 1 to 200; 50 when left out.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `registrations`, `documents` or `transactions`: only this stream.
    stream: Option<String>,
}

/// What became of an event. What has no value is left out.
#[derive(Serialize, ToSchema)]
pub struct HistoryEntry<'a> {
    #[schema(value_type = String, format = "uuid")]
    event_id: EventId,
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    /// `registrations`, `documents` or `transactions`.
    #[schema(value_type = String)]
    stream: Stream,
    /// What kind it was; left out when that could not be read.
    #[serde(skip_serializing_if = "empty")]
    kind: &'a str,
    /// `applied`, `refused`, `dead_lettered` or `quarantined`.
    #[schema(value_type = String)]
    outcome: HistoryOutcome,
    /// Code of the reason of a refusal.
    #[serde(skip_serializing_if = "empty")]
    reason: &'a str,
    /// The same for the citizen or helper, in Vietnamese.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_vi: Option<&'static str>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_en: Option<&'static str>,
    /// The agency that sent it.
    #[serde(skip_serializing_if = "empty")]
    sender: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<Channel>,
    /// The day the act happened.
    #[schema(value_type = String, format = "date")]
    occurred_on: Day,
    #[schema(value_type = String, format = "date-time")]
    accepted_at: At,
    /// What it was about, without personal data: a paper's id, a dossier's code, a level.
    #[serde(skip_serializing_if = "empty")]
    summary: &'a str,
    /// `stream:partition:epoch:offset` of the event in the log.
    #[schema(value_type = String)]
    place: Shown<Place>,
}

impl<'a> HistoryEntry<'a> {
    pub fn of(row: &'a HistoryRow, place: Place) -> Self {
        let reason = Reason::coded(&row.reason);
        Self {
            event_id: row.event_id,
            citizen_id: row.citizen,
            stream: row.stream,
            kind: &row.kind,
            outcome: row.outcome,
            reason: &row.reason,
            reason_vi: reason.map(Reason::vietnamese),
            reason_en: reason.map(Reason::english),
            sender: &row.sender,
            channel: row.channel,
            occurred_on: row.occurred_on,
            accepted_at: At(row.accepted_at),
            summary: &row.summary,
            place: Shown(place),
        }
    }
}

/// List what happened
///
/// Of the three streams, each event once, whatever became of it. In the order of keys (stream, then event id), which says nothing about
/// time: sort by `accepted_at`. An agency without `read:all` sees the events that it sent.
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}/history",
    operation_id = "listHistory",
    tag = "accounts",
    params(
        Citizen,
        HistoryQuery,
        Conditional,
    ),
    responses(
        (status = 200, description = "A page.", body = Listing<HistoryEntry<'static>>),
        (status = 400, description = "`invalid_parameter`, `invalid_cursor` or `invalid_precondition`."),
        Withheld,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let citizen = citizen(&request)?;
    let asked: HistoryQuery = query(&request)?;
    let mut prefix = Key(vec![citizen.to_part()]);
    if let Some(name) = &asked.stream {
        let stream = Stream::named(name);
        let stream =
            stream.ok_or_else(|| invalid("stream", "`registrations`, `documents` or `transactions`"))?;
        prefix.0.push(stream.to_part());
    }
    let binding = format!("history {citizen} {}", asked.stream.as_deref().unwrap_or_default());
    let page = PageQuery { limit: asked.limit, cursor: asked.cursor };
    let whose = Whose::of(&entry);
    let wanted = Wanted::new(&[Table::History], prefix, binding, &page)?;
    let listed = wanted.read(&state, |row| whose.sees_row(row)).await?;
    tagged(&state, &request, listed.tags(whose.view()).finish(), JSON, || {
        let rows = typed::<HistoryRow>(listed.rows)?;
        let items = rows.iter().map(|(place, row)| HistoryEntry::of(row, *place)).collect();
        Ok(listing::body(items, listed.next))
    })
}
