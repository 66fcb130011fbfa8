//! The whole table of status entries.

use domain::{Key, Row, Table};
use futures_executor::block_on;
use projections::{ProjectionsReader, Scan, StoreError};

/// Rows read at a time.
const PAGE_ROWS: usize = 2_000;

/// Every row of `status_entries`: one for each code that is, or once was, not valid.
pub(super) fn status_entries(reader: &dyn ProjectionsReader) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let scan = Scan { table: Table::StatusEntries, prefix: Key::default(), after, rows_max: PAGE_ROWS };
        let page = block_on(reader.scan(scan))?;
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}
