//! Admission, pure: from what was sent and who sent it to events ready for the log, or to the answer that says no.
//!
//! Only what has no scope or channel, does not parse, or cannot be keyed is turned away here; every rule of the field is the
//! processor's. Who sent it, for which team, with which device, is taken from the credential and never from what was sent.

mod identify;
mod parties;

use crate::limits::REFERENCE_CHARS_MAX;
use crate::submission::Submission;
use access::http::json_problem;
use access::{Code, Credential, Problem, Scope};
use domain::keys::Pepper;
use schemas::event::ReplacedSide;
use schemas::{
    Body, BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Kind, Micros, PhoneKey, RulesId,
    Stream,
};

use parties::Parties;

pub use identify::{ChildSource, Keyed, identify};

/// The role under which the second event of a replaced identifier takes its id from the first.
pub const REPLACED_ROLE: &str = "replaced";

/// What admission knows besides what was sent.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who sends.
    pub credential: &'a Credential,
    /// The city's.
    pub pepper: &'a Pepper,
    /// The stamp of the clock.
    pub accepted_at: Micros,
    /// The rules in force.
    pub rules: RulesId,
    /// The signing key in force.
    pub kid: Kid,
    /// W3C `traceparent`, already found well-formed.
    pub trace: Option<&'a str>,
}

/// Where the sender's own name for a submission is.
#[derive(Debug, Clone, Copy)]
pub enum Reference<'a> {
    /// In a header; a `reference` in the submission must be the same.
    Given(&'a str),
    /// In the submission.
    Inside,
}

/// What goes into the log for one submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// About `citizen` of the submission.
    pub event: Event,
    /// The same replacement under the old identifier. Both are appended before the sender is answered.
    pub counterpart: Option<Box<Event>>,
}

/// Admits one submission in JSON. `stream` is the one it was sent to; `None` takes the kind's own.
///
/// # Errors
/// The answer to the sender; none is worth retrying with the same bytes.
pub fn admit(
    context: &Context<'_>,
    stream: Option<Stream>,
    reference: Reference<'_>,
    json: &[u8],
) -> Result<Admitted, Problem> {
    let submission: Submission<'_> = serde_json::from_slice(json).map_err(|error| json_problem(&error))?;
    let kind = kind_of(&submission, stream)?;
    if !context.credential.may_send(kind) {
        return Err(Problem::with_detail(
            Code::ScopeMissing,
            format!("needs the scope {}", Scope::Send(kind)),
        ));
    }
    let channel = channel_of(&submission, context.credential)?;
    let reference = match (reference, submission.reference.as_deref()) {
        (Reference::Given(given), None) => given,
        (Reference::Given(given), Some(inside)) if given == inside => given,
        (Reference::Given(_), Some(_)) => {
            return Err(Problem::with_detail(Code::InvalidBody, "reference is not the Idempotency-Key"));
        }
        (Reference::Inside, Some(inside)) => check_reference(inside)?,
        (Reference::Inside, None) => {
            return Err(Problem::with_detail(Code::IdempotencyKeyMissing, "reference is missing"));
        }
    };
    let parties = Parties::of(context.pepper, kind, &submission)?;
    let mut body = Body::from_submission(kind, submission.data.get())
        .map_err(|error| json_problem_in("data", &error))?;
    parties.fill(&mut body)?;
    let draft = Draft {
        citizen: parties.citizen.id,
        reference,
        channel,
        ward: submission.ward.as_deref().filter(|ward| !ward.is_empty()),
        occurred_on: submission.occurred_on,
        body_hash: submission.body_hash(),
        body,
    };
    let event = draft.stamp(context);
    let counterpart = parties.replaced.map(|old| Box::new(under_old_id(&event, old)));
    Ok(Admitted { event, counterpart })
}

/// A submission with all that the sender decides, before it is stamped.
#[derive(Debug)]
pub struct Draft<'a> {
    /// Whom it is about.
    pub citizen: CitizenId,
    /// The sender's own name for it.
    pub reference: &'a str,
    /// One of the credential's.
    pub channel: Channel,
    /// As sent; `None` takes the credential's ward of work.
    pub ward: Option<&'a str>,
    /// As sent.
    pub occurred_on: Day,
    /// Of what was sent.
    pub body_hash: BodyHash,
    /// With the fields that the gateway fills in.
    pub body: Body,
}

impl Draft<'_> {
    /// The event: with the credential's facts and the context's stamps.
    #[must_use]
    pub fn stamp(self, context: &Context<'_>) -> Event {
        let credential = context.credential;
        let ward = self.ward.or(credential.ward.as_deref()).unwrap_or_default();
        let header = Header {
            event_id: EventId::of(&credential.agency, self.reference),
            citizen_id: self.citizen,
            sender: credential.agency.clone(),
            team: credential.team.clone(),
            helper: credential.helper.clone(),
            device: credential.device.clone(),
            channel: self.channel,
            ward: ward.to_owned(),
            occurred_on: self.occurred_on,
            accepted_at: context.accepted_at,
            rules: context.rules,
            kid: context.kid,
            body_hash: self.body_hash,
            phone_key: phone_key(&self.body, context.pepper),
            trace: context.trace.map(str::to_owned),
        };
        Event { header, body: self.body }
    }
}

/// A sender's own name for a submission, when it is one: 1 to 255 visible ASCII characters.
///
/// # Errors
/// `idempotency_key_invalid`.
pub fn check_reference(text: &str) -> Result<&str, Problem> {
    let visible = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    if visible && text.len() <= REFERENCE_CHARS_MAX {
        Ok(text)
    } else {
        Err(Problem::with_detail(Code::IdempotencyKeyInvalid, "expected 1 to 255 visible ASCII characters"))
    }
}

fn kind_of(submission: &Submission<'_>, stream: Option<Stream>) -> Result<Kind, Problem> {
    let kind = Kind::named(&submission.kind)
        .ok_or_else(|| Problem::with_detail(Code::InvalidBody, "kind is none that the city knows"))?;
    match stream {
        Some(stream) if stream != kind.stream() => Err(Problem::with_detail(
            Code::InvalidBody,
            format!("{} belongs to {}, not to {stream}", kind.name(), kind.stream()),
        )),
        _ => Ok(kind),
    }
}

fn channel_of(submission: &Submission<'_>, credential: &Credential) -> Result<Channel, Problem> {
    let Some(name) = submission.channel.as_deref() else {
        return credential.channels.first().copied().ok_or_else(|| Problem::new(Code::ChannelNotAllowed));
    };
    let channel = Channel::named(name)
        .ok_or_else(|| Problem::with_detail(Code::InvalidBody, "channel is none that the city knows"))?;
    if credential.channels.contains(&channel) {
        Ok(channel)
    } else {
        Err(Problem::with_detail(Code::ChannelNotAllowed, channel.name()))
    }
}

/// The event of a replacement under the old identifier, its id derived from the one under the new.
fn under_old_id(event: &Event, old: CitizenId) -> Event {
    let mut other = event.clone();
    other.header.event_id = event.header.event_id.derived(REPLACED_ROLE);
    other.header.citizen_id = old;
    other.body.set_counterpart(ReplacedSide::Old, event.header.citizen_id);
    other
}

/// The key of the phone in a body, when it has one that is a phone.
fn phone_key(body: &Body, pepper: &Pepper) -> Option<PhoneKey> {
    domain::phone::normalise(body.phone_text()?).ok().map(|e164| pepper.phone(&e164))
}

/// What is wrong with the JSON in a field of a submission, without any value that was sent.
fn json_problem_in(field: &str, error: &serde_json::Error) -> Problem {
    let problem = json_problem(error);
    let detail = problem.detail.as_deref().unwrap_or_default();
    Problem { detail: Some(format!("in {field}: {detail}")), code: Code::InvalidBody, ..problem }
}
