//! Reading the rows of the days and adding them up.

use super::{Asked, Counted, Per, check_lines};
use crate::answer::{Tags, misshapen, unreadable};
use crate::limits::STATISTICS_READ_ROWS;
use crate::state::State;
use access::Problem;
use domain::row::InKey;
use domain::rows::StatisticsRow;
use domain::{Key, Table, TypedRow};
use projections::Scan;
use schemas::Day;
use std::collections::BTreeMap;

/// Sums by value, and by month or day.
pub type Sums = BTreeMap<(String, String), Counted>;

/// Adds up what every partition counted on every day that is asked for. Days are read one after another, each by at most
/// [`STATISTICS_READ_ROWS`] rows at a time, with other requests in between.
pub async fn gather(state: &State, asked: &Asked) -> Result<(Sums, Tags), Problem> {
    let mut sums = Sums::new();
    let mut tags = Tags::new(&format!("{asked:?}"));
    for day in (asked.from.0..=asked.to.0).map(Day) {
        let mut prefix = Key(vec![day.to_part(), asked.by.name().to_owned().to_part()]);
        prefix.0.extend(asked.value.as_ref().map(InKey::to_part));
        let mut after = None;
        loop {
            let scan = Scan {
                table: Table::Statistics,
                prefix: prefix.clone(),
                after: after.take(),
                rows_max: STATISTICS_READ_ROWS,
            };
            let page = state.reader.scan(scan).await.map_err(unreadable)?;
            for row in page.rows {
                tags.add(&row);
                let row = StatisticsRow::from_row(row).map_err(misshapen)?;
                add(&mut sums, row, asked.per);
                check_lines(sums.len())?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
            tokio::task::yield_now().await;
        }
    }
    Ok((sums, tags))
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
