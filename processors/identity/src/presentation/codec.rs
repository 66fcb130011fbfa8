//! Presentations as CBOR.

use super::{AUDIENCE_BYTES_MAX, Disclosed, PRESENTATION_SECONDS, Presentation};
use crate::cbor::{Reader, Writer};
use crate::claims::StatusReference;
use crate::claims::codec::{
    BIRTH_DATE, DECLARANT, EXPIRES_AT, FULL_NAME, ID, IDENTITY, ISSUED_AT, ISSUER, LEVEL, MASKED_NUMBER, SEX,
    SUBJECT, birth_date, level, read_status, sex, sex_number, write_birth_date, write_status,
};

const AUDIENCE: i64 = 3;
const NONCE: i64 = 7;
const WARD: i64 = 21;
const OVER_18: i64 = 27;
const PHOTO_HASH: i64 = 28;

pub(super) fn encode(presentation: &Presentation) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    let mut cbor = Writer(&mut out);
    cbor.map(8);
    cbor.integer(ISSUER).text(&presentation.issuer);
    cbor.integer(SUBJECT).text(&presentation.serial);
    cbor.integer(AUDIENCE).text(&presentation.audience);
    cbor.integer(EXPIRES_AT).integer(presentation.expires_at);
    cbor.integer(ISSUED_AT).integer(presentation.issued_at);
    cbor.integer(NONCE).bytes(&presentation.nonce);
    cbor.integer(IDENTITY);
    write_disclosed(&presentation.disclosed, &mut cbor);
    write_status(&presentation.status, &mut cbor);
    out
}

fn write_disclosed(disclosed: &Disclosed, cbor: &mut Writer<'_>) {
    cbor.map(count(disclosed));
    let texts = |cbor: &mut Writer<'_>, key: i64, text: &Option<String>| {
        if let Some(text) = text {
            cbor.integer(key).text(text);
        }
    };
    texts(cbor, ID, &disclosed.qid);
    texts(cbor, FULL_NAME, &disclosed.full_name);
    if let Some(date) = &disclosed.birth_date {
        write_birth_date(date, cbor.integer(BIRTH_DATE));
    }
    if let Some(sex) = disclosed.sex {
        cbor.integer(SEX).unsigned(sex_number(sex));
    }
    texts(cbor, WARD, &disclosed.ward);
    texts(cbor, MASKED_NUMBER, &disclosed.masked_number);
    if let Some(level) = disclosed.level {
        cbor.integer(LEVEL).unsigned(u64::from(level));
    }
    texts(cbor, DECLARANT, &disclosed.declarant_qid);
    if let Some(over_18) = disclosed.over_18 {
        cbor.integer(OVER_18).boolean(over_18);
    }
    if let Some(hash) = &disclosed.photo_hash {
        cbor.integer(PHOTO_HASH).bytes(hash);
    }
}

fn count(disclosed: &Disclosed) -> usize {
    let Disclosed {
        qid,
        full_name,
        birth_date,
        sex,
        ward,
        masked_number,
        level,
        declarant_qid,
        over_18,
        photo_hash,
    } = disclosed;
    let texts = [qid, full_name, birth_date, ward, masked_number, declarant_qid];
    texts.into_iter().flatten().count()
        + usize::from(sex.is_some())
        + usize::from(level.is_some())
        + usize::from(over_18.is_some())
        + usize::from(photo_hash.is_some())
}

/// Reads claims of whose signature the caller is sure, in exactly the form that is written here. `None` also when it says to hold for
/// longer than a presentation may.
pub(crate) fn read(payload: &[u8]) -> Option<Presentation> {
    let mut cbor = Reader(payload);
    if cbor.map()? != 8 {
        return None;
    }
    let issuer = cbor.key(ISSUER)?.text()?.to_owned();
    let serial = cbor.key(SUBJECT)?.text()?.to_owned();
    let audience = cbor.key(AUDIENCE)?.text()?.to_owned();
    let expires_at = cbor.key(EXPIRES_AT)?.integer()?;
    let issued_at = cbor.key(ISSUED_AT)?.integer()?;
    let nonce = cbor.key(NONCE)?.bytes()?.try_into().ok()?;
    let disclosed = read_disclosed(cbor.key(IDENTITY)?)?;
    let status: StatusReference = read_status(&mut cbor)?;
    let seconds = expires_at.checked_sub(issued_at)?;
    let sound = cbor.0.is_empty()
        && !audience.is_empty()
        && audience.len() <= AUDIENCE_BYTES_MAX
        && (0..=PRESENTATION_SECONDS).contains(&seconds);
    sound.then_some(Presentation {
        issuer,
        serial,
        audience,
        nonce,
        issued_at,
        expires_at,
        disclosed,
        status,
    })
}

fn read_disclosed(cbor: &mut Reader<'_>) -> Option<Disclosed> {
    let pairs = cbor.map()?;
    fn text(cbor: &mut Reader<'_>, key: i64) -> Option<Option<String>> {
        if cbor.key_if(key) { Some(Some(cbor.text()?.to_owned())) } else { Some(None) }
    }
    let disclosed = Disclosed {
        qid: text(cbor, ID)?,
        full_name: text(cbor, FULL_NAME)?,
        birth_date: match text(cbor, BIRTH_DATE)? {
            Some(date) => Some(birth_date(&date).filter(|_| !date.contains('-') || date.len() == 7)?),
            None => None,
        },
        sex: if cbor.key_if(SEX) { Some(sex(cbor.integer()?)?) } else { None },
        ward: text(cbor, WARD)?,
        masked_number: text(cbor, MASKED_NUMBER)?,
        level: if cbor.key_if(LEVEL) { Some(level(cbor.integer()?)?) } else { None },
        declarant_qid: text(cbor, DECLARANT)?,
        over_18: if cbor.key_if(OVER_18) { Some(cbor.boolean()?) } else { None },
        photo_hash: if cbor.key_if(PHOTO_HASH) { Some(cbor.bytes()?.try_into().ok()?) } else { None },
    };
    (pairs == count(&disclosed) as u64).then_some(disclosed)
}

#[cfg(test)]
mod tests;
