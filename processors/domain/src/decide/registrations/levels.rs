//! Who may vouch for what: the level that a channel reaches by a kind of evidence.

use schemas::Channel;
use schemas::event::{Evidence, VerificationMethod};

/// The level of an account that rests on this evidence; `None` where the channel may not use it.
///
/// The citizen alone reaches level 0, or 2 through a federated provider; helpers grant at most level 1; officers sit at desks and in
/// agencies. A photograph of somebody's card proves nothing: on the citizen's own channels a card's QR opens nothing.
pub(super) const fn granted(channel: Channel, evidence: Evidence) -> Option<u8> {
    use Channel as C;
    use Evidence as E;
    match (channel, evidence) {
        (C::Inherited, _) => None,
        (_, E::SelfDeclared) => Some(0),
        (C::Helper | C::WardDesk | C::Agency, E::CardQr | E::CardSeen | E::PopulationDatabase) => Some(1),
        (C::Web | C::Zalo | C::Agency, E::FederatedProvider) => Some(2),
        (C::WardDesk | C::Agency, E::OfficerInPerson) => Some(2),
        _ => None,
    }
}

/// The evidence that a method of verification gives.
pub(super) const fn evidence_of(method: VerificationMethod) -> Evidence {
    match method {
        VerificationMethod::CardQr => Evidence::CardQr,
        VerificationMethod::PopulationDatabase => Evidence::PopulationDatabase,
        VerificationMethod::FederatedProvider => Evidence::FederatedProvider,
        VerificationMethod::OfficerInPerson => Evidence::OfficerInPerson,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIDENCE: [Evidence; 6] = [
        Evidence::SelfDeclared,
        Evidence::CardQr,
        Evidence::CardSeen,
        Evidence::PopulationDatabase,
        Evidence::FederatedProvider,
        Evidence::OfficerInPerson,
    ];

    #[test]
    fn the_table_of_channels_and_evidence_is_as_published() {
        let rows: Vec<String> = Channel::ALL
            .iter()
            .map(|channel| {
                let levels: String = EVIDENCE
                    .iter()
                    .map(|e| granted(*channel, *e).map_or('-', |level| char::from(b'0' + level)))
                    .collect();
                format!("{} {levels}", channel.name())
            })
            .collect();
        // Columns: self-declared, card QR, card seen, population database, federated provider, officer in person.
        assert_eq!(
            rows,
            [
                "web 0---2-",
                "sms 0-----",
                "zalo 0---2-",
                "helper 0111--",
                "ward_desk 0111-2",
                "employer 0-----",
                "family 0-----",
                "inherited ------",
                "agency 011122",
            ]
        );
    }
}
