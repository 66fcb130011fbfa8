//! Bodies of events: few citizens, few ids, all kinds, so that events meet.

mod documents;
mod registrations;
mod transactions;

use crate::draw::Draw;
use schemas::event::{PhoneNumber, Words};
use schemas::{Body, Channel, CitizenId, EventId, Personal, PhoneKey, Stream};

/// Citizens of a run. All were born on one day, so that one can replace another.
pub const CITIZENS: usize = 4;

/// The day of birth of everybody here.
const BIRTH: &str = "1990-05-17";
/// Phones, as people write them.
const PHONES: [&str; 3] = ["0905 123 456", "0912345678", "+84 393 456 789"];

/// The id of a citizen.
#[must_use]
pub fn citizen(index: usize) -> CitizenId {
    CitizenId(EventId::of("citizens", &index.to_string()).0)
}

/// The key of a phone, as the gateway would stamp it.
fn phone_key(phone: &str) -> PhoneKey {
    PhoneKey(EventId::of("phones", phone).0.into_bytes())
}

/// What is sent, before it is accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// About whom, by number.
    pub citizen: usize,
    /// Who sends it.
    pub sender: &'static str,
    /// How.
    pub channel: Channel,
    /// Where.
    pub ward: &'static str,
    /// The community team.
    pub team: Option<&'static str>,
    /// The key of the phone in it.
    pub phone_key: Option<PhoneKey>,
    /// What happened.
    pub body: Body,
}

/// What is sent next about a citizen: mostly one event, two when a number is replaced.
pub fn sent(citizen: usize, draw: &mut Draw) -> Vec<Sent> {
    let stream = [Stream::Registrations, Stream::Documents, Stream::Transactions][draw.weighed(&[5, 2, 4])];
    let (bodies, channel, phone) = match stream {
        Stream::Registrations => registrations::draw(citizen, draw),
        Stream::Documents => (vec![(citizen, documents::draw(draw))], Channel::Agency, None),
        Stream::Transactions => (vec![(citizen, transactions::draw(draw))], Channel::Agency, None),
    };
    let sender = draw.one_of(&["onestop", "evn", "city_app"]);
    let ward = draw.one_of(&["20194", "20197", "20194", "99999"]);
    let team = draw.one_of(&[None, None, Some("to-1")]);
    let phone_key = phone.map(phone_key);
    let sent = |(citizen, body)| Sent { citizen, sender, channel, ward, team, phone_key, body };
    bodies.into_iter().map(sent).collect()
}

fn words() -> Personal<Words> {
    Personal::Plain(Words { text: "vài lời".to_owned() })
}

fn phone(given: &str) -> Personal<PhoneNumber> {
    Personal::Plain(PhoneNumber { phone: given.to_owned() })
}
