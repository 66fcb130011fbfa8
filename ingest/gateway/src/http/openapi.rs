//! The intake's part of the API description.

use super::{sms, streams};
use crate::outcome::{Outcome, OutcomeBody};
use crate::submission::Submission;
use crate::view::{AcceptedBody, ResultLine};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(streams::registrations, streams::documents, streams::transactions, sms::receive),
    components(schemas(AcceptedBody, OutcomeBody, Outcome, ResultLine<'static>, Submission<'static>, sms::Message<'static>, sms::Reply)),
    tags((name = "intake", description = "What agencies send."))
)]
struct Intake;

/// The paths and schemas of the intake, to be merged into the whole description. The security scheme `api_key` is the
/// whole's to define.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Intake::openapi()
}
