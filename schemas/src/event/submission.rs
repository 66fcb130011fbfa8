//! What the gateway reads from, and stamps into, a submitted body.
//!
//! A sender names people by their numbers beside the body (`citizen`, `guardian`, `registrant`, `replaces`); the gateway keys the
//! numbers and writes the ids into the body. The setters overwrite whatever the sender put there.

use super::{
    AccountRegistered, Body, ChildRegistered, IdentifierKind, IdentifierReplaced, Kind, Person, ReplacedSide,
};
use crate::CitizenId;

/// What a numberless child is keyed by, besides the guardian's id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChildKey<'a> {
    /// As sent, `YYYY-MM-DD` when it is right.
    pub birth_date: &'a str,
    /// Among children of one guardian born on one day, from 1.
    pub birth_order: i32,
}

impl Body {
    /// Reads a body as a sender wrote it: like [`Body::from_json`], but every field that is the gateway's to fill is emptied, so
    /// that a sender cannot name ids of their own.
    ///
    /// # Errors
    /// As [`Body::from_json`].
    pub fn from_submission(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
        let mut body = Self::from_json(kind, json)?;
        body.set_person_number(IdentifierKind::default(), "");
        body.set_guardian(None);
        body.set_registrant(None);
        body.set_counterpart(ReplacedSide::default(), CitizenId(uuid::Uuid::nil()));
        Ok(body)
    }

    /// The JSON form of this body, as [`Body::from_json`] reads it; a sealed personal part is written but never read.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a body has text keys only, and writing to memory does not fail")
    }

    /// The readable person in this body, if its kind has one.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::AccountRegistered(b) => b.personal.plain(),
            Self::AccountInherited(b) => b.personal.plain(),
            Self::ChildRegistered(b) => b.personal.plain(),
            Self::IdentityVerified(b) => b.personal.plain(),
            Self::IdentifierReplaced(b) => b.personal.plain(),
            _ => None,
        }
    }

    /// As [`Body::person`], to be changed.
    pub const fn person_mut(&mut self) -> Option<&mut Person> {
        match self {
            Self::AccountRegistered(b) => b.personal.plain_mut(),
            Self::AccountInherited(b) => b.personal.plain_mut(),
            Self::ChildRegistered(b) => b.personal.plain_mut(),
            Self::IdentityVerified(b) => b.personal.plain_mut(),
            Self::IdentifierReplaced(b) => b.personal.plain_mut(),
            _ => None,
        }
    }

    /// Writes the number that the citizen id was made from, and what it is, into a body that has a person. Returns whether it has.
    ///
    /// `number` is empty for a numberless child. A verification carries the number without its kind.
    pub fn set_person_number(&mut self, identifier: IdentifierKind, number: &str) -> bool {
        match self {
            Self::AccountRegistered(b) => b.identifier = identifier,
            Self::AccountInherited(b) => b.identifier = identifier,
            Self::ChildRegistered(b) => b.identifier = identifier,
            Self::IdentifierReplaced(b) => b.identifier = identifier,
            _ => {}
        }
        match self.person_mut() {
            Some(person) => {
                number.clone_into(&mut person.number);
                true
            }
            None => false,
        }
    }

    /// Writes the guardian, if the kind has one. Returns whether it has.
    pub const fn set_guardian(&mut self, id: Option<CitizenId>) -> bool {
        match self {
            Self::AccountRegistered(AccountRegistered { guardian, .. })
            | Self::ChildRegistered(ChildRegistered { guardian, .. }) => {
                *guardian = id;
                true
            }
            _ => false,
        }
    }

    /// Writes who declared on the person's behalf, if the kind has such a one. Returns whether it has.
    pub const fn set_registrant(&mut self, id: Option<CitizenId>) -> bool {
        match self {
            Self::AccountRegistered(AccountRegistered { registrant, .. }) => {
                *registrant = id;
                true
            }
            _ => false,
        }
    }

    /// Writes which of the two records of one replacement this is, and the id under which the other stands. Returns whether the kind
    /// is a replacement.
    pub const fn set_counterpart(&mut self, which: ReplacedSide, other: CitizenId) -> bool {
        match self {
            Self::IdentifierReplaced(IdentifierReplaced { side, counterpart, .. }) => {
                *side = which;
                *counterpart = other;
                true
            }
            _ => false,
        }
    }

    /// The phone in this body as sent; `None` when the kind has none, it is empty, or it is sealed.
    #[must_use]
    pub fn phone_text(&self) -> Option<&str> {
        let phone = match self {
            Self::PhoneChanged(b) => &b.personal.plain()?.phone,
            _ => &self.person()?.phone,
        };
        (!phone.is_empty()).then_some(phone)
    }

    /// What a numberless child is keyed by, besides the guardian; `None` for another kind, or when it is sealed.
    #[must_use]
    pub fn child_key(&self) -> Option<ChildKey<'_>> {
        match self {
            Self::ChildRegistered(b) => {
                Some(ChildKey { birth_date: &b.personal.plain()?.birth_date, birth_order: b.birth_order })
            }
            _ => None,
        }
    }
}
