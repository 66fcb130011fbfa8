//! What a credential may do: which kinds it sends, and what it reads.
//!
//! Written `stream:Kind` (`registrations:AccountRegistered`), `stream:*` for every kind of a stream, `read:all`, `statistics`,
//! `lookup`, `sms`. A scope never widens another: reading back what one sent oneself needs none.

mod role;

pub use role::{ROLES, role};

use schemas::{Kind, Stream};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing a credential may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// Send events of this kind.
    Send(Kind),
    /// Send events of every kind of this stream.
    SendAll(Stream),
    /// Read what any agency sent about a citizen, not only what this one sent.
    ReadAll,
    /// Read statistics.
    Statistics,
    /// Turn a number or phone into an id.
    Lookup,
    /// Deliver text messages.
    SmsWebhook,
    /// Make presentation codes for citizens that this holder has logged in.
    Present,
}

impl Scope {
    /// Reads the written form. `None` when there is no such stream or kind, or when the stream does not carry the kind.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read:all" => return Some(Self::ReadAll),
            "statistics" => return Some(Self::Statistics),
            "lookup" => return Some(Self::Lookup),
            "sms" => return Some(Self::SmsWebhook),
            "present" => return Some(Self::Present),
            _ => {}
        }
        let (stream, kind) = text.split_once(':')?;
        let stream = Stream::named(stream)?;
        if kind == "*" {
            return Some(Self::SendAll(stream));
        }
        let kind = Kind::named(kind)?;
        (kind.stream() == stream).then_some(Self::Send(kind))
    }

    /// Whether one of `scopes` lets its holder send events of `kind`.
    #[must_use]
    pub fn permits(scopes: &[Self], kind: Kind) -> bool {
        scopes.iter().any(|scope| match *scope {
            Self::Send(one) => one == kind,
            Self::SendAll(stream) => stream == kind.stream(),
            Self::ReadAll | Self::Statistics | Self::Lookup | Self::SmsWebhook | Self::Present => false,
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(kind) => write!(f, "{}:{}", kind.stream(), kind.name()),
            Self::SendAll(stream) => write!(f, "{stream}:*"),
            Self::ReadAll => f.write_str("read:all"),
            Self::Statistics => f.write_str("statistics"),
            Self::Lookup => f.write_str("lookup"),
            Self::SmsWebhook => f.write_str("sms"),
            Self::Present => f.write_str("present"),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format_args!(
                "unknown scope `{text}`: expected stream:Kind, stream:*, read:all, statistics, lookup, sms or present"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Scope> {
        let mut all: Vec<_> = Kind::ALL.iter().copied().map(Scope::Send).collect();
        all.extend(Stream::ALL.map(Scope::SendAll));
        all.extend([Scope::ReadAll, Scope::Statistics, Scope::Lookup, Scope::SmsWebhook, Scope::Present]);
        all
    }

    #[test]
    fn every_scope_reads_back_what_it_writes() {
        for scope in all() {
            assert_eq!(Scope::parse(&scope.to_string()), Some(scope), "{scope}");
        }
    }

    #[test]
    fn a_kind_is_written_under_its_stream() {
        assert_eq!(Scope::Send(Kind::AccountRegistered).to_string(), "registrations:AccountRegistered");
        assert_eq!(Scope::SendAll(Stream::Documents).to_string(), "documents:*");
    }

    #[test]
    fn what_is_no_scope_is_not_read() {
        let wrong = [
            "",
            ":",
            "registrations",
            "registrations:",
            "registrations:accountregistered",
            "registrations:DocumentFiled",
            "payments:*",
            "*:*",
            "read:accounts",
            "Lookup",
            " lookup",
        ];
        for text in wrong {
            assert_eq!(Scope::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn one_kind_permits_that_kind_alone() {
        for &kind in Kind::ALL {
            assert_eq!(
                Scope::permits(&[Scope::Send(Kind::BillIssued)], kind),
                kind == Kind::BillIssued,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_whole_stream_permits_its_kinds_and_no_other() {
        for &kind in Kind::ALL {
            let permitted = Scope::permits(&[Scope::SendAll(Stream::Documents)], kind);
            assert_eq!(permitted, kind.stream() == Stream::Documents, "{kind:?}");
        }
    }

    #[test]
    fn reading_scopes_permit_no_kind() {
        let reading = [Scope::ReadAll, Scope::Statistics, Scope::Lookup, Scope::SmsWebhook, Scope::Present];
        assert!(Kind::ALL.iter().all(|&kind| !Scope::permits(&reading, kind)));
        assert!(Kind::ALL.iter().all(|&kind| !Scope::permits(&[], kind)));
    }
}
