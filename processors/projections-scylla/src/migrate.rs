//! Bringing the store up to date, and checking that it is.
//!
//! Tables that are missing are made; nothing is ever altered. Rows are written whole, so that a column that is added would be null in the rows
//! that are there, and a column that changes would hold two kinds of values: a generation of the rows keeps its columns, and other columns
//! take a new generation, filled from the log.

use crate::client::Client;
use crate::difference::{Difference, Found, FoundColumn, Subject, compare};
use crate::engine::Engine;
use crate::error::OpenError;
use crate::failure::{Failure, FailureClass};
use crate::generation::{Pointer, ROW, control_tables, keyspace_of, now};
use crate::schema::{TableSchema, create_keyspace, create_table, quoted};
use crate::write_time;
use std::collections::{BTreeMap, HashMap};

/// What a version of this program did to the tables of the keyspace that keeps the pointer. Never changed once released.
struct Migration {
    version: u32,
    what: &'static str,
}

const MIGRATIONS: [Migration; 1] = [Migration { version: 1, what: "migrations, generations, pointer" }];

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    /// What was missing, and is there now. Empty when nothing was.
    pub made: Vec<Difference>,
}

/// Makes a keyspace and those of its tables that are missing.
pub(crate) async fn make_tables(
    client: &Client,
    keyspace: &str,
    tables: &[TableSchema],
) -> Result<(), Failure> {
    client.change(create_keyspace(keyspace, &client.options.replication)).await?;
    for table in tables {
        client.change(create_table(keyspace, table, client.engine)).await?;
    }
    Ok(())
}

/// Makes what is missing. One process at a time: stores without a consensus on their schema do not bear two that make one table.
pub(crate) async fn migrate(client: &Client) -> Result<Migrated, OpenError> {
    let before = check(client).await?;
    if let Some(newer) =
        before.iter().find(|d| matches!(d.subject, Subject::Migration(_)) && !d.is_migrated())
    {
        return Err(OpenError::Differs { differences: vec![newer.clone()] });
    }
    let keyspace = &client.options.keyspace;
    make_tables(client, keyspace, &control_tables()).await?;
    let applied = applied(client).await?;
    for migration in MIGRATIONS.iter().filter(|m| !applied.contains(&m.version)) {
        let statement = format!(
            "INSERT INTO {}.migrations (name, version, what, applied_at) VALUES (?, ?, ?, ?)",
            quoted(keyspace)
        );
        let values = (ROW, migration.version as i32, migration.what, now());
        client.tell(&statement, values).await?;
    }
    match client.pointer().await? {
        Some(pointer) => {
            make_tables(client, &keyspace_of(keyspace, pointer.number), &TableSchema::all()).await?;
        }
        None => {
            let number = client.make_generation().await?;
            client.point_to(Pointer { number, previous: number }).await?;
        }
    }
    let differences = check(client).await?;
    if differences.is_empty() {
        Ok(Migrated { made: before })
    } else {
        Err(OpenError::Differs { differences })
    }
}

/// Everything in which the store differs from what this program writes and reads.
pub(crate) async fn check(client: &Client) -> Result<Vec<Difference>, Failure> {
    let keyspace = &client.options.keyspace;
    let mut differences = check_keyspace(client, keyspace, &control_tables()).await?;
    if !differences.is_empty() {
        return Ok(differences);
    }
    let differs = |keyspace: &str, subject, wanted: Option<String>, found: Option<String>| Difference {
        keyspace: keyspace.to_owned(),
        subject,
        wanted,
        found,
    };
    let applied = applied(client).await?;
    for migration in MIGRATIONS.iter().filter(|m| !applied.contains(&m.version)) {
        let subject = Subject::Migration(migration.version);
        differences.push(differs(keyspace, subject, Some(migration.what.to_owned()), None));
    }
    for version in applied.iter().filter(|v| !MIGRATIONS.iter().any(|m| m.version == **v)) {
        let found = Some("one of a newer program".to_owned());
        differences.push(differs(keyspace, Subject::Migration(*version), None, found));
    }
    let Some(pointer) = client.pointer().await? else {
        differences.push(differs(keyspace, Subject::Generation, Some("one in force".to_owned()), None));
        return Ok(differences);
    };
    let rows = keyspace_of(keyspace, pointer.number);
    let generations = client.generations().await?;
    let times = generations.into_iter().find(|(number, _)| *number == pointer.number);
    let times = times.map(|(_, times)| times);
    if times.as_deref() != Some(write_time::FUNCTION) {
        let wanted = Some(write_time::FUNCTION.to_owned());
        differences.push(differs(&rows, Subject::WriteTimes, wanted, times));
    }
    differences.extend(check_keyspace(client, &rows, &TableSchema::all()).await?);
    Ok(differences)
}

async fn check_keyspace(
    client: &Client,
    keyspace: &str,
    tables: &[TableSchema],
) -> Result<Vec<Difference>, Failure> {
    let found = find(client, keyspace).await?;
    Ok(compare(keyspace, &client.options.replication, tables, client.engine, found.as_ref()))
}

fn undescribed(error: impl std::fmt::Display) -> Failure {
    let reason = format!("the store's description of its tables cannot be read: {error}");
    Failure { class: FailureClass::Permanent, reason }
}

async fn applied(client: &Client) -> Result<Vec<u32>, Failure> {
    let keyspace = quoted(&client.options.keyspace);
    let question = format!("SELECT version FROM {keyspace}.migrations WHERE name = ?");
    let answer = client.ask(&question, (ROW,)).await?;
    let rows = answer.rows::<(i32,)>().map_err(undescribed)?;
    rows.map(|row| row.map(|(version,)| version as u32).map_err(undescribed)).collect()
}

/// A keyspace as the store describes it; `None` when there is none.
async fn find(client: &Client, keyspace: &str) -> Result<Option<Found>, Failure> {
    let replication = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?";
    let answer = client.ask(replication, (keyspace,)).await?;
    let Some((replication,)) = answer.maybe_first_row::<(HashMap<String, String>,)>().map_err(undescribed)?
    else {
        return Ok(None);
    };
    let mut found = Found { replication: replication.into_iter().collect(), ..Found::default() };

    let columns = "SELECT table_name, column_name, kind, position, type, clustering_order FROM system_schema.columns WHERE keyspace_name = ?";
    let answer = client.ask(columns, (keyspace,)).await?;
    let columns = answer.rows::<(String, String, String, i32, String, String)>().map_err(undescribed)?;
    for column in columns {
        let (table, name, role, position, kind, order) = column.map_err(undescribed)?;
        let order = order.to_lowercase();
        found.columns.entry(table).or_default().push(FoundColumn { name, role, position, kind, order });
    }

    found.options = options(client, keyspace).await?;
    let indexes = "SELECT table_name, index_name FROM system_schema.indexes WHERE keyspace_name = ?";
    let answer = client.ask(indexes, (keyspace,)).await?;
    let indexes = answer.rows::<(String, String)>().map_err(undescribed)?;
    found.indexes = indexes.collect::<Result<_, _>>().map_err(undescribed)?;
    let views = "SELECT view_name FROM system_schema.views WHERE keyspace_name = ?";
    let answer = client.ask(views, (keyspace,)).await?;
    let views = answer.rows::<(String,)>().map_err(undescribed)?;
    found.views =
        views.map(|view| view.map(|(name,)| name)).collect::<Result<_, _>>().map_err(undescribed)?;
    Ok(Some(found))
}

/// Of each table, the options that matter.
async fn options(
    client: &Client,
    keyspace: &str,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, Failure> {
    let ttl = "default_time_to_live";
    let mut options = BTreeMap::new();
    match client.engine {
        Engine::Cassandra => {
            let question = "SELECT table_name, default_time_to_live, read_repair FROM system_schema.tables WHERE keyspace_name = ?";
            let answer = client.ask(question, (keyspace,)).await?;
            for row in answer.rows::<(String, i32, Option<String>)>().map_err(undescribed)? {
                let (table, seconds, read_repair) = row.map_err(undescribed)?;
                let of_table: &mut BTreeMap<_, _> = options.entry(table).or_default();
                of_table.insert(ttl.to_owned(), seconds.to_string());
                of_table.extend(read_repair.map(|repair| ("read_repair".to_owned(), repair)));
            }
        }
        Engine::Scylla => {
            let question =
                "SELECT table_name, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ?";
            let answer = client.ask(question, (keyspace,)).await?;
            for row in answer.rows::<(String, i32)>().map_err(undescribed)? {
                let (table, seconds) = row.map_err(undescribed)?;
                options.insert(table, BTreeMap::from([(ttl.to_owned(), seconds.to_string())]));
            }
        }
    }
    Ok(options)
}
