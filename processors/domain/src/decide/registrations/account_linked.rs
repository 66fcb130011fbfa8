//! `AccountLinked`: a payment account or a digital signature of the citizen, by its keeper's reference.

use super::change::Change;
use super::gates;
use crate::decide::{Context, Effect, Stop, ensure};
use crate::outcome::Reason;
use crate::rows::{AccountRow, Link};
use crate::text;
use schemas::event::{AccountLinked, LinkKind};

/// Longest proof of a provider, in bytes.
const PROOF_BYTES_MAX: usize = 1_024;

pub(super) fn decide(
    ctx: &Context<'_>,
    body: &AccountLinked,
    account: Option<AccountRow>,
) -> Result<Effect, Stop> {
    let row = gates::active(account)?;
    gates::channel(ctx, |channel| gates::is_citizen(channel) || gates::is_desk(channel))?;
    text::check_reference(&body.provider)?;
    ensure(body.proof.len() <= PROOF_BYTES_MAX, Reason::FieldTooLong)?;
    let whole = !body.provider.is_empty() && !body.proof.is_empty() && is_sha256(&body.reference_hash);
    ensure(whole, Reason::LinkMalformed)?;
    let linked = row.links.0.iter().any(|l| is(l, body.link, &body.provider, &body.reference_hash));
    ensure(!linked, Reason::AlreadyLinked)?;
    ensure(row.links.0.len() < ctx.rules.links_per_account_max as usize, Reason::LinksTooMany)?;
    let mut change = Change::of(ctx, row);
    change.row.links.0.push(Link {
        link: body.link,
        provider: body.provider.clone(),
        reference_hash: body.reference_hash.clone(),
        proof: body.proof.clone(),
        since: ctx.header.accepted_at,
    });
    Ok(change.finish(format!("linked {}", word(body.link))))
}

/// Whether a link is the one named.
pub(super) fn is(link: &Link, kind: LinkKind, provider: &str, reference_hash: &str) -> bool {
    link.link == kind && link.provider == provider && link.reference_hash == reference_hash
}

/// The kind's name in history.
pub(super) const fn word(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::PaymentAccount => "payment_account",
        LinkKind::DigitalSignature => "digital_signature",
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
