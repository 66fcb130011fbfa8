//! Submissions about dossiers, bills, payments, appointments, visits, feedback.

use crate::citizen::Citizen;
use crate::plan::{Expected, Sender, Submission};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use schemas::{Day, Stream};

/// Two transactions of a citizen that belong together.
pub fn two(citizen: &Citizen, today: Day, draw: &mut ChaCha8Rng, all: &mut Vec<Submission>) {
    let (first, second) = match draw.random_range(0..5) {
        0 | 1 => dossier(citizen, today, draw),
        2 | 3 => bill(citizen, today, draw),
        _ => appointment(citizen, today),
    };
    all.push(first);
    all.push(second);
}

fn submission(citizen: &Citizen, today: Day, sender: Sender, kind: &str, nth: u32, data: &str) -> Submission {
    let line = format!(
        r#"{{"kind":"{kind}","reference":"tx-{}-{nth}","citizen":{{"number":"{}"}},"occurred_on":"{today}","ward":"{}","data":{data}}}"#,
        citizen.index, citizen.number, citizen.ward,
    );
    Submission {
        sender,
        stream: Stream::Transactions,
        line,
        expected: Expected::Applied,
        citizen: citizen.index,
        opens: false,
    }
}

/// The code of a citizen's dossier.
pub fn dossier_code(citizen: &Citizen, today: Day) -> String {
    let (year, month, day) = today.ymd();
    let (office, serial) = (citizen.index / 10_000_000 + 1, citizen.index % 10_000_000);
    format!("000.00.{:02}.H17-{:02}{month:02}{day:02}-{serial:07}", office % 100, year % 100)
}

fn dossier(citizen: &Citizen, today: Day, draw: &mut ChaCha8Rng) -> (Submission, Submission) {
    let code = dossier_code(citizen, today);
    let filed = format!(
        r#"{{"personal":{{"text":"Đề nghị giải quyết"}},"code":"{code}","procedure":"1.{:06}","method":{},"result_by":"electronic","received_on":"{today}","due_on":"{}","fee":{},"unit":"Trung tâm Phục vụ hành chính công","components":[{{"code":"TP1","document_id":"can_cuoc-0","digitised":true,"reused":{}}}]}}"#,
        1_000 + draw.random_range(0..90),
        draw.random_range(1..=3),
        Day(today.0 + 10),
        draw.random_range(0..20) * 5_000,
        draw.random_bool(0.4),
    );
    let moved = format!(
        r#"{{"personal":{{"text":""}},"code":"{code}","status":2,"moved_at":"{today}","due_on":"{}"}}"#,
        Day(today.0 + 8)
    );
    (
        submission(citizen, today, Sender::Agency, "DossierFiled", 0, &filed),
        submission(citizen, today, Sender::Agency, "DossierStatusChanged", 1, &moved),
    )
}

fn bill(citizen: &Citizen, today: Day, draw: &mut ChaCha8Rng) -> (Submission, Submission) {
    let utility = ["electricity", "water", "telecom"][draw.random_range(0..3)];
    let (year, month, _) = today.ymd();
    let contract = format!("PC{:08}", citizen.index);
    let amount = draw.random_range(50..2_000) * 1_000;
    let named = format!(r#""utility":"{utility}","contract":"{contract}","period":"{year:04}-{month:02}""#);
    let issued = format!(r#"{{{named},"amount":{amount},"due_on":"{}"}}"#, Day(today.0 + 15));
    let paid = format!(
        r#"{{"payment_id":"pay-{}","paid_for":{{"bill":{{{named}}}}},"amount":{amount},"provider":"bank"}}"#,
        citizen.index
    );
    (
        submission(citizen, today, Sender::Utility, "BillIssued", 0, &issued),
        submission(citizen, today, Sender::Utility, "PaymentMade", 1, &paid),
    )
}

fn appointment(citizen: &Citizen, today: Day) -> (Submission, Submission) {
    let booked = format!(
        r#"{{"personal":{{"text":"Khám sức khỏe"}},"appointment_id":"kham-{}","subject":"health","place":"Bệnh viện Đà Nẵng","at":"{}T08:30:00+07:00"}}"#,
        citizen.index,
        Day(today.0 + 3)
    );
    let feedback = format!(
        r#"{{"personal":{{"text":"Đèn đường hỏng"}},"feedback_id":"gopy-{}","topic":"environment"}}"#,
        citizen.index
    );
    (
        submission(citizen, today, Sender::Agency, "AppointmentBooked", 0, &booked),
        submission(citizen, today, Sender::Agency, "FeedbackSent", 1, &feedback),
    )
}
