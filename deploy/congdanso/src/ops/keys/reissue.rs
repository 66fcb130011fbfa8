//! New codes for all who hold one that a withdrawn key signed: events through the intake, as if each had asked at a desk.

use super::account::{Codes, codes_of};
use super::kid_of;
use crate::admin::Reply;
use crate::exit::{Exit, Failure};
use crate::node::{Node, now};
use crate::ops::Out;
use access::{Credential, Entry};
use domain::rows::{AccountRow, AccountStatus};
use domain::{Key, Table, TypedRow};
use futures_executor::block_on;
use futures_util::{TryStreamExt, stream};
use gateway::Gateway;
use gateway::limits::GROUP_LINES_MAX;
use projections::{ProjectionsReader, Scan};
use schemas::{Kid, Micros, Place, TopicPartition};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Who asks, in every event that is sent.
const OPERATOR: &str = "operator";
/// Why, in every event that is sent.
const CAUSE: &str = "key_withdrawn";
/// Groups that wait on the log at the same time.
const GROUPS_AT_ONCE: usize = 4;
/// How long a partition may take before it is looked at again.
const PASS_WAIT: Duration = Duration::from_millis(500);
/// How long processing may stand still before it is said that it does.
const STILL_MAX: Duration = Duration::from_secs(60);

/// What would be issued again.
pub fn plan(node: &Node, kid: &str, out: Out<'_>) -> anyhow::Result<Value> {
    let kid = withdrawn(node, kid)?.0;
    let Codes { active, suspended } = codes_of(node, kid, out)?;
    Ok(json!({"dry_run": true, "kid": kid.to_string(), "active": active, "suspended": suspended}))
}

/// Issues again what is left of a key, and waits until it is done. Interrupted, it goes on where it was when it is run again: whose code
/// another key signed is passed over, and what was sent and is not decided yet has its effect once.
pub fn run(node: &Node, gateway: &Gateway, kid: &str, out: Out<'_>) -> anyhow::Result<Value> {
    let (kid, on) = withdrawn(node, kid)?;
    let total = codes_of(node, kid, out)?.active;
    let started = Instant::now();
    let ends = send(node, gateway, kid, on, total, out)?;
    pass(node, &ends.last, out)?;
    let seconds = started.elapsed().as_secs_f64();
    let left = codes_of(node, kid, out)?;
    Ok(json!({
        "kid": kid.to_string(), "reissued": ends.sent.saturating_sub(left.active), "left": left.active,
        "suspended": left.suspended, "seconds": seconds, "per_second": ends.sent as f64 / seconds.max(1e-9),
    }))
}

/// The key, and the day it was withdrawn: the same on every run, so that what is sent twice is the same.
fn withdrawn(node: &Node, kid: &str) -> anyhow::Result<(Kid, String)> {
    let kid = kid_of(kid)?;
    let list = node.keys.trust_list();
    let key = list
        .key(kid.0)
        .ok_or_else(|| Failure::new(Exit::NotFound, format!("the trust list has no key {kid}")))?;
    let Some(withdrawn) = key.withdrawn else {
        let message = format!(
            "{kid} still signs: rotate or revoke it first, or the new codes would be signed by it again"
        );
        return Err(Failure::new(Exit::No, message).into());
    };
    // A retired key is so from a little later on.
    let at = withdrawn.at.min(now().seconds());
    Ok((kid, Micros(at.saturating_mul(1_000_000)).day_in_vietnam().to_string()))
}

fn operator() -> anyhow::Result<Entry> {
    let mut credential = Credential::of_role(OPERATOR, OPERATOR, "officer")
        .ok_or_else(|| anyhow::anyhow!("the role of officers is gone"))?;
    credential.quota_per_second = 0;
    Ok(Entry::of_process(credential))
}

/// How many were sent, and the last place of each partition.
#[derive(Default)]
struct Sent {
    sent: u64,
    last: BTreeMap<TopicPartition, Place>,
}

/// Sends an event for every active account whose code this key signed: groups are made while others wait on the log.
fn send(
    node: &Node,
    gateway: &Gateway,
    kid: Kid,
    on: String,
    total: u64,
    out: Out<'_>,
) -> anyhow::Result<Sent> {
    let entry = operator()?;
    let groups = Groups { node, kid, on, after: None, ended: false };
    let groups = stream::try_unfold(groups, |mut groups| async move {
        Ok(groups.next().await?.map(|lines| (lines, groups)))
    });
    let results = groups
        .map_ok(|lines: Vec<String>| {
            let entry = &entry;
            async move { Ok(gateway.submit_all(entry, lines.iter().map(String::as_bytes)).await) }
        })
        .try_buffered(GROUPS_AT_ONCE);
    let mut sent = Sent::default();
    block_on(results.try_for_each(|results| {
        let told = take(&mut sent, results).and_then(|()| {
            out(Reply::Progress { label: "issuing again".to_owned(), done: sent.sent, total })
        });
        std::future::ready(told)
    }))?;
    Ok(sent)
}

fn take(sent: &mut Sent, results: Vec<gateway::SubmitResult>) -> anyhow::Result<()> {
    for result in results {
        let accepted = result.map_err(|problem| {
            let message =
                format!("the intake takes no more ({}): run it again to go on", problem.code.text());
            Failure::new(Exit::Failed, message)
        })?;
        sent.sent += 1;
        sent.last.insert(accepted.place.topic_partition(), accepted.place);
    }
    Ok(())
}

/// Lines of submissions, a group at a time, read from the accounts as they are asked for.
struct Groups<'a> {
    node: &'a Node,
    kid: Kid,
    on: String,
    after: Option<Key>,
    ended: bool,
}

impl Groups<'_> {
    async fn next(&mut self) -> anyhow::Result<Option<Vec<String>>> {
        let mut lines = Vec::new();
        while lines.is_empty() && !self.ended {
            self.page(&mut lines).await?;
        }
        Ok((!lines.is_empty()).then_some(lines))
    }

    async fn page(&mut self, lines: &mut Vec<String>) -> anyhow::Result<()> {
        let scan = Scan {
            table: Table::Accounts,
            prefix: Key::default(),
            after: self.after.take(),
            rows_max: GROUP_LINES_MAX,
        };
        let page = self.node.store.scan(scan).await?;
        self.ended = page.next.is_none();
        self.after = page.next;
        for row in page.rows {
            let place = row.cause.place;
            let account = AccountRow::from_row(row)?;
            if account.kid == Some(self.kid) && account.status == AccountStatus::Active {
                lines.push(self.line(&account, place));
            }
        }
        Ok(())
    }

    /// The reference names what the account was changed by last: a code that was refused while its account was suspended is asked for
    /// anew once it is restored.
    fn line(&self, account: &AccountRow, cause: Place) -> String {
        let (kid, citizen, on) = (self.kid, account.citizen, &self.on);
        let reference = format!("reissue/{kid}/{citizen}/{}/{}", cause.epoch, cause.offset);
        format!(
            r#"{{"kind":"IdentityReissued","reference":"{reference}","citizen":{{"id":"{citizen}"}},"occurred_on":"{on}","data":{{"cause":"{CAUSE}"}}}}"#
        )
    }
}

/// Waits until everything sent is decided.
fn pass(node: &Node, last: &BTreeMap<TopicPartition, Place>, out: Out<'_>) -> anyhow::Result<()> {
    for (n, (of, place)) in last.iter().enumerate() {
        let since = Instant::now();
        while !block_on(node.store.passed(*of, place.epoch, place.offset, PASS_WAIT))? {
            out(Reply::Progress {
                label: "deciding (partitions)".to_owned(),
                done: n as u64,
                total: last.len() as u64,
            })?;
            if since.elapsed() > STILL_MAX {
                let message = format!(
                    "{of} is not decided: is it waiting? What was sent is in the log and is not lost"
                );
                return Err(Failure::new(Exit::Failed, message).into());
            }
        }
    }
    Ok(())
}
