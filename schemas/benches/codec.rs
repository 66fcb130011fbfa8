//! What encoding and decoding one registration costs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schemas::event::{AccountRegistered, Evidence, IdentifierKind, Person};
use schemas::{
    BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Micros, Personal, PhoneKey, RulesId,
    Stream, codec,
};
use std::hint::black_box;

fn registration() -> Event {
    let header = Header {
        event_id: EventId::of("doan-thanh-nien", "1"),
        citizen_id: CitizenId(EventId::of("a citizen", "1").0),
        sender: "doan-thanh-nien".into(),
        team: Some("to-cong-nghe-so-07".into()),
        helper: Some("helper-1204".into()),
        device: Some("device-77".into()),
        channel: Channel::Helper,
        ward: "20194".into(),
        occurred_on: Day(20_454),
        accepted_at: Micros(1_767_225_600_000_000),
        rules: RulesId([1; 8]),
        kid: Kid([2; 8]),
        body_hash: BodyHash([3; 16]),
        phone_key: Some(PhoneKey([4; 16])),
        trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
    };
    let person = Person {
        number: "048190000001".into(),
        full_name: "Nguyễn Thị Ánh Dương".into(),
        birth_date: "1990-04-30".into(),
        sex: "female".into(),
        phone: "0905 123 456".into(),
        email: String::new(),
        address: "12 Trần Phú, phường Hải Châu, thành phố Đà Nẵng".into(),
    };
    let body = AccountRegistered {
        personal: Personal::Plain(person),
        identifier: IdentifierKind::PersonalNumber,
        evidence: Evidence::CardQr,
        guardian: None,
        registrant: None,
        language: "vi".into(),
    };
    Event { header, body: body.into() }
}

fn registration_through_the_codec(c: &mut Criterion) {
    let event = registration();
    let value = codec::encode(&event);
    let mut group = c.benchmark_group("registration");
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode", |b| b.iter(|| codec::encode(black_box(&event))));
    group.bench_function("decode", |b| {
        b.iter(|| codec::decode(Stream::Registrations, black_box(&value)).expect("it was just encoded"));
    });
    group.finish();
}

criterion_group!(benches, registration_through_the_codec);
criterion_main!(benches);
