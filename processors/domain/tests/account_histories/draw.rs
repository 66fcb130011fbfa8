//! Random events of accounts, over few values, so that they meet.

use domain::Rules;
use domain::keys::Pepper;
use proptest::prelude::*;
use proptest::sample::select;
use schemas::event::*;
use schemas::{Body, BodyHash, Channel, CitizenId, Day, Event, EventId, Header, Kid, Micros, Personal};

/// One event before it is accepted.
#[derive(Debug, Clone)]
pub struct Sent {
    citizen: usize,
    channel: Channel,
    ward: &'static str,
    team: Option<&'static str>,
    body: Body,
}

/// The people of a history.
pub fn citizen(nth: usize) -> CitizenId {
    CitizenId(EventId::of("account histories", &nth.to_string()).0)
}

const CITIZENS: usize = 2;
const FIRST_DAY: &str = "2025-09-12";

fn person() -> impl Strategy<Value = Person> {
    (
        select(vec!["Nguyễn Văn An", "NGUYEN VAN AN", "Lê Văn Gian"]),
        select(vec!["1990-05-17", "1990", "1990-05-18"]),
        select(vec!["male", "", "female"]),
        select(vec!["", "0905123456", "0912345678"]),
        select(vec!["", "an@example.com"]),
    )
        .prop_map(|(full_name, birth_date, sex, phone, email)| Person {
            number: "048090000001".to_owned(),
            full_name: full_name.to_owned(),
            birth_date: birth_date.to_owned(),
            sex: sex.to_owned(),
            phone: phone.to_owned(),
            email: email.to_owned(),
            address: String::new(),
        })
}

fn link() -> impl Strategy<Value = (LinkKind, String)> {
    (
        select(vec![LinkKind::PaymentAccount, LinkKind::DigitalSignature]),
        select(vec!["keeper-a", "keeper-b"]).prop_map(str::to_owned),
    )
}

fn opening() -> impl Strategy<Value = Body> {
    let evidence = select(vec![Evidence::SelfDeclared, Evidence::CardSeen, Evidence::OfficerInPerson]);
    let registered = (person(), evidence).prop_map(|(person, evidence)| {
        let personal = Personal::Plain(person);
        let (identifier, language) = (IdentifierKind::PersonalNumber, String::new());
        Body::from(AccountRegistered {
            personal,
            identifier,
            evidence,
            guardian: None,
            registrant: None,
            language,
        })
    });
    let inherited = (person(), 0..3_i32).prop_map(|(person, level)| {
        Body::from(AccountInherited {
            personal: Personal::Plain(person),
            identifier: IdentifierKind::PersonalNumber,
            level,
            opened_on: "2022-09-12".to_owned(),
            source: "old-portal".to_owned(),
            source_reference: String::new(),
        })
    });
    prop_oneof![3 => registered, 1 => inherited]
}

fn change() -> impl Strategy<Value = Body> {
    let method = select(vec![VerificationMethod::CardQr, VerificationMethod::OfficerInPerson]);
    let verified = (person(), method).prop_map(|(person, method)| {
        let personal = Personal::Plain(person);
        Body::from(IdentityVerified { personal, method, evidence_reference: String::new() })
    });
    let corrected = (person(), select(vec!["20194", "20197"])).prop_map(|(person, ward)| {
        let personal = Personal::Plain(ProfileChange {
            full_name: Some(person.full_name),
            birth_date: None,
            address: None,
            email: Some(person.email),
        });
        Body::from(ProfileCorrected { personal, language: None, residence_ward: Some(ward.to_owned()) })
    });
    let phone = person().prop_map(|person| {
        Body::from(PhoneChanged {
            personal: Personal::Plain(PhoneNumber { phone: person.phone }),
            confirmed: true,
        })
    });
    let replaced = (person(), any::<bool>(), 0..3_i32).prop_map(|(person, old, level)| {
        Body::from(IdentifierReplaced {
            personal: Personal::Plain(person),
            identifier: IdentifierKind::PersonalNumber,
            side: if old { ReplacedSide::Old } else { ReplacedSide::New },
            counterpart: citizen(CITIZENS),
            level,
            cause: "reissued".to_owned(),
        })
    });
    prop_oneof![3 => verified, 2 => corrected, 2 => phone, 1 => replaced]
}

fn small() -> impl Strategy<Value = Body> {
    let linked = link().prop_map(|(link, provider)| {
        let (reference_hash, proof) = ("0".repeat(64), "proof".to_owned());
        Body::from(AccountLinked { link, provider, reference_hash, proof })
    });
    let unlinked = link().prop_map(|(link, provider)| {
        Body::from(AccountUnlinked { link, provider, reference_hash: "0".repeat(64) })
    });
    let cause = || "a_cause".to_owned();
    prop_oneof![
        3 => linked,
        2 => unlinked,
        2 => Just(Body::from(AccountSuspended { cause: cause() })),
        2 => Just(Body::from(AccountRestored { cause: cause() })),
        1 => Just(Body::from(AccountClosed { cause: ClosureCause::OnRequest })),
        2 => Just(Body::from(IdentityReissued { cause: cause() })),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let body = prop_oneof![2 => opening(), 2 => change(), 3 => small()];
    let channels =
        vec![Channel::Web, Channel::Helper, Channel::WardDesk, Channel::WardDesk, Channel::Inherited];
    (0..CITIZENS, select(channels), select(vec!["20194", "20200", ""]), any::<bool>(), body).prop_map(
        |(citizen, channel, ward, in_team, body)| Sent {
            citizen,
            channel,
            ward,
            team: in_team.then_some("team-7"),
            body,
        },
    )
}

/// Up to forty events of two people.
pub fn history() -> impl Strategy<Value = Vec<Sent>> {
    prop::collection::vec(sent(), 1..40)
}

impl Sent {
    /// The event as accepted, one second after the one before.
    pub fn event(&self, offset: u64, rules: &Rules) -> Event {
        let day = Day::parse(FIRST_DAY).expect("a day of the calendar");
        let phone = match &self.body {
            Body::AccountRegistered(b) => b.personal.plain().map(|p| &p.phone),
            Body::AccountInherited(b) => b.personal.plain().map(|p| &p.phone),
            Body::IdentityVerified(b) => b.personal.plain().map(|p| &p.phone),
            Body::IdentifierReplaced(b) => b.personal.plain().map(|p| &p.phone),
            Body::PhoneChanged(b) => b.personal.plain().map(|p| &p.phone),
            _ => None,
        };
        let e164 = phone.and_then(|phone| domain::phone::normalise(phone).ok());
        Event {
            header: Header {
                event_id: EventId::of("account histories", &format!("event {offset}")),
                citizen_id: citizen(self.citizen),
                sender: "onestop".to_owned(),
                team: self.team.map(str::to_owned),
                helper: None,
                device: None,
                channel: self.channel,
                ward: self.ward.to_owned(),
                occurred_on: day,
                accepted_at: Micros((i64::from(day.0) * 86_400 + offset as i64) * 1_000_000),
                rules: rules.id,
                kid: Kid([1; 8]),
                body_hash: BodyHash(u128::from(offset).to_be_bytes()),
                phone_key: e164.map(|e164| Pepper::new(&[7; 32]).phone(&e164)),
                trace: None,
            },
            body: self.body.clone(),
        }
    }
}
