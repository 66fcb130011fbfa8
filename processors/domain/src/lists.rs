//! Closed lists of the two streams: kinds of papers, media types, utilities.

/// What a kind of paper belongs to in the vault.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PaperGroup {
    /// Identity papers and papers of the person.
    Identity,
    /// A component of a filed dossier.
    Component,
    /// An electronic result of a procedure.
    Result,
    /// A certified electronic copy.
    CertifiedCopy,
    /// Another digitised paper.
    Other,
}

/// A kind of paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaperKind {
    /// The code in events, rows and statistics.
    pub code: &'static str,
    /// Where it belongs.
    pub group: PaperGroup,
    /// Its name.
    pub vietnamese: &'static str,
    /// The same in English.
    pub english: &'static str,
    /// The edition of the list that it came with. Rules name the edition in force, so that a replay refuses what was refused.
    pub edition: u32,
}

const fn paper(
    code: &'static str,
    group: PaperGroup,
    vietnamese: &'static str,
    english: &'static str,
) -> PaperKind {
    PaperKind { code, group, vietnamese, english, edition: 1 }
}

/// The edition of [`PAPER_KINDS`] that this program has.
pub const PAPER_KINDS_EDITION: u32 = 2;

/// The code of the picture of a person: see [`crate::portrait`].
pub const PORTRAIT: &str = "anh_chan_dung";

/// The kinds of papers that a vault takes.
pub const PAPER_KINDS: &[PaperKind] = &[
    paper("can_cuoc", PaperGroup::Identity, "Căn cước", "Identity card"),
    paper("ho_chieu", PaperGroup::Identity, "Hộ chiếu", "Passport"),
    paper("giay_phep_lai_xe", PaperGroup::Identity, "Giấy phép lái xe", "Driving licence"),
    paper("giay_khai_sinh", PaperGroup::Identity, "Giấy khai sinh", "Birth certificate"),
    paper("the_bhyt", PaperGroup::Identity, "Thẻ bảo hiểm y tế", "Health insurance card"),
    paper("so_bhxh", PaperGroup::Identity, "Sổ bảo hiểm xã hội", "Social insurance book"),
    paper("dang_ky_xe", PaperGroup::Identity, "Giấy đăng ký xe", "Vehicle registration"),
    paper(
        "dang_kiem_xe",
        PaperGroup::Identity,
        "Giấy chứng nhận đăng kiểm",
        "Vehicle inspection certificate",
    ),
    paper("giay_ket_hon", PaperGroup::Identity, "Giấy chứng nhận kết hôn", "Marriage certificate"),
    paper(
        "xac_nhan_hon_nhan",
        PaperGroup::Identity,
        "Xác nhận tình trạng hôn nhân",
        "Marital status certificate",
    ),
    paper("xac_nhan_cu_tru", PaperGroup::Identity, "Xác nhận thông tin cư trú", "Residence confirmation"),
    paper("trich_luc_khai_tu", PaperGroup::Identity, "Trích lục khai tử", "Death record extract"),
    paper("the_can_bo", PaperGroup::Identity, "Thẻ cán bộ, công chức, viên chức", "Public servant card"),
    paper("the_hoc_sinh_sinh_vien", PaperGroup::Identity, "Thẻ học sinh, sinh viên", "Student card"),
    paper("the_nguoi_cao_tuoi", PaperGroup::Identity, "Thẻ người cao tuổi", "Senior citizen card"),
    paper("the_khuyet_tat", PaperGroup::Identity, "Giấy xác nhận khuyết tật", "Disability certificate"),
    paper("bang_cap", PaperGroup::Identity, "Văn bằng, chứng chỉ", "Degree or certificate"),
    paper(
        "phieu_ly_lich_tu_phap",
        PaperGroup::Identity,
        "Phiếu lý lịch tư pháp",
        "Criminal record certificate",
    ),
    paper("so_tiem_chung", PaperGroup::Identity, "Sổ tiêm chủng", "Vaccination record"),
    paper(
        "quyen_su_dung_dat",
        PaperGroup::Identity,
        "Giấy chứng nhận quyền sử dụng đất",
        "Land use certificate",
    ),
    paper(
        "dang_ky_kinh_doanh",
        PaperGroup::Identity,
        "Giấy chứng nhận đăng ký kinh doanh",
        "Business registration",
    ),
    paper("thanh_phan_ho_so", PaperGroup::Component, "Thành phần hồ sơ", "Component of a dossier"),
    paper("to_khai", PaperGroup::Component, "Tờ khai, đơn đề nghị", "Declaration or application form"),
    paper("ket_qua_dien_tu", PaperGroup::Result, "Kết quả điện tử", "Electronic result"),
    paper(
        "ban_sao_chung_thuc",
        PaperGroup::CertifiedCopy,
        "Bản sao chứng thực điện tử",
        "Certified electronic copy",
    ),
    paper("khac", PaperGroup::Other, "Giấy tờ số hóa khác", "Other digitised paper"),
    PaperKind { edition: 2, ..paper(PORTRAIT, PaperGroup::Identity, "Ảnh chân dung", "Portrait") },
];

/// The kind of paper of this code.
#[must_use]
pub fn paper_kind(code: &str) -> Option<&'static PaperKind> {
    PAPER_KINDS.iter().find(|kind| kind.code == code)
}

/// Media types that a paper's content may have.
pub const MEDIA_TYPES: &[&str] = &[
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/tiff",
    "application/xml",
    "text/xml",
    "application/json",
    "text/plain",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
];

/// The utilities whose bills citizens see.
pub const UTILITIES: &[&str] = &[
    "electricity",
    "water",
    "telecom",
    "environment_fee",
    "tax",
    "social_insurance",
    "health_insurance",
    "health",
    "education",
    "bank",
];

/// How the result of a dossier is received.
pub const RESULT_WAYS: &[&str] = &["desk", "post", "electronic"];

/// What an appointment is about.
pub const APPOINTMENT_SUBJECTS: &[&str] = &["health", "administrative"];

/// Who may have cancelled an appointment.
pub const APPOINTMENT_CANCELLERS: &[&str] = &["citizen", "agency"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::is_id;
    use std::collections::BTreeSet;

    #[test]
    fn codes_of_closed_lists_are_well_formed_and_unique() {
        let papers: Vec<&str> = PAPER_KINDS.iter().map(|kind| kind.code).collect();
        for list in [&papers[..], UTILITIES, RESULT_WAYS, APPOINTMENT_SUBJECTS, APPOINTMENT_CANCELLERS] {
            assert!(list.iter().all(|code| is_id(code)));
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
        }
    }

    #[test]
    fn every_group_of_the_vault_has_a_kind_of_paper() {
        for group in [
            PaperGroup::Identity,
            PaperGroup::Component,
            PaperGroup::Result,
            PaperGroup::CertifiedCopy,
            PaperGroup::Other,
        ] {
            assert!(PAPER_KINDS.iter().any(|kind| kind.group == group), "{group:?}");
        }
        assert_eq!(paper_kind("ho_chieu").map(|kind| kind.group), Some(PaperGroup::Identity));
        assert_eq!(paper_kind("the_thu_vien"), None);
    }
}
