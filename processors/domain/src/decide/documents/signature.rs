//! The issuer's signature on a paper.

use crate::decide::{Context, ensure};
use crate::outcome::Reason;
use crate::papers::Statement;
use schemas::event::Provenance;

/// The issuer's keys judge, where the rules list any, and the sender's otherwise; where neither has a key in force, the signature is
/// kept and not judged, and neither is that of an owner's upload. To be asked last: it costs more than all other checks.
pub(super) fn judge(
    ctx: &Context<'_>,
    provenance: Provenance,
    statement: &Statement<'_>,
    signature: &str,
) -> Result<(), Reason> {
    if provenance == Provenance::SelfUploaded {
        return Ok(());
    }
    let header = ctx.header;
    let keys_of = |holder| ctx.rules.paper_keys_in_force(holder, header.accepted_at);
    let mut keys = keys_of(statement.issuer).peekable();
    if keys.peek().is_none() {
        keys = keys_of(header.sender.as_str()).peekable();
    }
    if keys.peek().is_none() {
        return Ok(());
    }
    ensure(!signature.is_empty(), Reason::IssuerSignatureMissing)?;
    let text = statement.text();
    ensure(keys.any(|key| key.has_signed(&text, signature)), Reason::IssuerSignatureWrong)
}
