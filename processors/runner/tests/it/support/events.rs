//! Events.

use domain::Rules;
use identity::SigningKey;
use schemas::event::{AccountRegistered, Evidence, IdentifierKind, Person, SurveyAnswered, Words};
use schemas::{
    Body, BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Micros, Personal, Sealed,
};

pub fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

pub fn rules() -> Rules {
    Rules::new("https://congdanso.test", "https://congdanso.test/status")
}

pub fn citizen(n: usize) -> CitizenId {
    CitizenId(EventId::of("citizens", &n.to_string()).0)
}

/// An event of citizen 0 with this reference.
pub fn event(reference: &str, body: impl Into<Body>) -> Event {
    let day = Day::parse("2025-09-12").unwrap();
    let body = body.into();
    Event {
        header: Header {
            event_id: EventId::of("onestop", reference),
            citizen_id: citizen(0),
            sender: "onestop".to_owned(),
            team: None,
            helper: None,
            device: None,
            channel: Channel::WardDesk,
            ward: "20194".to_owned(),
            occurred_on: day,
            accepted_at: Micros(i64::from(day.0) * 86_400_000_000 + 3_600_000_000),
            rules: rules().id,
            kid: Kid(key().kid()),
            body_hash: BodyHash(*EventId::of("body", &format!("{body:?}")).0.as_bytes()),
            phone_key: None,
            trace: None,
        },
        body,
    }
}

/// The citizen answers a survey. Each answer counts, the last one stands.
pub fn rated(reference: &str, stars: i32) -> Event {
    let personal = Personal::Plain(Words::default());
    event(reference, SurveyAnswered { personal, survey_id: "s-1".to_owned(), stars })
}

pub fn registered(reference: &str) -> Event {
    let person = Person {
        number: "048090000001".to_owned(),
        full_name: "Nguyễn Văn An".to_owned(),
        birth_date: "1990-05-17".to_owned(),
        sex: "male".to_owned(),
        ..Person::default()
    };
    let body = AccountRegistered {
        personal: Personal::Plain(person),
        identifier: IdentifierKind::PersonalNumber,
        evidence: Evidence::OfficerInPerson,
        guardian: None,
        registrant: None,
        language: String::new(),
    };
    event(reference, body)
}

/// An answer whose words are sealed.
pub fn sealed(reference: &str) -> Event {
    let sealed = Sealed { key_id: [1; 16], nonce: [2; 12], data: vec![3; 20] };
    event(
        reference,
        SurveyAnswered { personal: Personal::Sealed(sealed), survey_id: "s-1".to_owned(), stars: 3 },
    )
}

pub fn of_citizen(n: usize, mut event: Event) -> Event {
    event.header.citizen_id = citizen(n);
    event
}
