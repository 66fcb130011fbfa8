use super::cql::text;
use super::*;
use crate::engine::Engine;
use domain::{Table, rows};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn a_keyspace_names_its_copies_and_nothing_that_tablets_lack() {
    let copies = BTreeMap::from([("hải-châu".to_owned(), 3), ("it's".to_owned(), 1)]);
    assert_eq!(
        create_keyspace("city_g1", &copies),
        "CREATE KEYSPACE IF NOT EXISTS \"city_g1\" WITH replication = {'class': 'NetworkTopologyStrategy', \
         'hải-châu': 3, 'it''s': 1} AND durable_writes = true"
    );
}

#[test]
fn a_table_has_typed_columns_its_key_and_its_cause() {
    let table = TableSchema::of(Table::History.def());
    let expected = r#"CREATE TABLE IF NOT EXISTS "city_g1"."history" (
  "citizen" uuid,
  "stream" text,
  "event_id" uuid,
  "cause_topic" text,
  "cause_partition" int,
  "cause_epoch" int,
  "cause_offset" bigint,
  "cause_event_id" uuid,
  "outcome" text,
  "reason" text,
  "kind" text,
  "body_hash" blob,
  "sender" text,
  "channel" text,
  "occurred_on" date,
  "accepted_at" timestamp,
  "accepted_at_us" smallint,
  "summary" text,
  PRIMARY KEY (("citizen"), "stream", "event_id")
) WITH comment = 'written from the log; see cause_*' AND default_time_to_live = 0 AND read_repair = 'BLOCKING'"#;
    assert_eq!(create_table("city_g1", &table, Engine::Cassandra), expected);
    let for_scylla = expected.replace(" AND read_repair = 'BLOCKING'", "");
    assert_eq!(create_table("city_g1", &table, Engine::Scylla), for_scylla);
}

#[test]
fn a_key_of_several_columns_of_place_is_one_partition_key() {
    let ledger = create_table("k", &TableSchema::of(Table::Ledger.def()), Engine::Scylla);
    assert!(ledger.contains("PRIMARY KEY ((\"stream\", \"partition\"), \"sender\")"), "{ledger}");
    let accounts = create_table("k", &TableSchema::of(Table::Accounts.def()), Engine::Scylla);
    assert!(accounts.contains("PRIMARY KEY ((\"citizen\"))"), "{accounts}");
    let progress = create_table("k", &TableSchema::progress(), Engine::Scylla);
    assert!(progress.contains("PRIMARY KEY ((\"topic\"), \"partition\")"), "{progress}");
}

#[test]
fn statements_name_their_columns_and_carry_the_write_time() {
    let table = TableSchema::of(Table::Phones.def());
    assert_eq!(
        insert("k", &table),
        "INSERT INTO \"k\".\"phones\" (\"phone\", \"citizen\", \"cause_topic\", \"cause_partition\", \
         \"cause_epoch\", \"cause_offset\", \"cause_event_id\", \"epoch\", \"active\", \"since\", \"since_us\") \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"
    );
    assert_eq!(
        select_one("k", &table),
        "SELECT \"cause_topic\", \"cause_partition\", \"cause_epoch\", \"cause_offset\", \"cause_event_id\", \
         \"epoch\", \"active\", \"since\", \"since_us\" FROM \"k\".\"phones\" WHERE \"phone\" = ? AND \"citizen\" = ?"
    );
    let many = |table: Table| select_many("k", &TableSchema::of(table.def()));
    assert!(many(Table::Accounts).ends_with(" FROM \"k\".\"accounts\" WHERE \"citizen\" IN ?"));
    assert!(many(Table::Phones).ends_with(" WHERE \"phone\" IN ? AND \"citizen\" IN ?"));
    let history = " WHERE \"citizen\" IN ? AND \"stream\" = ? AND \"event_id\" IN ?";
    assert!(many(Table::History).ends_with(history));
    let every = "SELECT \"topic\", \"partition\", \"epoch\", \"next_offset\", \"last_event_id\" FROM";
    assert_eq!(
        select_partition("k", &TableSchema::progress()),
        format!("{every} \"k\".\"progress\" WHERE \"topic\" = ?")
    );
}

#[test]
fn pages_go_on_past_a_key_or_a_token() {
    let conditions = |table: Table, shape| {
        let text = select_shape("k", &TableSchema::of(table.def()), shape);
        text.split_once(&format!("\"k\".\"{}\"", table.def().name)).unwrap().1.to_owned()
    };
    let table = [
        (Table::Bills, Shape::Under(1), " WHERE \"citizen\" = ? LIMIT ?"),
        (
            Table::Bills,
            Shape::UnderAfter(2),
            " WHERE \"citizen\" = ? AND \"utility\" = ? AND (\"contract\", \"period\") > (?, ?) LIMIT ?",
        ),
        (Table::Bills, Shape::All, " LIMIT ?"),
        (Table::Ledger, Shape::SameToken, " WHERE token(\"stream\", \"partition\") = token(?, ?) LIMIT ?"),
        (Table::Ledger, Shape::PastToken, " WHERE token(\"stream\", \"partition\") > token(?, ?) LIMIT ?"),
    ];
    for (of, shape, expected) in table {
        assert_eq!(conditions(of, shape), expected);
    }
}

#[test]
fn no_table_has_two_columns_of_one_name() {
    for table in TableSchema::all() {
        let names: BTreeSet<_> = table.every_column().map(|column| &column.name).collect();
        assert_eq!(names.len(), table.every_column().count(), "{}", table.name);
    }
    assert_eq!(TableSchema::all().len(), rows::ALL.len() + 1);
}

#[test]
fn a_literal_cannot_end_early() {
    assert_eq!(text("a'; DROP --"), "'a''; DROP --'");
}
