//! The schemas of one stream, every version that may stand in the log.

use super::carry::{Branch, Read};
use super::{DecodeError, Fingerprint, RECORD_BYTES_MAX, SINGLE_OBJECT, schema_texts};
use crate::{Event, Stream};
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::Schema;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{error::Details, rabin::Rabin, util::max_allocation_bytes};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::LazyLock;

/// Room for a usual event, so that encoding seldom allocates twice. Bytes.
const EVENT_BYTES_USUAL: usize = 512;

static VERSIONS: LazyLock<[Vec<Version>; 3]> = LazyLock::new(|| {
    Stream::ALL.map(|stream| {
        let parse = |text: &&str| Version::parse(text).expect("the schema files parse, as the tests prove");
        schema_texts(stream).iter().map(parse).collect()
    })
});

static REGISTRIES: LazyLock<[Registry<'static>; 3]> = LazyLock::new(|| {
    // The bound is one for the whole process and set once. It holds for what a datum announces before it is read.
    max_allocation_bytes(RECORD_BYTES_MAX);
    Stream::ALL.map(|stream| {
        Registry::new(stream, &VERSIONS[stream as usize])
            .expect("the schema files resolve, as the tests prove")
    })
});

/// A schema and the fingerprint that frames name it by.
struct Version {
    fingerprint: Fingerprint,
    schema: Schema,
}

impl Version {
    /// Parses a schema file.
    ///
    /// apache-avro keeps `{"type": "int"}` in the parsing canonical form where a logical type stood, and so arrives at another
    /// fingerprint than the specification, Java and Python do. Logical types are no part of that form: without them it is right.
    fn parse(text: &str) -> Result<Self, apache_avro::Error> {
        let mut bare = serde_json::from_str(text).map_err(Details::ParseSchemaJson)?;
        strip_logical_types(&mut bare);
        let fingerprint = Schema::parse(&bare)?.fingerprint::<Rabin>().bytes;
        let fingerprint = fingerprint.try_into().expect("a Rabin fingerprint has 8 bytes");
        Ok(Self { fingerprint, schema: Schema::parse_str(text)? })
    }
}

/// The schemas of one stream and what reads and writes by them.
pub struct Registry<'s> {
    stream: Stream,
    newest: Fingerprint,
    writer: GenericDatumWriter<'s>,
    reader: GenericDatumReader<'s>,
    older: Vec<Older<'s>>,
}

/// A version that is read but no longer written.
struct Older<'s> {
    fingerprint: Fingerprint,
    /// Reads by this version's schema, then resolves to the newest.
    resolving: GenericDatumReader<'s>,
    /// Reads by this version's schema as it stands.
    reader: GenericDatumReader<'s>,
    writer: GenericDatumWriter<'s>,
}

impl Registry<'static> {
    /// The registry of `stream`.
    pub fn of(stream: Stream) -> &'static Self {
        &REGISTRIES[stream as usize]
    }
}

impl<'s> Registry<'s> {
    /// A registry of `versions`, oldest first; the last is written.
    fn new(stream: Stream, versions: &'s [Version]) -> Result<Self, apache_avro::Error> {
        let (newest, older) = versions.split_last().expect("a stream has a version");
        let writer =
            |version: &'s Version| GenericDatumWriter::builder(&version.schema).human_readable(false).build();
        let reader =
            |version: &'s Version| GenericDatumReader::builder(&version.schema).human_readable(false).build();
        let older = older.iter().map(|version| {
            Ok(Older {
                fingerprint: version.fingerprint,
                resolving: GenericDatumReader::builder(&version.schema)
                    .reader_schema(&newest.schema)
                    .build()?,
                reader: reader(version)?,
                writer: writer(version)?,
            })
        });
        Ok(Self {
            stream,
            newest: newest.fingerprint,
            writer: writer(newest)?,
            reader: reader(newest)?,
            older: older.collect::<Result<_, apache_avro::Error>>()?,
        })
    }

    /// The fingerprint of the newest version.
    pub const fn newest(&self) -> Fingerprint {
        self.newest
    }

    /// Frame and datum of `event`, which must be of this stream.
    pub fn encode(&self, event: &Event) -> Vec<u8> {
        let mut value = Vec::with_capacity(EVENT_BYTES_USUAL);
        value.extend_from_slice(&SINGLE_OBJECT);
        value.extend_from_slice(&self.newest);
        let written = self.writer.write_ser(&mut value, &Branch(event));
        written.expect("the schema holds every event of its stream, as the tests prove");
        value
    }

    /// Decodes a datum written under the version of `fingerprint`.
    pub fn decode(&self, fingerprint: Fingerprint, datum: &[u8]) -> Result<Event, DecodeError> {
        if fingerprint == self.newest {
            return self.decode_newest(datum);
        }
        if let Some(older) = self.older.iter().find(|older| older.fingerprint == fingerprint) {
            let resolved = older.resolve(datum).map_err(|e| malformed(&e))?;
            let mut newest = Vec::with_capacity(datum.len());
            self.writer.write_value(&mut newest, resolved).map_err(|e| malformed(&e))?;
            return self.decode_newest(&newest);
        }
        let strayed = VERSIONS.iter().flatten().any(|version| version.fingerprint == fingerprint);
        Err(if strayed {
            DecodeError::malformed("an event of another stream")
        } else {
            DecodeError::UnknownSchema { fingerprint: hex::encode(fingerprint) }
        })
    }

    fn decode_newest(&self, datum: &[u8]) -> Result<Event, DecodeError> {
        match self.stream {
            Stream::Registrations => self.read::<Read<0>>(datum).map(|read| read.0),
            Stream::Documents => self.read::<Read<1>>(datum).map(|read| read.0),
            Stream::Transactions => self.read::<Read<2>>(datum).map(|read| read.0),
        }
    }

    fn read<T: DeserializeOwned>(&self, mut datum: &[u8]) -> Result<T, DecodeError> {
        let read = self.reader.read_deser(&mut datum).map_err(|e| malformed(&e))?;
        if datum.is_empty() { Ok(read) } else { Err(DecodeError::malformed("bytes after the datum")) }
    }
}

impl Older<'_> {
    /// Reads `datum` and resolves it to the newest schema.
    ///
    /// On this path apache-avro reads what is missing at the end of a datum as nulls: only what writes back to the same bytes was
    /// whole. An array cut into several blocks does not write back the same; no writer of this project cuts one.
    fn resolve(&self, datum: &[u8]) -> Result<apache_avro::types::Value, apache_avro::Error> {
        let read = self.reader.read_value(&mut &*datum)?;
        if self.writer.write_value_to_vec(read)? != datum {
            return Err(Details::Validation.into());
        }
        self.resolving.read_value(&mut &*datum)
    }
}

fn strip_logical_types(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("logicalType");
            members.values_mut().for_each(strip_logical_types);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_logical_types),
        _ => {}
    }
}

/// Says what is wrong by the kind of error alone: apache-avro's own words may repeat the data.
fn malformed(error: &apache_avro::Error) -> DecodeError {
    DecodeError::malformed(match error.details() {
        Details::ReadBytes(_) | Details::ReadVariableIntegerBytes(_) => "the datum ends early",
        Details::MemoryAllocation { .. } => "a length is larger than a record may be",
        Details::ConvertI64ToUsize(..) | Details::ConvertI32ToUsize(..) => "a length or index is negative",
        Details::IntegerOverflow | Details::ZagI32(..) => "an integer is out of range",
        Details::ConvertToUtf8(_) | Details::ConvertToUtf8Error(_) => "a string is not UTF-8",
        Details::EnumSymbolIndex { .. } => "an enum has no such symbol",
        Details::GetUnionVariant { .. } => "a union has no such branch",
        Details::DeserializeValue(_) => "a value is not of its field",
        _ => "the datum does not fit its schema",
    })
}

#[cfg(test)]
mod tests;
