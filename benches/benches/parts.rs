//! Parts of the path, each alone: decode, decide, sign, verify, encode, drawing a code.

use criterion::{Criterion, criterion_group, criterion_main};
use domain::rows::AccountRow;
use domain::{Input, Rules, TypedRow, decide};
use identity::picture::{self, Correction};
use identity::trust::{Purpose, TrustedKey};
use identity::verdict::{KnownStatus, Verifier};
use identity::{SigningKey, TrustList};
use schemas::event::{AccountRegistered, Evidence, IdentifierKind, Person};
use schemas::{
    BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Micros, Personal, Place, Stream, codec,
};
use std::hint::black_box;

const NOW: i64 = 1_800_000_000;

fn event(key: &SigningKey, rules: &Rules) -> Event {
    let header = Header {
        event_id: EventId::of("bench", "1"),
        citizen_id: CitizenId(schemas::ids::uuid_v8(&[1; 32])),
        sender: "to-cnscd".to_owned(),
        team: Some("to-0001".to_owned()),
        helper: Some("helper-0001".to_owned()),
        device: Some("device-0001".to_owned()),
        channel: Channel::Helper,
        ward: "20194".to_owned(),
        occurred_on: Day::from_ymd(2026, 7, 2).unwrap_or_default(),
        accepted_at: Micros(NOW * 1_000_000),
        rules: rules.id,
        kid: Kid(key.kid()),
        body_hash: BodyHash([3; 16]),
        phone_key: None,
        trace: None,
    };
    let person = Person {
        number: "048090000001".to_owned(),
        full_name: "Nguyễn Văn An".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: "male".to_owned(),
        phone: "0905123456".to_owned(),
        email: String::new(),
        address: "12 đường số 3".to_owned(),
    };
    let body = AccountRegistered {
        personal: Personal::Plain(person),
        identifier: IdentifierKind::PersonalNumber,
        evidence: Evidence::CardSeen,
        guardian: None,
        registrant: None,
        language: String::new(),
    };
    Event { header, body: body.into() }
}

fn parts(criterion: &mut Criterion) {
    let key = SigningKey::from_seed(&[7; 32]);
    let rules = Rules::new("urn:congdanso:bench", "https://danang.example/s");
    let event = event(&key, &rules);
    let bytes = codec::encode(&event);
    let place = Place { stream: Stream::Registrations, partition: 0, epoch: 0, offset: 1 };
    let decided =
        decide(Input { event: &event, place, state: None, rules: &rules }).expect("it can be decided");
    let row = decided.state.expect("it is applied");
    let account = AccountRow::from_row(row).expect("an account");
    let claims = runner::claims_of(&account, &rules);
    let token = identity::token::sign(&claims, &key);
    let trust = TrustList {
        version: 1,
        issued_at: NOW - 10,
        keys: vec![TrustedKey::new(key.public(), Purpose::Identity, NOW - 100, NOW + 1_000_000_000)],
        ..TrustList::default()
    };
    let verifier = Verifier::new(&trust);
    assert!(verifier.verify(&token, NOW + 1, &|_| KnownStatus::Valid).is_valid(), "the code must hold");

    criterion.bench_function("encode a registration", |b| b.iter(|| codec::encode(black_box(&event))));
    criterion.bench_function("decode a registration", |b| {
        b.iter(|| codec::decode(Stream::Registrations, black_box(&bytes)));
    });
    criterion.bench_function("decide a registration", |b| {
        b.iter(|| decide(Input { event: black_box(&event), place, state: None, rules: &rules }));
    });
    criterion.bench_function("sign alone (Ed25519)", |b| b.iter(|| key.sign(black_box(&[5; 200]))));
    criterion.bench_function("sign a code", |b| b.iter(|| identity::token::sign(black_box(&claims), &key)));
    criterion.bench_function("verify a code", |b| {
        b.iter(|| verifier.verify(black_box(&token), NOW + 1, &|_| KnownStatus::Valid));
    });
    criterion.bench_function("draw a code, SVG", |b| {
        b.iter(|| picture::svg(black_box(&token), Correction::Medium))
    });
    criterion.bench_function("draw a code, PNG", |b| {
        b.iter(|| picture::png(black_box(&token), Correction::Medium, 8))
    });
}

criterion_group!(benches, parts);
criterion_main!(benches);
