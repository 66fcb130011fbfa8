//! The prepared statements of one generation.

use crate::client::Client;
use crate::failure::Failure;
use crate::options::ReadConsistency;
use crate::schema::{Shape, TableSchema, insert, select_many, select_one, select_partition, select_shape};
use domain::{Table, TableDef};
use futures_util::future::try_join_all;
use parking_lot::Mutex;
use projections::StoreError;
use scylla::frame::types::Consistency;
use scylla::statement::prepared::PreparedStatement;
use std::collections::HashMap;

/// Rows of one page of an answer; longer answers come in several.
const PAGE_ROWS: i32 = 500;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// A processor.
    Writer,
    /// Anybody else.
    Reader,
}

/// Statements of one table.
#[derive(Debug)]
pub(crate) struct TableStatements {
    pub insert: PreparedStatement,
    /// Rows of several partitions, for the writer; `None` where a partition key has several columns.
    pub many: Option<PreparedStatement>,
    one_for_writer: PreparedStatement,
    one_for_reader: PreparedStatement,
}

impl TableStatements {
    pub(crate) fn one(&self, side: Side) -> &PreparedStatement {
        match side {
            Side::Writer => &self.one_for_writer,
            Side::Reader => &self.one_for_reader,
        }
    }
}

/// Statements of one generation.
pub(crate) struct Statements {
    keyspace: String,
    reader: Consistency,
    tables: Vec<(Table, TableStatements)>,
    pub progress_insert: PreparedStatement,
    progress_of_topic: [PreparedStatement; 2],
    shapes: Mutex<HashMap<(Table, Shape), PreparedStatement>>,
}

impl Statements {
    /// Prepares what every batch needs of some tables; scans are prepared when they are first asked for.
    pub(crate) async fn prepare(
        client: &Client,
        keyspace: &str,
        tables: &[&TableDef],
    ) -> Result<Self, Failure> {
        let reader = match client.options.read_consistency {
            ReadConsistency::LocalQuorum => Consistency::LocalQuorum,
            ReadConsistency::LocalOne => Consistency::LocalOne,
        };
        let progress = TableSchema::progress();
        let for_reader = |statement: &PreparedStatement| {
            let mut statement = statement.clone();
            statement.set_consistency(reader);
            statement
        };
        let table = async |def: &TableDef| {
            let schema = TableSchema::of(def);
            let insert = client.prepare(insert(keyspace, &schema), Consistency::LocalQuorum).await?;
            let one = client.prepare(select_one(keyspace, &schema), Consistency::LocalQuorum).await?;
            let one_for_reader = for_reader(&one);
            let many = match def.partition_columns {
                1 => Some(client.prepare(select_many(keyspace, &schema), Consistency::LocalQuorum).await?),
                _ => None,
            };
            let statements = TableStatements { insert, many, one_for_writer: one, one_for_reader };
            Ok::<_, Failure>((def.table, statements))
        };
        let tables = try_join_all(tables.iter().map(|def| table(def))).await?;
        let of_topic =
            client.prepare(select_partition(keyspace, &progress), Consistency::LocalQuorum).await?;
        Ok(Self {
            keyspace: keyspace.to_owned(),
            reader,
            tables,
            progress_insert: client.prepare(insert(keyspace, &progress), Consistency::LocalQuorum).await?,
            progress_of_topic: [for_reader(&of_topic), of_topic],
            shapes: Mutex::default(),
        })
    }

    /// Statements of a table.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the rows are those of another program, whose checkpoints alone are read.
    pub(crate) fn of(&self, table: Table) -> Result<&TableStatements, StoreError> {
        let found = self.tables.iter().find(|(of, _)| *of == table);
        let unknown = || StoreError::Refused {
            reason: format!("{}.{table} has rows of another program", self.keyspace),
        };
        found.map(|(_, statements)| statements).ok_or_else(unknown)
    }

    /// Whether the rows are this program's.
    pub(crate) fn are_of_rows(&self) -> bool {
        !self.tables.is_empty()
    }

    /// All checkpoints of a topic.
    pub(crate) fn progress_of_topic(&self, side: Side) -> &PreparedStatement {
        &self.progress_of_topic[usize::from(side == Side::Writer)]
    }

    /// A statement that reads a page of a scan.
    pub(crate) async fn shape(
        &self,
        client: &Client,
        table: Table,
        shape: Shape,
    ) -> Result<PreparedStatement, Failure> {
        let known = self.shapes.lock().get(&(table, shape)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let text = select_shape(&self.keyspace, &TableSchema::of(table.def()), shape);
        let mut prepared = client.prepare(text, self.reader).await?;
        prepared.set_page_size(PAGE_ROWS);
        self.shapes.lock().insert((table, shape), prepared.clone());
        Ok(prepared)
    }
}
