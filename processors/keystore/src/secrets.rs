//! All that the keystore keeps, as one document, so that every change of it is all or nothing.

use crate::error::KeystoreError;
use identity::SigningKey;
use identity::trust::{Purpose, TrustList};
use schemas::Kid;
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The form of the document.
const VERSION: u32 = 2;

/// What must always have a key that signs. A keystore is made with one for each.
pub(crate) const SIGNED_FOR: [Purpose; 3] = [Purpose::Identity, Purpose::Status, Purpose::Presentation];

/// 32 secret bytes; in JSON hexadecimal. They leave memory when dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Secret32(pub(crate) [u8; 32]);

/// A list that waits for the signature of a root key that is not here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The root key that is to sign it.
    pub root_public: [u8; 32],
    /// The list as it is to be.
    pub list: TrustList,
}

/// The document, with what it says taken apart.
#[derive(Clone)]
pub(crate) struct Secrets {
    pub(crate) pepper: Secret32,
    /// The root key, where it was made here: for development.
    pub(crate) root: Option<Secret32>,
    pub(crate) root_public: [u8; 32],
    /// The list in force, as the root key signed it.
    pub(crate) signed: Vec<u8>,
    pub(crate) list: TrustList,
    pub(crate) request: Option<Request>,
    /// In the order in which keys of a purpose take their turns: the first that is listed and not withdrawn signs what is new.
    pub(crate) keys: Vec<StoredKey>,
}

/// A private key. What it may sign and from when to when, the trust list says.
#[derive(Clone)]
pub(crate) struct StoredKey {
    pub(crate) seed: Secret32,
    pub(crate) signing: SigningKey,
}

/// The document as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    pepper: Secret32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<Secret32>,
    root_public: String,
    trust_list: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<WrittenRequest>,
    keys: Vec<Secret32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRequest {
    root_public: String,
    list: String,
}

impl Secret32 {
    pub(crate) fn generate() -> Result<Self, KeystoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeystoreError::Random)?;
        let secret = Self(bytes);
        bytes.zeroize();
        Ok(secret)
    }

    pub(crate) fn signing_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.0)
    }
}

impl TryFrom<String> for Secret32 {
    type Error = &'static str;

    fn try_from(mut text: String) -> Result<Self, Self::Error> {
        let mut secret = Self([0; 32]);
        let read = hex::decode_to_slice(&text, &mut secret.0);
        text.zeroize();
        read.map_err(|_| "expected 64 hexadecimal digits")?;
        Ok(secret)
    }
}

impl Serialize for Secret32 {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut digits = Zeroizing::new([0; 64]);
        hex::encode_to_slice(self.0, digits.as_mut()).expect("64 digits for 32 bytes");
        s.serialize_str(std::str::from_utf8(digits.as_ref()).expect("hexadecimal digits are ASCII"))
    }
}

impl StoredKey {
    pub(crate) fn generate() -> Result<Self, KeystoreError> {
        let seed = Secret32::generate()?;
        Ok(Self { signing: seed.signing_key(), seed })
    }

    pub(crate) fn kid(&self) -> Kid {
        Kid(self.signing.kid())
    }
}

impl Secrets {
    /// Pepper, a development root, and a key for each of [`SIGNED_FOR`] on a first list.
    pub(crate) fn generate(now: i64) -> Result<Self, KeystoreError> {
        let root = Secret32::generate()?;
        let mut list = TrustList { version: 1, issued_at: now, ..TrustList::default() };
        let mut keys = Vec::new();
        for purpose in SIGNED_FOR {
            let key = StoredKey::generate()?;
            list.keys.push(crate::change::listed(&key, purpose, now));
            keys.push(key);
        }
        list.keys.sort_unstable_by_key(|key| key.kid);
        let signing = root.signing_key();
        Ok(Self {
            pepper: Secret32::generate()?,
            root: Some(root),
            root_public: signing.public(),
            signed: list.sign(&signing),
            list,
            request: None,
            keys,
        })
    }

    /// The key that signs what is new for this purpose under `list`.
    pub(crate) fn active<'a>(
        keys: &'a [StoredKey],
        list: &TrustList,
        purpose: Purpose,
    ) -> Option<&'a StoredKey> {
        Self::waiting(keys, list, purpose).next()
    }

    /// The keys of this purpose that may sign under `list`, in the order of their turns: the active one, then those that stand by.
    pub(crate) fn waiting<'a>(
        keys: &'a [StoredKey],
        list: &TrustList,
        purpose: Purpose,
    ) -> impl Iterator<Item = &'a StoredKey> {
        keys.iter().filter(move |key| {
            list.key(key.signing.kid()).is_some_and(|l| l.purpose == purpose && l.withdrawn.is_none())
        })
    }

    /// A purpose of [`SIGNED_FOR`] that nothing here signs for under `list`.
    pub(crate) fn unsigned_for(keys: &[StoredKey], list: &TrustList) -> Option<Purpose> {
        SIGNED_FOR.into_iter().find(|purpose| Self::active(keys, list, *purpose).is_none())
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let document = Document {
            version: VERSION,
            pepper: self.pepper.clone(),
            root: self.root.clone(),
            root_public: hex::encode(self.root_public),
            trust_list: hex::encode(&self.signed),
            request: self.request.as_ref().map(|request| WrittenRequest {
                root_public: hex::encode(request.root_public),
                list: hex::encode(request.list.to_unsigned()),
            }),
            keys: self.keys.iter().map(|key| key.seed.clone()).collect(),
        };
        // With room for all of it, so that no growing leaves a secret behind.
        let lists = document.trust_list.len() + document.request.as_ref().map_or(0, |r| r.list.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024 + lists + 96 * self.keys.len()));
        serde_json::to_writer_pretty(&mut *bytes, &document)
            .expect("numbers and hexadecimal digits are always JSON");
        bytes.push(b'\n');
        bytes
    }

    /// Reads the document; `path` is for errors only, which say nothing of its contents.
    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, KeystoreError> {
        let damaged = |reason: String| KeystoreError::Damaged { path: path.into(), reason };
        if crate::public::is_public(bytes) {
            return Err(KeystoreError::HasNoPrivateKeys { path: path.into() });
        }
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|e| damaged(format!("it does not read at line {} column {}", e.line(), e.column())))?;
        if document.version != VERSION {
            return Err(damaged(format!("version {} is not known here", document.version)));
        }
        let Document { version: _, pepper, root, root_public, trust_list, request, keys } = document;
        let root_public = public_key(&root_public).ok_or_else(|| damaged("its root key is none".into()))?;
        if root.as_ref().is_some_and(|root| root.signing_key().public() != root_public) {
            return Err(damaged("its root key is not the one of its trust list".into()));
        }
        let signed = hex::decode(trust_list).map_err(|_| damaged("its trust list does not read".into()))?;
        let list = TrustList::open(&signed, &root_public).map_err(|e| damaged(e.to_string()))?;
        let request = match request {
            None => None,
            Some(written) => Some(read_request(&written).map_err(damaged)?),
        };
        let keys: Vec<_> =
            keys.into_iter().map(|seed| StoredKey { signing: seed.signing_key(), seed }).collect();
        if let Some(purpose) = Self::unsigned_for(&keys, &list) {
            return Err(damaged(format!("it has no key for {}", purpose.code())));
        }
        Ok(Self { pepper, root, root_public, signed, list, request, keys })
    }
}

fn read_request(written: &WrittenRequest) -> Result<Request, String> {
    let root_public = public_key(&written.root_public).ok_or("the root key of its request is none")?;
    let list = hex::decode(&written.list).map_err(|_| "its request does not read")?;
    let list = TrustList::read_unsigned(&list).map_err(|e| e.to_string())?;
    Ok(Request { root_public, list })
}

pub(crate) fn public_key(text: &str) -> Option<[u8; 32]> {
    let mut public = [0; 32];
    hex::decode_to_slice(text, &mut public).ok()?;
    Some(public)
}
