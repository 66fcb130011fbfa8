//! Which portrait a vault has.

use crate::limits::{PAGE_ROWS_MAX, PORTRAIT_READ_ROWS_MAX};
use domain::row::InKey;
use domain::rows::DocumentRow;
use domain::{Key, Portrait, Table, TypedRow};
use projections::{ProjectionsReader, Scan, StoreError};
use schemas::{CitizenId, Day};

/// SHA-256 of the newest portrait of a citizen on the day `today`, among all papers of the vault, whoever filed them: for codes that the
/// citizen chose to show. Which pictures count, [`Portrait::of`] says.
///
/// # Errors
/// See [`StoreError`]; a row that its table does not know is damage.
pub async fn photo_hash(
    reader: &dyn ProjectionsReader,
    citizen: CitizenId,
    today: Day,
) -> Result<Option<[u8; 32]>, StoreError> {
    let mut newest: Option<Portrait> = None;
    let (mut after, mut left) = (None, PORTRAIT_READ_ROWS_MAX);
    while left > 0 {
        let prefix = Key(vec![citizen.to_part()]);
        let rows_max = left.min(PAGE_ROWS_MAX);
        let page = reader.scan(Scan { table: Table::Documents, prefix, after, rows_max }).await?;
        left = left.saturating_sub(page.rows.len());
        for row in page.rows {
            let cause = row.cause.place;
            let paper = DocumentRow::from_row(row).map_err(|error| StoreError::Damaged {
                place: cause.to_string(),
                reason: error.to_string(),
            })?;
            let portrait = Portrait::of(&paper, cause, today);
            newest = newest.into_iter().chain(portrait).reduce(Portrait::newer);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(newest.map(|portrait| portrait.sha256))
}
