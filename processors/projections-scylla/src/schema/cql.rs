//! The text of every statement.
//!
//! Names are quoted: some columns have names that CQL reserves.

use super::{Column, TableSchema};
use crate::engine::Engine;
use std::collections::BTreeMap;

/// What a page of a scan is read by. Every statement ends with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// Rows whose first so many key columns are given.
    Under(usize),
    /// The same, past a key: the other key columns are given after them.
    UnderAfter(usize),
    /// Every row, in the order of tokens.
    All,
    /// Rows of the partitions that share the token of a given one.
    SameToken,
    /// Every row past the token of a given partition.
    PastToken,
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// A text as a CQL literal.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn names<'a>(columns: impl IntoIterator<Item = &'a Column>) -> String {
    columns.into_iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn each_equal<'a>(columns: impl IntoIterator<Item = &'a Column>) -> String {
    let equal = |column: &Column| format!("{} = ?", quoted(&column.name));
    columns.into_iter().map(equal).collect::<Vec<_>>().join(" AND ")
}

fn table_of(keyspace: &str, table: &TableSchema) -> String {
    format!("{}.{}", quoted(keyspace), quoted(table.name))
}

/// Copies per data centre, and nothing that ScyllaDB's tablets do without.
pub(crate) fn create_keyspace(keyspace: &str, replication: &BTreeMap<String, u32>) -> String {
    let copies: String =
        replication.iter().map(|(name, copies)| format!(", {}: {copies}", text(name))).collect();
    format!(
        "CREATE KEYSPACE IF NOT EXISTS {} WITH replication = {{'class': 'NetworkTopologyStrategy'{copies}}} AND durable_writes = true",
        quoted(keyspace)
    )
}

pub(crate) fn create_table(keyspace: &str, table: &TableSchema, engine: Engine) -> String {
    let columns: String = table
        .every_column()
        .map(|column| format!("  {} {},\n", quoted(&column.name), column.kind.name()))
        .collect();
    let clustering: String =
        table.clustering.iter().map(|column| format!(", {}", quoted(&column.name))).collect();
    let mut options = vec![format!("comment = {}", text(table.comment))];
    options.extend(engine.table_options().iter().map(|(name, value)| format!("{name} = {value}")));
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\n{columns}  PRIMARY KEY (({}){clustering})\n) WITH {}",
        table_of(keyspace, table),
        names(&table.partition),
        options.join(" AND ")
    )
}

/// Values: every column, then the write time.
pub(crate) fn insert(keyspace: &str, table: &TableSchema) -> String {
    format!(
        "INSERT INTO {} ({}) VALUES ({}) USING TIMESTAMP ?",
        table_of(keyspace, table),
        names(table.every_column()),
        marks(table.every_column().count())
    )
}

/// Values: the key. Yields the columns beside it.
pub(crate) fn select_one(keyspace: &str, table: &TableSchema) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}",
        names(&table.columns),
        table_of(keyspace, table),
        each_equal(table.key())
    )
}

/// Values: a list of partition keys, of one column; the clustering columns but the last; a list of the last. Yields every column.
pub(crate) fn select_many(keyspace: &str, table: &TableSchema) -> String {
    let (last, middle) = match table.clustering.split_last() {
        Some((last, middle)) => (Some(last), middle),
        None => (None, &[][..]),
    };
    let one_of = |column: &Column| format!("{} IN ?", quoted(&column.name));
    let equal = |column: &Column| format!("{} = ?", quoted(&column.name));
    let conditions: Vec<_> =
        table.partition.iter().map(one_of).chain(middle.iter().map(equal)).chain(last.map(one_of)).collect();
    format!(
        "SELECT {} FROM {} WHERE {}",
        names(table.every_column()),
        table_of(keyspace, table),
        conditions.join(" AND ")
    )
}

/// Values: the columns of the partition key. Yields every column.
pub(crate) fn select_partition(keyspace: &str, table: &TableSchema) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}",
        names(table.every_column()),
        table_of(keyspace, table),
        each_equal(&table.partition)
    )
}

/// Values: as the shape says, then the limit. Yields every column.
pub(crate) fn select_shape(keyspace: &str, table: &TableSchema, shape: Shape) -> String {
    let partition = names(&table.partition);
    let given = marks(table.partition.len());
    let condition = match shape {
        Shape::Under(given) => each_equal(table.key().take(given)),
        Shape::UnderAfter(given) => format!(
            "{} AND ({}) > ({})",
            each_equal(table.key().take(given)),
            names(table.key().skip(given)),
            marks(table.key().skip(given).count())
        ),
        Shape::All => String::new(),
        Shape::SameToken => format!("token({partition}) = token({given})"),
        Shape::PastToken => format!("token({partition}) > token({given})"),
    };
    let condition = if condition.is_empty() { condition } else { format!(" WHERE {condition}") };
    format!("SELECT {} FROM {}{condition} LIMIT ?", names(table.every_column()), table_of(keyspace, table))
}
