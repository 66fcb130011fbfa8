//! Pages of rows, over one table or several in a fixed order.

use crate::answer::{Tags, json, misshapen, unreadable};
use crate::cursor::{self, Position};
use crate::limits::{PAGE_READ_ROWS_MAX, PAGE_ROWS_MAX};
use crate::parameters::{PageQuery, limit};
use crate::state::State;
use access::Problem;
use domain::{Key, Row, Table, TypedRow};
use projections::Scan;
use schemas::Place;
use serde::Serialize;
use utoipa::ToSchema;

/// Bytes that an item of a listing takes, about.
const ITEM_BYTES: usize = 512;

/// A page of a listing.
#[derive(Serialize, ToSchema)]
pub struct Listing<T> {
    /// In the order of their keys, which is stable: nothing that was there is left out or shown twice by going on.
    pub items: Vec<T>,
    /// `cursor` of the next page; not there at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is listed.
pub struct Wanted<'a> {
    /// Read one after another.
    pub tables: &'a [Table],
    /// What all rows begin with.
    pub prefix: Key,
    /// Names the listing, whose it is and its filters: a cursor belongs to it.
    pub binding: String,
    /// Rows of a page.
    pub limit: usize,
    /// Where to go on.
    pub after: Option<Position>,
}

/// Rows of a page.
pub struct Listed {
    /// In order.
    pub rows: Vec<Row>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

impl<'a> Wanted<'a> {
    /// What a query asks for.
    ///
    /// # Errors
    /// `invalid_parameter`, `invalid_cursor`.
    pub fn new(
        tables: &'a [Table],
        prefix: Key,
        binding: String,
        query: &PageQuery,
    ) -> Result<Self, Problem> {
        let limit = limit(query.limit.as_deref())?;
        let after = match &query.cursor {
            Some(text) => Some(cursor::decode(&binding, &prefix, tables, text)?),
            None => None,
        };
        Ok(Self { tables, prefix, binding, limit, after })
    }

    /// Reads a page of the rows that are kept. There is a next page only where one more such row was seen, or where
    /// [`PAGE_READ_ROWS_MAX`] rows were read.
    pub async fn read(self, state: &State, keep: impl Fn(&Row) -> bool) -> Result<Listed, Problem> {
        let mut rows: Vec<Row> = Vec::new();
        let mut left = PAGE_READ_ROWS_MAX;
        let (first, mut after) = match self.after.clone() {
            Some((table, key)) => (self.tables.iter().position(|t| *t == table).unwrap_or(0), Some(key)),
            None => (0, None),
        };
        for &table in &self.tables[first..] {
            loop {
                let rows_max = (self.limit + 1).min(PAGE_ROWS_MAX);
                let scan = Scan { table, prefix: self.prefix.clone(), after: after.take(), rows_max };
                let page = state.reader.scan(scan).await.map_err(unreadable)?;
                left = left.saturating_sub(page.rows.len());
                for row in page.rows.into_iter().filter(&keep) {
                    if rows.len() == self.limit {
                        let last = rows.last().map(|row| (row.table, row.key.clone()));
                        return Ok(self.listed(rows, last));
                    }
                    rows.push(row);
                }
                let Some(next) = page.next else { break };
                if left == 0 {
                    return Ok(self.listed(rows, Some((table, next))));
                }
                after = Some(next);
            }
        }
        Ok(self.listed(rows, None))
    }

    fn listed(&self, rows: Vec<Row>, next: Option<Position>) -> Listed {
        let next = next.map(|next| cursor::encode(&self.binding, self.prefix.0.len(), &next));
        Listed { rows, next }
    }
}

impl Listed {
    /// The tag that the page has before anything is added to it.
    pub fn tags(&self, view: &str) -> Tags {
        let mut tags = Tags::new(view);
        for row in &self.rows {
            tags.add(row);
        }
        tags.add_text(self.next.as_deref().unwrap_or_default());
        tags
    }
}

/// A page as JSON.
pub fn body<T: Serialize>(items: Vec<T>, next: Option<String>) -> Vec<u8> {
    let room = 64 + items.len() * ITEM_BYTES;
    json(&Listing { items, next }, room)
}

/// Rows of one table with their types and causes.
pub fn typed<R: TypedRow>(rows: Vec<Row>) -> Result<Vec<(Place, R)>, Problem> {
    let read = |row: Row| {
        let place = row.cause.place;
        R::from_row(row).map(|typed| (place, typed)).map_err(misshapen)
    };
    rows.into_iter().map(read).collect()
}
