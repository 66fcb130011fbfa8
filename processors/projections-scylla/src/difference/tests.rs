use super::*;

fn copies() -> BTreeMap<String, u32> {
    BTreeMap::from([("north".to_owned(), 3)])
}

/// A keyspace that is as it should be.
fn right(tables: &[TableSchema], engine: Engine) -> Found {
    let mut found = Found {
        replication: BTreeMap::from([
            ("class".to_owned(), "org.apache.cassandra.locator.NetworkTopologyStrategy".to_owned()),
            ("north".to_owned(), "3".to_owned()),
        ]),
        ..Found::default()
    };
    for table in tables {
        let mut columns = Vec::new();
        let mut add = |of: &[Column], role: &str, order: &str| {
            columns.extend(of.iter().enumerate().map(|(position, column)| FoundColumn {
                name: column.name.clone(),
                role: role.to_owned(),
                position: if role == "regular" { -1 } else { position as i32 },
                kind: column.kind.name().to_owned(),
                order: order.to_owned(),
            }));
        };
        add(&table.partition, "partition_key", "none");
        add(&table.clustering, "clustering", "asc");
        add(&table.columns, "regular", "none");
        found.columns.insert(table.name.to_owned(), columns);
        let options = engine.table_options().iter();
        let options = options.map(|(name, value)| ((*name).to_owned(), value.trim_matches('\'').to_owned()));
        found.options.insert(table.name.to_owned(), options.collect());
    }
    found
}

fn differences(spoil: impl FnOnce(&mut Found)) -> Vec<String> {
    let tables = TableSchema::all();
    let mut found = right(&tables, Engine::Cassandra);
    spoil(&mut found);
    compare("city_g1", &copies(), &tables, Engine::Cassandra, Some(&found))
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn column<'f>(found: &'f mut Found, table: &str, name: &str) -> &'f mut FoundColumn {
    found.columns.get_mut(table).unwrap().iter_mut().find(|column| column.name == name).unwrap()
}

#[test]
fn a_keyspace_as_it_should_be_has_no_difference() {
    assert_eq!(differences(|_| {}), Vec::<String>::new());
    let tables = TableSchema::all();
    let found = right(&tables, Engine::Scylla);
    assert_eq!(compare("city_g1", &copies(), &tables, Engine::Scylla, Some(&found)), []);
}

#[test]
fn a_missing_keyspace_is_one_difference_that_migrating_brings_about() {
    let found = compare("city", &copies(), &TableSchema::all(), Engine::Scylla, None);
    assert_eq!(found.len(), 1);
    assert!(found[0].is_migrated());
    assert_eq!(found[0].to_string(), "keyspace city: wanted a keyspace, found nothing");
}

#[test]
fn a_missing_table_is_migrated_and_a_missing_column_is_not() {
    let tables = TableSchema::all();
    let mut found = right(&tables, Engine::Cassandra);
    found.columns.remove("history");
    found.columns.get_mut("accounts").unwrap().retain(|column| column.name != "token");
    let differences = compare("city_g1", &copies(), &tables, Engine::Cassandra, Some(&found));
    let told: Vec<_> = differences.iter().map(|d| (d.to_string(), d.is_migrated())).collect();
    assert_eq!(
        told,
        [
            ("column city_g1.accounts.token: wanted text, found nothing".to_owned(), false),
            ("table city_g1.history: wanted 18 columns, found nothing".to_owned(), true),
        ]
    );
}

#[test]
fn types_keys_and_orders_that_differ_are_spelled_out() {
    type Spoil = fn(&mut Found);
    let table: [(Spoil, &str); 7] = [
        (
            |found| column(found, "accounts", "level").kind = "int".to_owned(),
            "column city_g1.accounts.level: wanted bigint, found int",
        ),
        (
            |found| column(found, "history", "event_id").order = "desc".to_owned(),
            "column city_g1.history.event_id: wanted uuid, clustering column 1, asc, found uuid, clustering column 1, desc",
        ),
        (
            |found| column(found, "ledger", "partition").role = "clustering".to_owned(),
            "column city_g1.ledger.partition: wanted bigint, partition key column 1, found bigint, clustering column 1, none",
        ),
        (
            |found| {
                found.options.get_mut("bills").unwrap().insert("read_repair".to_owned(), "NONE".to_owned());
            },
            "option read_repair of city_g1.bills: wanted BLOCKING, found NONE",
        ),
        (
            |found| {
                found.replication.insert("north".to_owned(), "1".to_owned());
            },
            "replication of city_g1: wanted north: 3, found north: 1",
        ),
        (
            |found| found.indexes.push(("accounts".to_owned(), "by_phone".to_owned())),
            "index by_phone on city_g1.accounts: wanted nothing, found one",
        ),
        (|found| found.views.push("by_ward".to_owned()), "view city_g1.by_ward: wanted nothing, found one"),
    ];
    for (spoil, told) in table {
        assert_eq!(differences(spoil), [told]);
    }
}

#[test]
fn a_keyspace_with_more_copies_than_are_wanted_is_as_it_should_be_and_with_fewer_or_elsewhere_it_is_not() {
    let with = |copies: &[(&str, &str)]| {
        differences(|found| {
            found.replication.retain(|name, _| name == "class");
            let copies = copies.iter().map(|(name, copies)| ((*name).to_owned(), (*copies).to_owned()));
            found.replication.extend(copies);
        })
    };
    assert_eq!(with(&[("north", "4")]), Vec::<String>::new());
    for (copies, told) in [
        (&[("north", "2")][..], "north: 2"),
        (&[("south", "3")], "south: 3"),
        (&[("north", "3"), ("south", "3")], "north: 3, south: 3"),
        (&[], ""),
    ] {
        let wanted = format!("replication of city_g1: wanted north: 3, found {told}");
        assert_eq!(with(copies), [wanted]);
    }
    let simple = "SimpleStrategy".to_owned();
    let spoilt = differences(|found| drop(found.replication.insert("class".to_owned(), simple)));
    assert_eq!(spoilt, ["replication of city_g1: wanted north: 3, found SimpleStrategy north: 3"]);
}

#[test]
fn a_column_that_nobody_writes_is_a_difference() {
    let more = FoundColumn {
        name: "note".to_owned(),
        role: "regular".to_owned(),
        position: -1,
        kind: "text".to_owned(),
        order: "none".to_owned(),
    };
    let told = differences(|found| found.columns.get_mut("visits").unwrap().push(more));
    assert_eq!(told, ["column city_g1.visits.note: wanted nothing, found text"]);
}

#[test]
fn rows_cannot_be_gone_on_with_across_tables_columns_and_write_times_and_checkpoints_stand_apart() {
    let named = |name: &str| name.to_owned();
    let table = [
        (Subject::Keyspace, true, true),
        (Subject::Table(named("visits")), true, false),
        (Subject::Table(named("progress")), true, true),
        (Subject::Column(named("visits"), named("note")), true, false),
        (Subject::Column(named("progress"), named("epoch")), true, true),
        (Subject::WriteTimes, true, false),
        (Subject::Replication, false, false),
        (Subject::TableOption(named("visits"), named("default_time_to_live")), false, false),
        (Subject::Index(named("visits"), named("by_team")), false, false),
        (Subject::View(named("by_team")), false, false),
    ];
    for (subject, of_rows, of_checkpoints) in table {
        let difference = Difference { keyspace: named("city_g1"), subject, wanted: None, found: None };
        assert_eq!(
            (difference.is_of_rows(), difference.is_of_checkpoints()),
            (of_rows, of_checkpoints),
            "{difference}"
        );
    }
}
