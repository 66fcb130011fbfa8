//! How an event meets the schema: a union with one record per kind, and the header as the first field of each record.
//!
//! Bodies are plain structs without a header, so the serialiser given to a body puts the header in front of the body's fields, and
//! the deserialiser given to a body takes it off again.

use crate::{Event, Header, Kind, Stream};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, Visitor};
use serde::ser::{Error as _, Impossible, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

/// The name of the header's field in every record.
const HEADER: &str = "header";

/// An event as a branch of its stream's union.
pub struct Branch<'e>(pub &'e Event);

impl Serialize for Branch<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = self.0.kind();
        let index = kind as usize - first_kind(kind.stream());
        let index = u32::try_from(index).expect("there are fewer kinds than 2^32");
        self.0.body.write_branch(&self.0.header, index, serializer)
    }
}

/// An event read from the union of the stream with this index in [`Stream::ALL`].
pub struct Read<const STREAM: usize>(pub Event);

impl<'de, const STREAM: usize> Deserialize<'de> for Read<STREAM> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Event", &[], UnionVisitor(Stream::ALL[STREAM])).map(Self)
    }
}

/// The index in [`Kind::ALL`] of the first kind of `stream`; the others of the stream follow it.
pub fn first_kind(stream: Stream) -> usize {
    let first = match stream {
        Stream::Registrations => Kind::AccountRegistered,
        Stream::Documents => Kind::DocumentFiled,
        Stream::Transactions => Kind::DossierFiled,
    };
    first as usize
}

struct UnionVisitor(Stream);

impl<'de> Visitor<'de> for UnionVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event of {}", self.0)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Event, A::Error> {
        let (kind, branch) = access.variant_seed(KindSeed(self.0))?;
        crate::Body::read_branch(kind, branch)
    }
}

/// The index of a branch as the kind that it carries.
struct KindSeed(Stream);

impl<'de> DeserializeSeed<'de> for KindSeed {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KindSeed {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the index of a kind of {}", self.0)
    }

    fn visit_u32<E: de::Error>(self, index: u32) -> Result<Kind, E> {
        let index = usize::try_from(index).map_err(E::custom)?;
        Kind::ALL
            .get(first_kind(self.0).saturating_add(index))
            .copied()
            .filter(|kind| kind.stream() == self.0)
            .ok_or_else(|| E::custom("no kind has this branch"))
    }
}

/// A body to be written with its header.
pub struct WithHeader<'e, B> {
    pub header: &'e Header,
    pub body: &'e B,
}

impl<B: Serialize> Serialize for WithHeader<'_, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.body.serialize(HeaderFirst { header: self.header, serializer })
    }
}

/// Puts the header in front of a body's fields. Bodies are structs and nothing else.
struct HeaderFirst<'e, S> {
    header: &'e Header,
    serializer: S,
}

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, S::Error> {
            Err(S::Error::custom("a body is a struct"))
        }
    )*};
}

impl<S: Serializer> Serializer for HeaderFirst<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Impossible<S::Ok, S::Error>;
    type SerializeTuple = Impossible<S::Ok, S::Error>;
    type SerializeTupleStruct = Impossible<S::Ok, S::Error>;
    type SerializeTupleVariant = Impossible<S::Ok, S::Error>;
    type SerializeMap = Impossible<S::Ok, S::Error>;
    type SerializeStruct = S::SerializeStruct;
    type SerializeStructVariant = Impossible<S::Ok, S::Error>;

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<S::SerializeStruct, S::Error> {
        let mut fields = self.serializer.serialize_struct(name, len + 1)?;
        fields.serialize_field(HEADER, self.header)?;
        Ok(fields)
    }

    fn is_human_readable(&self) -> bool {
        self.serializer.is_human_readable()
    }

    refuse! {
        serialize_bool(bool) -> S::Ok;
        serialize_i8(i8) -> S::Ok;
        serialize_i16(i16) -> S::Ok;
        serialize_i32(i32) -> S::Ok;
        serialize_i64(i64) -> S::Ok;
        serialize_u8(u8) -> S::Ok;
        serialize_u16(u16) -> S::Ok;
        serialize_u32(u32) -> S::Ok;
        serialize_u64(u64) -> S::Ok;
        serialize_f32(f32) -> S::Ok;
        serialize_f64(f64) -> S::Ok;
        serialize_char(char) -> S::Ok;
        serialize_str(&str) -> S::Ok;
        serialize_bytes(&[u8]) -> S::Ok;
        serialize_none() -> S::Ok;
        serialize_unit() -> S::Ok;
        serialize_unit_struct(&'static str) -> S::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> S::Ok;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<S::Ok, S::Error> {
        self.serialize_none()
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        self.serialize_none()
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<S::Ok, S::Error> {
        self.serialize_none()
    }
}

/// A body read with its header.
pub struct Carried<B> {
    pub header: Header,
    pub body: B,
}

impl<'de, B: DeserializeOwned> Deserialize<'de> for Carried<B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut header = None;
        let body = B::deserialize(HeaderOff { header: &mut header, inner: deserializer })?;
        let header = header.ok_or_else(|| de::Error::missing_field(HEADER))?;
        Ok(Self { header, body })
    }
}

/// Takes the header off the front of a record and shows the body what is left.
struct HeaderOff<'h, T> {
    header: &'h mut Option<Header>,
    inner: T,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for HeaderOff<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = HeaderOff { header: self.header, inner: visitor };
        self.inner.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(de::Error::custom("a body is a struct"))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for HeaderOff<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<V::Value, A::Error> {
        if fields.next_key_seed(HeaderKey)?.is_some() {
            *self.header = Some(fields.next_value()?);
        }
        self.inner.visit_map(fields)
    }
}

/// The name `header` and no other.
struct HeaderKey;

impl<'de> DeserializeSeed<'de> for HeaderKey {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for HeaderKey {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the field `header`")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<(), E> {
        if name == HEADER { Ok(()) } else { Err(E::custom("the header is not the first field")) }
    }
}
