//! The code in force: its opaque ids and its place in a status list. All derived from the log, none drawn.

use crate::decide::Context;
use crate::rows::AccountRow;
use schemas::{CitizenId, Micros};
use sha2::{Digest, Sha256};

/// In front of every QID of the city.
const QID_PREFIX: &str = "DN";
/// Characters of a QID behind the prefix: 80 bits.
const QID_CHARS: usize = 16;
/// Characters of a serial: 60 bits, told apart further by its holder.
const SERIAL_CHARS: usize = 12;
/// Crockford's alphabet: without I, L, O, U, and within the alphanumeric mode of QR codes.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The opaque id in the codes (QID of Decision 1405/QĐ-BTTTT): the same for all codes of a citizen, and no way back to the number.
pub fn qid(citizen: CitizenId) -> String {
    let digest = Sha256::new().chain_update(b"qid").chain_update(citizen.0.as_bytes()).finalize();
    let mut qid = String::with_capacity(QID_PREFIX.len() + QID_CHARS);
    qid.push_str(QID_PREFIX);
    push_base32(&digest, QID_CHARS, &mut qid);
    qid
}

/// The serial of the code that the event at this place issues.
fn serial(ctx: &Context<'_>, citizen: CitizenId) -> String {
    let digest = Sha256::new()
        .chain_update(b"serial")
        .chain_update(citizen.0.as_bytes())
        .chain_update(ctx.place.epoch.to_be_bytes())
        .chain_update(ctx.place.offset.to_be_bytes())
        .finalize();
    let mut serial = String::with_capacity(SERIAL_CHARS);
    push_base32(&digest, SERIAL_CHARS, &mut serial);
    serial
}

/// Puts the code that this event issues into the row; the token is the caller's to sign.
pub(super) fn put(ctx: &Context<'_>, row: &mut AccountRow) {
    let accepted_at = ctx.header.accepted_at;
    row.serial = serial(ctx, row.citizen);
    row.status_epoch = ctx.place.epoch;
    row.status_partition = ctx.place.partition;
    row.status_index = ctx.place.offset;
    row.issued_at = accepted_at;
    row.expires_at = accepted_at.seconds() + ctx.rules.validity_seconds(row.level);
    row.kid = Some(ctx.header.kid);
    row.token.clear();
}

/// Takes the code out of the row.
pub(super) fn clear(row: &mut AccountRow) {
    row.serial.clear();
    row.status_epoch = 0;
    row.status_partition = 0;
    row.status_index = 0;
    row.issued_at = Micros(0);
    row.expires_at = 0;
    row.kid = None;
    row.token.clear();
}

/// The first `chars` groups of five bits of a digest; at most 51 of a digest of 32 bytes.
fn push_base32(digest: &[u8], chars: usize, out: &mut String) {
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut bytes = digest.iter();
    for _ in 0..chars {
        if held < 5 {
            bits = (bits << 8) | u32::from(*bytes.next().expect("a digest has bits for all characters"));
            held += 8;
        }
        held -= 5;
        out.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_takes_five_bits_a_character_from_the_left() {
        let mut out = String::new();
        push_base32(&[0b0000_0000, 0b0100_0100, 0b0011_0010, 0b0001_0100, 0b1100_0111], 8, &mut out);
        assert_eq!(out, "01234567");
    }

    #[test]
    fn a_qid_is_stable_and_of_one_citizen() {
        let one = CitizenId(uuid::Uuid::from_u128(1));
        let other = CitizenId(uuid::Uuid::from_u128(2));
        assert_eq!(qid(one), qid(one));
        assert_ne!(qid(one), qid(other));
        assert_eq!(qid(one).len(), 18);
        assert!(qid(one).starts_with("DN"));
    }
}
