//! Bodies of the stream of documents.

use crate::draw::Draw;
use schemas::event::{
    DocumentCertified, DocumentFiled, DocumentPersonal, DocumentVersionFiled, DocumentWithdrawn, Provenance,
};
use schemas::{Body, Personal};

const PROVENANCES: [Provenance; 3] = [Provenance::SelfUploaded, Provenance::Agency, Provenance::Certified];

pub(super) fn draw(draw: &mut Draw) -> Body {
    let document_id = draw.one_of(&["d-1", "d-2"]).to_owned();
    let personal = || Personal::Plain(DocumentPersonal::default());
    let provenance = draw.one_of(&PROVENANCES);
    match draw.weighed(&[4, 3, 2, 1]) {
        0 => DocumentFiled {
            personal: personal(),
            document_id,
            document_kind: draw.one_of(&["can_cuoc", "ho_chieu", "no_such_kind"]).to_owned(),
            provenance,
            issuer: String::new(),
            issued_on: "2025-09-01".to_owned(),
            expires_on: String::new(),
            content: None,
            issuer_signature: String::new(),
        }
        .into(),
        1 => DocumentVersionFiled {
            personal: personal(),
            document_id,
            provenance,
            issued_on: String::new(),
            expires_on: String::new(),
            content: None,
            issuer_signature: String::new(),
        }
        .into(),
        2 => DocumentCertified {
            document_id,
            version: 1,
            certifier: "Phòng công chứng".to_owned(),
            certificate: draw.one_of(&["c-1", "c-2"]).to_owned(),
            certified_on: "2025-09-10".to_owned(),
            content: None,
        }
        .into(),
        _ => DocumentWithdrawn { document_id, cause: "mistake".to_owned() }.into(),
    }
}
