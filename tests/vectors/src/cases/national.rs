//! National strings around a token.

use super::{valid, vector};
use crate::Vector;
use crate::build::*;
use identity::Claims;
use identity::claims::Sex;

/// The fields of [`person`], as the default display has them.
const FIELDS: [&str; 5] =
    ["******000001", "NGUYEN THI HOANG PHUONG THAO", "1990-**-**", "0", "7ZK4Q2M9X1C8V5B3N6D0"];

fn string(fields: [&str; 5], extension: &str) -> String {
    format!("{}|{extension}", fields.join("|"))
}

fn changed(at: usize, to: &str) -> String {
    let mut fields = FIELDS;
    fields[at] = to;
    string(fields, &format!("<2<<<{}", token()))
}

fn token() -> String {
    code_of(&person(), seed::IDENTITY)
}

pub(super) fn cases() -> Vec<Vector> {
    let mut cases = tolerated();
    cases.extend(contradictions());
    cases.extend(malformed());
    cases
}

fn tolerated() -> Vec<Vector> {
    let token = token();
    let whole = string(FIELDS, &format!("<2<<<{token}"));
    let child = Claims {
        masked_number: String::new(),
        birth_date: "2026-01-02".to_owned(),
        sex: Sex::Other,
        declarant_qid: "1ZK4Q2M9X1C8V5B3N6D7".to_owned(),
        ..person()
    };
    let child_fields = ["", FIELDS[1], "2026-**-**", "1", FIELDS[4]];
    let child_code =
        string(child_fields, &format!("1ZK4Q2M9X1C8V5B3N6D7<0<<<{}", code_of(&child, seed::IDENTITY)));
    vec![
        valid("a string as it is issued", whole.as_str()),
        vector("a child declared by another person", child_code, "valid").of(&child),
        valid("a birth date shown whole", changed(2, "1990-05-17")),
        valid("a birth date as YYYYMMDD", changed(2, "19900517")),
        valid("a birth date as dd/MM/yyyy", changed(2, "17/05/1990")),
        valid("a name with marks", changed(1, "Nguyễn Thị Hoàng Phương Thảo")),
        valid(
            "a name in decomposed letters",
            changed(1, "Nguye\u{302}\u{303}n Thi\u{323} Hoa\u{300}ng Phu\u{31b}o\u{31b}ng Tha\u{309}o"),
        ),
        valid(
            "spaces around fields",
            string(
                [
                    " ******000001 ",
                    " NGUYEN  THI HOANG PHUONG THAO ",
                    "1990-**-** ",
                    " 0",
                    " 7ZK4Q2M9X1C8V5B3N6D0 ",
                ],
                &format!(" < 2 < < <{token}"),
            ),
        ),
        valid("an empty sub-field behind the token", format!("{whole}<")),
        valid("a byte order mark before and line ends behind", format!("\u{feff}{whole}\r\n")),
    ]
}

fn contradictions() -> Vec<Vector> {
    let token = token();
    let of = |name: &str, code: String| vector(name, code, "fields_contradict");
    let extension = |extension: &str| string(FIELDS, &extension.replace("TOKEN", &token));
    vec![
        of("another number", changed(0, "******000002")),
        of("the number shown whole, which nobody signed", changed(0, "048190000001")),
        of("no number", changed(0, "")),
        of("another name", changed(1, "NGUYEN THI HOANG PHUONG THAI")),
        of("another year of birth", changed(2, "1991-**-**")),
        of("another day of birth", changed(2, "1990-05-18")),
        of("a birth date of which the month is shown", changed(2, "1990-05-**")),
        of("no birth date", changed(2, "")),
        of("declared by another person, without saying whom", changed(3, "1")),
        of("another QID", changed(4, "7ZK4Q2M9X1C8V5B3N6D1")),
        of("a declarant whom nobody signed", extension("1ZK4Q2M9X1C8V5B3N6D7<2<<<TOKEN")),
        of("another gender", extension("<1<<<TOKEN")),
        of("a gender left out", extension("<<<<TOKEN")),
        of("an insurance number that nobody signed", extension("<2<GD4480000000001<<TOKEN")),
        of("a phone that nobody signed", extension("<2<<0905000001<TOKEN")),
        of("something behind the token that nobody signed", extension("<2<<<TOKEN<more")),
    ]
}

fn malformed() -> Vec<Vector> {
    let token = token();
    let damaged = |name: &str, code: String| vector(name, code, "bad_encoding");
    let extension = |extension: &str| string(FIELDS, &extension.replace("TOKEN", &token));
    vec![
        vector("no extension", FIELDS.join("|"), "unsigned"),
        vector("an empty signature", extension("<2<<<"), "unsigned"),
        vector("four fields", FIELDS[..4].join("|"), "not_ours"),
        vector("seven fields", format!("{}|", extension("<2<<<TOKEN")), "not_ours"),
        damaged("a number with other characters", changed(0, "04819000000!")),
        damaged("an empty name", changed(1, "")),
        damaged("a day that no calendar has", changed(2, "1990-02-30")),
        damaged("a day shown whose month is hidden", changed(2, "1990-**-17")),
        damaged("another kind of declaration", changed(3, "2")),
        damaged("an empty QID", changed(4, "")),
        damaged("a QID with a space", changed(4, "7ZK4 Q2M9")),
        damaged("a QID with a separator of sub-fields", changed(4, "7ZK4<Q2M9")),
        damaged("a gender of 3", extension("<3<<<TOKEN")),
        vector("a signature that is no token", extension("<2<<<SIG"), "not_ours"),
        vector(
            "a signature in lower case",
            extension(&format!("<2<<<{}", token.to_lowercase())),
            "unreadable",
        ),
        vector(
            "a token by a stranger",
            extension(&format!("<2<<<{}", code_of(&person(), seed::STRANGER))),
            "unknown_key",
        ),
        vector(
            "a token by a revoked key",
            extension(&format!("<2<<<{}", code_of(&person(), seed::REVOKED))),
            "key_revoked",
        ),
        vector("a token that has expired", extension("<2<<<TOKEN"), "expired")
            .of(&person())
            .at(person().expires_at),
    ]
}
