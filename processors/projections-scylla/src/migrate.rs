//! Bringing the store up to date, and checking that it is.
//!
//! Tables that are missing are made where there are no rows yet; nothing is ever altered. Rows are written whole, so that a column that is
//! added would be null in the rows that are there, a column that changes would hold two kinds of values, and a table that is added would lack
//! what was decided before: a generation of the rows keeps its tables, and other ones take a new generation, which a rebuild fills from the log
//! while the program that made the old one goes on with it.

use crate::client::Client;
use crate::difference::{Difference, Found, FoundColumn, Subject, compare};
use crate::engine::Engine;
use crate::error::OpenError;
use crate::failure::{Failure, FailureClass};
use crate::generation::{Pointer, ROW, control_tables, keyspace_of, now};
use crate::schema::{PROGRESS, TableSchema, create_keyspace, create_table, quoted};
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
    let before = check(client).await?.all();
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
        Some(pointer) if has_rows(client, pointer.number).await? => {}
        Some(pointer) => {
            make_tables(client, &keyspace_of(keyspace, pointer.number), &TableSchema::all()).await?;
        }
        None => {
            let number = client.make_generation().await?;
            client.point_to(Pointer { number, previous: number }).await?;
        }
    }
    check(client).await?.refused()?;
    Ok(Migrated { made: before })
}

/// Whether a generation may have rows: whether it has a checkpoint, which a table that is made now would not belong to.
async fn has_rows(client: &Client, number: u64) -> Result<bool, Failure> {
    if check_rows(client, number).await?.iter().any(Difference::is_of_checkpoints) {
        return Ok(false);
    }
    let keyspace = quoted(&keyspace_of(&client.options.keyspace, number));
    let question = format!("SELECT topic FROM {keyspace}.{PROGRESS} LIMIT 1");
    Ok(client.ask(&question, ()).await?.rows_num() > 0)
}

/// Everything in which the store differs from what this program writes and reads.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The generation in force; `None` when there is none, or it cannot be known.
    pub in_force: Option<u64>,
    /// In the keyspace that keeps the pointer.
    control: Vec<Difference>,
    /// In the generation in force.
    rows: Vec<Difference>,
}

impl Checked {
    pub(crate) fn all(self) -> Vec<Difference> {
        [self.control, self.rows].concat()
    }

    /// The generation in force, when nothing differs.
    pub(crate) fn refused(self) -> Result<u64, OpenError> {
        let is_gone = self.rows.iter().any(|difference| difference.subject == Subject::Keyspace);
        match self.in_force {
            Some(number) if self.control.is_empty() && self.rows.is_empty() => Ok(number),
            Some(number)
                if self.control.is_empty() && !is_gone && self.rows.iter().any(Difference::is_of_rows) =>
            {
                Err(OpenError::OtherRows { number, differences: self.rows })
            }
            _ => Err(OpenError::Differs { differences: self.all() }),
        }
    }
}

/// Everything in which the store differs from what this program writes and reads.
pub(crate) async fn check(client: &Client) -> Result<Checked, Failure> {
    let control = check_control(client).await?;
    if !control.is_empty() {
        return Ok(Checked { control, ..Checked::default() });
    }
    let keyspace = &client.options.keyspace;
    let differs = |subject, wanted: Option<&str>, found: Option<&str>| Difference {
        keyspace: keyspace.clone(),
        subject,
        wanted: wanted.map(str::to_owned),
        found: found.map(str::to_owned),
    };
    let mut control = Vec::new();
    let applied = applied(client).await?;
    for migration in MIGRATIONS.iter().filter(|m| !applied.contains(&m.version)) {
        control.push(differs(Subject::Migration(migration.version), Some(migration.what), None));
    }
    for version in applied.iter().filter(|v| !MIGRATIONS.iter().any(|m| m.version == **v)) {
        control.push(differs(Subject::Migration(*version), None, Some("one of a newer program")));
    }
    let Some(Pointer { number, .. }) = client.pointer().await? else {
        control.push(differs(Subject::Generation, Some("one in force"), None));
        return Ok(Checked { control, ..Checked::default() });
    };
    Ok(Checked { in_force: Some(number), control, rows: check_rows(client, number).await? })
}

/// Everything in which the keyspace that keeps the pointer differs.
pub(crate) async fn check_control(client: &Client) -> Result<Vec<Difference>, Failure> {
    check_keyspace(client, &client.options.keyspace, &control_tables()).await
}

/// Everything in which a generation differs from one that this program makes.
pub(crate) async fn check_rows(client: &Client, number: u64) -> Result<Vec<Difference>, Failure> {
    let keyspace = keyspace_of(&client.options.keyspace, number);
    let generations = client.generations().await?;
    let times = generations.into_iter().find(|(known, _)| *known == number).map(|(_, times)| times);
    let mut differences = Vec::new();
    if times.as_deref() != Some(write_time::FUNCTION) {
        let (subject, wanted) = (Subject::WriteTimes, Some(write_time::FUNCTION.to_owned()));
        differences.push(Difference { keyspace: keyspace.clone(), subject, wanted, found: times });
    }
    differences.extend(check_keyspace(client, &keyspace, &TableSchema::all()).await?);
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
