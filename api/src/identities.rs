//! `GET /v1/accounts/{citizen}/identity`: the code in force, as JSON or as a picture.

use crate::accounts::seen;
use crate::answer::{JSON, RowTag, json, misshapen, tagged};
use crate::described::{Citizen, Conditional, Unread};
use crate::negotiate::negotiate;
use crate::parameters::{admit, citizen, invalid, query};
use crate::shown::{At, KeyName, Shown};
use crate::sight::Sight;
use crate::state::State;
use access::{Code, Problem};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::TypedRow;
use domain::rows::{AccountRow, AccountStatus, STATUS_BLOCK_ENTRIES, Sex};
use identity::national::{NationalString, compose, mask_birth_date, mask_number};
use identity::picture::{self, Correction, MAX_MODULE_PIXELS};
use schemas::{CitizenId, Place};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";
const OFFERS: [&str; 3] = ["application/json", SVG, PNG];

/// Pixels of a module in a PNG that names no size.
const MODULE_PIXELS_DEFAULT: u32 = 4;

/// Bytes that an identity takes, about.
const IDENTITY_BYTES: usize = 2_048;

/// Says with a picture what JSON says in `status`.
static ACCOUNT_STATUS: HeaderName = HeaderName::from_static("account-status");

/// Which code, and how it is drawn.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IdentityQuery {
    /// Of pictures: `token` is the signed code alone, `national` the string of Decision 1405/QĐ-BTTTT that carries it. `token` when
    /// left out.
    #[param(inline, value_type = Option<Form>)]
    form: Option<String>,
    /// Of PNG: pixels per module, 1 to 13; 4 when left out. An SVG scales to any size.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 13)]
    module_pixels: Option<String>,
    /// Of pictures: error correction, `low` (7 %), `medium` (15 %), `quartile` (25 %) or `high` (30 %). When left out, `medium`, and `low`
    /// for what is too long for that.
    correction: Option<String>,
}

/// Which of the two codes. One signature serves both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The signed token.
    Token,
    /// The national string.
    National,
}

/// The code in force.
#[derive(Serialize, ToSchema)]
pub struct Identity<'a> {
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    /// Of the account: the code of a suspended account is suspended.
    #[schema(value_type = String, example = "active")]
    status: AccountStatus,
    /// Assurance level that the code says.
    level: u8,
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
    /// Where its entry is among the status lists.
    status_entry: StatusEntry,
    /// The signed token: claim 169 in COSE_Sign1, zlib, base45. Draw it in the alphanumeric mode.
    token: &'a str,
    /// The string of Decision 1405/QĐ-BTTTT with the token in its signature sub-field.
    national: String,
    /// `stream:partition:epoch:offset` of the event that last changed the account.
    #[schema(value_type = String)]
    cause: Shown<Place>,
}

/// Where the entry of a code is among the status lists.
#[derive(Serialize, ToSchema)]
pub struct StatusEntry {
    epoch: u32,
    partition: u16,
    block: u64,
    /// Within the block.
    index: u64,
}

impl<'a> Identity<'a> {
    fn of(row: &'a AccountRow, place: Place) -> Self {
        Self {
            citizen_id: row.citizen,
            status: row.status,
            level: row.level,
            qid: &row.qid,
            serial: &row.serial,
            issued_at: At(row.issued_at),
            expires_at: row.expires_at,
            kid: row.kid.map(KeyName),
            status_entry: StatusEntry {
                epoch: row.status_epoch,
                partition: row.status_partition,
                block: row.status_index / STATUS_BLOCK_ENTRIES,
                index: row.status_index % STATUS_BLOCK_ENTRIES,
            },
            token: &row.token,
            national: national(row),
            cause: Shown(place),
        }
    }
}

/// The national string of an account: what its token says, field by field, around the token.
fn national(row: &AccountRow) -> String {
    let declarant_qid = row.registrant.or(row.guardian).map_or_else(String::new, domain::decide::qid);
    compose(&NationalString {
        number: mask_number(&row.number),
        name: row.full_name.clone(),
        birth_date: mask_birth_date(&row.birth_date),
        declared_by_other: !declarant_qid.is_empty(),
        qid: row.qid.clone(),
        declarant_qid,
        gender: match row.sex {
            Sex::Male => 1,
            Sex::Female => 2,
            Sex::Other => 0,
        },
        token: row.token.clone(),
        ..NationalString::default()
    })
}

fn form(text: Option<&str>) -> Result<Form, Problem> {
    match text {
        None | Some("token") => Ok(Form::Token),
        Some("national") => Ok(Form::National),
        Some(_) => Err(invalid("form", "`token` or `national`")),
    }
}

fn module_pixels(text: Option<&str>) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(MODULE_PIXELS_DEFAULT) };
    let pixels = text.parse().ok().filter(|pixels| (1..=MAX_MODULE_PIXELS).contains(pixels));
    pixels.ok_or_else(|| invalid("module_pixels", "a number from 1 to 13"))
}

fn correction(text: Option<&str>) -> Result<Option<Correction>, Problem> {
    Ok(Some(match text {
        None => return Ok(None),
        Some("low") => Correction::Low,
        Some("medium") => Correction::Medium,
        Some("quartile") => Correction::Quartile,
        Some("high") => Correction::High,
        Some(_) => return Err(invalid("correction", "`low`, `medium`, `quartile` or `high`")),
    }))
}

/// The letter of a correction in entity tags.
const fn level(correction: Option<Correction>) -> &'static str {
    match correction {
        None => "",
        Some(Correction::Low) => "L",
        Some(Correction::Medium) => "M",
        Some(Correction::Quartile) => "Q",
        Some(Correction::High) => "H",
    }
}

/// How a picture is drawn.
struct Drawing {
    media: &'static str,
    module_pixels: u32,
    /// `None` is 15 % where the text is not too long for it.
    correction: Option<Correction>,
}

impl Drawing {
    fn of(&self, code: &str) -> Result<Vec<u8>, Problem> {
        let with = |correction| match self.media {
            SVG => picture::svg(code, correction).map(String::into_bytes),
            _ => picture::png(code, correction, self.module_pixels),
        };
        if let Some(correction) = self.correction {
            return with(correction).map_err(|_| invalid("correction", "less: the code is too long for it"));
        }
        with(Correction::Medium).or_else(|_| with(Correction::Low)).map_err(|error| {
            tracing::error!(%error, "a code cannot be drawn");
            Problem::new(Code::Internal)
        })
    }
}

/// Read the code in force
///
/// JSON carries the signed token and the national string; a picture draws one of them. A picture of a code that is suspended is drawn
/// too: a verifier says what it is worth, and `Account-Status` says it here.
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}/identity",
    operation_id = "readIdentity",
    tag = "accounts",
    params(
        Citizen,
        IdentityQuery,
        ("Accept" = Option<String>, Header, description = "`application/json`, `image/svg+xml` or `image/png`."),
        Conditional,
    ),
    responses(
        (status = 200, description = "The code.", content((Identity<'static> = "application/json"), (String = "image/svg+xml"), (Vec<u8> = "image/png"))),
        (status = 404, description = "`not_found`: no such account, or not the caller's to see. `identity_absent`: the account has no code in force."),
        (status = 406, description = "`not_acceptable`."),
        Unread,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let citizen = citizen(&request)?;
    let asked: IdentityQuery = query(&request)?;
    let (form, pixels) = (form(asked.form.as_deref())?, module_pixels(asked.module_pixels.as_deref())?);
    let correction = correction(asked.correction.as_deref())?;
    let media = OFFERS[negotiate(&request, &OFFERS)?];
    let drawing = Drawing { media, module_pixels: pixels, correction };
    let (row, sight) = seen(&state, &entry, citizen).await?;
    if sight == Sight::Party {
        return Err(Problem::new(Code::NotFound));
    }
    let place = row.cause.place;
    let account = AccountRow::from_row(row).map_err(misshapen)?;
    if account.token.is_empty() {
        return Err(Problem::new(Code::IdentityAbsent).extend("account_status", account.status.name()));
    }
    let picture = if form == Form::Token { "t" } else { "n" };
    let view = match media {
        SVG => format!("svg{picture}{}", level(correction)),
        PNG => format!("png{picture}{pixels}{}", level(correction)),
        _ => "id".to_owned(),
    };
    let tag = RowTag::new(&view, place);
    let mut response = if media == OFFERS[0] {
        let body = || Ok(json(&Identity::of(&account, place), IDENTITY_BYTES));
        tagged(&state, &request, tag.tag(), JSON, body)?
    } else {
        tagged(&state, &request, tag.tag(), HeaderValue::from_static(media), || match form {
            Form::Token => drawing.of(&account.token),
            Form::National => drawing.of(&national(&account)),
        })?
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(ACCOUNT_STATUS.clone(), HeaderValue::from_static(account.status.name()));
    tag.put_cause(&mut response);
    Ok(response)
}
