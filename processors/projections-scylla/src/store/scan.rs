//! Scans.
//!
//! Under a prefix that says where the rows live, one statement reads on from the key that the last page ended with. A dump has no prefix: it
//! goes over the store's tokens, first what is left of the partitions that share the token of the last key, then what lies past it. Two
//! partitions share a token once in a long while; those are put into the order of their keys, so that none is left out or told twice.

use super::read::{RowColumns, damaged, rows_of, torn};
use super::{Live, Shared};
use crate::codec::{KeyValues, take_key, take_row};
use crate::schema::Shape;
use crate::statements::Side;
use domain::{Key, Row, Table};
use projections::{Page, Scan, StoreError};
use scylla::deserialize::row::ColumnIterator;
use scylla::response::PagingState;
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// What a page is read by: a shape and the keys whose parts are its values, each from the given part on.
struct Question<'k> {
    shape: Shape,
    keys: Vec<(&'k Key, usize)>,
}

/// How a scan under a prefix goes on.
#[derive(Debug, PartialEq, Eq)]
enum Under {
    /// Nothing is left.
    Nothing,
    /// From the first row.
    FromTheStart,
    /// Past the key.
    After,
}

fn under(prefix: &Key, after: Option<&Key>) -> Under {
    let Some(after) = after else { return Under::FromTheStart };
    let shared = prefix.0.len().min(after.0.len());
    match after.0[..shared].cmp(&prefix.0[..shared]) {
        Ordering::Less => Under::FromTheStart,
        Ordering::Greater => Under::Nothing,
        Ordering::Equal if after.0.len() > prefix.0.len() => Under::After,
        // The prefix is a whole key, and the page before ended with it.
        Ordering::Equal if after.0.len() == prefix.0.len() => Under::Nothing,
        Ordering::Equal => Under::FromTheStart,
    }
}

fn check(scan: &Scan) -> Result<(), StoreError> {
    let Scan { table, prefix, after, .. } = scan;
    let def = table.def();
    let refused = |reason| Err(StoreError::Refused { reason });
    if !prefix.0.is_empty() && prefix.0.len() < def.partition_columns {
        return refused(format!("a scan of {table} lacks parts of where its rows live"));
    }
    if prefix.0.len() > def.key.len() || after.as_ref().is_some_and(|key| key.0.len() != def.key.len()) {
        return refused(format!("a scan of {table} names a key that is not one of its keys"));
    }
    Ok(())
}

impl Shared {
    pub(super) async fn scan(&self, scan: Scan) -> Result<Page, StoreError> {
        check(&scan)?;
        let live = self.live.load_full();
        // One more tells whether anything is left.
        let rows_max = scan.rows_max.max(1);
        let wanted = rows_max.saturating_add(1);
        let mut rows = if scan.prefix.0.is_empty() {
            self.scan_all(&live, &scan, wanted).await?
        } else {
            self.scan_under(&live, &scan, wanted).await?
        };
        let has_more = rows.len() > rows_max;
        rows.truncate(rows_max);
        rows.iter().for_each(|row| self.metrics.rows.read_rows.add_one(row.table));
        let next = if has_more { rows.last().map(|row| row.key.clone()) } else { None };
        Ok(Page { rows, next })
    }

    async fn scan_under(&self, live: &Live, scan: &Scan, wanted: usize) -> Result<Vec<Row>, StoreError> {
        let Scan { table, prefix, after, .. } = scan;
        let given = prefix.0.len();
        let question = match (under(prefix, after.as_ref()), after) {
            (Under::Nothing, _) => return Ok(Vec::new()),
            (Under::After, Some(after)) => {
                Question { shape: Shape::UnderAfter(given), keys: vec![(prefix, 0), (after, given)] }
            }
            _ => Question { shape: Shape::Under(given), keys: vec![(prefix, 0)] },
        };
        self.read_rows(live, *table, &question, wanted).await
    }

    async fn scan_all(&self, live: &Live, scan: &Scan, wanted: usize) -> Result<Vec<Row>, StoreError> {
        let Scan { table, after, .. } = scan;
        let Some(after) = after else {
            let question = Question { shape: Shape::All, keys: Vec::new() };
            return self.read_rows(live, *table, &question, wanted).await;
        };
        let home = Key(after.0[..table.def().partition_columns].to_vec());
        let keys = vec![(&home, 0)];
        let question = Question { shape: Shape::SameToken, keys: keys.clone() };
        // The partitions of one token are read whole: the page before may have ended anywhere in them.
        let mut rows = self.read_rows(live, *table, &question, usize::MAX).await?;
        rows.retain(|row| row.key > *after);
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows.truncate(wanted);
        if rows.len() < wanted {
            let question = Question { shape: Shape::PastToken, keys };
            let left = wanted - rows.len();
            rows.extend(self.read_rows(live, *table, &question, left).await?);
        }
        Ok(rows)
    }

    async fn read_rows(
        &self,
        live: &Live,
        table: Table,
        question: &Question<'_>,
        wanted: usize,
    ) -> Result<Vec<Row>, StoreError> {
        live.statements.of(table)?;
        let shape = || live.statements.shape(&self.client, table, question.shape);
        let statement = self.request(live.number, Side::Reader, shape).await?;
        let limit = i32::try_from(wanted).unwrap_or(i32::MAX);
        let values = KeyValues { table, keys: &question.keys, limit: Some(limit) };
        let mut rows = Vec::new();
        let mut at = PagingState::start();
        loop {
            let send = || self.client.session.execute_single_page(&statement, values, at.clone());
            let (answer, more) = self.request(live.number, Side::Reader, send).await?;
            let answer = rows_of(answer)?;
            for columns in answer.rows::<ColumnIterator<'_, '_>>().map_err(torn)? {
                let mut columns = RowColumns(columns.map_err(torn)?);
                let misfits = |misfit| damaged(format!("a scan of {table}"), misfit);
                let key = take_key(table, &mut columns).map_err(misfits)?;
                rows.push(take_row(table, key, &mut columns).map_err(misfits)?);
            }
            match more.into_paging_control_flow() {
                ControlFlow::Continue(next) => at = next,
                ControlFlow::Break(()) => return Ok(rows),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::KeyPart;

    fn key(parts: &[u64]) -> Key {
        Key(parts.iter().map(|n| KeyPart::Int(*n)).collect())
    }

    #[test]
    fn a_scan_goes_on_where_the_key_before_lies_against_the_prefix() {
        let table = [
            (&[5][..], None, Under::FromTheStart),
            (&[5], Some(&[5, 1][..]), Under::After),
            (&[5], Some(&[4, 9]), Under::FromTheStart),
            (&[5], Some(&[6, 0]), Under::Nothing),
            (&[5, 1], Some(&[5, 1]), Under::Nothing),
            (&[5, 1], Some(&[5, 0]), Under::FromTheStart),
            (&[5, 1], Some(&[5, 2]), Under::Nothing),
        ];
        for (prefix, after, expected) in table {
            let after = after.map(key);
            assert_eq!(under(&key(prefix), after.as_ref()), expected, "{prefix:?} after {after:?}");
        }
    }

    #[test]
    fn scans_that_name_no_place_or_half_a_key_are_refused() {
        let scan = |table, prefix: &[u64], after: Option<&[u64]>| Scan {
            table,
            prefix: key(prefix),
            after: after.map(key),
            rows_max: 1,
        };
        assert!(check(&scan(Table::StatusEntries, &[1, 2], None)).is_err());
        assert!(check(&scan(Table::StatusEntries, &[1, 2, 3, 4, 5], None)).is_err());
        assert!(check(&scan(Table::StatusEntries, &[1, 2, 3], Some(&[1, 2, 3]))).is_err());
        assert!(check(&scan(Table::StatusEntries, &[1, 2, 3], Some(&[1, 2, 3, 4]))).is_ok());
        assert!(check(&scan(Table::StatusEntries, &[], None)).is_ok());
    }
}
