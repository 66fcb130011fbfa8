//! Generations of the rows, and the pointer to the one in force.
//!
//! The keyspace named in the settings keeps three small tables: `migrations`, `generations` and `pointer`. Rows stand in
//! `<keyspace>_g<n>`. The pointer is a plain row written at a quorum by an operator's command, one at a time; nothing of it comes
//! from the log.

use crate::client::Client;
use crate::error::OpenError;
use crate::failure::{Failure, FailureClass};
use crate::migrate::make_tables;
use crate::schema::{Column, ColumnType, TableSchema, quoted};
use crate::write_time;
use scylla::response::query_result::QueryRowsResult;
use scylla::value::CqlTimestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The one key of the tables that have one partition.
pub(crate) const ROW: &str = "rows";

/// State of a generation whose rows are there.
const PRESENT: &str = "present";
/// State of one whose rows are gone.
const DROPPED: &str = "dropped";

/// A generation of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// From 1.
    pub number: u64,
    /// Its keyspace.
    pub keyspace: String,
    /// Whether the pointer names it.
    pub is_in_force: bool,
    /// How its write times are reckoned.
    pub write_times: String,
}

/// Where the pointer points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub number: u64,
    /// The one before, to roll back to.
    pub previous: u64,
}

pub(crate) fn keyspace_of(keyspace: &str, number: u64) -> String {
    format!("{keyspace}_g{number}")
}

/// The tables of the keyspace that keeps the pointer.
pub(crate) fn control_tables() -> Vec<TableSchema> {
    let columns = |columns: &[(&str, ColumnType)]| {
        columns.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: *kind }).collect()
    };
    let table = |name, comment, clustering: &[_], rest: &[_]| TableSchema {
        name,
        comment,
        partition: columns(&[("name", ColumnType::Text)]),
        clustering: columns(clustering),
        columns: columns(rest),
    };
    vec![
        table(
            "migrations",
            "what was done to the tables of this keyspace",
            &[("version", ColumnType::Int)],
            &[("what", ColumnType::Text), ("applied_at", ColumnType::Timestamp)],
        ),
        table(
            "generations",
            "generations of the rows, each in a keyspace of its own",
            &[("number", ColumnType::BigInt)],
            &[
                ("state", ColumnType::Text),
                ("write_times", ColumnType::Text),
                ("made_at", ColumnType::Timestamp),
            ],
        ),
        table(
            "pointer",
            "the generation of the rows that is in force",
            &[],
            &[
                ("number", ColumnType::BigInt),
                ("previous", ColumnType::BigInt),
                ("switched_at", ColumnType::Timestamp),
            ],
        ),
    ]
}

pub(crate) fn now() -> CqlTimestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CqlTimestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure { class: FailureClass::Permanent, reason: format!("the pointer cannot be read: {error}") }
}

/// Reads numbers out of an answer.
fn numbers(rows: &QueryRowsResult) -> Result<Vec<(i64, i64)>, Failure> {
    rows.rows().map_err(unreadable)?.map(|row| row.map_err(unreadable)).collect()
}

impl Client {
    pub(crate) async fn pointer(&self) -> Result<Option<Pointer>, Failure> {
        let question =
            format!("SELECT number, previous FROM {}.pointer WHERE name = ?", quoted(&self.options.keyspace));
        let rows = numbers(&self.ask(&question, (ROW,)).await?)?;
        Ok(rows
            .first()
            .map(|(number, previous)| Pointer { number: *number as u64, previous: *previous as u64 }))
    }

    /// Points to a generation. Acknowledged by a majority of all copies when it returns.
    pub(crate) async fn point_to(&self, pointer: Pointer) -> Result<(), Failure> {
        let statement = format!(
            "INSERT INTO {}.pointer (name, number, previous, switched_at) VALUES (?, ?, ?, ?)",
            quoted(&self.options.keyspace)
        );
        let Pointer { number, previous } = pointer;
        self.tell(&statement, (ROW, number as i64, previous as i64, now())).await
    }

    /// Every generation that there ever was: its number, its state, and how its write times are reckoned, in order.
    async fn all_generations(&self) -> Result<Vec<(i64, String, String)>, Failure> {
        let question = format!(
            "SELECT number, state, write_times FROM {}.generations WHERE name = ?",
            quoted(&self.options.keyspace)
        );
        let answer = self.ask(&question, (ROW,)).await?;
        answer.rows().map_err(unreadable)?.map(|row| row.map_err(unreadable)).collect()
    }

    /// Numbers of the generations that are there, and how each one's write times are reckoned, in order.
    pub(crate) async fn generations(&self) -> Result<Vec<(u64, String)>, Failure> {
        let all = self.all_generations().await?.into_iter();
        let present = all.filter(|(_, state, _)| state == PRESENT);
        Ok(present.map(|(number, _, times)| (number as u64, times)).collect())
    }

    /// Makes a generation with empty tables, past every other one.
    pub(crate) async fn make_generation(&self) -> Result<u64, OpenError> {
        // A number is never given again: a process that is late may still write to the generation that had it.
        let last = self.all_generations().await?.last().map_or(0, |(number, ..)| *number as u64);
        let number = last + 1;
        let keyspace = keyspace_of(&self.options.keyspace, number);
        // What a generation that was not finished left, if anything: its rows are not this one's.
        self.change(format!("DROP KEYSPACE IF EXISTS {}", quoted(&keyspace))).await?;
        make_tables(self, &keyspace, &TableSchema::all()).await?;
        let statement = format!(
            "INSERT INTO {}.generations (name, number, state, write_times, made_at) VALUES (?, ?, ?, ?, ?)",
            quoted(&self.options.keyspace)
        );
        self.tell(&statement, (ROW, number as i64, PRESENT, write_time::FUNCTION, now())).await?;
        Ok(number)
    }

    /// All generations that are there, in order.
    pub(crate) async fn told_generations(&self) -> Result<Vec<Generation>, Failure> {
        let pointer = self.pointer().await?;
        let generation = |(number, write_times)| Generation {
            number,
            keyspace: keyspace_of(&self.options.keyspace, number),
            is_in_force: pointer.is_some_and(|pointer| pointer.number == number),
            write_times,
        };
        Ok(self.generations().await?.into_iter().map(generation).collect())
    }

    /// Points to the generation that was in force before the last switch, whosever rows it has. Returns its number.
    pub(crate) async fn roll_back(&self) -> Result<u64, OpenError> {
        let pointer = self.pointer().await?;
        let Pointer { number, previous } =
            pointer.ok_or(OpenError::Generation { number: 0, reason: "none is in force" })?;
        if previous == number {
            return Err(OpenError::Generation { number, reason: "there is none before it" });
        }
        if !self.generations().await?.iter().any(|(known, _)| *known == previous) {
            return Err(OpenError::Generation { number: previous, reason: "there is none" });
        }
        self.point_to(Pointer { number: previous, previous: number }).await?;
        Ok(previous)
    }

    /// Removes a generation that is not in force, with its rows.
    pub(crate) async fn drop_generation(&self, number: u64) -> Result<(), OpenError> {
        if self.pointer().await?.is_some_and(|pointer| pointer.number == number) {
            return Err(OpenError::Generation { number, reason: "it is in force" });
        }
        if !self.generations().await?.iter().any(|(known, _)| *known == number) {
            return Err(OpenError::Generation { number, reason: "there is none" });
        }
        let control = quoted(&self.options.keyspace);
        let statement = format!("UPDATE {control}.generations SET state = ? WHERE name = ? AND number = ?");
        self.tell(&statement, (DROPPED, ROW, number as i64)).await?;
        let keyspace = keyspace_of(&self.options.keyspace, number);
        Ok(self.change(format!("DROP KEYSPACE IF EXISTS {}", quoted(&keyspace))).await?)
    }
}
