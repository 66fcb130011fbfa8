//! What a change of the trust list does to the codes in circulation, for the operator who asks for it.

use super::time;
use crate::admin::Reply;
use crate::node::Node;
use crate::ops::Out;
use crate::ops::dump::each_row;
use domain::rows::{AccountRow, AccountStatus};
use domain::{Key, Table, TypedRow};
use identity::Verdict;
use identity::trust::{Purpose, State, TrustedKey};
use keystore::{Change, Changed};
use schemas::Kid;
use serde_json::{Value, json};

/// Accounts between two lines of progress.
const TELL_EVERY: u64 = 10_000;

/// Whether an account is given before or after the change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    Planned,
    Done,
}

/// Codes in force that one key signed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Codes {
    /// Of active accounts.
    pub active: u64,
    /// Of suspended ones.
    pub suspended: u64,
}

/// Counts the codes in force that this key signed. Reads every account.
pub fn codes_of(node: &Node, kid: Kid, out: Out<'_>) -> anyhow::Result<Codes> {
    let (mut codes, mut done) = (Codes::default(), 0_u64);
    each_row(&*node.store, Table::Accounts, Key::default(), &mut |row| {
        done += 1;
        if done.is_multiple_of(TELL_EVERY) {
            out(Reply::Progress { label: "counting codes".to_owned(), done, total: 0 })?;
        }
        let account = AccountRow::from_row(row)?;
        match account.status {
            _ if account.kid != Some(kid) => {}
            AccountStatus::Active => codes.active += 1,
            _ => codes.suspended += 1,
        }
        Ok(())
    })?;
    Ok(codes)
}

/// The account, in words and as fields.
pub fn of(
    node: &Node,
    change: &Change,
    changed: &Changed,
    tense: Tense,
    out: Out<'_>,
) -> anyhow::Result<Value> {
    let list = &changed.list;
    let withdrawn = changed.withdrawn.and_then(|kid| list.key(kid.0));
    let codes = match withdrawn {
        Some(key) if key.purpose == Purpose::Identity => Some(codes_of(node, Kid(key.kid), out)?),
        _ => None,
    };
    // The key that a plan would make is made when it is carried out, and is another one.
    let made = changed.made.filter(|_| tense == Tense::Done || matches!(change, Change::Admit { .. }));
    let mut says = vec![made_says(change, changed, made, withdrawn)];
    if let Some(key) = withdrawn {
        says.push(withdrawn_says(key, changed.made.is_some() && made.is_none()));
        says.extend(codes.map(|codes| codes_say(key, codes)));
    }
    says.push(publication_says(changed, tense));
    says.retain(|line| !line.is_empty());
    Ok(json!({
        "dry_run": tense == Tense::Planned,
        "in_force": changed.is_in_force,
        "version": list.version,
        "known_within_seconds": list.ttl_seconds,
        "kid": made.map(|kid| kid.to_string()),
        "withdrawn": withdrawn.map(|key| withdrawn_json(key, made.is_some() || changed.made.is_none())),
        "verdict": withdrawn.map(verdict),
        "codes": codes.map(|codes| json!({"active": codes.active, "suspended": codes.suspended})),
        "request": (!changed.is_in_force && tense == Tense::Done).then(|| hex::encode(list.to_unsigned())),
        "says": says,
    }))
}

fn withdrawn_json(key: &TrustedKey, is_successor_known: bool) -> Value {
    let withdrawn = key.withdrawn;
    json!({
        "kid": hex::encode(key.kid),
        "state": withdrawn.map(|w| w.state.code()),
        "at": withdrawn.map(|w| time(w.at)),
        "reason": withdrawn.map(|w| w.reason.code()),
        "successor": key.successor.filter(|_| is_successor_known).map(hex::encode),
    })
}

/// What a verifier says of a code that the key signed before it was withdrawn.
fn verdict(key: &TrustedKey) -> &'static str {
    if key.is_revoked() { Verdict::KeyRevoked.code() } else { "valid" }
}

fn made_says(
    change: &Change,
    changed: &Changed,
    made: Option<Kid>,
    withdrawn: Option<&TrustedKey>,
) -> String {
    let name = made.map_or_else(|| "A new key".to_owned(), |kid| format!("The new key {kid}"));
    match change {
        Change::Issue { purpose } => format!(
            "{name} for {} is listed. It stands by until a rotation makes it active, unless no other signs for this purpose. Codes in \
             circulation stay as they are.",
            purpose.code()
        ),
        Change::Admit { holder, .. } => {
            format!(
                "{name} of {holder} is trusted for the papers that it signs. Codes in circulation stay as they are."
            )
        }
        _ if changed.made.is_some() => format!("{name} signs from now on."),
        Change::Rotate { .. } => withdrawn.and_then(|key| key.successor).map_or(String::new(), |next| {
            format!("{}, which stood by, signs from now on.", hex::encode(next))
        }),
        _ => String::new(),
    }
}

fn withdrawn_says(key: &TrustedKey, is_successor_new: bool) -> String {
    let kid = hex::encode(key.kid);
    let follower = match key.successor {
        Some(_) if is_successor_new => " The new key follows it, in replays too.".to_owned(),
        Some(successor) => format!(" {} follows it, in replays too.", hex::encode(successor)),
        None => String::new(),
    };
    let Some(withdrawn) = key.withdrawn else { return String::new() };
    match withdrawn.state {
        State::Retired => {
            let is_replayed = key.purpose == Purpose::Identity;
            let replays = if is_replayed { " Replays of what names it are still signed by it." } else { "" };
            format!(
                "{kid} is retired ({}): what it signed keeps holding, and what bears a time after {} is {}: {} minutes from now, as far as \
                 clocks may be apart.{replays}",
                withdrawn.reason.code(),
                time(withdrawn.at),
                Verdict::KeyNotInForce.code(),
                keystore::CLOCK_SLACK_SECONDS / 60
            )
        }
        State::Revoked => format!(
            "{kid} is revoked ({}): nothing that it signed holds any more, whenever it was issued; verifiers say {}.{follower}",
            withdrawn.reason.code(),
            Verdict::KeyRevoked.code()
        ),
    }
}

fn codes_say(key: &TrustedKey, codes: Codes) -> String {
    let kid = hex::encode(key.kid);
    let Codes { active, suspended } = codes;
    let counted =
        format!("{active} active and {suspended} suspended identities in circulation are signed by {kid}");
    if key.is_revoked() {
        format!(
            "{counted}: they must be issued again, which `congdanso keys reissue {kid}` does for the active ones."
        )
    } else {
        format!("{counted}, and keep holding until they expire.")
    }
}

fn publication_says(changed: &Changed, tense: Tense) -> String {
    let (version, ttl) = (changed.list.version, changed.list.ttl_seconds);
    match (tense, changed.is_in_force) {
        (Tense::Done, true) => format!(
            "Version {version} of the trust list is in force and served: verifiers with a network know it within {ttl} s, the others \
             when they next fetch it."
        ),
        (Tense::Done, false) => format!(
            "Version {version} of the trust list waits for the root key: until `congdanso keys publish` puts it into force, everything \
             stays as it was."
        ),
        (Tense::Planned, true) => format!(
            "So it would be at once, with version {version} of the trust list, which verifiers with a network know within {ttl} s. Nothing \
             was changed."
        ),
        (Tense::Planned, false) => format!(
            "So it would be once the root key has signed version {version} of the trust list and it is published. Nothing was changed."
        ),
    }
}
