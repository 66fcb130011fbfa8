//! What a sender submits, as JSON, before anything of it is believed.

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use utoipa::ToSchema;
use uuid::Uuid;

use schemas::{BodyHash, Day};

/// One submission. `data` and the identifiers stay text until the kind is known and allowed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission<'a> {
    /// The kind's name.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// The sender's own name for this submission, within a batch; a single one has it in `Idempotency-Key`.
    #[serde(borrow, default)]
    pub reference: Option<Cow<'a, str>>,
    /// Whom it is about; of a replaced identifier the new one.
    #[serde(borrow)]
    #[schema(value_type = Object, example = json!({"number": "048090000001"}))]
    pub citizen: &'a RawValue,
    /// The guardian of someone under 14.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Object>)]
    pub guardian: Option<&'a RawValue>,
    /// Who declares it for the citizen.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Object>)]
    pub registrant: Option<&'a RawValue>,
    /// The identifier that `citizen` replaces.
    #[serde(borrow, default)]
    #[schema(value_type = Option<Object>)]
    pub replaces: Option<&'a RawValue>,
    /// The day the act happened.
    #[schema(value_type = String, format = Date, example = "2026-01-02")]
    pub occurred_on: Day,
    /// The ward's code.
    #[serde(borrow, default)]
    pub ward: Option<Cow<'a, str>>,
    /// How it came.
    #[serde(borrow, default)]
    pub channel: Option<Cow<'a, str>>,
    /// The body of the kind.
    #[serde(borrow)]
    #[schema(value_type = Object)]
    pub data: &'a RawValue,
}

/// What identifies a person, as submitted: an object of exactly one field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identifier<'a> {
    /// 12-digit personal number.
    #[serde(borrow)]
    Number(Cow<'a, str>),
    /// 9-digit identity card number of before 2021.
    #[serde(borrow)]
    Cmnd(Cow<'a, str>),
    /// Passport number.
    #[serde(borrow)]
    Passport(Cow<'a, str>),
    /// A child without a number yet.
    #[serde(borrow)]
    Child(Child<'a>),
    /// The id that an earlier answer gave.
    Id(Uuid),
}

/// What identifies a child without a number yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Child<'a> {
    /// A guardian, who is no such child.
    #[serde(borrow)]
    pub guardian: &'a RawValue,
    /// `YYYY-MM-DD`.
    #[serde(borrow)]
    pub birth_date: Cow<'a, str>,
    /// Among children of one guardian born on one day, from 1.
    pub birth_order: u8,
}

impl Submission<'_> {
    /// The hash of what was sent: over the fields in a fixed order, `reference` left out, each as its compact JSON text. White
    /// space, the order of the outer fields and the way it was sent (alone, in a batch, in a file) make no other body; the
    /// order of fields inside `data`, other spellings of a number and escapes in strings do.
    #[must_use]
    pub fn body_hash(&self) -> BodyHash {
        let mut fields = Fields { hash: Sha256::new(), compact: Vec::with_capacity(512) };
        fields.text(Some(&self.kind));
        fields.json(Some(self.citizen));
        fields.json(self.guardian);
        fields.json(self.registrant);
        fields.json(self.replaces);
        fields.compact.extend_from_slice(&self.occurred_on.0.to_be_bytes());
        fields.text(self.ward.as_deref());
        fields.text(self.channel.as_deref());
        fields.json(Some(self.data));
        fields.hash.update(&fields.compact);
        let digest: [u8; 32] = fields.hash.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        BodyHash(first)
    }
}

/// Fields on their way into the hash, each followed by its length, so that no two submissions run together.
struct Fields {
    hash: Sha256,
    compact: Vec<u8>,
}

impl Fields {
    fn text(&mut self, field: Option<&str>) {
        self.framed(field.is_some(), |out| out.extend_from_slice(field.unwrap_or_default().as_bytes()));
    }

    fn json(&mut self, field: Option<&RawValue>) {
        self.framed(field.is_some(), |out| compact(field.map_or("", RawValue::get).as_bytes(), out));
    }

    fn framed(&mut self, present: bool, write: impl FnOnce(&mut Vec<u8>)) {
        let before = self.compact.len();
        write(&mut self.compact);
        let written = (self.compact.len() - before) as u32;
        self.compact.push(u8::from(present));
        self.compact.extend_from_slice(&written.to_be_bytes());
    }
}

/// Copies JSON without the white space between its tokens. `json` is valid JSON.
fn compact(json: &[u8], out: &mut Vec<u8>) {
    let mut rest = json;
    // Outside a string: everything up to the next quote, without white space. Inside: everything up to its end, as it is.
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend(rest[..quote].iter().filter(|b| !b.is_ascii_whitespace()));
        let mut end = quote + 1;
        while let Some(at) = memchr::memchr2(b'"', b'\\', &rest[end..]) {
            end += at + 1;
            if rest[end - 1] == b'"' {
                break;
            }
            end = (end + 1).min(rest.len());
        }
        out.extend_from_slice(&rest[quote..end]);
        rest = &rest[end..];
    }
    out.extend(rest.iter().filter(|b| !b.is_ascii_whitespace()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(json: &str) -> BodyHash {
        serde_json::from_str::<Submission<'_>>(json).unwrap().body_hash()
    }

    const BODY: &str = r#"{"kind":"AccountSuspended","citizen":{"number":"048090000001"},"occurred_on":"2026-01-02","data":{"cause":"a \" b"}}"#;

    #[test]
    fn white_space_order_of_fields_and_reference_make_no_other_body() {
        let spaced = "{ \"data\" : {\n\"cause\" :\t\"a \\\" b\" } , \"reference\": \"r1\", \"occurred_on\" : \"2026-01-02\",\r\n \
                      \"citizen\" : { \"number\":\"048090000001\" }, \"kind\":\"AccountSuspended\" }";
        assert_eq!(hash(BODY), hash(spaced));
    }

    #[test]
    fn another_value_anywhere_makes_another_body() {
        let others = [
            BODY.replace("a \\\" b", "a \\\"  b"),
            BODY.replace("000001", "000002"),
            BODY.replace("01-02", "01-03"),
            BODY.replace("AccountSuspended", "AccountRestored"),
            BODY.replace("\"data\"", "\"ward\":\"20194\",\"data\""),
            BODY.replace("\"data\"", "\"channel\":\"20194\",\"data\""),
            BODY.replace("\"data\"", "\"guardian\":{},\"data\""),
            BODY.replace("\"data\"", "\"registrant\":{},\"data\""),
            BODY.replace("\"data\"", "\"ward\":\"\",\"data\""),
            BODY.to_owned(),
        ];
        let hashes: std::collections::HashSet<_> = others.iter().map(|body| hash(body)).collect();
        assert_eq!(hashes.len(), others.len());
    }

    proptest! {
        #[test]
        fn compact_json_is_what_serde_writes(text in "[ \"\\\\a-z\\n]{0,30}", number in any::<i32>()) {
            let value = serde_json::json!({ "a": [text, number, { "b": null }], "c": text });
            let mut out = Vec::new();
            compact(serde_json::to_string_pretty(&value).unwrap().as_bytes(), &mut out);
            prop_assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }
}
