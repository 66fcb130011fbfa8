//! `GET /v1/accounts/{citizen}/documents`, `/documents/{id}`.

use crate::answer::{JSON, empty, json, misshapen, tagged, tagged_row, unreadable};
use crate::described::{Citizen, Conditional, Unread, Withheld};
use crate::listing::{self, Listing, Wanted, typed};
use crate::parameters::{PageQuery, admit, citizen, flag, invalid, query, segment};
use crate::shown::Shown;
use crate::sight::{Whose, text};
use crate::state::State;
use access::{Code, Problem};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use domain::lists::paper_kind;
use domain::row::InKey;
use domain::rows::{Certificate, DocumentRow, DocumentStatus, Version};
use domain::{Key, Row, Table, TypedRow};
use schemas::event::{Content, Provenance};
use schemas::{Channel, CitizenId, Day, Place};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Bytes that a paper takes, about.
const DOCUMENT_BYTES: usize = 1_024;

/// Which papers.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentsQuery {
    /// Rows of a page, 1 to 200; 50 when left out.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Code of a kind of paper: only papers of this kind.
    kind: Option<String>,
    /// Whether papers that were taken back are listed too.
    #[param(value_type = Option<bool>)]
    withdrawn: Option<String>,
}

/// A paper in a vault. What has no value is left out.
#[derive(Serialize, ToSchema)]
pub struct Document<'a> {
    #[schema(value_type = String, format = "uuid")]
    citizen_id: CitizenId,
    document_id: &'a str,
    /// `present` or `withdrawn`.
    #[schema(value_type = String)]
    status: DocumentStatus,
    /// Code of why it was taken back.
    #[serde(skip_serializing_if = "empty")]
    status_cause: &'a str,
    document_kind: &'a str,
    /// The kind's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind_vi: Option<&'static str>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind_en: Option<&'static str>,
    /// Of the newest version: `self_uploaded`, `agency` or `certified`.
    provenance: &'a str,
    #[serde(skip_serializing_if = "empty")]
    issuer: &'a str,
    /// The agency that filed it first.
    filer: &'a str,
    /// Ward it was filed in, as statistics call it.
    #[serde(skip_serializing_if = "empty")]
    ward: &'a str,
    #[serde(skip_serializing_if = "empty")]
    team: &'a str,
    #[schema(value_type = String, example = "web")]
    channel: Channel,
    /// Of the newest version.
    version: u32,
    /// Oldest first.
    versions: Vec<DocumentVersion<'a>>,
    /// `stream:partition:epoch:offset` of the event that last changed it.
    #[schema(value_type = String)]
    cause: Shown<Place>,
}

/// A version of a paper.
#[derive(Serialize, ToSchema)]
pub struct DocumentVersion<'a> {
    /// From 1.
    version: u32,
    /// `self_uploaded`, `agency` or `certified`.
    #[schema(value_type = String)]
    provenance: Provenance,
    /// The agency that filed it.
    sender: &'a str,
    #[schema(value_type = String, format = "date")]
    filed_on: Day,
    #[serde(skip_serializing_if = "empty")]
    issued_on: &'a str,
    #[serde(skip_serializing_if = "empty")]
    expires_on: &'a str,
    /// The paper's own number.
    #[serde(skip_serializing_if = "empty")]
    number: &'a str,
    #[serde(skip_serializing_if = "empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<DocumentContent<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<DocumentCertificate<'a>>,
}

/// Content by its hash.
#[derive(Serialize, ToSchema)]
pub struct DocumentContent<'a> {
    sha256: &'a str,
    /// Size.
    bytes: i64,
    media_type: &'a str,
}

/// A certified copy.
#[derive(Serialize, ToSchema)]
pub struct DocumentCertificate<'a> {
    certifier: &'a str,
    certificate: &'a str,
    certified_on: &'a str,
    /// The copy, when digitised.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<DocumentContent<'a>>,
}

impl<'a> Document<'a> {
    fn of(row: &'a DocumentRow, place: Place) -> Self {
        let kind = paper_kind(&row.document_kind);
        Self {
            citizen_id: row.citizen,
            document_id: &row.document_id,
            status: row.status,
            status_cause: &row.status_cause,
            document_kind: &row.document_kind,
            kind_vi: kind.map(|kind| kind.vietnamese),
            kind_en: kind.map(|kind| kind.english),
            provenance: &row.provenance,
            issuer: &row.issuer,
            filer: &row.filer,
            ward: &row.ward,
            team: &row.team,
            channel: row.channel,
            version: row.version,
            versions: row.versions.0.iter().map(DocumentVersion::of).collect(),
            cause: Shown(place),
        }
    }
}

impl<'a> DocumentVersion<'a> {
    fn of(version: &'a Version) -> Self {
        Self {
            version: version.version,
            provenance: version.provenance,
            sender: &version.sender,
            filed_on: version.filed_on,
            issued_on: &version.issued_on,
            expires_on: &version.expires_on,
            number: &version.number,
            title: &version.title,
            content: version.content.as_ref().map(DocumentContent::of),
            certificates: version.certificates.iter().map(DocumentCertificate::of).collect(),
        }
    }
}

impl<'a> DocumentContent<'a> {
    fn of(content: &'a Content) -> Self {
        Self { sha256: &content.sha256, bytes: content.bytes, media_type: &content.media_type }
    }
}

impl<'a> DocumentCertificate<'a> {
    fn of(certificate: &'a Certificate) -> Self {
        Self {
            certifier: &certificate.certifier,
            certificate: &certificate.certificate,
            certified_on: &certificate.certified_on,
            content: certificate.content.as_ref().map(DocumentContent::of),
        }
    }
}

/// List papers
///
/// Papers may have been filed before the account was opened. An agency without `read:all` sees those that it filed; a citizen of whom
/// it filed none, and one who is not known, have an empty list.
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}/documents",
    operation_id = "listDocuments",
    tag = "vault",
    params(
        Citizen,
        DocumentsQuery,
        Conditional,
    ),
    responses(
        (status = 200, description = "A page.", body = Listing<Document<'static>>),
        (status = 400, description = "`invalid_parameter`, `invalid_cursor` or `invalid_precondition`."),
        Withheld,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let citizen = citizen(&request)?;
    let asked: DocumentsQuery = query(&request)?;
    if asked.kind.as_deref().is_some_and(|kind| paper_kind(kind).is_none()) {
        return Err(invalid("kind", "the code of a kind of paper"));
    }
    let withdrawn = flag("withdrawn", asked.withdrawn.as_deref())?;
    let whose = Whose::of(&entry);
    let kind = asked.kind.as_deref();
    let binding = format!("documents {citizen} {withdrawn} {}", kind.unwrap_or_default());
    let page = PageQuery { limit: asked.limit, cursor: asked.cursor };
    let wanted = Wanted::new(&[Table::Documents], Key(vec![citizen.to_part()]), binding, &page)?;
    let keep = |row: &Row| {
        whose.sees_row(row)
            && kind.is_none_or(|kind| text(row, "document_kind") == Some(kind))
            && (withdrawn || text(row, "status") != Some(DocumentStatus::Withdrawn.name()))
    };
    let listed = wanted.read(&state, keep).await?;
    tagged(&state, &request, listed.tags(whose.view()).finish(), JSON, || {
        let rows = typed::<DocumentRow>(listed.rows)?;
        let items = rows.iter().map(|(place, row)| Document::of(row, *place)).collect();
        Ok(listing::body(items, listed.next))
    })
}

/// Read a paper
#[utoipa::path(
    get,
    path = "/v1/accounts/{citizen}/documents/{id}",
    operation_id = "readDocument",
    tag = "vault",
    params(
        Citizen,
        ("id" = String, Path, description = "The paper's id, as its filer chose it."),
        Conditional,
    ),
    responses(
        (status = 200, description = "The paper.", body = Document<'static>),
        (status = 404, description = "`not_found`: no such paper, or not the caller's to see."),
        Unread,
    ),
    security(("api_key" = []), ("api_key_header" = [])),
)]
pub async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let entry = admit(&state, &request).await?;
    let citizen = citizen(&request)?;
    let id = segment(&request, 5).unwrap_or_default();
    if !domain::codes::is_id(id) {
        return Err(invalid("id", "1 to 64 of `A-Z a-z 0-9 . _ -`"));
    }
    let key = Key(vec![citizen.to_part(), id.to_owned().to_part()]);
    let row = state.reader.get(Table::Documents, key).await.map_err(unreadable)?;
    let row = row.filter(|row| Whose::of(&entry).sees_row(row)).ok_or(Problem::new(Code::NotFound))?;
    let place = row.cause.place;
    tagged_row(&state, &request, "doc", place, |_| {
        let document = DocumentRow::from_row(row).map_err(misshapen)?;
        Ok(json(&Document::of(&document, place), DOCUMENT_BYTES))
    })
}
