//! Tables as the store has them, made from the tables' descriptions, so that code and schema cannot differ.

mod cql;

pub(crate) use cql::{
    Shape, create_keyspace, create_table, insert, quoted, select_many, select_one, select_partition,
    select_shape,
};

use domain::row::KeyType;
use domain::{CellType, TableDef};

/// A type of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// 16 bytes.
    Uuid,
    /// UTF-8.
    Text,
    /// 64 bits, signed.
    BigInt,
    /// 32 bits, signed.
    Int,
    /// 16 bits, signed.
    SmallInt,
    /// Bytes, shown in hexadecimal.
    Blob,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// Milliseconds since 1970.
    Timestamp,
}

impl ColumnType {
    /// Its name in CQL, and in the store's own description of its tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::BigInt => "bigint",
            Self::Int => "int",
            Self::SmallInt => "smallint",
            Self::Blob => "blob",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }

    pub(crate) const fn of_key(kind: KeyType) -> Self {
        match kind {
            KeyType::Uuid => Self::Uuid,
            KeyType::Text => Self::Text,
            KeyType::Int => Self::BigInt,
            KeyType::Bytes => Self::Blob,
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
}

impl Column {
    fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self { name: name.into(), kind }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    /// Its name.
    pub name: &'static str,
    /// What it is, as a comment in the store.
    pub comment: &'static str,
    /// Columns of the partition key, in order.
    pub partition: Vec<Column>,
    /// Clustering columns, in order, all ascending.
    pub clustering: Vec<Column>,
    /// The others, in the order in which they are written and read.
    pub columns: Vec<Column>,
}

/// Columns of a row's cause, in front of its cells.
pub(crate) const CAUSE: [(&str, ColumnType); 5] = [
    ("cause_topic", ColumnType::Text),
    ("cause_partition", ColumnType::Int),
    ("cause_epoch", ColumnType::Int),
    ("cause_offset", ColumnType::BigInt),
    ("cause_event_id", ColumnType::Uuid),
];

impl TableSchema {
    /// The table that keeps the rows of a description. A time stands in two columns: what the store's type can say (milliseconds), and
    /// under `<name>_us` the microseconds beyond it, 0 to 999.
    #[must_use]
    pub fn of(def: &TableDef) -> Self {
        let key = |(name, kind): &(&str, KeyType)| Column::new(*name, ColumnType::of_key(*kind));
        let (partition, clustering) = def.key.split_at(def.partition_columns);
        let mut columns: Vec<_> = CAUSE.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
        for (name, kind) in def.cells {
            match kind {
                CellType::Text => columns.push(Column::new(*name, ColumnType::Text)),
                CellType::Int => columns.push(Column::new(*name, ColumnType::BigInt)),
                CellType::Day => columns.push(Column::new(*name, ColumnType::Date)),
                CellType::Micros => {
                    columns.push(Column::new(*name, ColumnType::Timestamp));
                    columns.push(Column::new(format!("{name}_us"), ColumnType::SmallInt));
                }
                CellType::Bytes => columns.push(Column::new(*name, ColumnType::Blob)),
                CellType::Uuid => columns.push(Column::new(*name, ColumnType::Uuid)),
                CellType::Bool => columns.push(Column::new(*name, ColumnType::Boolean)),
            }
        }
        Self {
            name: def.name,
            comment: "written from the log; see cause_*",
            partition: partition.iter().map(key).collect(),
            clustering: clustering.iter().map(key).collect(),
            columns,
        }
    }

    /// The table of the checkpoints.
    #[must_use]
    pub fn progress() -> Self {
        let column = |(name, kind)| Column::new(name, kind);
        Self {
            name: PROGRESS,
            comment: "how far each partition of the log is decided; written after the rows it covers",
            partition: [("topic", ColumnType::Text)].map(column).into(),
            clustering: [("partition", ColumnType::Int)].map(column).into(),
            columns: [
                ("epoch", ColumnType::Int),
                ("next_offset", ColumnType::BigInt),
                ("last_event_id", ColumnType::Uuid),
            ]
            .map(column)
            .into(),
        }
    }

    /// All tables of a generation, in the order of their codes, the checkpoints last.
    #[must_use]
    pub fn all() -> Vec<Self> {
        domain::rows::ALL.iter().map(|def| Self::of(def)).chain([Self::progress()]).collect()
    }

    /// Key columns, those of the partition first.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.partition.iter().chain(&self.clustering)
    }

    /// Every column: key, cause, cells.
    pub fn every_column(&self) -> impl Iterator<Item = &Column> {
        self.key().chain(&self.columns)
    }
}

/// The table of the checkpoints.
pub(crate) const PROGRESS: &str = "progress";

#[cfg(test)]
mod tests;
