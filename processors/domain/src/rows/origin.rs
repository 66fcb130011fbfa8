//! How something came: what statistics are counted by.

use schemas::{Channel, Header};
use serde::{Deserialize, Serialize};

/// Sender, ward, team and channel of the event that brought something, kept beside it so that what it added to statistics
/// can be taken out again. Nothing here is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Who sent it.
    pub sender: String,
    /// The ward as statistics call it (see [`Ward::label`](crate::wards::Ward::label)), so that a code that was used again never
    /// mixes two wards; empty when not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ward: String,
    /// The community team; empty when none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub team: String,
    /// How it came.
    pub channel: Channel,
}

impl Origin {
    /// Where an event comes from.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        Self {
            sender: header.sender.clone(),
            ward: crate::statistics::ward_of_act(header).unwrap_or_default().to_owned(),
            team: header.team.clone().unwrap_or_default(),
            channel: header.channel,
        }
    }
}
