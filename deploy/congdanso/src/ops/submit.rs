//! Submissions of an importer, and what became of them.

use super::{Out, citizen};
use crate::admin::Reply;
use crate::node::Node;
use access::{Credential, Entry};
use domain::outcome::Reason;
use domain::row::InKey;
use domain::rows::HistoryRow;
use domain::{Input, Key, Outcome, Table, TypedRow, decide, keys_read};
use futures_executor::block_on;
use gateway::Gateway;
use projections::ProjectionsReader;
use schemas::{BodyHash, CitizenId, EventId, Header, Place, Stream};
use serde_json::{Value, json};

/// Who imports, in every event it sends.
const IMPORTER: &str = "import";
/// Lines of one append.
const GROUP_LINES: usize = 500;

fn importer() -> anyhow::Result<Entry> {
    let mut credential = Credential::of_role(IMPORTER, IMPORTER, "importer")
        .ok_or_else(|| anyhow::anyhow!("the role of importers is gone"))?;
    credential.quota_per_second = 0;
    Ok(Entry::of_process(credential))
}

/// Appends submissions as the intake does; an item a line: place and ids, or the problem.
pub fn submit(gateway: &Gateway, lines: &[String], out: Out<'_>) -> anyhow::Result<Value> {
    let entry = importer()?;
    let mut accepted = 0_u64;
    for group in lines.chunks(GROUP_LINES) {
        for result in block_on(gateway.submit_all(&entry, group.iter().map(String::as_bytes))) {
            let item = match result {
                Ok(taken) => {
                    accepted += 1;
                    json!({
                        "citizen": taken.citizen_id.to_string(), "event": taken.event_id.to_string(),
                        "body_hash": taken.body_hash.to_string(), "place": taken.place.to_string(),
                    })
                }
                Err(problem) => json!({
                    "code": problem.code.text(), "detail": problem.detail, "status": problem.code.status().as_u16(),
                }),
            };
            out(Reply::Item { item })?;
        }
    }
    Ok(json!({ "accepted": accepted }))
}

/// What became of submissions, in the order asked; `pending` where it is not known yet.
pub fn outcomes(node: &Node, events: &[(String, String, String)], out: Out<'_>) -> anyhow::Result<Value> {
    for (citizen_id, event, body_hash) in events {
        let body_hash =
            BodyHash::from_hex(body_hash).ok_or_else(|| anyhow::anyhow!("{body_hash} is no hash"))?;
        let known = known(node, citizen(citizen_id)?, EventId(event.parse()?), body_hash)?;
        out(Reply::Item { item: known.unwrap_or_else(|| json!({"outcome": "pending"})) })?;
    }
    Ok(json!({}))
}

/// What history says of a submission. The first body under a reference decides; any other under the same one is refused.
fn known(
    node: &Node,
    citizen: CitizenId,
    event: EventId,
    body_hash: BodyHash,
) -> anyhow::Result<Option<Value>> {
    let key = Key(vec![citizen.to_part(), Stream::Registrations.to_part(), event.to_part()]);
    let Some(row) = block_on(node.store.get(Table::History, key))?.map(HistoryRow::from_row).transpose()?
    else {
        return Ok(None);
    };
    Ok(Some(if row.body_hash == body_hash {
        json!({"outcome": row.outcome.name(), "reason": row.reason})
    } else {
        json!({"outcome": "refused", "reason": Reason::IdempotencyConflict.code()})
    }))
}

/// What would become of submissions on the rows as they are. Submissions of one file about one citizen are each judged alone.
pub fn dry_run(node: &Node, gateway: &Gateway, lines: &[String], out: Out<'_>) -> anyhow::Result<Value> {
    let entry = importer()?;
    for line in lines {
        let item = match gateway.examine(&entry, line.as_bytes()) {
            Err(problem) => json!({"code": problem.code.text(), "detail": problem.detail}),
            Ok(events) => {
                let mut verdict = json!({"outcome": "applied"});
                for event in events {
                    let Header { citizen_id, event_id, body_hash, .. } = event.header;
                    if let Some(known) = known(node, citizen_id, event_id, body_hash)? {
                        verdict = known;
                        continue;
                    }
                    let (table, key) = keys_read(&event);
                    let state = block_on(node.store.get(table, key))?;
                    let place =
                        Place { stream: event.kind().stream(), partition: 0, epoch: u32::MAX, offset: 0 };
                    let rules = node.rules_in_force();
                    let decision = decide(Input { event: &event, place, state, rules: &rules })?;
                    if let Outcome::Refused(reason) = decision.outcome {
                        verdict = json!({"outcome": "refused", "reason": reason.code()});
                    }
                }
                verdict
            }
        };
        out(Reply::Item { item })?;
    }
    Ok(json!({}))
}
