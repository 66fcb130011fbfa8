//! The proof: accounts read back through the API, codes verified with nothing but the trust list.

use super::credentials::Keys;
use super::send::{Sent, bar};
use crate::node::now;
use crate::running::Running;
use anyhow::ensure;
use identity::verdict::{KnownStatus, Verifier};
use identity::{TrustList, Verdict};
use rand::seq::IteratorRandom;
use serde_json::Value;
use std::sync::Arc;
use synthetic::Plan;

/// Requests under way at once.
const REQUESTS_AT_ONCE: usize = 16;

/// What the proof found.
pub struct Proof {
    /// Accounts and codes that were drawn.
    pub sample: u64,
    /// Accounts that were read back as they were sent.
    pub read_back: u64,
    /// Codes that hold.
    pub verified: u64,
    /// What the first one that failed said.
    pub first_failure: Option<String>,
    /// One citizen to show: id and token.
    pub shown: Option<(String, String)>,
}

/// Draws accounts by the seed and checks each.
pub async fn prove(
    running: &Arc<Running>,
    plan: &Arc<Plan>,
    keys: &Arc<Keys>,
    sent: &Sent,
    sample_min: u64,
) -> anyhow::Result<Proof> {
    let client = reqwest::Client::builder().pool_max_idle_per_host(REQUESTS_AT_ONCE).build()?;
    let base = Arc::new(format!("http://{}", running.http()));
    let response = client.get(format!("{base}/v1/trust-list")).send().await?;
    ensure!(response.status().is_success(), "the trust list answered {}", response.status());
    let trust = Arc::new(TrustList::open(&response.bytes().await?, &running.node.keys.root_public())?);
    let mut draw = plan.population().draws(2, 0);
    let sample = sent.opened.iter().cloned().sample(&mut draw, sample_min as usize);
    let bar = bar("reading back, verifying", sample.len() as u64);
    let mut proof =
        Proof { sample: sample.len() as u64, read_back: 0, verified: 0, first_failure: None, shown: None };
    let mut checks = tokio::task::JoinSet::new();
    let mut left = sample.into_iter();
    loop {
        while checks.len() < REQUESTS_AT_ONCE {
            let Some((index, id)) = left.next() else { break };
            let (client, base, keys, plan) =
                (client.clone(), Arc::clone(&base), Arc::clone(keys), Arc::clone(plan));
            let trust = Arc::clone(&trust);
            checks.spawn(async move { check(&client, &base, &keys.reader, &plan, &trust, index, id).await });
        }
        let Some(checked) = checks.join_next().await else { break };
        let checked = checked??;
        bar.inc(1);
        proof.read_back += u64::from(checked.read_back);
        proof.verified += u64::from(checked.verified);
        if let Some(failure) = checked.failure {
            proof.first_failure.get_or_insert(failure);
        }
        if checked.verified {
            proof.shown.get_or_insert((checked.id, checked.token));
        }
    }
    bar.finish_and_clear();
    Ok(proof)
}

struct Checked {
    id: String,
    token: String,
    read_back: bool,
    verified: bool,
    failure: Option<String>,
}

async fn check(
    client: &reqwest::Client,
    base: &str,
    key: &str,
    plan: &Plan,
    trust: &TrustList,
    index: u64,
    id: String,
) -> anyhow::Result<Checked> {
    let citizen = plan.population().citizen(index);
    let account = get(client, &format!("{base}/v1/accounts/{id}"), key).await?;
    let identity = get(client, &format!("{base}/v1/accounts/{id}/identity"), key).await?;
    let token = identity["token"].as_str().unwrap_or_default().to_owned();
    let verdict = Verifier::new(trust).verify(&token, now().seconds(), &|_| KnownStatus::Unknown);
    let claimed = verdict.claims();
    // A text message has no accents, so the name is compared without them.
    let plain = domain::name::unaccented;
    let read_back = account["status"] == "active"
        && account["full_name"].as_str().is_some_and(|name| plain(name) == plain(&citizen.full_name))
        && account["birth_date"] == citizen.birth.to_string();
    let verified = matches!(verdict, Verdict::Valid { .. })
        && claimed.is_some_and(|claims| Some(claims.full_name.as_str()) == account["full_name"].as_str());
    let failure = if read_back && verified {
        None
    } else {
        let status = account["status"].as_str().or(account["code"].as_str()).unwrap_or_default().to_owned();
        Some(format!("account {id}: {status}, code {}", verdict.code()))
    };
    Ok(Checked { id, token, read_back, verified, failure })
}

async fn get(client: &reqwest::Client, url: &str, key: &str) -> anyhow::Result<Value> {
    Ok(client.get(url).bearer_auth(key).header("accept", "application/json").send().await?.json().await?)
}
