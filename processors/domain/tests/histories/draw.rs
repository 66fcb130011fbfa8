//! Draws histories: few citizens, few ids, all kinds, so that events meet.

use domain::Rules;
use proptest::prelude::*;
use proptest::sample::select;
use schemas::event::*;
use schemas::{Body, BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Micros, Personal};

/// What is sent, before it is accepted.
#[derive(Debug, Clone)]
pub struct Sent {
    sender: &'static str,
    ward: &'static str,
    team: Option<&'static str>,
    channel: Channel,
    body: Body,
}

const CODES: [&str; 2] = ["000.00.01.H17-250910-0001", "H17.25-20250910-0002"];
const DAYS: [&str; 4] = ["2025-09-08", "2025-09-10", "2025-09-12", "2025-09-30"];
const TIMES: [&str; 4] =
    ["2025-09-11T08:00:00+07:00", "2025-09-11T09:00:00+07:00", "2025-09-10", "2025-09-12T07:00:00+07:00"];

impl Sent {
    /// The event as the gateway would stamp it, on the morning of 2025-09-12.
    pub fn event(&self, offset: u64, rules: &Rules) -> Event {
        let day = Day::parse("2025-09-12").expect("a day of the calendar");
        Event {
            header: Header {
                event_id: EventId::of("histories", &offset.to_string()),
                citizen_id: CitizenId(EventId::of("citizens", "an").0),
                sender: self.sender.to_owned(),
                team: self.team.map(str::to_owned),
                helper: None,
                device: None,
                channel: self.channel,
                ward: self.ward.to_owned(),
                occurred_on: day,
                accepted_at: Micros(i64::from(day.0) * 86_400_000_000 + 3_600_000_000 + offset as i64),
                rules: rules.id,
                kid: Kid([1; 8]),
                body_hash: BodyHash(u128::from(offset).to_be_bytes()),
                phone_key: None,
                trace: None,
            },
            body: self.body.clone(),
        }
    }
}

/// Up to 80 events in any order.
pub fn history() -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec(sent(), 0..80)
}

fn sent() -> impl Strategy<Value = Sent> {
    (
        select(vec!["onestop", "evn", "city_app"]),
        select(vec!["20194", "20197", "", "99999"]),
        select(vec![None, None, Some("to-1")]),
        select(vec![Channel::WardDesk, Channel::Web, Channel::Agency]),
        body(),
    )
        .prop_map(|(sender, ward, team, channel, body)| Sent { sender, ward, team, channel, body })
}

fn text(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(choices).prop_map(str::to_owned)
}

fn words() -> Personal<Words> {
    Personal::Plain(Words { text: "vài lời".to_owned() })
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        4 => document(),
        6 => dossier(),
        6 => money(),
        3 => appointment(),
        2 => visit(),
        3 => feedback(),
        2 => rating(),
    ]
}

fn document() -> impl Strategy<Value = Body> {
    let provenance = || select(vec![Provenance::SelfUploaded, Provenance::Agency, Provenance::Certified]);
    let personal = || Personal::Plain(DocumentPersonal::default());
    let id = || text(&["d-1", "d-2", "d 3"]);
    prop_oneof![
        (id(), text(&["can_cuoc", "ho_chieu"]), provenance(), text(&DAYS)).prop_map(
            move |(document_id, document_kind, provenance, issued_on)| DocumentFiled {
                personal: personal(),
                document_id,
                document_kind,
                provenance,
                issuer: String::new(),
                issued_on,
                expires_on: String::new(),
                content: None,
                issuer_signature: String::new(),
            }
            .into()
        ),
        (id(), provenance()).prop_map(move |(document_id, provenance)| DocumentVersionFiled {
            personal: personal(),
            document_id,
            provenance,
            issued_on: String::new(),
            expires_on: String::new(),
            content: None,
            issuer_signature: String::new(),
        }
        .into()),
        (id(), 1..4i32, text(&["c-1", "c-2", "c-3"])).prop_map(|(document_id, version, certificate)| {
            DocumentCertified {
                document_id,
                version,
                certifier: "Phòng công chứng".to_owned(),
                certificate,
                certified_on: "2025-09-12".to_owned(),
                content: None,
            }
            .into()
        }),
        id().prop_map(|document_id| DocumentWithdrawn { document_id, cause: "mistake".to_owned() }.into()),
    ]
}

fn dossier() -> impl Strategy<Value = Body> {
    let component = (any::<bool>(), any::<bool>()).prop_map(|(digitised, reused)| DossierComponent {
        code: "TP".to_owned(),
        document_id: String::new(),
        digitised,
        reused,
    });
    let filed = (
        text(&CODES),
        text(&["1.005129", "2.000635"]),
        1..4i32,
        text(&DAYS),
        prop::collection::vec(component, 0..3),
    )
        .prop_map(|(code, procedure, method, due_on, components)| DossierFiled {
            personal: words(),
            code,
            procedure,
            procedure_name: String::new(),
            field: String::new(),
            method,
            result_by: "desk".to_owned(),
            received_on: String::new(),
            due_on,
            fee: 0,
            unit: String::new(),
            draft: String::new(),
            components,
        })
        .prop_map(Body::from);
    let moved = (text(&CODES), 1..11i32, text(&TIMES), text(&["", "2025-09-30"]))
        .prop_map(|(code, status, moved_at, due_on)| DossierStatusChanged {
            personal: words(),
            code,
            status,
            moved_at,
            due_on,
            unit: String::new(),
        })
        .prop_map(Body::from);
    let result = (text(&CODES), text(&DAYS), any::<bool>())
        .prop_map(|(code, finished_on, electronic)| DossierResultIssued {
            code,
            finished_on,
            document_id: String::new(),
            electronic,
        })
        .prop_map(Body::from);
    prop_oneof![1 => filed, 5 => moved, 2 => result]
}

fn money() -> impl Strategy<Value = Body> {
    const PERIOD: &str = "2025-08";
    let utility = || text(&["electricity", "water"]);
    let paid_for = || {
        prop_oneof![
            3 => utility().prop_map(|utility| PaymentFor::Bill {
                utility,
                contract: "c-1".to_owned(),
                period: PERIOD.to_owned()
            }),
            1 => text(&CODES).prop_map(|code| PaymentFor::Dossier { code }),
            1 => Just(PaymentFor::Draft { reference: "draft-1".to_owned() }),
        ]
    };
    let payment = || text(&["p-1", "p-2", "p-3", "p-4", "p-5"]);
    let amount = || select(vec![50i64, 100, 150]);
    prop_oneof![
        (utility(), amount()).prop_map(|(utility, amount)| BillIssued {
            utility,
            contract: "c-1".to_owned(),
            period: PERIOD.to_owned(),
            amount,
            due_on: String::new(),
        }
        .into()),
        utility().prop_map(|utility| BillCancelled {
            utility,
            contract: "c-1".to_owned(),
            period: PERIOD.to_owned(),
            cause: "mistake".to_owned(),
        }
        .into()),
        (payment(), paid_for(), amount()).prop_map(|(payment_id, paid_for, amount)| PaymentMade {
            payment_id,
            paid_for,
            amount,
            provider: "bank".to_owned()
        }
        .into()),
        (payment(), paid_for(), amount()).prop_map(|(payment_id, paid_for, amount)| PaymentReturned {
            payment_id,
            paid_for,
            amount,
            cause: "mistake".to_owned()
        }
        .into()),
    ]
}

fn appointment() -> impl Strategy<Value = Body> {
    (text(&["a-1", "a-2", "a-3", "a-4"]), 0..5u8).prop_map(|(appointment_id, kind)| match kind {
        0 => AppointmentBooked {
            personal: words(),
            appointment_id,
            subject: "health".to_owned(),
            place: "Bệnh viện".to_owned(),
            at: TIMES[0].to_owned(),
        }
        .into(),
        1 => AppointmentMoved { appointment_id, at: TIMES[1].to_owned() }.into(),
        2 => AppointmentCancelled { appointment_id, by: "agency".to_owned() }.into(),
        3 => AppointmentKept { appointment_id }.into(),
        _ => AppointmentMissed { appointment_id }.into(),
    })
}

fn visit() -> impl Strategy<Value = Body> {
    (text(&["v-1", "v-2", "v-3"]), any::<bool>(), text(&TIMES)).prop_map(|(visit_id, enters, at)| {
        let place = "hcc".to_owned();
        if enters {
            CheckedIn { place, visit_id, at }.into()
        } else {
            CheckedOut { place, visit_id, at }.into()
        }
    })
}

fn feedback() -> impl Strategy<Value = Body> {
    (text(&["f-1", "f-2", "f-3"]), 0..5u8).prop_map(|(feedback_id, kind)| match kind {
        0 => FeedbackSent { personal: words(), feedback_id, topic: "traffic".to_owned() }.into(),
        1 => FeedbackSupplementAsked { personal: words(), feedback_id }.into(),
        2 => FeedbackRefused { personal: words(), feedback_id }.into(),
        3 => FeedbackResolved { personal: words(), feedback_id }.into(),
        _ => FeedbackPublished { feedback_id }.into(),
    })
}

fn rating() -> impl Strategy<Value = Body> {
    (any::<bool>(), 0..7i32, text(&CODES)).prop_map(|(service, stars, code)| {
        if service {
            ServiceRated { personal: words(), code, stars }.into()
        } else {
            SurveyAnswered { personal: words(), survey_id: "s-1".to_owned(), stars }.into()
        }
    })
}
