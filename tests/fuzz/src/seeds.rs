//! Inputs that reach deep: real ones, and each layer of them by itself. Keys are derived from seeds; people are nobody.

use identity::claims::{Sex, StatusReference};
use identity::national::{NationalString, compose};
use identity::presentation::Disclosed;
use identity::status::{Entries, ListId, Status, Validity};
use identity::trust::{Purpose, Reason, State, TrustedKey, Withdrawal};
use identity::{Claims, Presentation, SigningKey, StatusBundle, StatusList, TrustList, decoders, token};
use miniz_oxide::deflate::compress_to_vec_zlib;

/// Within the validity of everything here, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

/// Signs identities.
#[must_use]
pub fn key() -> SigningKey {
    SigningKey::from_seed(&[0x17; 32])
}

/// Signs trust lists.
#[must_use]
pub fn root() -> SigningKey {
    SigningKey::from_seed(&[0xaa; 32])
}

/// Signs status lists.
#[must_use]
pub fn status_key() -> SigningKey {
    SigningKey::from_seed(&[0x51; 32])
}

/// Signs presentations.
#[must_use]
pub fn presentation_key() -> SigningKey {
    SigningKey::from_seed(&[4; 32])
}

/// The list that [`people`] stand on.
pub const LIST_URI: &str = "https://danang.example/s/0/3/1";

/// One with every claim, one with as few as there may be.
#[must_use]
pub fn people() -> [Claims; 2] {
    let full = Claims {
        issuer: "urn:congdanso:danang".to_owned(),
        qid: "7ZK4Q2M9X1C8V5B3N6D0".to_owned(),
        serial: "3F8K2M7T4Q9XA".to_owned(),
        masked_number: "******000001".to_owned(),
        full_name: "Lê Thị Ánh".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: Sex::Female,
        level: 2,
        declarant_qid: "1ZK4Q2M9X1C8V5B3N6D7".to_owned(),
        issued_at: NOW - 1_000,
        not_before: NOW - 1_000,
        expires_at: NOW + 1_000,
        status: StatusReference { uri: LIST_URI.to_owned(), index: 77 },
    };
    let bare = Claims {
        masked_number: String::new(),
        birth_date: "1948".to_owned(),
        level: 0,
        declarant_qid: String::new(),
        status: StatusReference { uri: String::new(), index: 0 },
        ..full.clone()
    };
    [full, bare]
}

/// A list with a key of each purpose and of each state.
#[must_use]
pub fn trust() -> TrustList {
    let seeded = |seed: u8, purpose| {
        let public = SigningKey::from_seed(&[seed; 32]).public();
        TrustedKey::new(public, purpose, NOW - 1_000_000, NOW + 1_000_000)
    };
    let withdrawn = |state, reason| Some(Withdrawal { state, at: NOW - 500_000, reason });
    let successor = Some(key().kid());
    let keys = vec![
        seeded(0x17, Purpose::Identity),
        TrustedKey {
            withdrawn: withdrawn(State::Retired, Reason::Superseded),
            successor,
            ..seeded(1, Purpose::Identity)
        },
        TrustedKey {
            withdrawn: withdrawn(State::Revoked, Reason::KeyCompromise),
            successor,
            ..seeded(2, Purpose::Identity)
        },
        seeded(0x51, Purpose::Status),
        seeded(4, Purpose::Presentation),
        TrustedKey { holder: Some("so-tu-phap".to_owned()), ..seeded(5, Purpose::Papers) },
    ];
    let mut list = TrustList { version: 3, issued_at: NOW - 100, keys, ..TrustList::default() };
    list.keys.sort_by_key(|key| key.kid);
    list
}

/// All payloads that [`key`] has signed here.
#[must_use]
pub fn signed_payloads() -> [Vec<u8>; 2] {
    people().map(|person| decoders::to_claims(&person))
}

fn messages() -> Vec<Vec<u8>> {
    let mut messages: Vec<_> =
        signed_payloads().iter().map(|payload| decoders::to_cose(payload, None, &key())).collect();
    // Another type; under both tags; under none; encrypted.
    messages.push(trust().sign(&root()));
    messages.push([&[0xd8, 0x3d], messages[0].as_slice()].concat());
    messages.push(messages[0][1..].to_vec());
    messages.push([&[0xd0, 0x83, 0x43, 0xa1, 0x01, 0x03, 0xa1, 0x05, 0x41, 0x00, 0x41, 0x00][..]].concat());
    messages
}

/// Texts of the RFC and of a token.
#[must_use]
pub fn base45() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        ["", "BB8", "%69 VD92EX0", "UJCLQE7W581", "QED8WEX0", "FGW", "GGW", "U5", "V5", ":::"]
            .map(|text| text.as_bytes().to_vec())
            .into();
    seeds.extend(token());
    seeds
}

/// Stored and deflated streams: empty, short, a token's, and one that inflates far beyond its size.
#[must_use]
pub fn zlib() -> Vec<Vec<u8>> {
    let mut seeds: Vec<_> = messages().iter().map(|message| decoders::to_zlib(message)).collect();
    seeds.push(decoders::to_zlib(&[]));
    // "a" under fixed codes; the same under a header of the best level; a kibibyte of zeroes.
    seeds.push(vec![0x78, 0x01, 0x4b, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62]);
    seeds.push(vec![0x78, 0xda, 0x4b, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62]);
    let zeroes = [0x78, 0xda, 0x63, 0x60, 0x18, 0x05, 0xa3, 0x60, 0x14, 0x8c, 0x54, 0, 0, 0x04, 0, 0, 0x01];
    seeds.push(zeroes.to_vec());
    seeds
}

/// Items of each major type, and whole messages.
#[must_use]
pub fn cbor() -> Vec<Vec<u8>> {
    let items: [&[u8]; 9] = [
        &[0x00],
        &[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x5f, 0x41, 0x00, 0xff],
        &[0x63, 0xe2, 0x82, 0xac],
        &[0x9f, 0x01, 0x02, 0xff],
        &[0xbf, 0x01, 0x02, 0xff],
        &[0xc2, 0x49, 0x01, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xf9, 0x7e, 0x00],
        &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    items.iter().map(|item| item.to_vec()).chain(messages()).chain(signed_payloads()).collect()
}

/// Messages.
#[must_use]
pub fn cose() -> Vec<Vec<u8>> {
    messages()
}

/// Payloads, and one as other issuers spell it: text keys, the identity in a byte string.
#[must_use]
pub fn claims() -> Vec<Vec<u8>> {
    let foreign: &[u8] = &[
        0xa4, 0x61, b'1', 0x61, b'i', 0x04, 0x1a, 0x6b, 0x49, 0xd6, 0xe8, 0x06, 0x1a, 0x6b, 0x49, 0xcf, 0x18,
        0x18, 0xa9, 0x54, 0xa4, 0x61, b'1', 0x61, b'q', 0x04, 0x61, b'n', 0x08, 0x68, b'1', b'9', b'9', b'0',
        b'0', b'5', b'1', b'7', 0x09, 0x01,
    ];
    signed_payloads().into_iter().chain([foreign.to_vec()]).collect()
}

/// Tokens, and one that inflates to an array of as many items as there may be bytes.
#[must_use]
pub fn token() -> Vec<Vec<u8>> {
    let array = [&[0x99, 0xff, 0xfc][..], &[0; 0xfffc]].concat();
    let bomb = decoders::to_base45(&compress_to_vec_zlib(&array, 9)).into_bytes();
    people().iter().map(|person| token::sign(person, &key()).into_bytes()).chain([bomb]).collect()
}

/// National strings: signed, unsigned, in the forms that are tolerated.
#[must_use]
pub fn national() -> Vec<Vec<u8>> {
    let signed = people().map(|person| {
        let token = token::sign(&person, &key());
        compose(&NationalString::of(&person, token)).into_bytes()
    });
    let others = [
        "048090000001|TRAN VAN AN|1990-05-17|0|QID1|<1<<0905123456<SIG",
        "\u{feff} ******000001 | Trần  Văn An | 17/05/1990 | 1 | QID1 | QID2<2<GD4480000000001<<<more\r\n",
        "|AN|19900517|0|Q",
    ];
    signed.into_iter().chain(others.map(|text| text.as_bytes().to_vec())).collect()
}

/// Claims of presentations: all that may be chosen, and nothing.
#[must_use]
pub fn presentation() -> Vec<Vec<u8>> {
    let [full, _] = people();
    let all = Disclosed {
        ward: Some("20194".to_owned()),
        over_18: Some(true),
        photo_hash: Some([7; 32]),
        ..Disclosed::identity(&full)
    };
    let payload = |disclosed| {
        let code = Presentation::of(&full, "gate-7", [9; 16], disclosed, NOW).sign(&presentation_key());
        let message = decoders::base45(&code).and_then(|wrapped| decoders::zlib(&wrapped));
        let message = message.expect("what was signed is wrapped");
        decoders::cose(&message, &presentation_key().public()).flatten().expect("signed by its key")
    };
    vec![payload(all), payload(Disclosed::default())]
}

/// Signed lists and the payload alone.
#[must_use]
pub fn trust_list() -> Vec<Vec<u8>> {
    vec![trust().sign(&root()), trust().to_unsigned(), TrustList::default().to_unsigned()]
}

fn entries() -> Entries {
    let mut entries = Entries::default();
    entries.set(77, Status::Suspended);
    entries.set(2_000, Status::Invalid);
    entries
}

/// Each message, and its payload by itself.
fn messages_and_payloads(messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let payload = |message: &[u8]| {
        let payload = decoders::cose(message, &status_key().public());
        payload.flatten().expect("signed by the key for status")
    };
    messages.iter().flat_map(|message| [message.clone(), payload(message)]).collect()
}

/// Lists: of a whole block, of its beginning, of nothing.
#[must_use]
pub fn status_list() -> Vec<Vec<u8>> {
    let lsts = [entries().whole(), entries().short(), Entries::default().short()];
    let signed = |lst: Vec<u8>| StatusList::sign(LIST_URI, Validity::from(NOW - 60), &lst, &status_key());
    messages_and_payloads(&lsts.map(signed))
}

/// Bundles: of two lists, of none.
#[must_use]
pub fn status_bundle() -> Vec<Vec<u8>> {
    let id = ListId { epoch: 0, partition: 3, block: 1 };
    let full = StatusBundle {
        base_uri: "https://danang.example/s".to_owned(),
        validity: Validity::from(NOW - 60),
        lists: [(id, entries()), (ListId { block: 2, ..id }, entries())].into(),
    };
    let none = StatusBundle { lists: [].into(), ..full.clone() };
    messages_and_payloads(&[full.sign(&status_key()), none.sign(&status_key())])
}
