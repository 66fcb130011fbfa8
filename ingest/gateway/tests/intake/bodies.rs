//! Submissions of synthetic people.

use serde_json::{Value, json};

/// The nth synthetic personal number.
pub fn number(n: u32) -> String {
    format!("048090{n:06}")
}

/// A registration of the nth person.
pub fn registration(n: u32) -> Value {
    json!({
        "kind": "AccountRegistered",
        "citizen": { "number": number(n) },
        "occurred_on": "2026-01-02",
        "data": {
            "personal": {
                "full_name": "Nguyễn Văn An",
                "birth_date": "1990-05-17",
                "sex": "male",
                "phone": "0905 123 456",
                "address": "12 Bạch Đằng, Hải Châu"
            },
            "evidence": "card_seen"
        }
    })
}

/// A child's account under the guardian `guardian`.
pub fn child(guardian: u32) -> Value {
    json!({
        "kind": "ChildRegistered",
        "citizen": { "child": { "guardian": { "number": number(guardian) }, "birth_date": "2020-01-02", "birth_order": 1 } },
        "occurred_on": "2026-01-02",
        "data": {
            "personal": { "full_name": "Nguyễn Thị Bé", "birth_date": "2020-01-02", "sex": "female" },
            "relation": "mother",
            "birth_order": 1
        }
    })
}

/// The person `old` gets the number of `new`.
pub fn replacement(old: &Value, new: u32) -> Value {
    json!({
        "kind": "IdentifierReplaced",
        "citizen": { "number": number(new) },
        "replaces": old,
        "occurred_on": "2026-01-02",
        "data": {
            "personal": { "full_name": "Nguyễn Văn An", "birth_date": "1990-05-17", "sex": "male" },
            "level": 1,
            "cause": "cmnd_to_number"
        }
    })
}

/// A paper for the nth person.
pub fn paper(n: u32) -> Value {
    json!({
        "kind": "DocumentFiled",
        "citizen": { "number": number(n) },
        "occurred_on": "2026-01-02",
        "data": {
            "personal": { "number": "A1" },
            "document_id": "doc-1",
            "document_kind": "driving_licence",
            "provenance": "self_uploaded"
        }
    })
}

/// A submission as a line of a batch.
pub fn line(reference: &str, mut body: Value) -> String {
    body["reference"] = reference.into();
    format!("{body}\n")
}

/// `body` with the value at this pointer set.
pub fn with(mut body: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value.into();
    body
}
