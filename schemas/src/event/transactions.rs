//! Bodies of the `transactions` stream.

use super::Personal;
use crate::codec::bounded;
use serde::ser::SerializeStructVariant;
use serde::{Deserialize, Serialize, Serializer};

/// Free words of or about a citizen.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The text; empty when there is none.
    #[serde(default)]
    pub text: String,
}

/// A part of a filed dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierComponent {
    /// MaThanhPhanHoSo.
    pub code: String,
    /// A paper in the vault; empty when it was handed in otherwise.
    #[serde(default)]
    pub document_id: String,
    /// DuocSoHoa: digitised.
    pub digitised: bool,
    /// DuocTaiSuDung: reused from the vault.
    pub reused: bool,
}

/// A dossier is filed with an agency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierFiled {
    /// What the citizen asks, in words.
    pub personal: Personal<Words>,
    /// MaHoSo, in the national shape of dossier codes.
    pub code: String,
    /// MaTTHC, `d.dddddd`.
    pub procedure: String,
    /// TenTTHC; empty when the sender does not say.
    #[serde(default)]
    pub procedure_name: String,
    /// MaLinhVuc; empty when the sender does not say.
    #[serde(default)]
    pub field: String,
    /// KenhThucHien: 1 direct, 2 online, 3 post.
    pub method: i32,
    /// How the result is received: `desk`, `post` or `electronic`.
    pub result_by: String,
    /// NgayTiepNhan, `YYYY-MM-DD`; empty until it is received.
    #[serde(default)]
    pub received_on: String,
    /// NgayHenTra, `YYYY-MM-DD`; empty when not yet promised.
    #[serde(default)]
    pub due_on: String,
    /// Đồng; 0 when free.
    pub fee: i64,
    /// DonViXuLy.
    #[serde(default)]
    pub unit: String,
    /// Reference of the draft that a payment may have named; empty when none.
    #[serde(default)]
    pub draft: String,
    /// TaiLieuNop, at most [`SEQUENCE_ITEMS_MAX`](crate::codec::SEQUENCE_ITEMS_MAX).
    #[serde(default, deserialize_with = "bounded")]
    pub components: Vec<DossierComponent>,
}

/// A dossier moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierStatusChanged {
    /// The agency's words to the citizen.
    pub personal: Personal<Words>,
    /// MaHoSo.
    pub code: String,
    /// TrangThaiHoSo, 1 to 10.
    pub status: i32,
    /// `YYYY-MM-DDTHH:MM:SS+07:00` or `YYYY-MM-DD`: when it moved, as the agency says.
    pub moved_at: String,
    /// NgayHenTra when it is promised or moved; empty when unchanged.
    #[serde(default)]
    pub due_on: String,
    /// DonViXuLy; empty when unchanged.
    #[serde(default)]
    pub unit: String,
}

/// A dossier's result is handed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DossierResultIssued {
    /// MaHoSo.
    pub code: String,
    /// `YYYY-MM-DD`: NgayKetThucXuLy.
    pub finished_on: String,
    /// The result as a paper in the vault; empty when it is on paper only.
    #[serde(default)]
    pub document_id: String,
    /// Whether it is an electronic result.
    pub electronic: bool,
}

/// A utility issues a bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillIssued {
    /// Code of the utility (closed list in the domain).
    pub utility: String,
    /// The customer contract.
    pub contract: String,
    /// `YYYY-MM`.
    pub period: String,
    /// Đồng, more than 0.
    pub amount: i64,
    /// `YYYY-MM-DD`; empty when none.
    #[serde(default)]
    pub due_on: String,
}

/// A bill is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillCancelled {
    /// As issued.
    pub utility: String,
    /// As issued.
    pub contract: String,
    /// As issued.
    pub period: String,
    /// A code for why.
    pub cause: String,
}

/// What a payment is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PaymentFor {
    /// A bill.
    Bill {
        /// As issued.
        utility: String,
        /// As issued.
        contract: String,
        /// As issued.
        period: String,
    },
    /// A dossier.
    Dossier {
        /// MaHoSo.
        code: String,
    },
    /// A dossier not yet filed.
    Draft {
        /// The draft's reference.
        reference: String,
    },
}

impl Serialize for PaymentFor {
    /// Text names the variant, `{"bill": {..}}`; bytes name the record of the schema's union, which shares no name with a kind.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [bill, dossier, draft] = if serializer.is_human_readable() {
            ["bill", "dossier", "draft"]
        } else {
            ["PaidBill", "PaidDossier", "PaidDraft"]
        };
        match self {
            Self::Bill { utility, contract, period } => {
                let mut fields = serializer.serialize_struct_variant("PaymentFor", 0, bill, 3)?;
                fields.serialize_field("utility", utility)?;
                fields.serialize_field("contract", contract)?;
                fields.serialize_field("period", period)?;
                fields.end()
            }
            Self::Dossier { code } => {
                let mut fields = serializer.serialize_struct_variant("PaymentFor", 1, dossier, 1)?;
                fields.serialize_field("code", code)?;
                fields.end()
            }
            Self::Draft { reference } => {
                let mut fields = serializer.serialize_struct_variant("PaymentFor", 2, draft, 1)?;
                fields.serialize_field("reference", reference)?;
                fields.end()
            }
        }
    }
}

/// Money was paid for a bill, a dossier or a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentMade {
    /// The payer's provider's reference of this payment, unique for what is paid.
    pub payment_id: String,
    /// What for.
    pub paid_for: PaymentFor,
    /// Đồng, more than 0.
    pub amount: i64,
    /// Who moved the money.
    pub provider: String,
}

/// Money went back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentReturned {
    /// As paid.
    pub payment_id: String,
    /// As paid.
    pub paid_for: PaymentFor,
    /// Đồng, more than 0, at most what was paid.
    pub amount: i64,
    /// A code for why.
    pub cause: String,
}

/// An appointment is booked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentBooked {
    /// What for, in words.
    pub personal: Personal<Words>,
    /// Chosen by the sender, unique for the citizen: 1-64 of `A-Z a-z 0-9 . _ -`.
    pub appointment_id: String,
    /// `health` or `administrative`.
    pub subject: String,
    /// Where.
    pub place: String,
    /// RFC 3339 with offset.
    pub at: String,
}

/// An appointment moves to another time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentMoved {
    /// As booked.
    pub appointment_id: String,
    /// RFC 3339 with offset: the new time.
    pub at: String,
}

/// An appointment is cancelled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentCancelled {
    /// As booked.
    pub appointment_id: String,
    /// `citizen` or `agency`.
    pub by: String,
}

/// The citizen came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentKept {
    /// As booked.
    pub appointment_id: String,
}

/// The citizen did not come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentMissed {
    /// As booked.
    pub appointment_id: String,
}

/// The citizen entered a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedIn {
    /// Code of the place.
    pub place: String,
    /// The visit, unique for the citizen and place: 1-64 of `A-Z a-z 0-9 . _ -`.
    pub visit_id: String,
    /// RFC 3339 with offset.
    pub at: String,
}

/// The citizen left a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedOut {
    /// As checked in.
    pub place: String,
    /// As checked in.
    pub visit_id: String,
    /// RFC 3339 with offset.
    pub at: String,
}

/// Feedback is sent to the city.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackSent {
    /// What the citizen says.
    pub personal: Personal<Words>,
    /// Unique for the citizen: 1-64 of `A-Z a-z 0-9 . _ -`.
    pub feedback_id: String,
    /// Code of the topic, such as `environment`, `traffic`, `order`.
    pub topic: String,
}

/// The agency asks for more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackSupplementAsked {
    /// What is missing.
    pub personal: Personal<Words>,
    /// As sent.
    pub feedback_id: String,
}

/// The agency does not take it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRefused {
    /// Why, in words.
    pub personal: Personal<Words>,
    /// As sent.
    pub feedback_id: String,
}

/// The agency has dealt with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackResolved {
    /// The answer.
    pub personal: Personal<Words>,
    /// As sent.
    pub feedback_id: String,
}

/// The answer is public.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedbackPublished {
    /// As sent.
    pub feedback_id: String,
}

/// A service is rated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRated {
    /// Words beside the stars.
    pub personal: Personal<Words>,
    /// The dossier that is rated.
    pub code: String,
    /// 1 to 5.
    pub stars: i32,
}

/// A survey is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyAnswered {
    /// Words beside the answers.
    pub personal: Personal<Words>,
    /// The survey.
    pub survey_id: String,
    /// 1 to 5.
    pub stars: i32,
}
