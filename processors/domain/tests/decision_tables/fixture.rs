//! Events from text: `tables/fixtures_*.txt` and the overrides of a case.

use crate::table::{folder, lines};
use domain::keys::Pepper;
use schemas::event::*;
use schemas::{Body, BodyHash, CitizenId, Day, Event, EventId, Header, Kid, Kind, Micros, RulesId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An event before it is accepted: header fields (written with `@` in the text) and the body as JSON.
#[derive(Debug, Clone)]
pub struct Draft {
    pub kind: Kind,
    header: Map<String, Value>,
    body: Value,
}

/// All fixtures by name.
pub type Fixtures = BTreeMap<String, Draft>;

/// The pepper of every table.
pub fn pepper() -> Pepper {
    Pepper::new(&[7; 32])
}

/// The id that a table calls `#name`.
pub fn citizen(name: &str) -> CitizenId {
    CitizenId(EventId::of("citizen of the tables", name).0)
}

/// Reads all `fixtures_*.txt`: `Kind = {json}` is the base event of a kind, `name = other; path=value; ...` one made from another.
pub fn load() -> Fixtures {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .expect("the tables are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("fixtures_")))
        .collect();
    files.sort();
    let mut fixtures = Fixtures::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("fixtures can be read");
        for (number, line) in lines(&text) {
            let place = format!("{}:{number}", file.display());
            let (name, rest) = line.split_once('=').unwrap_or_else(|| panic!("{place}: no `=`"));
            let (name, rest) = (name.trim(), rest.trim());
            let draft = match Kind::named(name) {
                Some(kind) => Draft::base(kind, rest, &place),
                None => Draft::derived(rest, &fixtures, &place),
            };
            assert!(fixtures.insert(name.to_owned(), draft).is_none(), "{place}: {name} stands twice");
        }
    }
    fixtures
}

impl Draft {
    fn base(kind: Kind, json: &str, place: &str) -> Self {
        let Ok(Value::Object(all)) = serde_json::from_str(json) else { panic!("{place}: not a JSON object") };
        let mut draft = Self { kind, header: Map::new(), body: Value::Object(Map::new()) };
        for (key, value) in all {
            draft.set(&key, named_ids(value));
        }
        draft
    }

    fn derived(text: &str, fixtures: &Fixtures, place: &str) -> Self {
        let (base, overrides) = text.split_once(';').unwrap_or((text, ""));
        let base = fixtures.get(base.trim()).unwrap_or_else(|| panic!("{place}: no fixture {base}"));
        base.with(overrides)
    }

    /// This draft with `path=value; path=value` changed.
    pub fn with(&self, overrides: &str) -> Self {
        let mut draft = self.clone();
        for pair in overrides.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (path, text) = pair.split_once('=').unwrap_or_else(|| panic!("`{pair}` has no `=`"));
            let value = match path.strip_prefix('@') {
                Some(field) if !field.starts_with("max.") => {
                    named_ids(value_of(text, Some(&Value::String(String::new()))))
                }
                _ => value_of(text, draft.get(path)),
            };
            draft.set(path, value);
        }
        draft
    }

    fn get(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.body, |at, key| at.get(key))
    }

    fn set(&mut self, path: &str, value: Value) {
        if let Some(field) = path.strip_prefix('@') {
            self.header.insert(field.to_owned(), value);
            return;
        }
        let (parents, last) = path.rsplit_once('.').map_or((None, path), |(p, l)| (Some(p), l));
        let mut at = &mut self.body;
        for key in parents.into_iter().flat_map(|parents| parents.split('.')) {
            let object = at.as_object_mut().expect("a path leads through objects");
            at = object.entry(key).or_insert_with(|| Value::Object(Map::new()));
        }
        at.as_object_mut().expect("a path leads through objects").insert(last.to_owned(), value);
    }

    fn text(&self, field: &str) -> Option<String> {
        self.header.get(field).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
    }

    fn day(&self, field: &str) -> Option<Day> {
        self.text(field).map(|t| Day::parse(&t).unwrap_or_else(|| panic!("@{field}={t} is no day")))
    }

    /// The event as the gateway would stamp it: accepted at eight in the morning of `@day` and `offset` seconds.
    pub fn event(&self, offset: u64, rules: RulesId) -> Event {
        const DEFAULT_DAY: &str = "2025-09-12";
        let day =
            self.day("day").unwrap_or_else(|| Day::parse(DEFAULT_DAY).expect("the default day is a day"));
        let one_in_the_morning_utc = i64::from(day.0) * 86_400 + 3_600;
        let phone = self.body.pointer("/personal/phone").and_then(Value::as_str).unwrap_or_default();
        let body_hash = u128::from(offset).to_be_bytes();
        let channel = self.text("channel").unwrap_or_else(|| "ward_desk".to_owned());
        Event {
            header: Header {
                event_id: EventId::of("tables", &format!("{}/{offset}", self.kind.name())),
                citizen_id: self.id("citizen").unwrap_or_else(|| citizen("an")),
                sender: self.text("sender").unwrap_or_else(|| "onestop".to_owned()),
                team: self.text("team"),
                helper: self.text("helper"),
                device: self.text("device"),
                channel: schemas::Channel::named(&channel).unwrap_or_else(|| panic!("@channel={channel}")),
                ward: self.header.get("ward").and_then(Value::as_str).unwrap_or("20194").to_owned(),
                occurred_on: self.day("occurred_on").unwrap_or(day),
                accepted_at: Micros((one_in_the_morning_utc + offset as i64) * 1_000_000),
                rules,
                kid: Kid([1; 8]),
                body_hash: BodyHash(body_hash),
                phone_key: domain::phone::normalise(phone).ok().map(|e164| pepper().phone(&e164)),
                trace: None,
            },
            body: body_of(self.kind, self.body.clone()),
        }
    }

    fn id(&self, field: &str) -> Option<CitizenId> {
        let text = self.text(field)?;
        Some(CitizenId(text.parse().unwrap_or_else(|_| panic!("@{field}={text} is no id"))))
    }

    /// Limits of the rules that are to be lower for this event: `@max.<name>`, where the rules say `<name>_max`.
    pub fn limits(&self) -> impl Iterator<Item = (&str, u32)> {
        self.header.iter().filter_map(|(field, value)| {
            let limit = value.as_u64().and_then(|n| u32::try_from(n).ok());
            field.strip_prefix("max.").map(|name| (name, limit.expect("a limit is a number")))
        })
    }

    /// Who has a key listed for papers: `@papers`, holders with commas between them.
    pub fn holders(&self) -> Vec<String> {
        self.text("papers").iter().flat_map(|holders| holders.split(',')).map(str::to_owned).collect()
    }

    /// Every text of the personal part, for the proof that none of it reaches history.
    pub fn personal_texts(&self) -> Vec<String> {
        let personal = self.body.get("personal").and_then(Value::as_object);
        personal.into_iter().flat_map(Map::values).filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// `a×300` is `a` 300 times. Text stays text where the field held text; `#name` is an id; what is quoted, a list, an object, a number or a truth value is JSON.
fn value_of(text: &str, before: Option<&Value>) -> Value {
    let times = text.split_once('×').and_then(|(part, times)| Some((part, times.parse().ok()?)));
    if let Some((part, times)) = times {
        return Value::String(part.repeat(times));
    }
    let json = || serde_json::from_str(text).unwrap_or_else(|e| panic!("`{text}`: {e}"));
    let plain_number =
        text.parse::<i64>().is_ok_and(|n| n.to_string() == text) && !matches!(before, Some(Value::String(_)));
    if text.starts_with(['"', '{', '[']) || plain_number || ["null", "true", "false"].contains(&text) {
        return named_ids(json());
    }
    named_ids(Value::String(text.to_owned()))
}

/// `#name` anywhere in a value as the id it stands for.
fn named_ids(value: Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('#') {
            Some(name) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                Value::String(citizen(name).to_string())
            }
            _ => Value::String(text),
        },
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, named_ids(v))).collect()),
        Value::Array(list) => Value::Array(list.into_iter().map(named_ids).collect()),
        other => other,
    }
}

macro_rules! bodies {
    ($kind:ident, $json:ident: $($name:ident)*) => {
        match $kind {
            $(Kind::$name => serde_json::from_value::<$name>($json).map(Body::from),)*
        }
    };
}

fn body_of(kind: Kind, json: Value) -> Body {
    let shown = json.to_string();
    let body = bodies!(kind, json:
        AccountRegistered AccountInherited ChildRegistered IdentityVerified ProfileCorrected PhoneChanged
        IdentifierReplaced AccountLinked AccountUnlinked AccountSuspended AccountRestored AccountClosed IdentityReissued
        DocumentFiled DocumentVersionFiled DocumentCertified DocumentWithdrawn
        DossierFiled DossierStatusChanged DossierResultIssued BillIssued BillCancelled PaymentMade PaymentReturned
        AppointmentBooked AppointmentMoved AppointmentCancelled AppointmentKept AppointmentMissed CheckedIn CheckedOut
        FeedbackSent FeedbackSupplementAsked FeedbackRefused FeedbackResolved FeedbackPublished ServiceRated SurveyAnswered
    );
    body.unwrap_or_else(|e| panic!("{}: {e}: {shown}", kind.name()))
}
