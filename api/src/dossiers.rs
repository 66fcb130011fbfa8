//! `GET /v1/dossiers/{code}` and `/v1/accounts/{citizen}/dossiers`.

mod view;

pub use view::{Dossier, Payment};

use crate::answer::{JSON, Tags, json, tagged, unreadable};
use crate::described::{Citizen, Conditional, Unread, Withheld};
use crate::listing::{self, Listing, Wanted, typed};
use crate::parameters::{PageQuery, admit, citizen, invalid, query, segment};
use crate::sight::Whose;
use crate::state::State;
use access::{Code, Problem};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::codes::is_dossier_code;
use domain::row::InKey;
use domain::rows::{DossierCodeRow, DossierRow, PaymentRow};
use domain::{Key, Row, Table};
use projections::Scan;
use schemas::{CitizenId, Place};
use serde::Serialize;
use utoipa::ToSchema;

/// Bytes that a dossier takes, about.
const DOSSIER_BYTES: usize = 1_536;

/// Owners of one code that are looked at.
const OWNERS_MAX: usize = 16;

/// What is known under a code.
#[derive(Serialize, ToSchema)]
pub struct DossierByCode<'a> {
    /// MaHoSo.
    code: &'a str,
    /// Whether several citizens were named as its owner: one of them is wrong.
    contested: bool,
    /// One for each owner that the caller may see.
    dossiers: Vec<Dossier<'a>>,
}

/// A dossier's row with the payments for the draft that it names.
struct Joined {
    place: Place,
    dossier: DossierRow,
    draft: Option<PaymentRow>,
}

impl Joined {
    fn view(&self) -> Dossier<'_> {
        let draft = self.draft.as_ref().map(|draft| draft.payments.0.as_slice());
        Dossier::of(&self.dossier, self.place, draft.unwrap_or_default())
    }
}

/// Reads the payments for the drafts that dossiers name.
async fn join(state: &State, rows: Vec<Row>, tags: &mut Tags) -> Result<Vec<Joined>, Problem> {
    let mut joined = Vec::with_capacity(rows.len());
    for (place, dossier) in typed::<DossierRow>(rows)? {
        let draft = match dossier.draft.as_str() {
            "" => None,
            draft => payments_for(state, dossier.citizen, draft, tags).await?,
        };
        joined.push(Joined { place, dossier, draft });
    }
    Ok(joined)
}

async fn payments_for(
    state: &State,
    citizen: CitizenId,
    draft: &str,
    tags: &mut Tags,
) -> Result<Option<PaymentRow>, Problem> {
    let key = Key(vec![citizen.to_part(), draft.to_owned().to_part()]);
    let Some(row) = state.reader.get(Table::Payments, key).await.map_err(unreadable)? else {
        return Ok(None);
    };
    tags.add(&row);
    Ok(typed::<PaymentRow>(vec![row])?.pop().map(|(_, payments)| payments))
}

/// List dossiers
///
/// An agency without `read:all` sees those that it sent; a citizen of whom it sent none, and one who is not known, have an empty list.
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}/dossiers",
    operation_id = "listDossiers",
    tag = "transactions",
    params(
        Citizen,
        PageQuery,
        Conditional,
    ),
    responses(
        (status = 200, description = "A page.", body = Listing<Dossier<'static>>),
        (status = 400, description = "`invalid_parameter`, `invalid_cursor` or `invalid_precondition`."),
        Withheld,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let citizen = citizen(&request)?;
    let page: PageQuery = query(&request)?;
    let whose = Whose::of(&entry);
    let binding = format!("dossiers {citizen}");
    let wanted = Wanted::new(&[Table::Dossiers], Key(vec![citizen.to_part()]), binding, &page)?;
    let listed = wanted.read(&state, |row| whose.sees_row(row)).await?;
    let mut tags = listed.tags(whose.view());
    let joined = join(&state, listed.rows, &mut tags).await?;
    tagged(&state, &request, tags.finish(), JSON, || {
        Ok(listing::body(joined.iter().map(Joined::view).collect(), listed.next))
    })
}

/// Read a dossier by its code
///
/// Where several citizens were named as owner of one code, `read:all` sees each of them and `contested` says so; an agency sees those
/// that it sent.
#[utoipa::path(
    get,
    path = "/v1/dossiers/{code}",
    operation_id = "readDossier",
    tag = "transactions",
    params(
        ("code" = String, Path, description = "MaHoSo, such as `000.00.01.H17-220912-0001`."),
        Conditional,
    ),
    responses(
        (status = 200, description = "The dossier.", body = DossierByCode<'static>),
        (status = 404, description = "`not_found`: no such dossier, or not the caller's to see."),
        Unread,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let code = segment(&request, 3).unwrap_or_default();
    if !is_dossier_code(code) {
        return Err(invalid("code", "a dossier code"));
    }
    let whose = Whose::of(&entry);
    let prefix = Key(vec![code.to_owned().to_part()]);
    let scan = Scan { table: Table::DossierCodes, prefix, after: None, rows_max: OWNERS_MAX };
    let owners = state.reader.scan(scan).await.map_err(unreadable)?.rows;
    let mut tags = Tags::new(whose.view());
    let mut rows = Vec::with_capacity(owners.len());
    for (_, owner) in typed::<DossierCodeRow>(owners)? {
        let key = Key(vec![owner.citizen.to_part(), owner.code.to_part()]);
        let row = state.reader.get(Table::Dossiers, key).await.map_err(unreadable)?;
        rows.extend(row.filter(|row| whose.sees_row(row)));
    }
    if rows.is_empty() {
        return Err(Problem::new(Code::NotFound));
    }
    rows.iter().for_each(|row| tags.add(row));
    let joined = join(&state, rows, &mut tags).await?;
    tagged(&state, &request, tags.finish(), JSON, || {
        let dossiers: Vec<Dossier<'_>> = joined.iter().map(Joined::view).collect();
        let room = dossiers.len() * DOSSIER_BYTES;
        Ok(json(&DossierByCode { code, contested: dossiers.len() > 1, dossiers }, room))
    })
}
