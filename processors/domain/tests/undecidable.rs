//! What deciders leave to an operator, and which rows they read.

use domain::decide::Undecidable;
use domain::{Cell, Input, KeyPart, Outcome, Row, Rules, Table, decide, keys_read};
use proptest::prelude::*;
use schemas::event::*;
use schemas::{
    Body, BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Micros, Personal, Place, Sealed,
};

fn event(body: impl Into<Body>) -> Event {
    let day = Day::parse("2025-09-12").expect("a day of the calendar");
    let id = EventId::of("undecidable", "1");
    Event {
        header: Header {
            event_id: id,
            citizen_id: CitizenId(id.0),
            sender: "onestop".to_owned(),
            team: None,
            helper: None,
            device: None,
            channel: Channel::Agency,
            ward: String::new(),
            occurred_on: day,
            accepted_at: Micros(i64::from(day.0) * 86_400_000_000),
            rules: rules().id,
            kid: Kid([1; 8]),
            body_hash: BodyHash([0; 16]),
            phone_key: None,
            trace: None,
        },
        body: body.into(),
    }
}

fn rules() -> Rules {
    Rules::new("https://congdanso.test", "https://congdanso.test/status")
}

fn decided(event: &Event, state: Option<Row>) -> Result<Outcome, Undecidable> {
    let place = Place { stream: event.kind().stream(), partition: 0, epoch: 0, offset: 7 };
    decide(Input { event, place, state, rules: &rules() }).map(|decision| decision.outcome)
}

fn sealed<T>() -> Personal<T> {
    Personal::Sealed(Sealed { key_id: [0; 16], nonce: [0; 12], data: vec![1, 2, 3] })
}

fn rated(code: &str, personal: Personal<Words>) -> ServiceRated {
    ServiceRated { personal, code: code.to_owned(), stars: 5 }
}

fn kept(id: &str) -> AppointmentKept {
    AppointmentKept { appointment_id: id.to_owned() }
}

#[test]
fn sealed_personal_part_pauses_instead_of_refusing() {
    let id = || "x-1".to_owned();
    let code = || "000.00.01.H17-250910-0001".to_owned();
    let none = String::new;
    let bodies: Vec<Body> = vec![
        DocumentFiled {
            personal: sealed(),
            document_id: id(),
            document_kind: "can_cuoc".to_owned(),
            provenance: Provenance::Agency,
            issuer: none(),
            issued_on: none(),
            expires_on: none(),
            content: None,
            issuer_signature: none(),
        }
        .into(),
        DocumentVersionFiled {
            personal: sealed(),
            document_id: id(),
            provenance: Provenance::Agency,
            issued_on: none(),
            expires_on: none(),
            content: None,
            issuer_signature: none(),
        }
        .into(),
        DossierFiled {
            personal: sealed(),
            code: code(),
            procedure: "1.005129".to_owned(),
            procedure_name: none(),
            field: none(),
            method: 1,
            result_by: "desk".to_owned(),
            received_on: none(),
            due_on: none(),
            fee: 0,
            unit: none(),
            draft: none(),
            components: Vec::new(),
        }
        .into(),
        DossierStatusChanged {
            personal: sealed(),
            code: code(),
            status: 2,
            moved_at: "2025-09-12".to_owned(),
            due_on: none(),
            unit: none(),
        }
        .into(),
        AppointmentBooked {
            personal: sealed(),
            appointment_id: id(),
            subject: "health".to_owned(),
            place: id(),
            at: "2025-09-12T08:00:00Z".to_owned(),
        }
        .into(),
        FeedbackSent { personal: sealed(), feedback_id: id(), topic: "traffic".to_owned() }.into(),
        FeedbackSupplementAsked { personal: sealed(), feedback_id: id() }.into(),
        FeedbackRefused { personal: sealed(), feedback_id: id() }.into(),
        FeedbackResolved { personal: sealed(), feedback_id: id() }.into(),
        rated(&code(), sealed()).into(),
        SurveyAnswered { personal: sealed(), survey_id: id(), stars: 5 }.into(),
    ];
    for body in bodies {
        let event = event(body);
        assert_eq!(decided(&event, None), Err(Undecidable::Sealed), "{:?}", event.kind());
    }
}

#[test]
fn state_row_of_another_shape_pauses_instead_of_refusing() {
    let event = event(kept("a-1"));
    let (table, key) = keys_read(&event);
    assert_eq!(table, Table::Appointments);
    let place = Place { stream: event.kind().stream(), partition: 0, epoch: 0, offset: 3 };
    let cause = domain::Cause { place, event_id: event.header.event_id };
    let row = Row { table, key, cause, cells: vec![Cell::Text("no such status".to_owned())] };
    assert!(matches!(decided(&event, Some(row)), Err(Undecidable::Shape(_))));
}

#[test]
fn sealed_person_pauses_an_opening_instead_of_refusing_it() {
    let opening = |personal| AccountRegistered {
        personal,
        identifier: IdentifierKind::PersonalNumber,
        evidence: Evidence::OfficerInPerson,
        guardian: None,
        registrant: None,
        language: String::new(),
    };
    assert_eq!(decided(&event(opening(sealed())), None), Err(Undecidable::Sealed));
    let readable = event(opening(Personal::Plain(Person::default())));
    assert!(matches!(decided(&readable, None), Ok(Outcome::Refused(_))));
    assert!(!Undecidable::Sealed.is_retryable());
}

#[test]
fn event_in_the_log_of_another_stream_pauses() {
    let event = event(kept("a-1"));
    let place = Place { stream: schemas::Stream::Documents, partition: 0, epoch: 0, offset: 3 };
    let decision = decide(Input { event: &event, place, state: None, rules: &rules() });
    assert_eq!(decision, Err(Undecidable::WrongStream));
}

fn texts_of_key(event: &Event) -> Vec<String> {
    let texts = |part| if let KeyPart::Text(text) = part { Some(text) } else { None };
    keys_read(event).1.0.into_iter().filter_map(texts).collect()
}

proptest! {
    #[test]
    fn whatever_a_sender_calls_a_thing_its_key_holds_no_nul_and_is_short(name in ".{0,80}") {
        let bill = PaymentFor::Bill { utility: name.clone(), contract: name.clone(), period: name.clone() };
        let paid = |paid_for| PaymentMade { payment_id: name.clone(), paid_for, amount: 1, provider: name.clone() };
        for body in [
            Body::from(kept(&name)),
            rated(&name, sealed()).into(),
            DocumentWithdrawn { document_id: name.clone(), cause: name.clone() }.into(),
            CheckedOut { place: name.clone(), visit_id: name.clone(), at: name.clone() }.into(),
            FeedbackPublished { feedback_id: name.clone() }.into(),
            paid(bill).into(),
            paid(PaymentFor::Dossier { code: name.clone() }).into(),
            paid(PaymentFor::Draft { reference: name.clone() }).into(),
        ] {
            for text in texts_of_key(&event(body)) {
                prop_assert!(text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic()), "{text:?}");
            }
        }
    }

    #[test]
    fn a_thing_with_a_malformed_name_is_refused_without_reading_a_row(name in ".{0,80}") {
        let event = event(kept(&name));
        if texts_of_key(&event) == [""] {
            let malformed = Outcome::Refused(domain::Reason::IdMalformed);
            prop_assert_eq!(decided(&event, None), Ok(malformed));
        } else {
            prop_assert_eq!(texts_of_key(&event), [name]);
        }
    }
}
