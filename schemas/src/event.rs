//! An event: a header that says nothing personal, and a body of one kind.

mod documents;
mod personal;
mod registrations;
mod submission;
mod transactions;

pub use documents::*;
pub use personal::{Personal, Sealed};
pub use registrations::*;
pub use submission::ChildKey;
pub use transactions::*;

use crate::codec::carry::{Carried, WithHeader};
use crate::{BodyHash, CitizenId, Day, EventId, Kid, Micros, PhoneKey, RulesId, Stream};
use serde::de::VariantAccess;
use serde::{Deserialize, Serialize, Serializer};

/// One thing that happened to one citizen, as accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Who, when, from where: stamped by the gateway or taken from the credential.
    pub header: Header,
    /// What happened.
    pub body: Body,
}

/// What every event carries. Nothing here is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The same for every repeat of the same submission.
    pub event_id: EventId,
    /// Whom it is about; the record key.
    pub citizen_id: CitizenId,
    /// The agency, from its credential.
    pub sender: String,
    /// The community team, from the credential.
    pub team: Option<String>,
    /// The helper, from the credential.
    pub helper: Option<String>,
    /// The device, from the credential.
    pub device: Option<String>,
    /// How it came.
    pub channel: Channel,
    /// The ward's 5-digit code as given; empty when none was given. A credential's ward of work fills it in.
    pub ward: String,
    /// The day the act happened, as the sender says.
    pub occurred_on: Day,
    /// When the gateway accepted it.
    pub accepted_at: Micros,
    /// The rules in force at acceptance.
    pub rules: RulesId,
    /// The signing key in force at acceptance.
    pub kid: Kid,
    /// Of what the sender sent, without stamps.
    pub body_hash: BodyHash,
    /// The phone in the body under the city's pepper, stamped when the body has one that can be normalised.
    pub phone_key: Option<PhoneKey>,
    /// W3C `traceparent` of the request that brought it.
    pub trace: Option<String>,
}

/// How an event came to the city.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The citizen, on the web portal or in the app.
    Web,
    /// A text message.
    Sms,
    /// The Zalo mini-app.
    Zalo,
    /// A helper of a community digital team.
    Helper,
    /// The desk of a ward or the one-stop desk.
    WardDesk,
    /// An employer for its staff.
    Employer,
    /// A family member.
    Family,
    /// Bulk import from an older system.
    Inherited,
    /// A system of an agency or a utility.
    Agency,
}

macro_rules! kinds {
    ($($stream:ident { $($(#[$doc:meta])* $kind:ident),* $(,)? })*) => {
        /// What happened; one variant per kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Body { $($($(#[$doc])* $kind($kind)),*),* }

        /// The kind of an event.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub enum Kind { $($($(#[$doc])* $kind),*),* }

        impl Kind {
            /// All kinds, stream by stream, in the order of the contract.
            pub const ALL: &'static [Self] = &[$($(Self::$kind),*),*];

            /// The kind's name in JSON, Avro, rows and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$kind => stringify!($kind)),*),* }
            }

            /// The stream that carries this kind.
            #[must_use]
            pub const fn stream(self) -> Stream {
                match self { $($(Self::$kind => Stream::$stream),*),* }
            }

            /// The kind of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($(stringify!($kind) => Some(Self::$kind),)*)* _ => None }
            }
        }

        impl Body {
            /// The kind of this body.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $($(Self::$kind(_) => Kind::$kind),*),* }
            }

            /// Reads the JSON form of a body of `kind`. Unknown fields, missing fields and a sealed personal part are errors.
            ///
            /// What a sender wrote goes through [`Body::from_submission`], which trusts less.
            ///
            /// # Errors
            /// The text is no JSON or no body of this kind. Never worth retrying.
            pub fn from_json(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
                match kind { $($(Kind::$kind => serde_json::from_str(json).map(Self::$kind)),*),* }
            }

            /// Writes this body as record `index` of a union, the header as its first field.
            pub(crate) fn write_branch<S: Serializer>(
                &self, header: &Header, index: u32, serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let name = self.kind().name();
                match self {
                    $($(Self::$kind(body) => {
                        serializer.serialize_newtype_variant("Event", index, name, &WithHeader { header, body })
                    })*)*
                }
            }

            /// Reads a record of `kind`, of which the header is the first field.
            pub(crate) fn read_branch<'de, A: VariantAccess<'de>>(kind: Kind, access: A) -> Result<Event, A::Error> {
                match kind {
                    $($(Kind::$kind => {
                        let Carried { header, body } = access.newtype_variant::<Carried<$kind>>()?;
                        Ok(Event { header, body: Self::$kind(body) })
                    })*)*
                }
            }
        }

        impl Serialize for Body {
            /// The body alone, without its kind.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $($(Self::$kind(body) => body.serialize(serializer)),*),* }
            }
        }

        $($(impl From<$kind> for Body {
            fn from(body: $kind) -> Self { Self::$kind(body) }
        })*)*
    };
}

kinds! {
    Registrations {
        /// An account is opened by or for a citizen.
        AccountRegistered,
        /// An account is taken over from an older system.
        AccountInherited,
        /// A child's account is opened under a guardian.
        ChildRegistered,
        /// The citizen's identity was checked at a higher level.
        IdentityVerified,
        /// Something the account says is corrected.
        ProfileCorrected,
        /// The account gets another phone.
        PhoneChanged,
        /// The personal number was replaced; appended under the old id and under the new one.
        IdentifierReplaced,
        /// A payment account or digital signature is linked.
        AccountLinked,
        /// A link ends.
        AccountUnlinked,
        /// The account and its code are suspended.
        AccountSuspended,
        /// A suspension ends.
        AccountRestored,
        /// The account ends.
        AccountClosed,
        /// A new code is issued in place of the old.
        IdentityReissued,
    }
    Documents {
        /// A paper is put into the vault.
        DocumentFiled,
        /// A new version of a paper.
        DocumentVersionFiled,
        /// A certified copy of a version.
        DocumentCertified,
        /// The filer takes a paper back.
        DocumentWithdrawn,
    }
    Transactions {
        /// A dossier is filed with an agency.
        DossierFiled,
        /// A dossier moves.
        DossierStatusChanged,
        /// A dossier's result is handed out.
        DossierResultIssued,
        /// A utility issues a bill.
        BillIssued,
        /// A bill is taken back.
        BillCancelled,
        /// Money was paid for a bill, a dossier or a draft.
        PaymentMade,
        /// Money went back.
        PaymentReturned,
        /// An appointment is booked.
        AppointmentBooked,
        /// An appointment moves to another time.
        AppointmentMoved,
        /// An appointment is cancelled.
        AppointmentCancelled,
        /// The citizen came.
        AppointmentKept,
        /// The citizen did not come.
        AppointmentMissed,
        /// The citizen entered a place.
        CheckedIn,
        /// The citizen left a place.
        CheckedOut,
        /// Feedback is sent to the city.
        FeedbackSent,
        /// The agency asks for more.
        FeedbackSupplementAsked,
        /// The agency does not take it.
        FeedbackRefused,
        /// The agency has dealt with it.
        FeedbackResolved,
        /// The answer is public.
        FeedbackPublished,
        /// A service is rated.
        ServiceRated,
        /// A survey is answered.
        SurveyAnswered,
    }
}

impl Event {
    /// The kind of this event.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.body.kind()
    }
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 9] = [
        Self::Web,
        Self::Sms,
        Self::Zalo,
        Self::Helper,
        Self::WardDesk,
        Self::Employer,
        Self::Family,
        Self::Inherited,
        Self::Agency,
    ];

    /// The channel's name in JSON, rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Sms => "sms",
            Self::Zalo => "zalo",
            Self::Helper => "helper",
            Self::WardDesk => "ward_desk",
            Self::Employer => "employer",
            Self::Family => "family",
            Self::Inherited => "inherited",
            Self::Agency => "agency",
        }
    }

    /// The channel of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}
