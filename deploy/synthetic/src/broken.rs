//! Submissions that are wrong on purpose: some that the intake turns away, most that the processor refuses.

use crate::citizen::Citizen;
use crate::plan::{Expected, Sender, Submission};
use crate::registrations::{sms_message, sms_text};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use schemas::{Day, Stream};

/// Makes a submission wrong in one way.
pub fn break_it(submission: &mut Submission, citizen: &Citizen, today: Day, draw: &mut ChaCha8Rng) {
    if submission.sender == Sender::SmsGateway {
        submission.line = sms_message(citizen, &sms_text(citizen).replace("TK,", "DK "));
        submission.expected = Expected::Rejected;
        return;
    }
    if draw.random_range(0..4) == 0 {
        submission.line = turned_away(&submission.line, citizen, draw);
        submission.expected = Expected::Rejected;
        return;
    }
    submission.expected = Expected::Refused;
    submission.line = match submission.stream {
        Stream::Registrations => refused_account(&submission.line, citizen, draw),
        Stream::Documents => match draw.random_range(0..3) {
            0 => submission.line.replace("\"sha256\":\"", "\"sha256\":\"zz"),
            1 => submission.line.replace("\"issued_on\":\"2024-", "\"issued_on\":\"2039-"),
            _ => submission.line.replace("\"document_kind\":\"", "\"document_kind\":\"not-"),
        },
        Stream::Transactions => submission.line.replace(
            &format!("\"occurred_on\":\"{today}\""),
            &format!("\"occurred_on\":\"{}\"", Day(today.0 + 400)),
        ),
    };
}

fn turned_away(line: &str, citizen: &Citizen, draw: &mut ChaCha8Rng) -> String {
    match draw.random_range(0..4) {
        0 => line.replacen('{', "{{", 1),
        1 => line.replace(&citizen.number, &citizen.number[..11]),
        2 => line.replacen("\"kind\":\"", "\"kind\":\"No", 1),
        _ => line.replacen("\"data\":", "\"dataset\":", 1),
    }
}

fn refused_account(line: &str, citizen: &Citizen, draw: &mut ChaCha8Rng) -> String {
    let (year, _, _) = citizen.birth.ymd();
    match draw.random_range(0..5) {
        0 => line.replace(&citizen.full_name, "Robot 4711"),
        1 if line.contains("\"sex\":\"male\"") => line.replace("\"sex\":\"male\"", "\"sex\":\"female\""),
        1 => line.replace("\"sex\":\"female\"", "\"sex\":\"male\""),
        2 => {
            line.replace(&format!("\"birth_date\":\"{year:04}"), &format!("\"birth_date\":\"{:04}", year - 1))
        }
        3 => line.replace(&citizen.phone, "0123"),
        _ => line.replace(&format!("\"ward\":\"{}\"", citizen.ward), "\"ward\":\"99999\""),
    }
}
