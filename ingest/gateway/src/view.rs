//! How answers look in JSON.

use crate::group::{Accepted, SubmitResult};
use access::Problem;
use schemas::{CitizenId, EventId};
use serde::{Serialize, Serializer};
use std::fmt::Display;
use utoipa::ToSchema;

/// A value shown as its text.
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A submission that is durable in the log and has no outcome yet.
#[derive(Serialize, ToSchema)]
pub struct AcceptedBody {
    /// The event's id, the same for every repeat.
    #[schema(value_type = String, format = "uuid")]
    event_id: EventId,
    /// The id of the citizen whom it is about.
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    /// Where to ask what became of it.
    #[schema(example = "/v1/events/{citizen_id}/{event_id}")]
    pub status: String,
    /// `stream:partition:epoch:offset`, to be given in `If-Applied`.
    #[schema(example = "registrations:3:0:1024")]
    place: String,
    /// The same replacement under the old identifier, for an identifier that was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    counterpart: Option<Box<AcceptedBody>>,
}

impl AcceptedBody {
    /// Of an accepted submission.
    pub fn of(accepted: &Accepted) -> Self {
        Self {
            event_id: accepted.event_id,
            citizen_id: accepted.citizen_id,
            status: status_link(accepted),
            place: accepted.place.to_string(),
            counterpart: accepted.counterpart.as_deref().map(|other| Box::new(Self::of(other))),
        }
    }
}

/// Where to ask what became of an event.
pub fn status_link(accepted: &Accepted) -> String {
    format!("/v1/events/{}/{}", accepted.citizen_id, accepted.event_id)
}

/// One line of the answer to a batch. Either the ids and the place are there, or the code and the titles.
#[derive(Serialize, ToSchema)]
pub struct ResultLine<'a> {
    /// Which line of the batch, from 1; blank lines do not count.
    line: u64,
    /// 202, or what a single submission would have been answered.
    status: u16,
    /// The event's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    event_id: Option<EventId>,
    /// The citizen's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    citizen_id: Option<CitizenId>,
    /// `stream:partition:epoch:offset`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    place: Option<Shown<schemas::Place>>,
    /// The same replacement under the old identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    counterpart: Option<AcceptedBody>,
    /// Why it was turned away.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same in Vietnamese.
    #[serde(skip_serializing_if = "Option::is_none")]
    title_vi: Option<&'static str>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    title_en: Option<&'static str>,
    /// What is wrong in this case.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// When to send it again, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
}

/// Appends a result line with its line end.
pub fn write_line(line: u64, result: &SubmitResult, out: &mut Vec<u8>) {
    let view = match result {
        Ok(accepted) => accepted_line(line, accepted),
        Err(problem) => problem_line(line, problem),
    };
    serde_json::to_writer(&mut *out, &view).expect("names are strings and memory takes every byte");
    out.push(b'\n');
}

fn accepted_line(line: u64, accepted: &Accepted) -> ResultLine<'_> {
    ResultLine {
        line,
        status: 202,
        event_id: Some(accepted.event_id),
        citizen_id: Some(accepted.citizen_id),
        place: Some(Shown(accepted.place)),
        counterpart: accepted.counterpart.as_deref().map(AcceptedBody::of),
        code: None,
        title_vi: None,
        title_en: None,
        detail: None,
        retry_after: None,
    }
}

fn problem_line(line: u64, problem: &Problem) -> ResultLine<'_> {
    ResultLine {
        line,
        status: problem.code.status().as_u16(),
        event_id: None,
        citizen_id: None,
        place: None,
        counterpart: None,
        code: Some(problem.code.text()),
        title_vi: Some(problem.code.title_vi()),
        title_en: Some(problem.code.title_en()),
        detail: problem.detail.as_deref(),
        retry_after: problem.retry_after_seconds,
    }
}
