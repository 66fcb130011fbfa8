//! Every vector gets the verdict in the page that it gets from the crate.

use crate::world::{World, modules};
use anyhow::ensure;
use serde_json::{Value, json};
use vectors::{ListVector, Vector, cases, judge, read};

const FROM_BASE64: &str =
    "const from64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));";

#[test]
fn every_code_gets_its_verdict_in_the_same_words_and_its_claims() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut page = world.modules()?;
    let all: Vec<Vector> = cases::codes().iter().flat_map(|(file, _)| read(file)).collect();
    ensure!(all.len() > 20, "{} vectors", all.len());
    let expression = format!(
        "(async (all) => {{
           {} {FROM_BASE64}
           const {{ wordsOf }} = await import('/verify/show.js');
           const told = [];
           for (const one of all) {{
             const list = await trust.openTrustList(from64(one.trust_list), unhex(one.root));
             const bundle = one.status_bundle && await status.openBundle(from64(one.status_bundle), list);
             const asked = {{ ageMax: one.max_status_age }};
             const statusOf = (reference) => bundle ? status.known(bundle, reference, BigInt(one.now), asked) : {{ known: 'unknown' }};
             const verdict = await verify(one.code, list, one.now, statusOf, one.audience);
             told.push([one.name, verdict.code, verdict.statusChecked ?? null, verdict.claims?.fullName ?? null, verdict.claims?.qid ?? null,
               ...wordsOf(verdict)]);
           }}
           return told; }})({})",
        modules(),
        json!(all)
    );
    let told = page.evaluate(&expression)?;
    let due: Vec<Value> = all
        .iter()
        .map(|one| {
            let claim = |name: &str| one.claims.as_ref().map_or(Value::Null, |claims| claims[name].clone());
            let said = judge(one);
            let words = [said.vietnamese(), said.english()];
            json!([
                one.name,
                one.verdict,
                one.status_checked,
                claim("full_name"),
                claim("qid"),
                words[0],
                words[1]
            ])
        })
        .collect();
    let told = told.as_array().cloned().unwrap_or_default();
    let wrong: Vec<_> = due.iter().zip(&told).filter(|(due, told)| due != told).collect();
    ensure!(wrong.is_empty() && due.len() == told.len(), "due and told: {wrong:#?}");
    Ok(())
}

#[test]
fn every_list_opens_or_is_refused_for_its_reason() -> anyhow::Result<()> {
    let world = World::new()?;
    let mut page = world.modules()?;
    let all: Vec<ListVector> = cases::lists().iter().flat_map(|(file, _)| read(file)).collect();
    ensure!(all.len() > 10, "{} vectors", all.len());
    let expression = format!(
        "(async (all) => {{
           {} {FROM_BASE64}
           const told = [];
           for (const one of all) {{
             let refused = null;
             try {{
               const root = unhex(one.root);
               if (one.trust_list === undefined) await trust.openTrustList(from64(one.bytes), root);
               else await status.openBundle(from64(one.bytes), await trust.openTrustList(from64(one.trust_list), root));
             }} catch (fault) {{
               if (fault.name !== 'Fault') throw fault;
               refused = fault.code === 'bad_encoding' ? 'malformed' : fault.code;
             }}
             told.push([one.name, refused]);
           }}
           return told; }})({})",
        modules(),
        json!(all)
    );
    let told = page.evaluate(&expression)?;
    let due: Vec<Value> = all.iter().map(|one| json!([one.name, one.refused])).collect();
    assert_eq!(told, json!(due));
    Ok(())
}
