//! `POST /v1/sms`: text messages in the city's syntax, as the operator's gateway delivers them.

mod phones;
mod reply;

pub use phones::PhoneLimit;
pub use reply::Reply;

use super::body::{Media, collect, media};
use crate::Gateway;
use crate::admit::{Context, Draft, check_reference};
use crate::append::Patience;
use crate::group::{Accepted, Group};
use crate::limits::SMS_WAIT_MAX;
use crate::outcome;
use access::http::{authenticate, json_problem, require, take};
use access::{Code, Entry, Problem, Scope};
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use domain::phone;
use domain::sms::parse;
use schemas::event::{AccountRegistered, Evidence, Person};
use schemas::{Body, BodyHash, Channel, Personal, Stream};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use tokio::time::Instant;
use utoipa::ToSchema;

/// Goes before the operator's id of a message in the reference of its event, so that it is no reference of another kind.
const REFERENCE_PREFIX: &str = "sms:";

/// A text message that came in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message<'a> {
    /// The sender's phone.
    #[serde(borrow)]
    #[schema(example = "+84905123456")]
    from: Cow<'a, str>,
    /// The number it was sent to.
    #[serde(borrow)]
    #[schema(example = "8188")]
    to: Cow<'a, str>,
    /// As sent.
    #[serde(borrow)]
    #[schema(example = "TK,Nguyen Van An,048090000001,17/05/1990")]
    text: Cow<'a, str>,
    /// The operator's own id of the message, the same when it is delivered again: 1 to 251 visible ASCII characters.
    #[serde(borrow)]
    message_id: Cow<'a, str>,
}

/// Deliver a text message
///
/// Registers a citizen who wrote `TK,Ho va ten,so CMND/CCCD,ngay/thang/nam sinh` to the city. What is wrong in the message is said in
/// the reply; a problem says what is wrong with the delivery, and a `503` asks for the message again.
#[utoipa::path(
    post,
    path = "/v1/sms",
    tag = "intake",
    request_body(content = Message<'static>, content_type = "application/json"),
    responses(
        (status = 200, description = "What to send back to the phone.", body = Reply),
        (status = 400, description = "`invalid_json`, `invalid_body` or `idempotency_key_invalid` (the message id)."),
        (status = 401, description = "`unauthenticated` or `credential_disabled`."),
        (status = 403, description = "`scope_missing`."),
        (status = 413, description = "`body_too_large`."),
        (status = 415, description = "`unsupported_media_type`."),
        (status = 429, description = "`rate_limited`: the credential's own quota."),
        (status = 503, description = "`log_busy`, `disk_nearly_full` or `shutting_down`: deliver it again."),
    ),
    security(("api_key" = [])),
)]
pub async fn receive(
    gateway: Data<Gateway>,
    request: HttpRequest,
    mut payload: Payload,
) -> Result<Json<Reply>, Problem> {
    let turned_away = |problem| gateway.turned_away(Some(Stream::Registrations), problem);
    let entry = admit_request(&gateway, &request).map_err(turned_away)?;
    let body = collect(&request, &mut payload).await.map_err(turned_away)?;
    gateway.metrics().received(body.len());
    let message: Message<'_> =
        serde_json::from_slice(&body).map_err(|error| turned_away(json_problem(&error)))?;
    let reference = format!("{REFERENCE_PREFIX}{}", message.message_id);
    check_reference(&reference).map_err(turned_away)?;
    let reply = match draft(&gateway, &message, &reference) {
        Ok(draft) => register(&gateway, &entry, draft, body.len()).await?,
        Err((code, reply)) => {
            gateway.metrics().rejected(Some(Stream::Registrations), code);
            reply
        }
    };
    gateway.metrics().message(reply.accepted);
    Ok(Json(reply))
}

fn admit_request(gateway: &Gateway, request: &HttpRequest) -> Result<Arc<Entry>, Problem> {
    let entry = authenticate(request, gateway.credentials())?;
    require(&entry, Scope::SmsWebhook)?;
    take(&entry, 1)?;
    match (gateway.appender().stopping(), media(request.headers())?) {
        (Some(problem), _) => Err(problem),
        (None, Media::Json) => Ok(entry),
        (None, Media::Lines) => {
            Err(Problem::with_detail(Code::UnsupportedMediaType, "expected application/json"))
        }
    }
}

/// The registration that a message asks for, or what to count it as and reply to it.
fn draft<'a>(
    gateway: &Gateway,
    message: &Message<'_>,
    reference: &'a str,
) -> Result<Draft<'a>, (Code, Reply)> {
    let now = gateway.accepted_at();
    let phone = phone::normalise(&message.from).map_err(|why| (Code::InvalidBody, Reply::refused(why)))?;
    if !gateway.phones().take(gateway.pepper().phone(&phone), now) {
        return Err((Code::RateLimited, Reply::too_many()));
    }
    let today = now.day_in_vietnam();
    let said = parse(&message.text, today).map_err(|why| (Code::InvalidBody, Reply::wrong_form(why)))?;
    let citizen = gateway.pepper().citizen(said.identifier, &said.number);
    let personal = Person {
        number: said.number,
        full_name: said.full_name,
        birth_date: said.birth_date,
        phone,
        ..Person::default()
    };
    let body = AccountRegistered {
        personal: Personal::Plain(personal),
        identifier: said.identifier,
        evidence: Evidence::SelfDeclared,
        guardian: None,
        registrant: None,
        language: String::new(),
    };
    Ok(Draft {
        citizen,
        reference,
        channel: Channel::Sms,
        ward: None,
        occurred_on: today,
        body_hash: body_hash(message),
        body: Body::AccountRegistered(body),
    })
}

/// Of phone and text, so that a message that is delivered again is the same.
fn body_hash(message: &Message<'_>) -> BodyHash {
    let mut hash = Sha256::new();
    for part in [&message.from, &message.to, &message.text] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    BodyHash(first)
}

/// Appends the registration and waits a little for what becomes of it.
async fn register(
    gateway: &Gateway,
    entry: &Entry,
    draft: Draft<'_>,
    bytes: usize,
) -> Result<Reply, Problem> {
    let stamp = gateway.stamp();
    let context = Context {
        credential: &entry.credential,
        pepper: gateway.pepper(),
        accepted_at: gateway.accepted_at(),
        rules: stamp.rules,
        kid: stamp.kid,
        trace: None,
    };
    let mut group = Group::default();
    group.take_event(gateway, &draft.stamp(&context), bytes);
    let mut results = group.append(gateway.clone(), Patience::None).await;
    let accepted = results.pop().expect("one message has one result")?;
    Ok(reply(gateway, &accepted).await)
}

async fn reply(gateway: &Gateway, accepted: &Accepted) -> Reply {
    let outcome = match gateway.reader() {
        Some(reader) => {
            let waiting = outcome::wait(reader, accepted, Instant::now() + SMS_WAIT_MAX);
            gateway.unless_stopped(waiting).await
        }
        None => None,
    };
    outcome.map_or_else(Reply::pending, Reply::decided)
}
