//! Presets: what the usual holders of a credential may do, so that nobody types forty scopes.
//!
//! Which kinds each may send follows the contract's column "may send". Where the contract lets the processor judge a case (which
//! method of verification is open to which channel), the preset gives the kind and the processor judges.

use super::Scope;
use schemas::{Channel, Kind, Stream};

/// The names that [`role`] knows.
pub const ROLES: [&str; 12] = [
    "helper",
    "ward_desk",
    "officer",
    "agency",
    "notary",
    "utility",
    "bank",
    "employer",
    "importer",
    "sms_gateway",
    "portal",
    "app",
];

/// Channels (the first is the default one) and scopes of the role of this name; `None` when there is no such role.
#[must_use]
pub fn role(name: &str) -> Option<(Vec<Channel>, Vec<Scope>)> {
    use Channel::{Agency, Employer, Family, Helper, Inherited, Sms, WardDesk, Web, Zalo};
    let (channels, scopes): (&[Channel], Vec<Scope>) = match name {
        "helper" => (&[Helper], send(&[Kind::AccountRegistered, Kind::IdentityVerified])),
        "ward_desk" => (&[WardDesk], [send(DESK_REGISTRATIONS), send(DESK_REST)].concat()),
        "officer" => (&[WardDesk], [send(OFFICER), vec![Scope::Lookup]].concat()),
        "agency" => (&[Agency], [send(FILER), vec![Scope::SendAll(Stream::Transactions)]].concat()),
        "notary" => (&[Agency], [send(FILER), send(&[Kind::DocumentCertified])].concat()),
        "utility" => (&[Agency], send(UTILITY)),
        "bank" => (&[Agency], send(BANK)),
        "employer" => (&[Employer], send(&[Kind::AccountRegistered])),
        "importer" => (&[Inherited], send(&[Kind::AccountInherited])),
        "sms_gateway" => (&[Sms], [send(&[Kind::AccountRegistered]), vec![Scope::SmsWebhook]].concat()),
        "portal" => (&[Web, Family, Zalo], [send(FILER), send(CITIZEN), vec![Scope::Present]].concat()),
        "app" => (&[], vec![Scope::ReadAll, Scope::Lookup, Scope::Statistics, Scope::Present]),
        _ => return None,
    };
    Some((channels.to_vec(), scopes))
}

fn send(kinds: &[Kind]) -> Vec<Scope> {
    kinds.iter().copied().map(Scope::Send).collect()
}

/// Who owns a paper, or issued it.
const FILER: &[Kind] = &[Kind::DocumentFiled, Kind::DocumentVersionFiled, Kind::DocumentWithdrawn];

const DESK_REGISTRATIONS: &[Kind] = &[
    Kind::AccountRegistered,
    Kind::ChildRegistered,
    Kind::IdentityVerified,
    Kind::ProfileCorrected,
    Kind::PhoneChanged,
    Kind::IdentifierReplaced,
    Kind::IdentityReissued,
];

const DESK_REST: &[Kind] = &[
    Kind::DocumentFiled,
    Kind::DocumentVersionFiled,
    Kind::DocumentCertified,
    Kind::DocumentWithdrawn,
    Kind::DossierFiled,
    Kind::DossierStatusChanged,
    Kind::DossierResultIssued,
    Kind::PaymentMade,
    Kind::PaymentReturned,
    Kind::AppointmentBooked,
    Kind::AppointmentMoved,
    Kind::AppointmentCancelled,
    Kind::AppointmentKept,
    Kind::AppointmentMissed,
    Kind::CheckedIn,
    Kind::CheckedOut,
    Kind::FeedbackSent,
    Kind::FeedbackSupplementAsked,
    Kind::FeedbackRefused,
    Kind::FeedbackResolved,
    Kind::FeedbackPublished,
    Kind::ServiceRated,
    Kind::SurveyAnswered,
];

/// Of the police and of the population database: the person, and whether the account stands.
const OFFICER: &[Kind] = &[
    Kind::IdentityVerified,
    Kind::IdentifierReplaced,
    Kind::AccountSuspended,
    Kind::AccountRestored,
    Kind::AccountClosed,
    Kind::IdentityReissued,
];

const UTILITY: &[Kind] = &[Kind::BillIssued, Kind::BillCancelled, Kind::PaymentMade, Kind::PaymentReturned];

/// Of a bank or a certification authority.
const BANK: &[Kind] = &[Kind::AccountLinked, Kind::AccountUnlinked, Kind::PaymentMade, Kind::PaymentReturned];

/// What a citizen does on the portal, papers apart. No verification: nobody raises one's own level.
const CITIZEN: &[Kind] = &[
    Kind::AccountRegistered,
    Kind::ChildRegistered,
    Kind::ProfileCorrected,
    Kind::PhoneChanged,
    Kind::AccountLinked,
    Kind::AccountUnlinked,
    Kind::IdentityReissued,
    Kind::DossierFiled,
    Kind::PaymentMade,
    Kind::AppointmentBooked,
    Kind::AppointmentMoved,
    Kind::AppointmentCancelled,
    Kind::CheckedIn,
    Kind::CheckedOut,
    Kind::FeedbackSent,
    Kind::ServiceRated,
    Kind::SurveyAnswered,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn senders(kind: Kind) -> Vec<&'static str> {
        let may = |name: &&str| Scope::permits(&role(name).expect("listed").1, kind);
        ROLES.into_iter().filter(may).collect()
    }

    #[test]
    fn every_listed_role_exists_and_no_other() {
        assert!(ROLES.into_iter().all(|name| role(name).is_some()));
        assert!(role("root").is_none());
        assert!(role("").is_none());
    }

    #[test]
    fn every_kind_has_a_role_that_sends_it() {
        for &kind in Kind::ALL {
            assert!(!senders(kind).is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn a_role_that_sends_has_a_channel() {
        for name in ROLES {
            let (channels, scopes) = role(name).expect("listed");
            let sends = Kind::ALL.iter().any(|&kind| Scope::permits(&scopes, kind));
            assert_eq!(sends, !channels.is_empty(), "{name}");
        }
    }

    #[test]
    fn who_may_register_an_account_is_who_the_contract_names() {
        let expected = ["helper", "ward_desk", "employer", "sms_gateway", "portal"];
        assert_eq!(senders(Kind::AccountRegistered), expected);
        assert_eq!(senders(Kind::AccountInherited), ["importer"]);
        assert_eq!(senders(Kind::ChildRegistered), ["ward_desk", "portal"]);
    }

    #[test]
    fn whether_an_account_stands_is_for_officers_alone() {
        for kind in [Kind::AccountSuspended, Kind::AccountRestored, Kind::AccountClosed] {
            assert_eq!(senders(kind), ["officer"], "{kind:?}");
        }
    }

    #[test]
    fn nobody_verifies_or_certifies_for_oneself() {
        assert_eq!(senders(Kind::IdentityVerified), ["helper", "ward_desk", "officer"]);
        assert_eq!(senders(Kind::DocumentCertified), ["ward_desk", "notary"]);
    }

    #[test]
    fn the_app_reads_and_sends_nothing() {
        let (channels, scopes) = role("app").expect("listed");
        assert!(channels.is_empty());
        assert!(scopes.contains(&Scope::ReadAll) && scopes.contains(&Scope::Lookup));
    }
}
