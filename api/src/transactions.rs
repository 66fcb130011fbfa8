//! `GET /v1/accounts/{citizen}/transactions`: bills, payments for drafts, appointments, visits, feedback, ratings.

mod view;

use crate::answer::{JSON, tagged};
use crate::described::{Citizen, Conditional, Withheld};
use crate::listing::{self, Listed, Listing, Wanted};
use crate::parameters::{PageQuery, admit, citizen, invalid, query};
use crate::sight::Whose;
use crate::state::State;
use access::Problem;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::row::InKey;
use domain::rows::PaymentRow;
use domain::{Key, Row, Table, TypedRow};
use serde::Deserialize;
use utoipa::IntoParams;
use view::{Kept, Transaction};

/// The tables of the listing, in its order, by the kind that items have.
const TABLES: [(&str, Table); 6] = [
    ("bill", Table::Bills),
    ("payment", Table::Payments),
    ("appointment", Table::Appointments),
    ("visit", Table::Visits),
    ("feedback", Table::Feedback),
    ("rating", Table::Ratings),
];

/// Which transactions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionsQuery {
    /// Rows of a page, 1 to 200; 50 when left out.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// `bill`, `payment`, `appointment`, `visit`, `feedback` or `rating`: only this kind.
    kind: Option<String>,
}

/// Whether a row is the caller's to see: its own, or payments for a draft of which it moved one.
fn sees(whose: Whose<'_>, row: &Row) -> bool {
    let Whose::Agency(agency) = whose else { return true };
    if row.table != Table::Payments {
        return whose.sees_row(row);
    }
    PaymentRow::from_row(row.clone())
        .is_ok_and(|row| row.payments.0.iter().any(|payment| payment.origin.sender == agency))
}

/// List transactions
///
/// Bills, payments for drafts, appointments, visits, feedback and ratings, in this order of kinds; dossiers have a listing of their own.
/// An agency without `read:all` sees those that it sent, and of payments for a draft its own; a citizen of whom it sent none, and one
/// who is not known, have an empty list.
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}/transactions",
    operation_id = "listTransactions",
    tag = "transactions",
    params(
        Citizen,
        TransactionsQuery,
        Conditional,
    ),
    responses(
        (status = 200, description = "A page.", body = Listing<Transaction<'static>>),
        (status = 400, description = "`invalid_parameter`, `invalid_cursor` or `invalid_precondition`."),
        Withheld,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let citizen = citizen(&request)?;
    let asked: TransactionsQuery = query(&request)?;
    let wanted = |kind: &str| asked.kind.as_deref().is_none_or(|only| only == kind);
    let tables: Vec<Table> =
        TABLES.iter().filter(|(kind, _)| wanted(kind)).map(|(_, table)| *table).collect();
    if tables.is_empty() {
        let kinds = "`bill`, `payment`, `appointment`, `visit`, `feedback` or `rating`";
        return Err(invalid("kind", kinds));
    }
    let whose = Whose::of(&entry);
    let binding = format!("transactions {citizen} {}", asked.kind.as_deref().unwrap_or_default());
    let page = PageQuery { limit: asked.limit, cursor: asked.cursor };
    let wanted = Wanted::new(&tables, Key(vec![citizen.to_part()]), binding, &page)?;
    let listed = wanted.read(&state, |row| sees(whose, row)).await?;
    let tags = listed.tags(whose.view());
    tagged(&state, &request, tags.finish(), JSON, || {
        let Listed { rows, next } = listed;
        let kept: Vec<Kept> = rows.into_iter().map(|row| Kept::read(row, whose)).collect::<Result<_, _>>()?;
        Ok(listing::body(kept.iter().map(Kept::view).collect(), next))
    })
}
