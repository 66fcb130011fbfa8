//! What a keyspace has, against what this program wants: every difference as data.

use crate::engine::Engine;
use crate::schema::{Column, PROGRESS, TableSchema};
use std::collections::BTreeMap;
use std::fmt;

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A whole keyspace.
    Keyspace,
    /// Copies per data centre.
    Replication,
    /// A table.
    Table(String),
    /// A column: table and column.
    Column(String, String),
    /// An option of a table: table and option.
    TableOption(String, String),
    /// An index on a table: table and index. None are wanted: they need their own reads and writes behind each write.
    Index(String, String),
    /// A view. None are wanted, for the same reason.
    View(String),
    /// A migration.
    Migration(u32),
    /// How write times are reckoned.
    WriteTimes,
    /// The generation in force.
    Generation,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Where.
    pub keyspace: String,
    /// What.
    pub subject: Subject,
    /// What this program wants there; `None` when it wants nothing there.
    pub wanted: Option<String>,
    /// What is there; `None` when nothing is.
    pub found: Option<String>,
}

impl Difference {
    /// Whether `migrate` brings it about, a table of rows only as long as there are none. Anything else takes a new generation of the rows, or
    /// an operator.
    #[must_use]
    pub const fn is_migrated(&self) -> bool {
        let is_missing = self.found.is_none() && self.wanted.is_some();
        is_missing
            && matches!(
                self.subject,
                Subject::Keyspace | Subject::Table(_) | Subject::Migration(_) | Subject::Generation
            )
    }
}

impl Difference {
    /// Whether rows cannot be read and written across it: they would lack values, or get a place of their own in time.
    pub(crate) const fn is_of_rows(&self) -> bool {
        matches!(
            self.subject,
            Subject::Keyspace | Subject::Table(_) | Subject::Column(..) | Subject::WriteTimes
        )
    }

    /// Whether checkpoints cannot be read across it.
    pub(crate) fn is_of_checkpoints(&self) -> bool {
        match &self.subject {
            Subject::Keyspace => true,
            Subject::Table(table) | Subject::Column(table, _) => table == PROGRESS,
            _ => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keyspace, subject, wanted, found } = self;
        match subject {
            Subject::Keyspace => write!(f, "keyspace {keyspace}")?,
            Subject::Replication => write!(f, "replication of {keyspace}")?,
            Subject::Table(table) => write!(f, "table {keyspace}.{table}")?,
            Subject::Column(table, column) => write!(f, "column {keyspace}.{table}.{column}")?,
            Subject::TableOption(table, option) => write!(f, "option {option} of {keyspace}.{table}")?,
            Subject::Index(table, index) => write!(f, "index {index} on {keyspace}.{table}")?,
            Subject::View(view) => write!(f, "view {keyspace}.{view}")?,
            Subject::Migration(version) => write!(f, "migration {version} of {keyspace}")?,
            Subject::WriteTimes => write!(f, "write times of {keyspace}")?,
            Subject::Generation => write!(f, "generation of {keyspace}")?,
        }
        let or_nothing = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(f, ": wanted {}, found {}", or_nothing(wanted), or_nothing(found))
    }
}

/// A column as the store describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundColumn {
    pub name: String,
    /// `partition_key`, `clustering`, `regular` or `static`.
    pub role: String,
    /// Among those of its role; -1 for those that have no order.
    pub position: i32,
    pub kind: String,
    /// `asc`, `desc` or `none`.
    pub order: String,
}

/// A keyspace as the store describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub replication: BTreeMap<String, String>,
    pub columns: BTreeMap<String, Vec<FoundColumn>>,
    /// Of each table, the options that matter.
    pub options: BTreeMap<String, BTreeMap<String, String>>,
    /// Table and index.
    pub indexes: Vec<(String, String)>,
    pub views: Vec<String>,
}

impl FoundColumn {
    fn told(&self) -> String {
        told(&self.kind, &self.role, self.position, &self.order)
    }
}

fn told(kind: &str, role: &str, position: i32, order: &str) -> String {
    match role {
        "regular" => kind.to_owned(),
        "clustering" => format!("{kind}, clustering column {position}, {order}"),
        "partition_key" => format!("{kind}, partition key column {position}"),
        other => format!("{kind}, {other}"),
    }
}

/// Compares a keyspace with the tables that are wanted in it.
pub(crate) fn compare(
    keyspace: &str,
    replication: &BTreeMap<String, u32>,
    tables: &[TableSchema],
    engine: Engine,
    found: Option<&Found>,
) -> Vec<Difference> {
    let differs = |subject, wanted: Option<String>, found: Option<String>| Difference {
        keyspace: keyspace.to_owned(),
        subject,
        wanted,
        found,
    };
    let Some(found) = found else {
        return vec![differs(Subject::Keyspace, Some("a keyspace".to_owned()), None)];
    };
    let mut differences = Vec::new();
    if !is_enough(replication, &found.replication) {
        let wanted = told_copies(replication.iter().map(|(name, copies)| (name, copies.to_string())));
        differences.push(differs(
            Subject::Replication,
            Some(wanted),
            Some(told_replication(&found.replication)),
        ));
    }
    for table in tables {
        match found.columns.get(table.name) {
            None => differences.push(differs(
                Subject::Table(table.name.to_owned()),
                Some(format!("{} columns", table.every_column().count())),
                None,
            )),
            Some(columns) => {
                differences.extend(compare_columns(table, columns).into_iter().map(
                    |(column, wanted, found)| {
                        differs(Subject::Column(table.name.to_owned(), column), wanted, found)
                    },
                ));
                let options = found.options.get(table.name);
                for (option, wanted) in engine.table_options() {
                    let wanted = wanted.trim_matches('\'').to_owned();
                    let found = options.and_then(|options| options.get(*option)).cloned();
                    if found.as_ref() != Some(&wanted) {
                        let subject = Subject::TableOption(table.name.to_owned(), (*option).to_owned());
                        differences.push(differs(subject, Some(wanted), found));
                    }
                }
            }
        }
    }
    let there = || Some("one".to_owned());
    for (table, index) in &found.indexes {
        differences.push(differs(Subject::Index(table.clone(), index.clone()), None, there()));
    }
    differences.extend(found.views.iter().map(|view| differs(Subject::View(view.clone()), None, there())));
    differences
}

/// Whether each data centre has as many copies as are wanted, or more: then they are being added, and whoever starts meanwhile has a
/// quorum of what is there. Another data centre, or another way to spread copies, is a difference.
fn is_enough(wanted: &BTreeMap<String, u32>, found: &BTreeMap<String, String>) -> bool {
    let copies_of = |name: &String| found.get(name).and_then(|copies| copies.parse::<u32>().ok());
    class_of(found) == NETWORK_TOPOLOGY
        && found.len() == wanted.len() + 1
        && wanted.iter().all(|(name, least)| copies_of(name).is_some_and(|copies| copies >= *least))
}

/// How copies are spread where each data centre has its own number of them.
const NETWORK_TOPOLOGY: &str = "NetworkTopologyStrategy";

fn class_of(replication: &BTreeMap<String, String>) -> &str {
    replication.get("class").map_or("", |class| class.rsplit('.').next().unwrap_or_default())
}

fn told_copies<'a>(copies: impl Iterator<Item = (&'a String, String)>) -> String {
    copies.map(|(name, copies)| format!("{name}: {copies}")).collect::<Vec<_>>().join(", ")
}

fn told_replication(replication: &BTreeMap<String, String>) -> String {
    let class = class_of(replication);
    let copies = replication.iter().filter(|(name, _)| *name != "class");
    let copies = told_copies(copies.map(|(name, copies)| (name, copies.clone())));
    if class == NETWORK_TOPOLOGY { copies } else { format!("{class} {copies}") }
}

type ColumnDifference = (String, Option<String>, Option<String>);

fn compare_columns(table: &TableSchema, found: &[FoundColumn]) -> Vec<ColumnDifference> {
    let role = |columns: &'_ [Column], role: &'static str, order: &'static str| {
        let placed = columns.iter().enumerate().map(move |(position, column)| {
            let position = if role == "regular" { -1 } else { position as i32 };
            (column.name.clone(), told(column.kind.name(), role, position, order))
        });
        placed.collect::<Vec<_>>()
    };
    let wanted: BTreeMap<String, String> = [
        role(&table.partition, "partition_key", "none"),
        role(&table.clustering, "clustering", "asc"),
        role(&table.columns, "regular", "none"),
    ]
    .concat()
    .into_iter()
    .collect();
    let found: BTreeMap<String, String> = found.iter().map(|c| (c.name.clone(), c.told())).collect();
    let mut differences: Vec<ColumnDifference> = wanted
        .iter()
        .filter(|(name, wanted)| found.get(*name) != Some(wanted))
        .map(|(name, wanted)| (name.clone(), Some(wanted.clone()), found.get(name).cloned()))
        .collect();
    let more = found.iter().filter(|(name, _)| !wanted.contains_key(*name));
    differences.extend(more.map(|(name, found)| (name.clone(), None, Some(found.clone()))));
    differences
}

#[cfg(test)]
mod tests;
