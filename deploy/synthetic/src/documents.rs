//! Submissions about papers.

use crate::citizen::Citizen;
use crate::plan::{Expected, Sender, Submission};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use schemas::{Day, Stream};
use sha2::{Digest, Sha256};

/// Kinds of papers that agencies file, with their issuers.
const PAPERS: &[(&str, &str)] = &[
    ("can_cuoc", "Cục Cảnh sát QLHC về TTXH"),
    ("the_bhyt", "BHXH thành phố Đà Nẵng"),
    ("giay_phep_lai_xe", "Sở Xây dựng Đà Nẵng"),
    ("giay_khai_sinh", "UBND phường"),
    ("dang_ky_xe", "Công an thành phố Đà Nẵng"),
    ("ket_qua_dien_tu", "Trung tâm Phục vụ hành chính công"),
];

/// Paper `nth` of a citizen, filed by an agency.
pub fn filed(citizen: &Citizen, nth: usize, today: Day, draw: &mut ChaCha8Rng) -> Submission {
    let (kind, issuer) = PAPERS[(citizen.index as usize + nth) % PAPERS.len()];
    let digest = hex::encode(Sha256::digest(format!("paper {} {nth}", citizen.index)));
    let line = format!(
        r#"{{"kind":"DocumentFiled","reference":"doc-{index}-{nth}","citizen":{{"number":"{number}"}},"occurred_on":"{today}","ward":"{ward}","data":{{"personal":{{"number":"{kind}-{index:07}","title":""}},"document_id":"{kind}-{nth}","document_kind":"{kind}","provenance":"agency","issuer":"{issuer}","issued_on":"2024-{month:02}-{day:02}","expires_on":"2034-{month:02}-{day:02}","content":{{"sha256":"{digest}","bytes":{bytes},"media_type":"application/pdf"}}}}}}"#,
        index = citizen.index,
        number = citizen.number,
        ward = citizen.ward,
        month = draw.random_range(1..=12),
        day = draw.random_range(1..=28),
        bytes = draw.random_range(20_000..900_000),
    );
    Submission {
        sender: Sender::Agency,
        stream: Stream::Documents,
        line,
        expected: Expected::Applied,
        citizen: citizen.index,
        opens: false,
    }
}
