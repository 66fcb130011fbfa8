//! Codes and texts of the verdicts.

use super::{Finding, Verdict};

/// Code, Vietnamese, English.
type Words = (&'static str, &'static str, &'static str);

const REVOKED: Words = ("revoked", "Mã đã bị thu hồi.", "The code has been revoked.");
const SUSPENDED: Words = ("suspended", "Mã đang bị tạm khóa.", "The code is suspended.");
const EXPIRED: Words = ("expired", "Mã đã hết hạn.", "The code has expired.");
const NOT_YET_VALID: Words = ("not_yet_valid", "Mã chưa có hiệu lực.", "The code is not valid yet.");
const STALE_STATUS: Words = (
    "stale_status",
    "Danh sách trạng thái đã quá cũ, chưa thể kết luận mã còn hiệu lực.",
    "The status list is too old to say whether the code still holds.",
);

impl Finding {
    const fn words(self) -> Words {
        match self {
            Self::Valid { status_checked: true, replay_checked: true } => {
                ("valid", "Mã trình diện hợp lệ.", "The presentation is valid.")
            }
            Self::Valid { status_checked: true, replay_checked: false } => (
                "valid",
                "Mã trình diện hợp lệ và còn mới; ngoại tuyến chỉ kiểm tra được độ mới, không biết mã đã được xuất trình ở nơi khác hay chưa.",
                "The presentation is valid and fresh; only its freshness could be checked, not whether it was shown before.",
            ),
            Self::Valid { status_checked: false, .. } => (
                "valid",
                "Mã trình diện có chữ ký đúng và còn mới; chưa kiểm tra mã có bị thu hồi hay không, và đã được xuất trình ở nơi khác hay chưa.",
                "Signed and fresh; whether it was revoked, or shown before, has not been checked.",
            ),
            Self::Revoked => REVOKED,
            Self::Suspended => SUSPENDED,
            Self::Expired => EXPIRED,
            Self::NotYetValid => NOT_YET_VALID,
            Self::StaleStatus { .. } => STALE_STATUS,
            Self::WrongAudience => (
                "wrong_audience",
                "Mã trình diện được tạo cho nơi khác.",
                "The presentation was made for somebody else.",
            ),
            Self::Replayed => (
                "replayed",
                "Mã trình diện đã được dùng: yêu cầu tạo mã mới.",
                "The presentation has been shown before: ask for a new one.",
            ),
        }
    }
}

impl Verdict {
    /// All codes that [`Self::code`] gives.
    pub const CODES: &'static [&'static str] = &[
        "valid",
        "revoked",
        "suspended",
        "expired",
        "not_yet_valid",
        "stale_status",
        "unreadable",
        "not_ours",
        "bad_encoding",
        "bad_signature",
        "unknown_key",
        "wrong_purpose",
        "key_not_in_force",
        "key_revoked",
        "encrypted",
        "fields_contradict",
        "unsigned",
        "wrong_audience",
        "replayed",
    ];

    /// The code in JSON, exit reports and metrics. Stable.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.words().0
    }

    /// For whoever holds the scanner, in Vietnamese.
    #[must_use]
    pub const fn vietnamese(&self) -> &'static str {
        self.words().1
    }

    /// The same in English.
    #[must_use]
    pub const fn english(&self) -> &'static str {
        self.words().2
    }

    const fn words(&self) -> Words {
        match self {
            Self::Presented { finding, .. } => finding.words(),
            Self::Valid { status_checked: true, .. } => ("valid", "Mã hợp lệ.", "The code is valid."),
            Self::Valid { status_checked: false, .. } => (
                "valid",
                "Chữ ký hợp lệ, mã còn hạn; chưa kiểm tra mã có bị thu hồi hay không.",
                "Signed and in date; whether it was revoked has not been checked.",
            ),
            Self::Revoked { .. } => REVOKED,
            Self::Suspended { .. } => SUSPENDED,
            Self::Expired { .. } => EXPIRED,
            Self::NotYetValid { .. } => NOT_YET_VALID,
            Self::StaleStatus { .. } => STALE_STATUS,
            Self::Unreadable => ("unreadable", "Không đọc được mã.", "The code cannot be read."),
            Self::NotOurs => (
                "not_ours",
                "Đây không phải mã công dân số của thành phố.",
                "This is not a citizen code of the city.",
            ),
            Self::BadEncoding => {
                ("bad_encoding", "Mã bị hỏng hoặc bị sửa.", "The code is damaged or altered.")
            }
            Self::BadSignature => {
                ("bad_signature", "Chữ ký không đúng: mã giả.", "The signature is wrong: a forged code.")
            }
            Self::UnknownKey => (
                "unknown_key",
                "Khóa ký không có trong danh sách tin cậy.",
                "The signing key is not on the trust list.",
            ),
            Self::WrongPurpose => (
                "wrong_purpose",
                "Khóa ký không được phép ký mã định danh.",
                "The signing key may not sign identities.",
            ),
            Self::KeyNotInForce => (
                "key_not_in_force",
                "Mã được cấp ngoài thời hạn của khóa ký.",
                "The code was issued outside the validity of its signing key.",
            ),
            Self::KeyRevoked => (
                "key_revoked",
                "Khóa ký đã bị thu hồi: mã không còn giá trị, cần cấp lại mã.",
                "The signing key has been revoked: the code no longer holds and must be issued again.",
            ),
            Self::Encrypted => (
                "encrypted",
                "Mã bị mã hóa, không thể xác minh.",
                "The code is encrypted and cannot be verified.",
            ),
            Self::FieldsContradict => (
                "fields_contradict",
                "Thông tin ghi trong mã không khớp với phần đã ký.",
                "What the code says does not match what was signed.",
            ),
            Self::Unsigned => (
                "unsigned",
                "Mã không có chữ ký: ai cũng có thể tạo ra.",
                "The code carries no signature: anyone may have written it.",
            ),
        }
    }
}
