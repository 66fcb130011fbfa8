//! What the demo has to say: one JSON object, or a table, a code and what to try next.

use super::super::say;
use super::Counted;
use super::credentials::Keys;
use super::prove::Proof;
use super::send::Sent;
use crate::exit::{Exit, Failure};
use crate::running::Running;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use synthetic::Sender;

/// What a report is made of.
pub struct Facts<'a> {
    pub citizens: u64,
    pub sent: &'a Sent,
    pub before: &'a Counted,
    pub after: &'a Counted,
    pub proof: &'a Proof,
    pub intake: Duration,
    pub until_readable: Duration,
}

/// The report.
pub struct Report {
    json: Value,
    why_not: Vec<String>,
}

impl Report {
    /// Puts the facts together and judges them.
    pub fn new(facts: &Facts<'_>) -> anyhow::Result<Self> {
        let Facts { sent, before, after, proof, .. } = facts;
        let grown = |name: &str| {
            after.ledger[name].as_u64().unwrap_or_default() - before.ledger[name].as_u64().unwrap_or_default()
        };
        let refused: BTreeMap<&String, u64> = after
            .refusals
            .iter()
            .map(|(reason, count)| (reason, count - before.refusals.get(reason).copied().unwrap_or_default()))
            .filter(|(_, count)| *count > 0)
            .collect();
        let seconds = facts.until_readable.as_secs_f64();
        let accepted = grown("accepted");
        let balanced = after.ledger["balanced"] == true && accepted == sent.accepted;
        let mut why_not = Vec::new();
        if !balanced {
            why_not.push(format!("the ledger does not balance: {}", after.ledger));
        }
        if sent.surprises > 0 {
            why_not.push(format!("{} submissions were answered other than expected", sent.surprises));
        }
        if proof.verified != proof.sample || proof.read_back != proof.sample {
            why_not.push(proof.first_failure.clone().unwrap_or_default());
        }
        let json = json!({
            "citizens": facts.citizens,
            "events": {
                "sent": sent.sent, "rejected": sent.rejected_total(), "accepted": accepted,
                "applied": grown("applied"), "duplicate": grown("duplicate"), "refused": grown("refused"),
                "dead_lettered": grown("dead_lettered") + grown("quarantined"),
            },
            "rejected_by_code": sent.rejected,
            "refused_by_reason": refused,
            "signed": after.signed - before.signed,
            "verify_sample": proof.sample,
            "verified": proof.verified,
            "read_back": proof.read_back,
            "seconds": {"intake": facts.intake.as_secs_f64(), "until_readable": seconds},
            "registrations_per_second": (sent.registrations as f64 / seconds).round(),
            "events_per_second": (accepted as f64 / seconds).round(),
            "rss_peak_bytes": rss_peak_bytes()?,
            "ledger_balanced": balanced,
        });
        Ok(Self { json, why_not })
    }

    /// The object.
    pub fn json(&self) -> Value {
        self.json.clone()
    }

    /// Whether the proof holds.
    ///
    /// # Errors
    /// [`Exit::No`] with every reason.
    pub fn judge(&self) -> anyhow::Result<()> {
        if self.why_not.is_empty() {
            Ok(())
        } else {
            Err(Failure::new(Exit::No, self.why_not.join("\n")).into())
        }
    }

    /// For people: table, code, addresses, lines to paste.
    pub fn print(&self, running: &Running, keys: &Keys, proof: &Proof) -> anyhow::Result<()> {
        let (j, events) = (&self.json, &self.json["events"]);
        let rows = [
            ("citizens", j["citizens"].to_string()),
            ("events sent", events["sent"].to_string()),
            ("  turned away at the door", format!("{}  {}", events["rejected"], j["rejected_by_code"])),
            ("  accepted", events["accepted"].to_string()),
            ("    applied", events["applied"].to_string()),
            ("    duplicate", events["duplicate"].to_string()),
            ("    refused", format!("{}  {}", events["refused"], j["refused_by_reason"])),
            ("    dead letters", events["dead_lettered"].to_string()),
            ("identities signed", j["signed"].to_string()),
            ("read back through the API", format!("{} of {}", j["read_back"], j["verify_sample"])),
            ("codes verified offline", format!("{} of {}", j["verified"], j["verify_sample"])),
            (
                "ledger (I1)",
                if j["ledger_balanced"] == true { "balances" } else { "DOES NOT BALANCE" }.to_owned(),
            ),
            (
                "seconds until readable",
                format!("{:.2}", j["seconds"]["until_readable"].as_f64().unwrap_or_default()),
            ),
            ("events per second", j["events_per_second"].to_string()),
            ("memory at its peak", format!("{} MiB", j["rss_peak_bytes"].as_u64().unwrap_or_default() >> 20)),
        ];
        for (name, value) in rows {
            say(&format!("{name:<28} {value}"))?;
        }
        let Some((id, token)) = &proof.shown else { return Ok(()) };
        say(&format!("\nThe code of citizen {id}:\n{}", crate::qr::terminal(token)?))?;
        let (base, reader, portal) =
            (format!("http://{}", running.http()), &keys.reader, keys.of(Sender::Portal));
        say(&format!("Open {base}/docs   {base}/metrics   {base}/readyz\n\nTry:"))?;
        say(&format!("curl -s -H 'Authorization: Bearer {reader}' {base}/v1/accounts/{id}"))?;
        say(&format!(
            "curl -s -H 'Authorization: Bearer {reader}' -H 'Accept: image/svg+xml' {base}/v1/accounts/{id}/identity -o code.svg"
        ))?;
        let body = r#"{"kind":"AccountRegistered","citizen":{"number":"048190000001"},"occurred_on":"DAY","data":{"personal":{"full_name":"Trần Thị Ánh","birth_date":"1990-05-20","sex":"female","phone":"0905000001"},"evidence":"self_declared"}}"#;
        let day = crate::node::now().day_in_vietnam().to_string();
        say(&format!(
            "curl -s -H 'Authorization: Bearer {portal}' -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' -H 'Prefer: wait=2' {base}/v1/registrations -d '{}'\n",
            body.replace("DAY", &day)
        ))
    }
}

/// The most memory this process has had, as the system counts it (`VmHWM`).
fn rss_peak_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 =
        line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or_default();
    Ok(kib * 1024)
}
