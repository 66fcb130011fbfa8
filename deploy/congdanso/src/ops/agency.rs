//! Credentials.

use crate::admin::NewCredential;
use crate::exit::{Exit, Failure};
use crate::node::Node;
use access::{Credential, CredentialsError, Scope};
use schemas::Channel;
use serde_json::{Value, json};

pub fn add(node: &Node, new: NewCredential) -> anyhow::Result<Value> {
    let credential = credential(new)?;
    let key = node.credentials.add(credential.clone()).map_err(told)?;
    Ok(json!({"id": credential.id, "key": key.expose()}))
}

/// What went wrong, with its exit code.
fn told(error: CredentialsError) -> anyhow::Error {
    let exit = match &error {
        CredentialsError::Exists { .. } | CredentialsError::Invalid { .. } => Exit::Usage,
        CredentialsError::Unknown { .. } => Exit::NotFound,
        _ => return error.into(),
    };
    Failure::new(exit, error.to_string()).into()
}

/// Puts role, scopes and channels together, telling every mistake at once.
fn credential(new: NewCredential) -> anyhow::Result<Credential> {
    let mut mistakes = Vec::new();
    let (mut channels, mut scopes) = match new.role.as_deref() {
        None => (Vec::new(), Vec::new()),
        Some(role) => access::scope::role(role).unwrap_or_else(|| {
            mistakes.push(format!("there is no role {role}"));
            (Vec::new(), Vec::new())
        }),
    };
    for text in &new.scopes {
        match Scope::parse(text) {
            Some(scope) => scopes.push(scope),
            None => mistakes.push(format!("there is no scope {text}")),
        }
    }
    for text in &new.channels {
        match Channel::named(text) {
            Some(channel) => channels.push(channel),
            None => mistakes.push(format!("there is no channel {text}")),
        }
    }
    if scopes.is_empty() {
        mistakes.push("a credential needs a role or a scope".to_owned());
    }
    if !mistakes.is_empty() {
        return Err(Failure::new(Exit::Usage, mistakes.join("\n")).into());
    }
    Ok(Credential {
        id: new.id,
        agency: new.agency,
        team: new.team,
        helper: new.helper,
        device: new.device,
        ward: new.ward,
        channels,
        scopes,
        quota_per_second: new.quota,
        disabled: false,
    })
}

pub fn list(node: &Node) -> Value {
    let all = node.credentials.list().into_iter().map(|entry| {
        let c = &entry.credential;
        json!({
            "id": c.id, "agency": c.agency, "team": c.team, "helper": c.helper, "device": c.device, "ward": c.ward,
            "channels": c.channels.iter().map(|c| c.name()).collect::<Vec<_>>(),
            "scopes": c.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "quota_per_second": c.quota_per_second, "disabled": c.disabled,
        })
    });
    Value::Array(all.collect())
}

pub fn rotate(node: &Node, id: &str) -> anyhow::Result<Value> {
    let key = node.credentials.rotate(id).map_err(told)?;
    Ok(json!({"id": id, "key": key.expose()}))
}

pub fn disable(node: &Node, id: &str) -> anyhow::Result<Value> {
    node.credentials.disable(id).map_err(told)?;
    Ok(json!({ "id": id }))
}
