//! Every version of a stream's schema reads what every other wrote.

use crate::files;
use apache_avro::Schema;
use apache_avro::schema_compatibility::{Compatibility, SchemaCompatibility};
use schemas::{Kind, Stream, codec};
use serde_json::Value;

fn schema(stream: Stream, version: u32) -> Schema {
    Schema::parse_str(&files::text(&format!("avro/v{version}/{stream}.avsc"))).unwrap()
}

/// Whether each of the two reads all that the other may write.
fn full(one: &Schema, other: &Schema) -> bool {
    matches!(SchemaCompatibility::mutual_read(one, other), Ok(Compatibility::Full))
}

/// The newest schema of registrations, changed.
fn changed(change: impl FnOnce(&mut Value)) -> Schema {
    let mut json = serde_json::from_str(codec::schema_texts(Stream::Registrations).last().unwrap()).unwrap();
    change(&mut json);
    Schema::parse(&json).unwrap()
}

fn first_kind(stream: Stream) -> Kind {
    *Kind::ALL.iter().find(|kind| kind.stream() == stream).unwrap()
}

fn fields(record: &mut Value) -> &mut Vec<Value> {
    record["fields"].as_array_mut().unwrap()
}

fn position(fields: &[Value], name: &str) -> usize {
    fields.iter().position(|field| field["name"] == name).unwrap()
}

#[test]
fn every_pair_of_versions_reads_each_other_in_full() {
    let versions = files::versions();
    for stream in Stream::ALL {
        for one in &versions {
            for other in &versions {
                assert!(
                    full(&schema(stream, *one), &schema(stream, *other)),
                    "{stream}: version {one} and version {other}"
                );
            }
        }
    }
}

#[test]
fn files_on_disk_are_the_versions_that_the_codec_knows() {
    for stream in Stream::ALL {
        let on_disk: Vec<_> =
            files::versions().iter().map(|v| files::text(&format!("avro/v{v}/{stream}.avsc"))).collect();
        assert_eq!(codec::schema_texts(stream), on_disk);
    }
}

#[test]
fn a_field_removed_that_has_no_default_is_incompatible() {
    let now = changed(|_| {});
    let removed = changed(|schema| {
        let fields = fields(&mut schema[0]);
        fields.remove(position(fields, "evidence"));
    });
    assert!(full(&now, &now));
    assert!(!full(&now, &removed));
}

#[test]
fn a_field_added_without_a_default_is_incompatible_and_with_one_is_compatible() {
    let now = changed(|_| {});
    let field = |json| changed(|schema| fields(&mut schema[0]).push(json));
    assert!(!full(&now, &field(serde_json::json!({"name": "added", "type": "string"}))));
    assert!(full(&now, &field(serde_json::json!({"name": "added", "type": "string", "default": ""}))));
}

#[test]
fn a_kind_added_to_a_union_or_taken_from_it_is_incompatible() {
    let now = changed(|_| {});
    let fewer = changed(|schema| {
        schema.as_array_mut().unwrap().pop();
    });
    assert!(!full(&now, &fewer));
}

#[test]
fn a_symbol_added_to_a_closed_list_is_incompatible() {
    let now = changed(|_| {});
    let more = changed(|schema| {
        let fields = fields(&mut schema[0]);
        let evidence = position(fields, "evidence");
        fields[evidence]["type"]["symbols"].as_array_mut().unwrap().push("horoscope".into());
    });
    assert!(!full(&now, &more));
}

#[test]
fn unions_name_the_kinds_of_their_stream_in_order() {
    for stream in Stream::ALL {
        let Schema::Union(union) = schema(stream, 1) else { panic!("{stream} is no union") };
        let names: Vec<_> = union.variants().iter().map(|v| v.name().unwrap().name().to_owned()).collect();
        let kinds: Vec<_> = Kind::ALL.iter().filter(|k| k.stream() == stream).map(|k| k.name()).collect();
        assert_eq!(names, kinds);
    }
}

#[test]
fn types_shared_by_streams_are_the_same_in_each() {
    let shared = |stream| {
        let json: Value = serde_json::from_str(codec::schema_texts(stream).last().unwrap()).unwrap();
        let header = json[0]["fields"][0]["type"].clone();
        assert_eq!(header["name"], "Header");
        let sealed = json[0]["fields"][1]["type"][1].clone();
        assert_eq!(sealed["name"], "Sealed");
        (header, sealed)
    };
    let [registrations, documents, transactions] = Stream::ALL.map(shared);
    assert_eq!(registrations, documents);
    assert_eq!(registrations, transactions);
}

#[test]
fn schemas_nest_no_deeper_than_the_limit() {
    fn depth(json: &Value) -> usize {
        let inner = match json {
            Value::Array(branches) => branches.iter().map(depth).max(),
            Value::Object(schema) if schema.contains_key("fields") => {
                schema["fields"].as_array().unwrap().iter().map(|field| depth(&field["type"])).max()
            }
            Value::Object(schema) => schema.get("items").map(depth),
            _ => return 1,
        };
        1 + inner.unwrap_or(0)
    }
    for stream in Stream::ALL {
        for text in codec::schema_texts(stream) {
            let depth = depth(&serde_json::from_str(text).unwrap());
            // A union of records, the header, a union in it, a fixed in that.
            assert!((4..=codec::SCHEMA_DEPTH_MAX).contains(&depth), "{stream}: {depth}");
        }
    }
}

#[test]
fn fingerprints_of_version_1_are_as_they_were_first_written() {
    // As an independent implementation has them: `fastavro.schema.fingerprint(to_parsing_canonical_form(..), "CRC-64-AVRO")`.
    let pinned = ["f11ef440f45c6f5d", "72c4dbf595900337", "dd3877e429d50506"];
    let version_1 = Stream::ALL.map(|stream| {
        let hex = files::text(&format!("golden/v1/{}.hex", first_kind(stream).name()));
        hex[4..20].to_owned()
    });
    assert_eq!(version_1, pinned);
}
