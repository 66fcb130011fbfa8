//! Reading the rows of the days and adding them up.

use super::{Asked, Counted, Per, check_lines};
use crate::answer::{Tags, misshapen, unreadable};
use crate::limits::STATISTICS_READ_ROWS;
use crate::state::State;
use access::Problem;
use domain::row::InKey;
use domain::rows::StatisticsRow;
use domain::{Key, Table, TypedRow};
use futures_util::future::try_join_all;
use projections::Scan;
use schemas::Day;
use std::collections::BTreeMap;

/// Sums by value, and by month or day.
pub type Sums = BTreeMap<(String, String), Counted>;

/// Adds up what every partition counted on every day that is asked for. Days are read one after another, the buckets of a day beside each
/// other, all of them by at most [`STATISTICS_READ_ROWS`] rows at a time, with other requests in between.
pub async fn gather(state: &State, asked: &Asked) -> Result<(Sums, Tags), Problem> {
    let mut sums = Sums::new();
    let mut tags = Tags::new(&format!("{asked:?}"));
    for day in (asked.from.0..=asked.to.0).map(Day) {
        let mut scans = scans(state.partitions, day, asked);
        while !scans.is_empty() {
            let pages = try_join_all(scans.iter().map(|scan| state.reader.scan(scan.clone())));
            let mut next = Vec::new();
            for (scan, page) in scans.into_iter().zip(pages.await.map_err(unreadable)?) {
                for row in page.rows {
                    tags.add(&row);
                    let row = StatisticsRow::from_row(row).map_err(misshapen)?;
                    add(&mut sums, row, asked.per);
                    check_lines(sums.len())?;
                }
                next.extend(page.next.map(|after| Scan { after: Some(after), ..scan }));
            }
            scans = next;
            tokio::task::yield_now().await;
        }
    }
    Ok((sums, tags))
}

/// What is read of a day, bucket by bucket.
fn scans(partitions: u16, day: Day, asked: &Asked) -> Vec<Scan> {
    let buckets: Vec<u16> = StatisticsRow::buckets(partitions).collect();
    let rows_max = (STATISTICS_READ_ROWS / buckets.len().max(1)).max(1);
    let scan = |bucket: u16| {
        let mut prefix = Key(vec![day.to_part(), asked.by.name().to_owned().to_part(), bucket.to_part()]);
        prefix.0.extend(asked.value.as_ref().map(InKey::to_part));
        Scan { table: Table::Statistics, prefix, after: None, rows_max }
    };
    buckets.into_iter().map(scan).collect()
}

fn add(sums: &mut Sums, row: StatisticsRow, per: Per) {
    let when = match per {
        Per::Period => String::new(),
        Per::Month => row.day.to_string()[..7].to_owned(),
        Per::Day => row.day.to_string(),
    };
    let sum = sums.entry((row.value, when)).or_default();
    for (measure, count) in row.counts.iter() {
        *sum.entry(measure).or_default() += count;
    }
}
