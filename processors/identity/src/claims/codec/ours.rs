//! Claims in the form that is written here, read without a tree of values between the bytes and the claims.

use super::*;
use crate::cbor::Reader;

/// The claims, if they stand there exactly as [`write()`] writes them. Anything else is for the general reader to judge: it gives the same
/// claims for all that this one reads.
pub(super) fn read(payload: &[u8]) -> Option<Claims> {
    let mut cbor = Reader(payload);
    let pairs = cbor.map()?;
    let issuer = cbor.key(ISSUER)?.text()?;
    let serial = cbor.key(SUBJECT)?.text()?;
    let expires_at = cbor.key(EXPIRES_AT)?.integer()?;
    let not_before = cbor.key(NOT_BEFORE)?.integer()?;
    let issued_at = cbor.key(ISSUED_AT)?.integer()?;
    let identity_pairs = cbor.key(IDENTITY)?.map()?;
    let qid = cbor.key(ID)?.text()?;
    let full_name = cbor.key(FULL_NAME)?.text()?;
    let birth_date = birth_date(cbor.key(BIRTH_DATE)?.text()?)?;
    let sex = sex(cbor.key(SEX)?.integer()?)?;
    let masked_number = if cbor.key_if(MASKED_NUMBER) { Some(cbor.text()?) } else { None };
    let level = level(cbor.key(LEVEL)?.integer()?)?;
    let declarant_qid = if cbor.key_if(DECLARANT) { Some(cbor.text()?) } else { None };
    let status = if cbor.0.is_empty() { None } else { Some(read_status(&mut cbor)?) };
    let counted = 5 + u64::from(masked_number.is_some()) + u64::from(declarant_qid.is_some());
    if identity_pairs != counted || pairs != 6 + u64::from(status.is_some()) || !cbor.0.is_empty() {
        return None;
    }
    Some(Claims {
        issuer: issuer.to_owned(),
        serial: serial.to_owned(),
        expires_at,
        not_before,
        issued_at,
        qid: qid.to_owned(),
        full_name: full_name.to_owned(),
        birth_date,
        sex,
        masked_number: masked_number.unwrap_or_default().to_owned(),
        level,
        declarant_qid: declarant_qid.unwrap_or_default().to_owned(),
        status: status.unwrap_or(StatusReference { uri: String::new(), index: 0 }),
    })
}

/// The reference with its key, as [`write_status`] writes it.
pub(crate) fn read_status(cbor: &mut Reader<'_>) -> Option<StatusReference> {
    let one = cbor.key(STATUS)?.map()? == 1 && cbor.named(STATUS_LIST)?.map()? == 2;
    let index = cbor.named(STATUS_INDEX)?.unsigned()?;
    let uri = cbor.named(STATUS_URI)?.text()?;
    one.then(|| StatusReference { uri: uri.to_owned(), index })
}

#[cfg(test)]
mod tests;
