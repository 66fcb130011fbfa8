//! `POST /v1/sms`: text messages in the city's syntax, as the operator's gateway delivers them.

use super::body::{Media, collect, media};
use crate::Gateway;
use crate::limits::{SMS_PER_PHONE_MAX, SMS_PHONES_MAX, SMS_WINDOW};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use schemas::{Micros, PhoneKey};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// A text message that came in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message<'a> {
    /// The sender's phone.
    #[serde(borrow)]
    #[schema(example = "+84905123456")]
    from: Cow<'a, str>,
    /// The number it was sent to.
    #[serde(borrow)]
    #[schema(example = "8188")]
    to: Cow<'a, str>,
    /// As sent.
    #[serde(borrow)]
    #[schema(example = "TK,Nguyen Van A,048090000001,02/01/1990")]
    text: Cow<'a, str>,
    /// The operator's own id of the message: 1 to 250 visible ASCII characters.
    #[serde(borrow)]
    message_id: Cow<'a, str>,
}

/// What to send back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reply {
    /// In Vietnamese without accents.
    reply: String,
    /// Whether the registration is durable in the log and was not refused.
    accepted: bool,
    /// Why not, or what became of it.
    code: String,
}

/// Counts messages by phone: [`SMS_PER_PHONE_MAX`] in a window of [`SMS_WINDOW`] that begins with the first of them.
pub struct PhoneLimit(Mutex<Cache<PhoneKey, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Micros,
    messages: u32,
}

impl PhoneLimit {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Mutex::new(Cache::new(SMS_PHONES_MAX)))
    }

    /// Counts a message of this phone at this instant. `false` when it is one too many.
    pub fn take(&self, phone: PhoneKey, now: Micros) -> bool {
        let window_micros = i64::try_from(SMS_WINDOW.as_micros()).unwrap_or(i64::MAX);
        let windows = self.0.lock();
        let window = match windows.get(&phone) {
            Some(open) if now.0 - open.began.0 < window_micros => {
                Window { messages: open.messages + 1, ..open }
            }
            _ => Window { began: now, messages: 1 },
        };
        let allowed = window.messages <= SMS_PER_PHONE_MAX;
        if allowed {
            windows.insert(phone, window);
        }
        allowed
    }
}

impl Default for PhoneLimit {
    fn default() -> Self {
        Self::new()
    }
}
