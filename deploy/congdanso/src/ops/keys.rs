//! Signing keys and the trust list.

use crate::node::Node;
use schemas::Micros;
use serde_json::{Value, json};

pub fn list(node: &Node) -> Value {
    let active = node.keys.active();
    let keys = node.keys.trust_list().keys.iter().map(|key| {
        let kid = schemas::Kid(key.kid);
        let time = |seconds: i64| Micros(seconds.saturating_mul(1_000_000)).to_string();
        json!({
            "kid": kid.to_string(),
            "purpose": key.purpose.code(),
            "state": if kid == active { "active" } else { "verifies" },
            "public": hex::encode(key.public),
            "not_before": time(key.not_before),
            "not_after": time(key.not_after),
        })
    });
    Value::Array(keys.collect())
}

pub fn rotate(node: &Node) -> anyhow::Result<Value> {
    let kid = node.rotate_key()?;
    Ok(json!({"kid": kid.to_string(), "trust_list_version": node.keys.trust_list().version}))
}

pub fn trust_list(node: &Node) -> Value {
    json!({
        "trust_list": hex::encode(node.keys.trust_list_bytes()),
        "root": hex::encode(node.keys.root_public()),
    })
}
