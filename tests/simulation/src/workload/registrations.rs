//! Bodies of the stream of registrations.

use super::{BIRTH, CITIZENS, PHONES, citizen, phone};
use crate::draw::Draw;
use schemas::event::{
    AccountClosed, AccountInherited, AccountLinked, AccountRegistered, AccountRestored, AccountSuspended,
    AccountUnlinked, ChildRegistered, ClosureCause, Evidence, IdentifierKind, IdentifierReplaced,
    IdentityReissued, IdentityVerified, LinkKind, Person, PhoneChanged, ProfileChange, ProfileCorrected,
    ReplacedSide, VerificationMethod,
};
use schemas::{Body, Channel, Personal};

type Drawn = (Vec<(usize, Body)>, Channel, Option<&'static str>);

fn person(index: usize, name: &str, phone: &str) -> Personal<Person> {
    Personal::Plain(Person {
        number: format!("04809000000{index}"),
        full_name: name.to_owned(),
        birth_date: BIRTH.to_owned(),
        sex: "male".to_owned(),
        phone: phone.to_owned(),
        ..Person::default()
    })
}

pub(super) fn draw(who: usize, draw: &mut Draw) -> Drawn {
    let one = |body: Body, channel| (vec![(who, body)], channel, None);
    match draw.weighed(&[8, 1, 1, 3, 4, 3, 2, 2, 2, 1, 1, 1, 2]) {
        0 => registered(who, draw),
        1 => one(inherited(who), Channel::Inherited),
        2 => one(child(who), Channel::WardDesk),
        3 => one(verified(who, draw), Channel::WardDesk),
        4 => one(corrected(draw), Channel::WardDesk),
        5 => {
            let given = draw.one_of(&PHONES);
            let body = PhoneChanged { personal: phone(given), confirmed: true };
            (vec![(who, body.into())], Channel::Web, Some(given))
        }
        6 => {
            let suspended = AccountSuspended { cause: "lost_card".to_owned() }.into();
            let restored = AccountRestored { cause: "found".to_owned() }.into();
            let both = vec![(who, suspended), (who, restored)];
            (both.into_iter().take(1 + draw.below(2)).collect(), Channel::Agency, None)
        }
        7 => one(AccountRestored { cause: "found".to_owned() }.into(), Channel::Agency),
        8 => one(linked(draw), Channel::Agency),
        9 => one(unlinked(draw), Channel::Agency),
        10 => one(AccountClosed { cause: ClosureCause::OnRequest }.into(), Channel::Agency),
        11 => replaced(who, draw),
        _ => one(IdentityReissued { cause: "lost".to_owned() }.into(), Channel::Web),
    }
}

/// By the citizen, a squatter, a team or a desk.
fn registered(who: usize, draw: &mut Draw) -> Drawn {
    let given = draw.one_of(&PHONES);
    let (channel, evidence) = draw.one_of(&[
        (Channel::Web, Evidence::SelfDeclared),
        (Channel::Web, Evidence::SelfDeclared),
        (Channel::Helper, Evidence::CardSeen),
        (Channel::WardDesk, Evidence::OfficerInPerson),
    ]);
    let name = draw.one_of(&["Nguyễn Văn An", "Nguyễn Văn An", "Lê Văn Gian"]);
    let body = AccountRegistered {
        personal: person(who, name, given),
        identifier: IdentifierKind::PersonalNumber,
        evidence,
        guardian: None,
        registrant: None,
        language: String::new(),
    };
    (vec![(who, body.into())], channel, Some(given))
}

fn inherited(who: usize) -> Body {
    AccountInherited {
        personal: person(who, "Nguyễn Văn An", ""),
        identifier: IdentifierKind::PersonalNumber,
        level: 1,
        opened_on: "2022-09-12".to_owned(),
        source: "old-portal".to_owned(),
        source_reference: "u-17".to_owned(),
    }
    .into()
}

/// Refused: nobody here is a child any more.
fn child(who: usize) -> Body {
    ChildRegistered {
        personal: person(who, "Nguyễn Văn An", ""),
        identifier: IdentifierKind::PersonalNumber,
        guardian: Some(citizen((who + 1) % CITIZENS)),
        relation: "father".to_owned(),
        birth_order: 1,
    }
    .into()
}

fn verified(who: usize, draw: &mut Draw) -> Body {
    let method = draw.one_of(&[VerificationMethod::OfficerInPerson, VerificationMethod::CardQr]);
    let personal = person(who, "Nguyễn Văn An", "");
    IdentityVerified { personal, method, evidence_reference: "check-1".to_owned() }.into()
}

fn corrected(draw: &mut Draw) -> Body {
    let name = draw.percent(30).then(|| "Nguyễn Văn Ân".to_owned());
    let address = draw.one_of(&["Tổ 5, Hải Châu", "Tổ 6, Hải Châu"]).to_owned();
    let change = ProfileChange { full_name: name, address: Some(address), ..ProfileChange::default() };
    let ward = draw.percent(30).then(|| draw.one_of(&["20194", "20197"]).to_owned());
    ProfileCorrected { personal: Personal::Plain(change), language: None, residence_ward: ward }.into()
}

fn linked(draw: &mut Draw) -> Body {
    let link = draw.one_of(&[LinkKind::PaymentAccount, LinkKind::DigitalSignature]);
    let (provider, proof) = ("bank-a".to_owned(), "signed".to_owned());
    AccountLinked { link, provider, reference_hash: "aa".repeat(32), proof }.into()
}

fn unlinked(draw: &mut Draw) -> Body {
    let link = draw.one_of(&[LinkKind::PaymentAccount, LinkKind::DigitalSignature]);
    AccountUnlinked { link, provider: "bank-a".to_owned(), reference_hash: "aa".repeat(32) }.into()
}

/// Under the old id and under the new one.
fn replaced(old: usize, draw: &mut Draw) -> Drawn {
    let new = (old + 1) % CITIZENS;
    let given = draw.one_of(&PHONES);
    let body = |side, counterpart| {
        IdentifierReplaced {
            personal: person(new, "Nguyễn Văn An", given),
            identifier: IdentifierKind::PersonalNumber,
            side,
            counterpart: citizen(counterpart),
            level: 1,
            cause: "reissued".to_owned(),
        }
        .into()
    };
    let bodies = vec![(old, body(ReplacedSide::Old, new)), (new, body(ReplacedSide::New, old))];
    (bodies, Channel::WardDesk, Some(given))
}
