//! `GET /v1/accounts/{citizen}`.

use crate::answer::{empty, json, misshapen, tagged_row, unreadable};
use crate::described::{Citizen, Conditional, Unread};
use crate::parameters::{admit, citizen};
use crate::shown::{At, KeyName, On};
use crate::sight::{self, Sight};
use crate::state::State;
use access::{Code, Entry, Problem};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::row::InKey;
use domain::rows::{AccountRow, AccountStatus, Link, Sex};
use domain::{Key, Row, Table, TypedRow};
use identity::national::mask_number;
use schemas::event::{IdentifierKind, LinkKind};
use schemas::{Channel, CitizenId};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// Bytes that an account takes, about; below what the allocator takes for large, which costs it a tidy-up.
const ACCOUNT_BYTES: usize = 960;

/// An account. What has no value is left out, and so is what the caller may not see.
#[derive(Serialize, ToSchema)]
pub struct Account<'a> {
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    #[schema(value_type = String, example = "active")]
    status: AccountStatus,
    /// Code of why it was suspended or closed.
    #[serde(skip_serializing_if = "empty")]
    status_cause: &'a str,
    /// Where the person continues, when the number was replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    replaced_by: Option<CitizenId>,
    /// The account that continued here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    replaces: Option<CitizenId>,
    /// Assurance level: 0 temporary, 1 declared, 2 verified in person.
    #[schema(minimum = 0, maximum = 2)]
    level: u8,
    /// What `number` is: `personal_number`, `cmnd`, `passport` or `child`.
    #[schema(value_type = String)]
    identifier: IdentifierKind,
    /// Whole for `read:all`, else with its first six characters hidden.
    #[serde(skip_serializing_if = "str::is_empty")]
    number: Cow<'a, str>,
    full_name: &'a str,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    birth_date: &'a str,
    #[schema(value_type = String, example = "female")]
    sex: Sex,
    /// E.164.
    #[serde(skip_serializing_if = "empty")]
    phone: &'a str,
    #[serde(skip_serializing_if = "empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "empty")]
    address: &'a str,
    /// BCP 47.
    #[serde(skip_serializing_if = "empty")]
    language: &'a str,
    /// Code of the ward of residence, in the table of `ward_on`.
    #[serde(skip_serializing_if = "empty")]
    ward: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "date")]
    ward_on: Option<On>,
    /// Here or in the older system.
    #[schema(value_type = String, format = "date")]
    opened_on: On,
    #[schema(value_type = String, example = "helper")]
    opened_by: Channel,
    /// The agency that opened it.
    sender: &'a str,
    /// The community team that opened it.
    #[serde(skip_serializing_if = "empty")]
    team: &'a str,
    /// Of a child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    guardian: Option<CitizenId>,
    /// `father`, `mother` or `guardian`.
    #[serde(skip_serializing_if = "empty")]
    relation: &'a str,
    /// Who declared it for the citizen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    registrant: Option<CitizenId>,
    /// Whether the citizen has confirmed what another declared.
    confirmed: bool,
    /// A replacement of the number contradicts what this account held: a desk must look at it.
    contradiction: bool,
    /// Payment accounts and digital signatures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<AccountLink<'a>>,
    /// The code in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<IdentityInForce<'a>>,
    /// `stream:partition:epoch:offset` of the event that last changed it.
    #[schema(example = "registrations:3:0:1024")]
    cause: &'a str,
}

/// A payment account or digital signature.
#[derive(Serialize, ToSchema)]
pub struct AccountLink<'a> {
    /// `payment_account` or `digital_signature`.
    #[schema(value_type = String)]
    link: LinkKind,
    provider: &'a str,
    /// SHA-256 of the provider's reference.
    reference_hash: &'a str,
    #[schema(value_type = String, format = "date-time")]
    since: At,
}

/// What is known of the code in force; the code itself is at `/identity`.
#[derive(Serialize, ToSchema)]
pub struct IdentityInForce<'a> {
    /// The opaque id in the codes.
    qid: &'a str,
    serial: &'a str,
    #[schema(value_type = String, format = "date-time")]
    issued_at: At,
    /// The first second it no longer holds, since 1970.
    expires_at: i64,
    /// Which key signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    kid: Option<KeyName>,
}

impl<'a> Account<'a> {
    /// What `sight` sees of a row.
    pub fn of(row: &'a AccountRow, cause: &'a str, sight: Sight) -> Self {
        let contact = |text: &'a str| if sight == Sight::Party { "" } else { text };
        let links: &[Link] = if sight == Sight::All { &row.links.0 } else { &[] };
        Self {
            citizen_id: row.citizen,
            status: row.status,
            status_cause: &row.status_cause,
            replaced_by: row.replaced_by,
            replaces: row.replaces,
            level: row.level,
            identifier: row.identifier,
            number: match sight {
                Sight::All => Cow::Borrowed(&row.number),
                Sight::Own | Sight::Party => Cow::Owned(mask_number(&row.number)),
            },
            full_name: &row.full_name,
            birth_date: &row.birth_date,
            sex: row.sex,
            phone: contact(&row.phone),
            email: contact(&row.email),
            address: contact(&row.address),
            language: &row.language,
            ward: &row.ward,
            ward_on: (!row.ward.is_empty()).then_some(On(row.ward_on)),
            opened_on: On(row.opened_on),
            opened_by: row.opened_by,
            sender: &row.sender,
            team: &row.team,
            guardian: row.guardian,
            relation: &row.relation,
            registrant: row.registrant,
            confirmed: row.confirmed,
            contradiction: row.contradiction,
            links: links.iter().map(AccountLink::of).collect(),
            identity: (!row.token.is_empty()).then(|| IdentityInForce {
                qid: &row.qid,
                serial: &row.serial,
                issued_at: At(row.issued_at),
                expires_at: row.expires_at,
                kid: row.kid.map(KeyName),
            }),
            cause,
        }
    }
}

impl<'a> AccountLink<'a> {
    fn of(link: &'a Link) -> Self {
        Self {
            link: link.link,
            provider: &link.provider,
            reference_hash: &link.reference_hash,
            since: At(link.since),
        }
    }
}

/// The row of an account that the caller sees, and how much of it. Not typed yet: who has the answer already pays for no more.
///
/// # Errors
/// `not_found`, also where there is one that the caller may not see.
pub async fn seen(state: &State, entry: &Entry, citizen: CitizenId) -> Result<(Row, Sight), Problem> {
    let row = state.reader.get(Table::Accounts, Key(vec![citizen.to_part()])).await.map_err(unreadable)?;
    let row = row.ok_or(Problem::new(Code::NotFound))?;
    let opener = sight::text(&row, "sender").unwrap_or_default();
    let sight = sight::of_account(state, entry, citizen, opener).await?;
    Ok((row, sight.ok_or(Problem::new(Code::NotFound))?))
}

/// Read an account
///
/// An account whose number was replaced is answered with 200 and says in `replaced_by` where the person continues. An agency without
/// `read:all` sees the account when it opened it, or when an event of its own about the citizen was applied.
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}",
    operation_id = "readAccount",
    tag = "accounts",
    params(
        Citizen,
        Conditional,
    ),
    responses(
        (status = 200, description = "The account.", body = Account<'static>),
        (status = 404, description = "`not_found`: no such account, or not the caller's to see."),
        Unread,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let (row, sight) = seen(&state, &entry, citizen(&request)?).await?;
    tagged_row(&state, &request, sight.view(), row.cause.place, |cause| {
        let account = AccountRow::from_row(row).map_err(misshapen)?;
        Ok(json(&Account::of(&account, cause, sight), ACCOUNT_BYTES))
    })
}
