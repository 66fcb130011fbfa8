//! Signing keys and the trust list.

use crate::node::Node;
use schemas::Micros;
use serde_json::{Value, json};

pub fn list(node: &Node) -> Value {
    let keys = node.keys.list().into_iter().map(|key| {
        let time = |seconds: i64| Micros(seconds.saturating_mul(1_000_000)).to_string();
        json!({
            "kid": key.kid.to_string(),
            "purpose": key.trusted.purpose.code(),
            "state": key.state.code(),
            "public": hex::encode(key.trusted.public),
            "not_before": time(key.trusted.not_before),
            "not_after": time(key.trusted.not_after),
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
