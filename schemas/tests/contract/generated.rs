//! Any value that a schema allows, made from the schema alone, so that no list of kinds or fields has to be kept up by hand.

use apache_avro::schema::{NamesRef, ResolvedSchema, Schema, UuidSchema};
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use schemas::{Kind, Stream, codec};

/// Cases per kind.
const CASES: u32 = 32;

/// The newest schema of a stream.
pub fn newest(stream: Stream) -> Schema {
    Schema::parse_str(codec::schema_texts(stream).last().unwrap()).unwrap()
}

/// The index of a kind in its stream's union.
pub fn branch(kind: Kind) -> usize {
    Kind::ALL.iter().filter(|k| k.stream() == kind.stream()).position(|k| *k == kind).unwrap()
}

/// Runs `check` with many record values of every kind, each written by apache-avro's own generic writer.
pub fn with_every_kind(check: impl Fn(Kind, Vec<u8>)) {
    for stream in Stream::ALL {
        let schema = newest(stream);
        let resolved = ResolvedSchema::try_from(&schema).unwrap();
        let writer = GenericDatumWriter::builder(&schema).build().unwrap();
        let Schema::Union(union) = &schema else { panic!("{stream} is no union") };
        for kind in Kind::ALL.iter().copied().filter(|kind| kind.stream() == stream) {
            let index = branch(kind);
            let record = any_value(&union.variants()[index], resolved.get_names());
            let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
            let outcome = TestRunner::new(config).run(&record, |record| {
                let mut value = vec![0xC3, 0x01];
                value.extend(codec::fingerprint(stream));
                let event = Value::Union(u32::try_from(index).unwrap(), Box::new(record));
                writer.write_value(&mut value, event).unwrap();
                check(kind, value);
                Ok(())
            });
            outcome.unwrap_or_else(|e| panic!("{}: {e}", kind.name()));
        }
    }
}

fn any_value(schema: &Schema, names: &NamesRef) -> BoxedStrategy<Value> {
    match schema {
        Schema::Null => Just(Value::Null).boxed(),
        Schema::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Schema::Int => any::<i32>().prop_map(Value::Int).boxed(),
        Schema::Date => any::<i32>().prop_map(Value::Date).boxed(),
        Schema::Long => any::<i64>().prop_map(Value::Long).boxed(),
        Schema::TimestampMicros => any::<i64>().prop_map(Value::TimestampMicros).boxed(),
        Schema::Bytes => vec(any::<u8>(), 0..40).prop_map(Value::Bytes).boxed(),
        Schema::String => any::<String>().prop_map(Value::String).boxed(),
        Schema::Fixed(fixed) => {
            let size = fixed.size;
            vec(any::<u8>(), size).prop_map(move |bytes| Value::Fixed(size, bytes)).boxed()
        }
        Schema::Uuid(UuidSchema::Fixed(_)) => {
            any::<[u8; 16]>().prop_map(|bytes| Value::Uuid(uuid::Uuid::from_bytes(bytes))).boxed()
        }
        Schema::Enum(list) => {
            let symbols = list.symbols.clone();
            let symbol = move |i: usize| Value::Enum(u32::try_from(i).unwrap(), symbols[i].clone());
            (0..list.symbols.len()).prop_map(symbol).boxed()
        }
        Schema::Array(array) => vec(any_value(&array.items, names), 0..5).prop_map(Value::Array).boxed(),
        Schema::Union(union) => {
            let branch = |(i, schema)| {
                let index = u32::try_from(i).unwrap();
                any_value(schema, names).prop_map(move |v| Value::Union(index, Box::new(v))).boxed()
            };
            let branches: Vec<_> = union.variants().iter().enumerate().map(branch).collect();
            proptest::strategy::Union::new(branches).boxed()
        }
        Schema::Record(record) => {
            let fields: Vec<_> = record.fields.iter().map(|field| any_value(&field.schema, names)).collect();
            let labels: Vec<_> = record.fields.iter().map(|field| field.name.clone()).collect();
            fields.prop_map(move |values| Value::Record(labels.iter().cloned().zip(values).collect())).boxed()
        }
        Schema::Ref { name } => any_value(names[name], names),
        other => panic!("the contract has no {other:?}"),
    }
}
