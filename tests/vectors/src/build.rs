//! Codes put together by hand, so that each layer can be wrong by itself. Keys are derived from seeds; the people are nobody.

use ciborium::Value;
use identity::SigningKey;
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};
use identity::{Claims, TrustList, claims::Sex, claims::StatusReference};

/// When most codes are checked, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;
/// When most codes were issued.
pub const ISSUED: i64 = NOW - 10_000_000;
/// Under which the status lists are.
pub const STATUS_BASE: &str = "https://danang.example/s";

/// The key of this seed.
#[must_use]
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// Seeds of the keys on [`trust_list`].
pub mod seed {
    /// The root.
    pub const ROOT: u8 = 0xaa;
    /// Signs identities.
    pub const IDENTITY: u8 = 0x17;
    /// Signs identities as well.
    pub const SECOND: u8 = 0x18;
    /// Retired between two codes.
    pub const RETIRED: u8 = 0x19;
    /// Revoked.
    pub const REVOKED: u8 = 0x1a;
    /// Past its date, and not withdrawn.
    pub const ENDED: u8 = 0x1b;
    /// One for each purpose but identity.
    pub const STATUS: u8 = 0x21;
    /// Receipts.
    pub const RECEIPT: u8 = 0x22;
    /// Audit records.
    pub const AUDIT: u8 = 0x23;
    /// Presentation codes.
    pub const PRESENTATION: u8 = 0x24;
    /// Papers.
    pub const PAPERS: u8 = 0x25;
    /// On no list.
    pub const STRANGER: u8 = 0x99;
}

/// When [`seed::RETIRED`] was retired and [`seed::ENDED`] ended.
pub const WITHDRAWN_AT: i64 = ISSUED + 100;

/// Version 7 of the list: keys of every purpose and state.
#[must_use]
pub fn trust_list() -> TrustList {
    let listed =
        |seed, purpose| TrustedKey::new(key(seed).public(), purpose, ISSUED - 1_000, NOW + 100_000_000);
    let withdrawn = |state, reason| Some(Withdrawal { state, at: WITHDRAWN_AT, reason });
    let successor = Some(key(seed::SECOND).kid());
    let keys = vec![
        listed(seed::IDENTITY, Purpose::Identity),
        listed(seed::SECOND, Purpose::Identity),
        TrustedKey {
            withdrawn: withdrawn(State::Retired, Reason::Superseded),
            successor,
            ..listed(seed::RETIRED, Purpose::Identity)
        },
        TrustedKey {
            withdrawn: withdrawn(State::Revoked, Reason::KeyCompromise),
            successor,
            ..listed(seed::REVOKED, Purpose::Identity)
        },
        TrustedKey { not_after: WITHDRAWN_AT, ..listed(seed::ENDED, Purpose::Identity) },
        listed(seed::STATUS, Purpose::Status),
        listed(seed::RECEIPT, Purpose::Receipt),
        listed(seed::AUDIT, Purpose::Audit),
        listed(seed::PRESENTATION, Purpose::Presentation),
        TrustedKey { holder: Some("so-tu-phap".to_owned()), ..listed(seed::PAPERS, Purpose::Papers) },
    ];
    TrustList { version: 7, issued_at: NOW - 1_000, keys, ..TrustList::default() }
}

/// The person that most codes are of.
#[must_use]
pub fn person() -> Claims {
    Claims {
        issuer: "urn:congdanso:danang".to_owned(),
        qid: "7ZK4Q2M9X1C8V5B3N6D0".to_owned(),
        serial: "3F8K2M7T4Q9XA".to_owned(),
        masked_number: "******000001".to_owned(),
        full_name: "Nguyễn Thị Hoàng Phương Thảo".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: Sex::Female,
        level: 2,
        declarant_qid: String::new(),
        issued_at: ISSUED,
        not_before: ISSUED,
        expires_at: ISSUED + 315_360_000,
        status: reference(1_234),
    }
}

/// The entry of this index in the one list that the codes stand on.
#[must_use]
pub fn reference(index: u64) -> StatusReference {
    StatusReference { uri: format!("{STATUS_BASE}/0/12/3"), index }
}

/// CBOR, in the order given.
#[must_use]
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("memory takes what is written");
    out
}

/// A map with integer keys.
#[must_use]
pub fn map(pairs: Vec<(i64, Value)>) -> Value {
    Value::Map(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// Replaces a pair of a map, adds it, or takes it out with `None`.
///
/// # Panics
/// When it is no map.
#[must_use]
pub fn with(value: Value, key: i64, changed: Option<Value>) -> Value {
    let Value::Map(mut pairs) = value else { panic!("a map is changed") };
    let at = pairs.iter().position(|(name, _)| *name == Value::from(key));
    match (at, changed) {
        (Some(at), Some(changed)) => pairs[at].1 = changed,
        (Some(at), None) => _ = pairs.remove(at),
        (None, changed) => pairs.extend(changed.map(|changed| (key.into(), changed))),
    }
    Value::Map(pairs)
}

/// Claim 169 of a person.
#[must_use]
pub fn identity_map(person: &Claims) -> Value {
    let sex = match person.sex {
        Sex::Male => 1,
        Sex::Female => 2,
        Sex::Other => 3,
    };
    let birth_date = if person.birth_date.len() == 10 {
        person.birth_date.replace('-', "")
    } else {
        person.birth_date.clone()
    };
    let mut pairs = vec![
        (1, person.qid.as_str().into()),
        (4, person.full_name.as_str().into()),
        (8, birth_date.into()),
        (9, sex.into()),
    ];
    if !person.masked_number.is_empty() {
        pairs.push((24, person.masked_number.as_str().into()));
    }
    pairs.push((25, person.level.into()));
    if !person.declarant_qid.is_empty() {
        pairs.push((26, person.declarant_qid.as_str().into()));
    }
    map(pairs)
}

/// All claims of a person.
#[must_use]
pub fn payload(person: &Claims) -> Value {
    let mut pairs = vec![
        (1, person.issuer.as_str().into()),
        (2, person.serial.as_str().into()),
        (4, person.expires_at.into()),
        (5, person.not_before.into()),
        (6, person.issued_at.into()),
        (169, identity_map(person)),
    ];
    if !person.status.uri.is_empty() {
        let list = vec![
            ("idx".into(), person.status.index.into()),
            ("uri".into(), person.status.uri.as_str().into()),
        ];
        pairs.push((65_535, Value::Map(vec![("status_list".into(), Value::Map(list))])));
    }
    map(pairs)
}

/// A COSE_Sign1 message in its parts.
#[derive(Clone)]
pub struct Message {
    /// The protected header, encoded.
    pub protected: Vec<u8>,
    /// The unprotected header.
    pub unprotected: Value,
    /// The payload.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Message {
    /// `{1: -8}`, `{4: kid}`, signed.
    #[must_use]
    pub fn signed(payload: &[u8], key: &SigningKey) -> Self {
        Self {
            protected: vec![0xa1, 0x01, 0x27],
            unprotected: map(vec![(4, Value::Bytes(key.kid().to_vec()))]),
            payload: payload.to_vec(),
            signature: Vec::new(),
        }
        .signed_by(key)
    }

    /// Signed anew, over its protected header and payload (RFC 9052, section 4.4).
    #[must_use]
    pub fn signed_by(mut self, key: &SigningKey) -> Self {
        let part = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        let parts = vec!["Signature1".into(), part(&self.protected), part(&[]), part(&self.payload)];
        self.signature = key.sign(&bytes(&Value::Array(parts))).to_vec();
        self
    }

    /// The array of four.
    #[must_use]
    pub fn array(&self) -> Value {
        Value::Array(vec![
            Value::Bytes(self.protected.clone()),
            self.unprotected.clone(),
            Value::Bytes(self.payload.clone()),
            Value::Bytes(self.signature.clone()),
        ])
    }

    /// Under tag 18.
    #[must_use]
    pub fn tagged(&self) -> Vec<u8> {
        bytes(&Value::Tag(18, Box::new(self.array())))
    }

    /// As a text in a QR code.
    #[must_use]
    pub fn code(&self) -> String {
        code(&self.tagged())
    }
}

/// zlib in one stored block.
///
/// # Panics
/// Above 65,535 bytes.
#[must_use]
pub fn stored(contents: &[u8]) -> Vec<u8> {
    let length = u16::try_from(contents.len()).expect("one stored block");
    let (a, b) = contents.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    let mut out = vec![0x78, 0x01, 0x01];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(!length).to_le_bytes());
    out.extend_from_slice(contents);
    out.extend_from_slice(&(b << 16 | a).to_be_bytes());
    out
}

/// Bytes as the text of a QR code.
#[must_use]
pub fn text(wrapped: &[u8]) -> String {
    base45::encode(wrapped)
}

/// A message as the text of a QR code.
#[must_use]
pub fn code(message: &[u8]) -> String {
    text(&stored(message))
}

/// A message as the text of a QR code, deflated.
#[must_use]
pub fn deflated(message: &[u8], level: u8) -> String {
    text(&miniz_oxide::deflate::compress_to_vec_zlib(message, level))
}

/// The code of a person by the key of this seed.
#[must_use]
pub fn code_of(person: &Claims, seed: u8) -> String {
    code_of_payload(&payload(person), seed)
}

/// The code of these claims by the key of this seed.
#[must_use]
pub fn code_of_payload(payload: &Value, seed: u8) -> String {
    Message::signed(&bytes(payload), &key(seed)).code()
}
