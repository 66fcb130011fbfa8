//! Frames: a tag, a length, bytes.

use anyhow::{Context, bail, ensure};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use event_log::{NewRecord, Record};
use schemas::{Topic, TopicPartition};
use std::io::{Read, Write};

/// A frame may not be larger than this.
const FRAME_BYTES_MAX: u64 = 64 << 20;

/// What a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Tag {
    /// The header, JSON.
    Header = b'H',
    /// Keys and pepper, as the keystore exports them.
    Secrets = b'K',
    /// A rule set's canonical text.
    Rules = b'R',
    /// The credentials' file.
    Credentials = b'A',
    /// A record of the log.
    Record = b'L',
    /// The end: how many records there were, 8 bytes big-endian.
    End = b'E',
}

/// Writes a frame.
pub fn put(out: &mut dyn Write, tag: Tag, bytes: &[u8]) -> anyhow::Result<()> {
    out.write_all(&[tag as u8])?;
    out.write_all(&(bytes.len() as u64).to_be_bytes())?;
    out.write_all(bytes)?;
    Ok(())
}

/// Reads a frame.
pub fn take(from: &mut dyn Read) -> anyhow::Result<(Tag, Vec<u8>)> {
    let mut head = [0; 9];
    from.read_exact(&mut head).context("the backup ends too early")?;
    let tags = [Tag::Header, Tag::Secrets, Tag::Rules, Tag::Credentials, Tag::Record, Tag::End];
    let Some(tag) = tags.into_iter().find(|t| *t as u8 == head[0]) else {
        bail!("the backup has a part that this program does not know: made by a newer one");
    };
    let length = (&head[1..]).get_u64();
    ensure!(length <= FRAME_BYTES_MAX, "the backup has a part of {length} bytes: damaged");
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 == length, "the backup ends too early");
    Ok((tag, bytes))
}

/// A record with its place, as bytes.
pub fn record_bytes(of: TopicPartition, record: &Record) -> Vec<u8> {
    let mut out = BytesMut::with_capacity(64 + record.key.len() + record.value.len());
    out.put_u8(of.topic.code());
    out.put_u16(of.partition);
    out.put_u64(record.offset);
    put_bytes(&mut out, &record.key);
    put_bytes(&mut out, &record.value);
    out.put_u32(record.headers.len() as u32);
    for (name, value) in &record.headers {
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, value);
    }
    out.into()
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u32(bytes.len() as u32);
    out.put_slice(bytes);
}

/// The record again, and the offset that it must get.
pub fn record_of(bytes: Vec<u8>) -> anyhow::Result<(NewRecord, u64)> {
    let mut rest = Bytes::from(bytes);
    ensure!(rest.len() >= 11, "a record of the backup is damaged");
    let Some(topic) = Topic::of_code(rest.get_u8()) else {
        bail!("the backup names a topic that is not known here")
    };
    let to = TopicPartition { topic, partition: rest.get_u16() };
    let offset = rest.get_u64();
    let key = take_bytes(&mut rest)?;
    let value = take_bytes(&mut rest)?;
    ensure!(rest.remaining() >= 4, "a record of the backup is damaged");
    let count = rest.get_u32();
    let mut headers = Vec::new();
    for _ in 0..count {
        let name = String::from_utf8(take_bytes(&mut rest)?.to_vec())?;
        headers.push((name, take_bytes(&mut rest)?));
    }
    ensure!(rest.is_empty(), "a record of the backup is damaged");
    Ok((NewRecord { to, key, value, headers }, offset))
}

fn take_bytes(rest: &mut Bytes) -> anyhow::Result<Bytes> {
    ensure!(rest.remaining() >= 4, "a record of the backup is damaged");
    let length = rest.get_u32() as usize;
    ensure!(rest.remaining() >= length, "a record of the backup is damaged");
    Ok(rest.split_to(length))
}
