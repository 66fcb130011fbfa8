//! A credential for each sender of the drive, made as `agency add` makes them.

use access::{Credential, Credentials};
use anyhow::Context;
use std::collections::HashMap;
use synthetic::{Sender, Team};

/// The keys of all senders, and one that reads.
pub struct Keys {
    of: HashMap<Sender, String>,
    /// Reads everything.
    pub reader: String,
}

impl Keys {
    /// Makes the credentials, or new keys for those that are there.
    pub fn make(credentials: &Credentials, teams: &[Team]) -> anyhow::Result<Self> {
        let mut of = HashMap::new();
        for (n, team) in (0..).zip(teams) {
            let id = format!("demo-{}", team.team);
            let mut credential = of_role(&id, "demo-teams", "helper")?;
            credential.team = Some(team.team.clone());
            credential.helper = Some(team.helper.clone());
            credential.device = Some(team.device.clone());
            credential.ward = Some(team.ward.to_owned());
            of.insert(Sender::Helper(n), key(credentials, credential)?);
        }
        let others = [
            (Sender::Importer, "demo-importer", "importer"),
            (Sender::Portal, "demo-portal", "portal"),
            (Sender::SmsGateway, "demo-sms", "sms_gateway"),
            (Sender::Agency, "demo-agency", "agency"),
            (Sender::Utility, "demo-utility", "utility"),
        ];
        for (sender, id, role) in others {
            of.insert(sender, key(credentials, of_role(id, id, role)?)?);
        }
        let reader = key(credentials, of_role("demo-app", "demo-app", "app")?)?;
        Ok(Self { of, reader })
    }

    /// The key of a sender.
    pub fn of(&self, sender: Sender) -> &str {
        self.of.get(&sender).map_or("", String::as_str)
    }
}

fn of_role(id: &str, agency: &str, role: &str) -> anyhow::Result<Credential> {
    let mut credential =
        Credential::of_role(id, agency, role).with_context(|| format!("there is no role {role}"))?;
    credential.quota_per_second = 0;
    Ok(credential)
}

fn key(credentials: &Credentials, credential: Credential) -> anyhow::Result<String> {
    let there = credentials.list().iter().any(|entry| entry.credential.id == credential.id);
    let key = if there { credentials.rotate(&credential.id)? } else { credentials.add(credential)? };
    Ok(key.expose().to_owned())
}
