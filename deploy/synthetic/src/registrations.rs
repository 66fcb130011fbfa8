//! Submissions that open accounts.

use crate::citizen::Citizen;
use schemas::Day;

/// The person as submissions have it. No field needs escaping: all of it is made here.
pub fn person(citizen: &Citizen) -> String {
    format!(
        r#"{{"full_name":"{}","birth_date":"{}","sex":"{}","phone":"{}","address":"{}"}}"#,
        citizen.full_name,
        citizen.birth,
        citizen.sex.name(),
        citizen.phone,
        citizen.address
    )
}

fn registered(citizen: &Citizen, today: Day, evidence: &str) -> String {
    format!(
        r#"{{"kind":"AccountRegistered","reference":"reg-{}","citizen":{{"number":"{}"}},"occurred_on":"{today}","ward":"{}","data":{{"personal":{},"evidence":"{evidence}"}}}}"#,
        citizen.index,
        citizen.number,
        citizen.ward,
        person(citizen),
    )
}

/// By a helper of a community team who saw the card.
pub fn assisted(citizen: &Citizen, today: Day) -> String {
    registered(citizen, today, if citizen.index.is_multiple_of(3) { "card_qr" } else { "card_seen" })
}

/// By the citizen, on the portal.
pub fn web(citizen: &Citizen, today: Day) -> String {
    registered(citizen, today, "self_declared")
}

/// From an older system.
pub fn inherited(citizen: &Citizen, today: Day) -> String {
    format!(
        r#"{{"kind":"AccountInherited","reference":"old-{}","citizen":{{"number":"{}"}},"occurred_on":"{today}","ward":"{}","data":{{"personal":{},"level":{},"opened_on":"2023-{:02}-{:02}","source":"egov-2022","source_reference":"A{:07}"}}}}"#,
        citizen.index,
        citizen.number,
        citizen.ward,
        person(citizen),
        citizen.index % 2,
        citizen.index % 12 + 1,
        citizen.index % 28 + 1,
        citizen.index,
    )
}

/// The text that the citizen sends to 8188: `TK,name,number,birth`.
pub fn sms_text(citizen: &Citizen) -> String {
    let (year, month, day) = citizen.birth.ymd();
    let name = domain::name::unaccented(&citizen.full_name);
    format!("TK,{name},{},{day:02}/{month:02}/{year:04}", citizen.number)
}

/// The webhook's message of a text.
pub fn sms(citizen: &Citizen) -> String {
    sms_message(citizen, &sms_text(citizen))
}

/// The webhook's message of any text.
pub fn sms_message(citizen: &Citizen, text: &str) -> String {
    format!(
        r#"{{"from":"{}","to":"8188","text":"{text}","message_id":"sms-{}"}}"#,
        citizen.phone, citizen.index
    )
}
