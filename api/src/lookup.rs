//! `POST /v1/lookup`: from a number or a phone to a citizen's id.
//!
//! Numbers and phones stand in bodies alone, never in a URL, a log or a metric.

use crate::answer::{fresh_json, unreadable};
use crate::limits::{
    LOOKUP_BODY_BYTES_MAX, LOOKUP_CITIZENS_MAX, LOOKUP_READ_ROWS_MAX, LOOKUPS_PER_SECOND_MAX, PAGE_ROWS_MAX,
};
use crate::listing::typed;
use crate::metrics::LookupResult;
use crate::parameters::admit;
use crate::sight::text;
use crate::state::State;
use access::http::{json_problem, require};
use access::{Code, Entry, Problem, Quota, Scope};
use actix_web::http::header::HeaderMap;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use domain::row::InKey;
use domain::rows::{AccountRow, PhoneRow};
use domain::{Key, Table, number, phone};
use parking_lot::Mutex;
use projections::Scan;
use schemas::CitizenId;
use schemas::event::IdentifierKind;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// What is looked up. Exactly one of the four.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Personal number, 12 digits.
    #[schema(example = "048090000001")]
    number: Option<String>,
    /// Old identity card, 9 digits.
    cmnd: Option<String>,
    /// Passport: a letter and 7 or 8 digits.
    passport: Option<String>,
    /// A mobile number in any of the usual ways of writing.
    phone: Option<String>,
}

/// By what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Number,
    Cmnd,
    Passport,
    Phone,
}

impl By {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::Number, Self::Cmnd, Self::Passport, Self::Phone];

    /// The name in the body, in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Cmnd => "cmnd",
            Self::Passport => "passport",
            Self::Phone => "phone",
        }
    }
}

/// Who it is.
#[derive(Serialize, ToSchema)]
pub struct LookupAnswer {
    /// Of a number exactly one, also when nothing is known of it yet: papers can be filed for it. Of a phone those whose phone it is now.
    citizens: Vec<LookedUp>,
    /// There are more than are named.
    truncated: bool,
}

/// A citizen.
#[derive(Serialize, ToSchema)]
pub struct LookedUp {
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    /// Of the account: `active`, `suspended`, `closed` or `replaced`; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Where the person continues, when the number was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    replaced_by: Option<CitizenId>,
}

/// How many look-ups each credential may make now.
#[derive(Default)]
pub struct Limits(Mutex<HashMap<String, Arc<Quota>>>);

impl Limits {
    /// Of a credential that there is: their number bounds the map.
    fn of(&self, entry: &Entry) -> Arc<Quota> {
        let mut quotas = self.0.lock();
        if let Some(quota) = quotas.get(&entry.credential.id) {
            return Arc::clone(quota);
        }
        let quota = Arc::new(Quota::per_second(LOOKUPS_PER_SECOND_MAX));
        quotas.insert(entry.credential.id.clone(), Arc::clone(&quota));
        quota
    }
}

impl Lookup {
    fn check(self) -> Result<(By, String), Problem> {
        let given = [
            (By::Number, self.number),
            (By::Cmnd, self.cmnd),
            (By::Passport, self.passport),
            (By::Phone, self.phone),
        ];
        let mut given = given.into_iter().filter_map(|(by, text)| Some((by, text?)));
        match (given.next(), given.next()) {
            (Some(one), None) => Ok(one),
            _ => {
                let detail = "expected exactly one of `number`, `cmnd`, `passport`, `phone`";
                Err(Problem::with_detail(Code::InvalidBody, detail))
            }
        }
    }
}

/// Look up a citizen
///
/// By personal number, old identity card, passport or phone. At most 5 a second, in bursts of up to 50, and every look-up is recorded
/// with the credential and the kind.
#[utoipa::path(
    post,
    path = "/v1/lookup",
    operation_id = "lookUp",
    tag = "accounts",
    params(
        ("If-Applied" = Option<String>, Header, description = "`stream:partition:epoch:offset`: wait up to 2 s until this is applied."),
    ),
    request_body = Lookup,
    responses(
        (status = 200, description = "The citizens.", body = LookupAnswer),
        (status = 400, description = "`invalid_json`, `invalid_body` or `invalid_precondition`."),
        (status = 401, description = "`unauthenticated` or `credential_disabled`."),
        (status = 403, description = "`scope_missing`: needs `lookup`."),
        (status = 412, description = "`if_applied_timeout`."),
        (status = 413, description = "`body_too_large`."),
        (status = 415, description = "`unsupported_media_type`."),
        (status = 422, description = "`citizen_not_keyed`: not the shape of its kind."),
        (status = 429, description = "`rate_limited`."),
        (status = 503, description = "`read_unavailable`."),
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn post(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    require(&entry, Scope::Lookup)?;
    let body = crate::body::read(&request, payload, LOOKUP_BODY_BYTES_MAX).await?;
    let lookup: Lookup = serde_json::from_slice(&body).map_err(|error| json_problem(&error))?;
    let (by, text) = lookup.check()?;
    let quota = state.lookups.of(&entry);
    if let Err(wait) = quota.take(1) {
        state.metrics.looked_up(by, LookupResult::RateLimited);
        return Err(Problem::new(Code::RateLimited).retry_after(wait.seconds));
    }
    let answer = match by {
        By::Phone => by_phone(&state, &text).await?,
        By::Number => by_number(&state, IdentifierKind::PersonalNumber, text.trim()).await?,
        By::Cmnd => by_number(&state, IdentifierKind::Cmnd, text.trim()).await?,
        By::Passport => {
            by_number(&state, IdentifierKind::Passport, &text.trim().to_ascii_uppercase()).await?
        }
    };
    let found = answer.citizens.iter().any(|citizen| citizen.account.is_some());
    state.metrics.looked_up(by, if found { LookupResult::Found } else { LookupResult::NotFound });
    tracing::info!(credential = %entry.credential.id, by = by.name(), found, "citizen looked up");
    let mut response = fresh_json(&answer);
    put_limit(response.headers_mut(), &quota);
    Ok(response)
}

fn put_limit(headers: &mut HeaderMap, quota: &Quota) {
    for (name, value) in quota.headers().into_iter().flatten() {
        headers.insert(name, value);
    }
}

async fn by_number(state: &State, kind: IdentifierKind, text: &str) -> Result<LookupAnswer, Problem> {
    number::check_shape(kind, text).map_err(|reason| not_keyed(reason.code()))?;
    let citizen = state.pepper.citizen(kind, text);
    let citizens = vec![looked_up(state, citizen).await?];
    Ok(LookupAnswer { citizens, truncated: false })
}

async fn by_phone(state: &State, text: &str) -> Result<LookupAnswer, Problem> {
    let e164 = phone::normalise(text).map_err(|reason| not_keyed(reason.code()))?;
    let prefix = Key(vec![state.pepper.phone(&e164).to_part()]);
    let mut citizens = Vec::new();
    let (mut after, mut read) = (None, 0);
    loop {
        let scan = Scan {
            table: Table::Phones,
            prefix: prefix.clone(),
            after: after.take(),
            rows_max: PAGE_ROWS_MAX,
        };
        let page = state.reader.scan(scan).await.map_err(unreadable)?;
        read += page.rows.len();
        for (_, row) in typed::<PhoneRow>(page.rows)?.into_iter().filter(|(_, row)| row.active) {
            if citizens.len() == LOOKUP_CITIZENS_MAX {
                return Ok(LookupAnswer { citizens, truncated: true });
            }
            citizens.push(looked_up(state, row.citizen).await?);
        }
        match page.next {
            None => return Ok(LookupAnswer { citizens, truncated: false }),
            Some(_) if read >= LOOKUP_READ_ROWS_MAX => return Ok(LookupAnswer { citizens, truncated: true }),
            next => after = next,
        }
    }
}

async fn looked_up(state: &State, citizen_id: CitizenId) -> Result<LookedUp, Problem> {
    let row = state.reader.get(Table::Accounts, Key(vec![citizen_id.to_part()])).await.map_err(unreadable)?;
    let account = row.as_ref().and_then(|row| text(row, "status")).map(str::to_owned);
    let accounts = typed::<AccountRow>(row.into_iter().collect())?;
    let replaced_by = accounts.into_iter().find_map(|(_, account)| account.replaced_by);
    Ok(LookedUp { citizen_id, account, replaced_by })
}

/// What is wrong with a number or phone, by the code of the reason: the value is not repeated.
fn not_keyed(reason: &'static str) -> Problem {
    Problem::new(Code::CitizenNotKeyed).extend("reason", reason)
}
