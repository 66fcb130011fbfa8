//! Codes that are signed when they are asked for.

use super::citizen;
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use anyhow::Context;
use api::portraits::photo_hash;
use domain::row::InKey;
use domain::rows::{AccountRow, AccountStatus};
use domain::{Key, Table, TypedRow};
use identity::Presentation;
use identity::presentation::{AUDIENCE_BYTES_MAX, Disclosed, Disclosure};
use projections::ProjectionsReader;
use serde_json::{Value, json};

/// The status bundle as of now.
pub fn status_bundle(node: &Node) -> anyhow::Result<Value> {
    node.publisher.publish()?;
    let current = node.publisher.current().context("status lists were just published")?;
    Ok(json!({"status_bundle": hex::encode(current.bundle())}))
}

/// A presentation of what is chosen, for an audience, with a nonce of its own.
pub fn presentation(node: &Node, id: &str, audience: &str, disclose: &[String]) -> anyhow::Result<Value> {
    let usage = |message: String| Failure::new(Exit::Usage, message);
    if audience.is_empty() || audience.len() > AUDIENCE_BYTES_MAX {
        return Err(usage("--audience: expected 1 to 256 bytes".to_owned()).into());
    }
    let chosen = disclose.iter().map(|name| {
        Disclosure::named(name).ok_or_else(|| {
            usage(format!("--disclose {name}: expected identity, over_18, name, ward or photo_hash"))
        })
    });
    let chosen: Vec<_> = chosen.collect::<Result<_, _>>()?;
    let key = Key(vec![citizen(id)?.to_part()]);
    let row = futures_executor::block_on(ProjectionsReader::get(&*node.store, Table::Accounts, key))?;
    let row = row.ok_or_else(|| Failure::new(Exit::NotFound, format!("there is no account {id}")))?;
    let account = AccountRow::from_row(row)?;
    let absent = || Failure::new(Exit::NotFound, "the account has no code that holds now");
    if account.status != AccountStatus::Active || account.token.is_empty() {
        return Err(absent().into());
    }
    let claims = identity::token::open(&account.token, &node.keys.trust_list()).map_err(|_| absent())?;
    let now = now();
    if now.seconds() >= claims.expires_at {
        return Err(absent().into());
    }
    let today = now.day_in_vietnam();
    let portrait = if chosen.contains(&Disclosure::PhotoHash) {
        let found = futures_executor::block_on(photo_hash(&*node.store, account.citizen, today))?;
        let absent = "the vault has no portrait that an agency filed or that was certified";
        Some(found.ok_or_else(|| Failure::new(Exit::NotFound, absent))?)
    } else {
        None
    };
    let disclosed = Disclosed::of(&claims, &account.ward, portrait, &chosen, &today.to_string());
    let presentation = Presentation::of(&claims, audience, rand::random(), disclosed, now.seconds());
    Ok(json!({
        "code": presentation.sign(&node.keys.ring().presentation_key()),
        "expires_at": presentation.expires_at,
    }))
}
