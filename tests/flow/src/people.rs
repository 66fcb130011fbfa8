//! Submissions about people who do not exist.

use serde_json::{Value, json};

/// A ward that is in force on [`DAY`].
pub const WARD: &str = "20194";

/// The day of the acts: wards since the merger of 2025, and in the past wherever a clock is right.
pub const DAY: &str = "2025-09-12";

/// Personal number of the nth man born in 1990.
#[must_use]
pub fn number(n: u32) -> String {
    format!("048090{n:06}")
}

/// The nth man registers with a helper who saw his card.
#[must_use]
pub fn registration(n: u32) -> Value {
    json!({
        "kind": "AccountRegistered",
        "citizen": { "number": number(n) },
        "occurred_on": DAY,
        "ward": WARD,
        "data": {
            "personal": {
                "full_name": "Nguyễn Văn An",
                "birth_date": "1990-05-17",
                "sex": "male",
                "phone": format!("0905{n:06}"),
                "address": "12 Bạch Đằng"
            },
            "evidence": "card_seen"
        }
    })
}

/// A birth certificate of the nth man.
#[must_use]
pub fn paper(n: u32) -> Value {
    json!({
        "kind": "DocumentFiled",
        "citizen": { "number": number(n) },
        "occurred_on": DAY,
        "data": {
            "personal": { "number": "0123/2020", "title": "Giấy khai sinh" },
            "document_id": "gks-1",
            "document_kind": "giay_khai_sinh",
            "provenance": "agency",
            "issuer": "UBND phường Hải Châu",
            "issued_on": "2020-02-03",
            "content": { "sha256": "0a".repeat(32), "bytes": 1024, "media_type": "application/pdf" }
        }
    })
}

/// A dossier of the nth man.
#[must_use]
pub fn dossier(n: u32) -> Value {
    json!({
        "kind": "DossierFiled",
        "citizen": { "number": number(n) },
        "occurred_on": DAY,
        "data": {
            "personal": { "text": "Xin cấp bản sao trích lục" },
            "code": format!("000.00.01.H17-250910-{n:07}"),
            "procedure": "2.000635",
            "method": 2,
            "result_by": "electronic",
            "received_on": "2025-09-10",
            "due_on": "2025-09-15",
            "fee": 8000
        }
    })
}

/// A bill of the nth man for electricity.
#[must_use]
pub fn bill(n: u32) -> Value {
    json!({
        "kind": "BillIssued",
        "citizen": { "number": number(n) },
        "occurred_on": DAY,
        "data": {
            "utility": "electricity", "contract": format!("PC{n:06}"), "period": "2025-08", "amount": 350_000,
            "due_on": "2025-09-20"
        }
    })
}

/// A submission as a line of a batch, with its line end.
#[must_use]
pub fn line(reference: &str, mut event: Value) -> String {
    event["reference"] = reference.into();
    format!("{event}\n")
}

/// `event` with the value at this pointer set.
///
/// # Panics
/// When there is no such place in it.
#[must_use]
pub fn with(mut event: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    event.pointer_mut(parent).expect("the event has this place")[name] = value.into();
    event
}
