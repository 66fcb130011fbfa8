//! Signing keys and the trust list.

mod account;
pub mod reissue;

use super::Out;
use crate::admin::KeyChange;
use crate::config::public_key;
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use identity::trust::{Purpose, Reason};
use keystore::{Change, ChangeError};
use schemas::{Kid, Micros};
use serde_json::{Value, json};

/// A second since 1970, as everywhere in answers.
fn time(seconds: i64) -> String {
    Micros(seconds.saturating_mul(1_000_000)).to_string()
}

pub fn list(node: &Node) -> Value {
    let keys = node.keys.list().into_iter().map(|key| {
        let trusted = &key.trusted;
        json!({
            "kid": key.kid.to_string(),
            "purpose": trusted.purpose.code(),
            "state": key.state.code(),
            "public": hex::encode(trusted.public),
            "not_before": time(trusted.not_before),
            "not_after": time(trusted.not_after),
            "withdrawn_at": trusted.withdrawn.map(|w| time(w.at)),
            "reason": trusted.withdrawn.map(|w| w.reason.code()),
            "successor": trusted.successor.map(hex::encode),
            "holder": trusted.holder,
        })
    });
    Value::Array(keys.collect())
}

pub fn trust_list(node: &Node) -> Value {
    json!({
        "trust_list": hex::encode(node.keys.trust_list_bytes()),
        "root": hex::encode(node.keys.root_public()),
    })
}

/// Makes the change, puts it into force where the root key is here, and gives an account of it.
pub fn change(node: &Node, change: KeyChange, out: Out<'_>) -> anyhow::Result<Value> {
    let change = change_of(change)?;
    let changed = node.keys.change(&change, now()).map_err(told)?;
    node.put_keys_into_force()?;
    account::of(node, &change, &changed, account::Tense::Done, out)
}

/// An account of what the change would do.
pub fn plan(node: &Node, change: KeyChange, out: Out<'_>) -> anyhow::Result<Value> {
    let change = change_of(change)?;
    let changed = node.keys.plan(&change, now()).map_err(told)?;
    account::of(node, &change, &changed, account::Tense::Planned, out)
}

pub fn waiting(node: &Node) -> Value {
    match node.keys.request() {
        None => json!({"request": null, "version": node.keys.trust_list().version}),
        Some(request) => json!({
            "request": hex::encode(request.list.to_unsigned()),
            "root": hex::encode(request.root_public),
            "version": request.list.version,
        }),
    }
}

pub fn install(node: &Node, signed: &str) -> anyhow::Result<Value> {
    let signed = bytes(signed)?;
    let was_asked = is_asked(node, &node.keys.examine(&signed).map_err(told)?);
    let list = node.keys.install(&signed).map_err(told)?;
    node.put_keys_into_force()?;
    Ok(installed(node, &list, was_asked))
}

pub fn examine(node: &Node, signed: &str) -> anyhow::Result<Value> {
    let list = node.keys.examine(&bytes(signed)?).map_err(told)?;
    Ok(installed(node, &list, is_asked(node, &list)))
}

/// Whether this list is the one that waits, or is in force already.
fn is_asked(node: &Node, list: &identity::TrustList) -> bool {
    *list == *node.keys.trust_list() || node.keys.request().is_some_and(|request| request.list == *list)
}

fn installed(node: &Node, list: &identity::TrustList, was_asked: bool) -> Value {
    json!({
        "version": list.version, "keys": list.keys.len(), "as_requested": was_asked,
        "known_within_seconds": list.ttl_seconds, "active": node.keys.active().to_string(),
    })
}

pub fn discard(node: &Node) -> anyhow::Result<Value> {
    Ok(json!({ "discarded": node.keys.discard().map_err(told)? }))
}

fn bytes(text: &str) -> anyhow::Result<Vec<u8>> {
    hex::decode(text).map_err(|_| Failure::new(Exit::Usage, "the signed list is not hexadecimal").into())
}

fn kid_of(text: &str) -> anyhow::Result<Kid> {
    Kid::from_hex(text).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("{text} is no kid: expected 16 hexadecimal digits")).into()
    })
}

fn purpose_of(text: &str) -> anyhow::Result<Purpose> {
    Purpose::named(text).ok_or_else(|| none_of("purpose", text, Purpose::ALL.iter().map(|p| p.code())))
}

fn reason_of(text: &str) -> anyhow::Result<Reason> {
    Reason::named(text).ok_or_else(|| none_of("reason", text, Reason::ALL.iter().map(|reason| reason.code())))
}

/// That a word is none of a closed list.
fn none_of(what: &str, text: &str, words: impl Iterator<Item = &'static str>) -> anyhow::Error {
    let words = words.collect::<Vec<_>>().join(", ");
    Failure::new(Exit::Usage, format!("there is no {what} {text}: expected one of {words}")).into()
}

fn change_of(change: KeyChange) -> anyhow::Result<Change> {
    Ok(match change {
        KeyChange::Issue { purpose } => Change::Issue { purpose: purpose_of(&purpose)? },
        KeyChange::Admit { public, holder } => Change::Admit {
            public: public_key(&public).ok_or_else(|| {
                Failure::new(Exit::Usage, "the public key is none: expected 64 hexadecimal digits")
            })?,
            holder,
        },
        KeyChange::Rotate { purpose } => Change::Rotate { purpose: purpose_of(&purpose)? },
        KeyChange::Retire { kid, reason } => {
            Change::Retire { kid: kid_of(&kid)?, reason: reason_of(&reason)? }
        }
        KeyChange::Revoke { kid, reason } => {
            Change::Revoke { kid: kid_of(&kid)?, reason: reason_of(&reason)? }
        }
    })
}

/// What went wrong, with its exit code.
fn told(error: ChangeError) -> anyhow::Error {
    let exit = match &error {
        ChangeError::UnknownKey { .. } => Exit::NotFound,
        ChangeError::PapersOfTheirHolder | ChangeError::Invalid { .. } => Exit::Usage,
        ChangeError::Withdrawn { .. }
        | ChangeError::Listed { .. }
        | ChangeError::NothingSigns { .. }
        | ChangeError::TooManyKeys { .. }
        | ChangeError::Trust(_)
        | ChangeError::Rollback { .. } => Exit::No,
        ChangeError::Keystore(_) => return error.into(),
    };
    Failure::new(exit, error.to_string()).into()
}
