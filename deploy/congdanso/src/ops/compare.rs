//! Two stores, row by row.

use domain::rows::AccountRow;
use domain::{Key, Row, Table, TypedRow};
use futures_executor::block_on;
use futures_util::{StreamExt, TryStreamExt, stream};
use identity::TrustList;
use identity::trust::TrustedKey;
use projections::{ProjectionsReader, Scan};

/// Differences that are shown; the rest is counted.
const DIFFERENCES_SHOWN_MAX: u64 = 20;
/// Rows read at a time.
const PAGE_ROWS: usize = 2_000;
/// Rows looked up at the same time.
const LOOK_UPS_IN_FLIGHT_MAX: usize = 128;

/// What a comparison found.
#[derive(Default, Clone, Copy)]
pub struct Compared {
    /// Rows of the first store.
    pub rows: u64,
    /// Rows that the other side has not, or otherwise.
    pub different: u64,
    /// Rows that differ in the signer of their code alone.
    pub resigned: u64,
}

/// Shows a row that is not the same on both sides: as the first store has it, and the second.
type Show<'a> = &'a mut dyn FnMut(Option<&Row>, Option<&Row>) -> anyhow::Result<()>;

/// Compares all rows of two stores, table by table. The first differences are shown.
///
/// As long as both give their rows in the same order they are read side by side. From where they do not, as two kinds of stores, what is left
/// of the first is looked up in the second, which should be the one that is quick to look up in. No more than a few pages are held.
///
/// # Errors
/// When a store cannot be read, or what `show` returns.
pub fn compare(
    list: &TrustList,
    first: &dyn ProjectionsReader,
    second: &dyn ProjectionsReader,
    show: Show<'_>,
) -> anyhow::Result<Compared> {
    let mut judge = Judge { list, show, found: Compared::default() };
    for def in domain::rows::ALL {
        let (mut ones, mut others) = (Pages::new(first, def.table), Pages::new(second, def.table));
        // The key before the first that is not on both sides at the same time.
        let mut same = None;
        loop {
            let (one, other) = (ones.next()?, others.next()?);
            match (one, other) {
                (None, None) => break,
                (Some(one), Some(other)) if one.key == other.key => {
                    same = Some(one.key.clone());
                    judge.pair(&one, Some(&other))?;
                }
                _ => {
                    apart(&mut judge, first, second, def.table, same)?;
                    break;
                }
            }
        }
    }
    Ok(judge.found)
}

/// Compares what lies past a key in stores that go on in different orders.
fn apart(
    judge: &mut Judge<'_>,
    first: &dyn ProjectionsReader,
    second: &dyn ProjectionsReader,
    table: Table,
    after: Option<Key>,
) -> anyhow::Result<()> {
    let (mut ones, mut paired) = (Pages::after(first, table, after.clone()), 0);
    while let Some(page) = ones.page()? {
        let others = look_up(second, &page)?;
        for (one, other) in page.iter().zip(others) {
            paired += u64::from(other.is_some());
            judge.pair(one, other.as_ref())?;
        }
    }
    let (mut others, mut left) = (Pages::after(second, table, after.clone()), 0);
    while let Some(page) = others.page()? {
        left += page.len() as u64;
    }
    if left == paired {
        return Ok(());
    }
    // Each of the first has its like, and there are more.
    let mut others = Pages::after(second, table, after);
    while let Some(page) = others.page()? {
        for (other, one) in page.iter().zip(look_up(first, &page)?) {
            if one.is_none() {
                judge.differs(None, Some(other))?;
            }
        }
    }
    Ok(())
}

/// Decides what pairs of rows are.
struct Judge<'a> {
    list: &'a TrustList,
    show: Show<'a>,
    found: Compared,
}

impl Judge<'_> {
    fn pair(&mut self, one: &Row, other: Option<&Row>) -> anyhow::Result<()> {
        self.found.rows += 1;
        match other {
            Some(other) if other == one => Ok(()),
            Some(other) if differs_in_signer_alone(self.list, one, other)? => {
                self.found.resigned += 1;
                Ok(())
            }
            other => self.differs(Some(one), other),
        }
    }

    fn differs(&mut self, one: Option<&Row>, other: Option<&Row>) -> anyhow::Result<()> {
        self.found.different += 1;
        if self.found.different > DIFFERENCES_SHOWN_MAX { Ok(()) } else { (self.show)(one, other) }
    }
}

/// Counts live codes that a revoked key signed and that the key in its place signed in the fresh rows.
///
/// # Errors
/// When a store cannot be read.
pub fn resigned(
    list: &TrustList,
    live: &dyn ProjectionsReader,
    fresh: &dyn ProjectionsReader,
) -> anyhow::Result<u64> {
    let (mut pages, mut resigned) = (Pages::new(live, Table::Accounts), 0);
    while let Some(page) = pages.page()? {
        let others = look_up(fresh, &page)?;
        for (live, fresh) in page.into_iter().zip(others) {
            let Some(fresh) = fresh else { continue };
            let (live, fresh) = (AccountRow::from_row(live)?, AccountRow::from_row(fresh)?);
            resigned += u64::from(has_changed_signer(list, &live, &fresh));
        }
    }
    Ok(resigned)
}

/// Whether one code is of a revoked key and the other of the key that signs in its place.
fn has_changed_signer(list: &TrustList, one: &AccountRow, other: &AccountRow) -> bool {
    let (Some(one), Some(other)) = (one.kid, other.kid) else { return false };
    list.key(one.0).is_some_and(TrustedKey::is_revoked)
        && list.successor(one.0).is_some_and(|key| key.kid == other.0)
}

/// Whether two rows differ in the signature of their code and in who signed it, and in nothing else. Either may be the replayed one.
fn differs_in_signer_alone(list: &TrustList, one: &Row, other: &Row) -> anyhow::Result<bool> {
    if one.table != Table::Accounts || one.cause != other.cause {
        return Ok(false);
    }
    let (one, other) = (AccountRow::from_row(one.clone())?, AccountRow::from_row(other.clone())?);
    let has_changed = has_changed_signer(list, &one, &other) || has_changed_signer(list, &other, &one);
    Ok(has_changed && AccountRow { kid: one.kid, token: one.token.clone(), ..other } == one)
}

/// The rows of these keys, in their order.
fn look_up(reader: &dyn ProjectionsReader, of: &[Row]) -> anyhow::Result<Vec<Option<Row>>> {
    let asked = of.iter().map(|row| reader.get(row.table, row.key.clone()));
    Ok(block_on(stream::iter(asked).buffered(LOOK_UPS_IN_FLIGHT_MAX).try_collect())?)
}

/// Rows of a table in the order in which the store gives them.
struct Pages<'a> {
    reader: &'a dyn ProjectionsReader,
    table: Table,
    rows: std::vec::IntoIter<Row>,
    after: Option<Key>,
    ended: bool,
}

impl<'a> Pages<'a> {
    fn new(reader: &'a dyn ProjectionsReader, table: Table) -> Self {
        Self::after(reader, table, None)
    }

    fn after(reader: &'a dyn ProjectionsReader, table: Table, after: Option<Key>) -> Self {
        Self { reader, table, rows: Vec::new().into_iter(), after, ended: false }
    }

    /// The next page; `None` at the end. Not to be mixed with single rows.
    fn page(&mut self) -> anyhow::Result<Option<Vec<Row>>> {
        if self.ended {
            return Ok(None);
        }
        let after = self.after.take();
        let scan = Scan { table: self.table, prefix: Key::default(), after, rows_max: PAGE_ROWS };
        let page = block_on(self.reader.scan(scan))?;
        self.ended = page.next.is_none();
        self.after = page.next;
        Ok(Some(page.rows))
    }

    /// The next row; `None` at the end.
    fn next(&mut self) -> anyhow::Result<Option<Row>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Ok(Some(row));
            }
            match self.page()? {
                Some(page) => self.rows = page.into_iter(),
                None => return Ok(None),
            }
        }
    }
}
